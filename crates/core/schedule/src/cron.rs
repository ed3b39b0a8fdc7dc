//! The six fields of a cron expression, and the next minute at which all of them hold.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};

use crate::days::Days;
use crate::fault::InvalidSchedule;
use crate::field::{HOURS, MINUTES, MONTH, YEAR};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: BTreeSet<u16>,
    hours: BTreeSet<u16>,
    days: Days,
    months: BTreeSet<u16>,
    years: BTreeSet<u16>,
}

impl Cron {
    /// Reads what stands between the parentheses.
    pub(crate) fn parse(text: &str) -> Result<Cron, InvalidSchedule> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, day_of_month, month, day_of_week, year] = fields[..] else {
            let count = fields.len();
            return Err(InvalidSchedule::new(format!(
                "cron has six fields (minutes, hours, day-of-month, month, day-of-week, year), not {count}"
            )));
        };
        Ok(Cron {
            minutes: MINUTES.parse(minutes)?,
            hours: HOURS.parse(hours)?,
            days: Days::parse(day_of_month, day_of_week)?,
            months: MONTH.parse(month)?,
            years: YEAR.parse(year)?,
        })
    }

    /// The first minute after this time of the same clock.
    pub(crate) fn next_after(&self, after: DateTime) -> Option<DateTime> {
        let this_minute = after.with().second(0).subsec_nanosecond(0).build().ok()?;
        let from = this_minute.checked_add(1.minute()).ok()?;
        self.time_from(from.date(), from.time()).or_else(|| {
            let date = self.date_from(from.date().tomorrow().ok()?)?;
            self.time_from(date, Time::midnight())
        })
    }

    /// The first time of this date, unless the date is none or it is too late.
    fn time_from(&self, date: Date, from: Time) -> Option<DateTime> {
        let is_taken = contains(&self.years, date.year()) && contains(&self.months, date.month().into());
        if !is_taken || !self.days.take(date) {
            return None;
        }
        let (from_hour, from_minute) = (number(from.hour().into()), number(from.minute().into()));
        let in_hour = |hour: u16| {
            let from_minute = if hour == from_hour { from_minute } else { 0 };
            let minute = *self.minutes.range(from_minute..).next()?;
            Some(date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0))
        };
        self.hours.range(from_hour..).find_map(|hour| in_hour(*hour))
    }

    fn date_from(&self, from: Date) -> Option<Date> {
        let years = self.years.range(number(from.year())..).filter_map(|year| i16::try_from(*year).ok());
        let months = years.flat_map(|year| self.months.iter().filter_map(move |month| first_of_month(year, *month)));
        let in_month = |first: Date| {
            let mut dates = (1..=first.days_in_month()).filter_map(|day| first.with().day(day).build().ok());
            dates.find(|date| *date >= from && self.days.take(*date))
        };
        months.filter(|first| first.last_of_month() >= from).find_map(in_month)
    }
}

fn first_of_month(year: i16, month: u16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, 1).ok()
}

fn contains(values: &BTreeSet<u16>, value: i16) -> bool {
    u16::try_from(value).is_ok_and(|value| values.contains(&value))
}

/// Of a date that is not before the year 0.
fn number(value: i16) -> u16 {
    u16::try_from(value).unwrap_or(0)
}
