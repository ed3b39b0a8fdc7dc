//! What is no schedule, and why.

use bongsu_schedule::{EXPRESSION_CHARS_MAX, Schedule};

fn reason(expression: &str) -> String {
    Schedule::parse(expression).expect_err(expression).to_string()
}

#[test]
fn a_schedule_has_one_of_three_forms() {
    for text in ["", "rate", "5 minutes", "rate(5 minutes", " rate(5 minutes)", "Rate(5 minutes)", "cron 0 12 * * ? *"]
    {
        assert_eq!(reason(text), "a schedule is `rate(…)`, `cron(…)` or `at(…)`", "{text}");
    }
    let long = format!("cron({}0 12 * * ? *)", " ".repeat(EXPRESSION_CHARS_MAX));
    assert_eq!(reason(&long), "a schedule has at most 256 characters");
}

#[test]
fn a_rate_is_a_whole_number_and_its_unit() {
    const FORM: &str = "a rate is `1 minute`, `5 minutes`, and so on with hours and days";
    const VALUE: &str = "a rate's value is a whole number from 1 to 4294967295";
    for (text, expected) in [
        ("rate(5 minute)", "1 minute, but 2 minutes"),
        ("rate(1 hours)", "1 hour, but 2 hours"),
        ("rate(1 days)", "1 day, but 2 days"),
        ("rate(5)", FORM),
        ("rate(5 seconds)", FORM),
        ("rate(5 Minutes)", FORM),
        ("rate(5  minutes)", FORM),
        ("rate(0 minutes)", VALUE),
        ("rate(-5 minutes)", VALUE),
        ("rate(+5 minutes)", VALUE),
        ("rate(1.5 hours)", VALUE),
        ("rate( 5 minutes)", VALUE),
        ("rate(4294967296 days)", VALUE),
    ] {
        assert_eq!(reason(text), expected, "{text}");
    }
}

#[test]
fn a_cron_expression_has_six_fields() {
    const FIELDS: &str = "cron has six fields (minutes, hours, day-of-month, month, day-of-week, year), not";
    assert_eq!(reason("cron(0 12 * * ?)"), format!("{FIELDS} 5"));
    assert_eq!(reason("cron(0 0 12 * * ? *)"), format!("{FIELDS} 7"));
    assert_eq!(reason("cron()"), format!("{FIELDS} 0"));
}

#[test]
fn one_field_of_days_is_a_question_mark() {
    let one = "one of day-of-month and day-of-week has to be `?`";
    for days in ["* * *", "1 * 1", "* * MON", "L * L"] {
        assert_eq!(reason(&format!("cron(0 12 {days} *)")), one, "{days}");
    }
    assert_eq!(reason("cron(0 12 ? * ? *)"), "day-of-month and day-of-week cannot both be `?`");
}

#[test]
fn a_field_that_is_none_is_named() {
    for (text, expected) in [
        ("cron(60 12 * * ? *)", "minutes: `60` is not between 0 and 59"),
        ("cron(? 12 * * ? *)", "minutes: `?` is not between 0 and 59"),
        ("cron(0 24 * * ? *)", "hours: `24` is not between 0 and 23"),
        ("cron(0 12 32 * ? *)", "day-of-month: `32` is not between 1 and 31"),
        ("cron(0 12 L-3 * ? *)", "day-of-month: `L` is not between 1 and 31"),
        ("cron(0 12 1,L * ? *)", "day-of-month: `L` is not between 1 and 31"),
        ("cron(0 12 W * ? *)", "day-of-month: `` is not between 1 and 31"),
        ("cron(0 12 1-5W * ? *)", "day-of-month: `1-5` is not between 1 and 31"),
        ("cron(0 12 ? 13 1 *)", "month: `13` is not between 1 and 12, nor a name such as JAN"),
        ("cron(0 12 ? * 8 *)", "day-of-week: `8` is not between 1 and 7, nor a name such as SUN"),
        ("cron(0 12 ? * 1L,2L *)", "day-of-week: `1L,2` is not between 1 and 7, nor a name such as SUN"),
        ("cron(0 12 ? * 2#6 *)", "day-of-week: `2#6` is no `DAY#N`, with N up to 5"),
        ("cron(0 12 ? * 2#1,3#1 *)", "day-of-week: `2#1,3#1` is no `DAY#N`, with N up to 5"),
        ("cron(0 12 * * ? 2200)", "year: `2200` is not between 1970 and 2199"),
    ] {
        assert_eq!(reason(text), expected, "{text}");
    }
}

#[test]
fn a_time_is_written_in_one_way() {
    for time in [
        "2026-01-01",
        "2026-01-01T00:00",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.0",
        "2026-01-01 00:00:00",
        "2026-02-30T00:00:00",
        "2026-01-01T24:00:00",
        "2026-01-01T00:00:60",
        "20260101T000000",
    ] {
        assert_eq!(reason(&format!("at({time})")), format!("`{time}` is no time such as 2026-01-01T00:00:00"));
    }
}
