//! Cron expressions interpreted minute by minute: each field is asked whether it means this minute, and nothing is kept.
//!
//! For valid expressions whose names are numbers.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

/// Whether the six fields mean this minute.
pub(crate) fn means(fields: &str, minute: DateTime) -> bool {
    let fields: Vec<&str> = fields.split(' ').collect();
    let number = |value: i16| i64::from(value);
    let is_day = || match (fields[2], fields[4]) {
        ("?", of_week) => means_day_of_week(of_week, minute.date()),
        (of_month, _) => means_day_of_month(of_month, minute.date()),
    };
    in_list(fields[0], number(minute.minute().into()), 0, 59)
        && in_list(fields[1], number(minute.hour().into()), 0, 23)
        && in_list(fields[3], number(minute.month().into()), 1, 12)
        && in_list(fields[5], number(minute.year()), 1970, 2199)
        && is_day()
}

fn in_list(list: &str, value: i64, min: i64, max: i64) -> bool {
    list.split(',').any(|term| {
        let (range, step) = term.split_once('/').unwrap_or((term, "1"));
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (first.parse().expect("a number"), last.parse().expect("a number")),
            None if range == "*" => (min, max),
            None => {
                let first = range.parse().expect("a number");
                (first, if term.contains('/') { max } else { first })
            }
        };
        let mut candidate = first;
        loop {
            if candidate == value {
                return true;
            }
            for _ in 0..step.parse().expect("a number") {
                if candidate == last {
                    return false;
                }
                candidate = if candidate == max { min } else { candidate + 1 };
            }
        }
    })
}

fn means_day_of_month(field: &str, date: Date) -> bool {
    let is_last = |date: Date| date.tomorrow().expect("not that far").month() != date.month();
    match field.strip_suffix('W') {
        _ if field == "L" => is_last(date),
        Some("L") => {
            is_weekday(date)
                && (1..4).all(|ahead| {
                    let later = date.checked_add(ahead.days()).expect("not that far");
                    later.month() != date.month() || !is_weekday(later)
                })
        }
        Some(day) => {
            // Of all weekdays of the month, the one with the fewest days in between.
            let day: i8 = day.parse().expect("a number");
            let distance = |date: Date| (date.day() - day).abs();
            let days = (1..=31).filter_map(|day| date.with().day(day).build().ok());
            let nearest = days.filter(|date| is_weekday(*date)).min_by_key(|date| distance(*date));
            date.days_in_month() >= day && nearest == Some(date)
        }
        None => in_list(field, date.day().into(), 1, 31),
    }
}

fn means_day_of_week(field: &str, date: Date) -> bool {
    let day = i64::from(date.weekday().to_sunday_one_offset());
    let of_this = |field: &str| field.parse::<i64>().expect("a number") == day;
    if let Some((wanted, nth)) = field.split_once('#') {
        let before = (1..=date.day()).filter(|earlier| (date.day() - earlier) % 7 == 0).count();
        return of_this(wanted) && nth.parse() == Ok(before);
    }
    match field.strip_suffix('L') {
        Some("") => day == 7,
        Some(wanted) => of_this(wanted) && date.checked_add(1.week()).expect("not that far").month() != date.month(),
        None => in_list(field, day, 1, 7),
    }
}

fn is_weekday(date: Date) -> bool {
    (2..=6).contains(&date.weekday().to_sunday_one_offset())
}
