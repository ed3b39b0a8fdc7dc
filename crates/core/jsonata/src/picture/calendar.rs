//! The calendar: milliseconds since the epoch to dates and back, days and weeks.

pub(super) const MILLIS_A_DAY: f64 = 86_400_000.0;
/// JavaScript's dates lie this far from the epoch at most.
pub(super) const MILLIS_MAX: f64 = 8.64e15;

pub(super) const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A point in time, taken apart. All in UTC.
#[derive(Clone, Copy, Debug)]
pub(super) struct Date {
    /// Days since the epoch.
    pub(super) day: i64,
    pub(super) year: i64,
    /// 1 to 12
    pub(super) month: i64,
    /// 1 to 31
    pub(super) day_of_month: i64,
    pub(super) hours: i64,
    pub(super) minutes: i64,
    pub(super) seconds: i64,
    pub(super) millis: i64,
}

impl Date {
    /// Takes a time apart, if it is within [`MILLIS_MAX`].
    pub(super) fn new(millis: f64) -> Option<Date> {
        if millis.is_nan() || millis.abs() > MILLIS_MAX {
            return None;
        }
        let millis = millis.trunc() as i64;
        let (day, time) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
        let (year, month, day_of_month) = from_days(day);
        let (hours, minutes) = (time / 3_600_000, time / 60_000 % 60);
        Some(Date { day, year, month, day_of_month, hours, minutes, seconds: time / 1000 % 60, millis: time % 1000 })
    }

    /// Monday is 1, Sunday 7.
    pub(super) fn day_of_week(&self) -> i64 {
        day_of_week(self.day)
    }

    /// January 1 is 1.
    pub(super) fn day_of_year(&self) -> i64 {
        self.day - to_days(self.year, 1, 1) + 1
    }

    /// The week of the year, 1 being the one that its first Thursday is in.
    pub(super) fn week_of_year(&self) -> i64 {
        let week = weeks_between(first_week(self.year, 1), self.day);
        if week > 52 && self.day >= first_week(self.year + 1, 1) {
            1
        } else if week < 1 {
            weeks_between(first_week(self.year - 1, 1), self.day)
        } else {
            week
        }
    }

    /// The week of the month, 1 being the one that its first Thursday is in.
    pub(super) fn week_of_month(&self) -> i64 {
        let week = weeks_between(first_week(self.year, self.month), self.day);
        let (next_year, next_month) = shifted_month(self.year, self.month, 1);
        let (previous_year, previous_month) = shifted_month(self.year, self.month, -1);
        if week > 4 && self.day >= first_week(next_year, next_month) {
            1
        } else if week < 1 {
            weeks_between(first_week(previous_year, previous_month), self.day)
        } else {
            week
        }
    }

    /// The year that the week belongs to.
    pub(super) fn year_of_week(&self) -> i64 {
        if self.day < first_week(self.year, 1) {
            self.year - 1
        } else if self.day >= first_week(self.year + 1, 1) {
            self.year + 1
        } else {
            self.year
        }
    }

    /// The month, 1 to 12, that the week belongs to.
    pub(super) fn month_of_week(&self) -> i64 {
        let (next_year, next_month) = shifted_month(self.year, self.month, 1);
        if self.day < first_week(self.year, self.month) {
            shifted_month(self.year, self.month, -1).1
        } else if self.day >= first_week(next_year, next_month) {
            next_month
        } else {
            self.month
        }
    }
}

/// Days since the epoch to year, month and day of the Gregorian calendar.
pub(super) fn from_days(days: i64) -> (i64, i64, i64) {
    // Years begin in March here, so that the day that leap years add is the last one; eras have 400 years.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day_of_month)
}

/// Days since the epoch of a date; months and days beyond their range count on.
pub(super) fn to_days(year: i64, month: i64, day_of_month: i64) -> i64 {
    let (year, month) = shifted_month(year, month, 0);
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * month + 2) / 5 + 365 * year + year / 4 - year / 100;
    era * 146_097 + day - 719_468 + day_of_month - 1
}

fn shifted_month(year: i64, month: i64, by: i64) -> (i64, i64) {
    let months = month - 1 + by;
    (year + months.div_euclid(12), months.rem_euclid(12) + 1)
}

fn day_of_week(day: i64) -> i64 {
    (day + 3).rem_euclid(7) + 1
}

/// The Monday of the week that the first Thursday of a month is in.
fn first_week(year: i64, month: i64) -> i64 {
    let first = to_days(year, month, 1);
    match day_of_week(first) {
        weekday @ 1..=4 => first - (weekday - 1),
        weekday => first + (8 - weekday),
    }
}

fn weeks_between(first: i64, day: i64) -> i64 {
    (day - first).div_euclid(7) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_the_same() {
        for day in (-800_000..800_000).step_by(97) {
            let (year, month, day_of_month) = from_days(day);
            assert_eq!(to_days(year, month, day_of_month), day);
        }
        assert_eq!(to_days(1970, 1, 1), 0);
        assert_eq!(from_days(to_days(2023, 13, 31) + 29), (2024, 2, 29));
    }

    #[test]
    fn weeks_belong_to_the_year_of_their_thursday() {
        let date = |year, month, day| Date::new(to_days(year, month, day) as f64 * MILLIS_A_DAY).unwrap();
        let sunday = date(2021, 1, 3);
        assert_eq!((sunday.week_of_year(), sunday.year_of_week(), sunday.day_of_week()), (53, 2020, 7));
        let monday = date(2024, 12, 30);
        assert_eq!((monday.week_of_year(), monday.year_of_week()), (1, 2025));
        assert_eq!((monday.week_of_month(), monday.month_of_week()), (1, 1));
        assert_eq!(date(2024, 12, 31).day_of_year(), 366);
    }
}
