//! The time of a request as API Gateway's logs and events write it.

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// For instance `12/Mar/2020:19:03:58 +0000`.
pub(crate) fn log_time(epoch_ms: u64) -> String {
    let seconds = epoch_ms / 1000;
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let month = MONTHS[month];
    format!("{day:02}/{month}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000")
}

/// Year, month from 0, and day of the month. Years are counted from the first of March, so that a leap day ends one:
/// <https://howardhinnant.github.io/date_algorithms.html>
fn date(days_since_1970: u64) -> (u64, usize, u64) {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let days = days_since_1970 + 719_468;
    let day = days % DAYS_OF_400_YEARS;
    let year = (day - day / 1460 + day / 36_524 - day / (DAYS_OF_400_YEARS - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let is_next_year = month >= 10;
    let month = if is_next_year { month - 10 } else { month + 2 };
    (days / DAYS_OF_400_YEARS * 400 + year + u64::from(is_next_year), month as usize, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_in_recorded_events() {
        for (epoch_ms, text) in [
            (0, "01/Jan/1970:00:00:00 +0000"),
            (951_782_400_000, "29/Feb/2000:00:00:00 +0000"),
            (951_868_799_999, "29/Feb/2000:23:59:59 +0000"),
            (1_587_481_701_067, "21/Apr/2020:15:08:21 +0000"),
            (1_589_522_469_693, "15/May/2020:06:01:09 +0000"),
            (4_107_542_399_000, "28/Feb/2100:23:59:59 +0000"),
            (4_107_542_400_000, "01/Mar/2100:00:00:00 +0000"),
        ] {
            assert_eq!(log_time(epoch_ms), text);
        }
    }
}
