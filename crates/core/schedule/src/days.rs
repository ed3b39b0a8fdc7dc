//! The two fields of days, of which one says something and the other is `?`.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::fault::InvalidSchedule;
use crate::field::{DAY_OF_MONTH, DAY_OF_WEEK, number};

/// The fifth of a weekday is the last that a month can have.
const OCCURRENCES_MAX: u16 = 5;

/// Which days of a month are meant. Days of the week count from 1, which is Sunday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Days {
    OfMonth(BTreeSet<u16>),
    /// `L`
    Last,
    /// `LW`
    LastWeekday,
    /// `15W`: the weekday that is nearest to the 15th, within the month.
    NearestWeekday(u16),
    OfWeek(BTreeSet<u16>),
    /// `6L`: the last Friday.
    LastOfWeek(u16),
    /// `6#2`: the second Friday.
    NthOfWeek(u16, u16),
}

impl Days {
    pub(crate) fn parse(of_month: &str, of_week: &str) -> Result<Days, InvalidSchedule> {
        match (of_month, of_week) {
            ("?", "?") => Err(InvalidSchedule::new("day-of-month and day-of-week cannot both be `?`")),
            ("?", of_week) => Days::of_week(of_week),
            (of_month, "?") => Days::of_month(of_month),
            _ => Err(InvalidSchedule::new("one of day-of-month and day-of-week has to be `?`")),
        }
    }

    fn of_month(text: &str) -> Result<Days, InvalidSchedule> {
        match text.strip_suffix('W') {
            _ if text == "L" => Ok(Days::Last),
            Some("L") => Ok(Days::LastWeekday),
            Some(day) => DAY_OF_MONTH.value(day).map(Days::NearestWeekday),
            None => DAY_OF_MONTH.parse(text).map(Days::OfMonth),
        }
    }

    fn of_week(text: &str) -> Result<Days, InvalidSchedule> {
        if let Some((day, nth)) = text.split_once('#') {
            let day = DAY_OF_WEEK.value(day)?;
            let nth = number(nth).filter(|nth| (1..=OCCURRENCES_MAX).contains(nth));
            let no_nth = || DAY_OF_WEEK.refuse(format!("`{text}` is no `DAY#N`, with N up to {OCCURRENCES_MAX}"));
            return nth.map(|nth| Days::NthOfWeek(day, nth)).ok_or_else(no_nth);
        }
        match text.strip_suffix('L') {
            Some("") => Ok(Days::OfWeek([DAY_OF_WEEK.max].into())),
            Some(day) => DAY_OF_WEEK.value(day).map(Days::LastOfWeek),
            None => DAY_OF_WEEK.parse(text).map(Days::OfWeek),
        }
    }

    /// Whether this date is one of them.
    pub(crate) fn take(&self, date: Date) -> bool {
        let day = date.day().unsigned_abs().into();
        let of_week = day_of_week(date);
        match self {
            Days::OfMonth(days) => days.contains(&day),
            Days::Last => date == date.last_of_month(),
            Days::LastWeekday => date == nearest_weekday(date.last_of_month()),
            Days::NearestWeekday(nearest) => {
                day_of_same_month(date, *nearest).is_some_and(|to| date == nearest_weekday(to))
            }
            Days::OfWeek(days) => days.contains(&of_week),
            Days::LastOfWeek(wanted) => of_week == *wanted && date.day() + 7 > date.days_in_month(),
            Days::NthOfWeek(wanted, nth) => of_week == *wanted && (day - 1) / 7 + 1 == *nth,
        }
    }
}

fn day_of_week(date: Date) -> u16 {
    date.weekday().to_sunday_one_offset().unsigned_abs().into()
}

fn day_of_same_month(date: Date, day: u16) -> Option<Date> {
    date.with().day(i8::try_from(day).ok()?).build().ok()
}

/// The date itself or, of a weekend, the nearest day of work in the same month.
fn nearest_weekday(date: Date) -> Date {
    const SUNDAY: u16 = 1;
    const SATURDAY: u16 = 7;
    let days_away = match day_of_week(date) {
        SATURDAY if date.day() == 1 => 2,
        SATURDAY => -1,
        SUNDAY if date == date.last_of_month() => -2,
        SUNDAY => 1,
        _ => 0,
    };
    date.with().day(date.day() + days_away).build().expect("the month has more than one week")
}
