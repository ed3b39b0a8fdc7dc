//! What expressions mean, in UTC.

use bongsu_schedule::Schedule;

use crate::{at, check};

#[test]
fn a_cron_expression_means_what_awss_examples_say() {
    for (expression, expected) in [
        ("cron(15 10 * * ? *)", &["2026-01-01T10:15:00", "2026-01-02T10:15:00"][..]),
        ("cron(0 18 ? * MON-FRI *)", &["2026-01-01T18:00:00", "2026-01-02T18:00:00", "2026-01-05T18:00:00"]),
        ("cron(0 8 1 * ? *)", &["2026-01-01T08:00:00", "2026-02-01T08:00:00"]),
        ("cron(0/10 * ? * MON-FRI *)", &["2026-01-01T00:10:00", "2026-01-01T00:20:00"]),
        ("cron(0/5 8-17 ? * MON-FRI *)", &["2026-01-01T08:00:00", "2026-01-01T08:05:00"]),
        ("cron(0 9 ? * 2#1 *)", &["2026-01-05T09:00:00", "2026-02-02T09:00:00"]),
        ("cron(0/30 20-2 ? * FRI-SAT *)", &["2026-01-02T00:00:00", "2026-01-02T00:30:00", "2026-01-02T01:00:00"]),
        ("cron(15 10 ? * 6L 2022-2027)", &["2026-01-30T10:15:00", "2026-02-27T10:15:00"]),
        ("cron(* * * * ? *)", &["2026-01-01T00:01:00", "2026-01-01T00:02:00"]),
    ] {
        check(expression, "UTC", "2026-01-01T00:00:00", expected);
    }
}

#[test]
fn days_are_named_from_a_months_end_and_by_its_weeks() {
    for (days, expected) in [
        ("L * ?", &["2028-02-29T00:00:00", "2028-03-31T00:00:00"][..]),
        ("LW * ?", &["2028-02-29T00:00:00", "2028-03-31T00:00:00", "2028-04-28T00:00:00"]),
        ("31 * ?", &["2028-03-31T00:00:00", "2028-05-31T00:00:00"]),
        // The 1st of April is a Saturday, the 15th too; the 30th, a Sunday, is the last.
        ("1W * ?", &["2028-03-01T00:00:00", "2028-04-03T00:00:00"]),
        ("15W 4 ?", &["2028-04-14T00:00:00"]),
        ("16W 4 ?", &["2028-04-17T00:00:00"]),
        ("30W 4-5 ?", &["2028-04-28T00:00:00", "2028-05-30T00:00:00"]),
        ("31W * ?", &["2028-03-31T00:00:00", "2028-05-31T00:00:00"]),
        ("? * L", &["2028-02-05T00:00:00", "2028-02-12T00:00:00"]),
        ("? * TUEL", &["2028-02-29T00:00:00", "2028-03-28T00:00:00"]),
        ("? * 3#5", &["2028-02-29T00:00:00", "2028-05-30T00:00:00"]),
        ("? * sun", &["2028-02-06T00:00:00", "2028-02-13T00:00:00"]),
        ("29 FEB ?", &["2028-02-29T00:00:00", "2032-02-29T00:00:00"]),
        ("30 2 ?", &[]),
    ] {
        check(&format!("cron(0 0 {days} *)"), "UTC", "2028-02-01T00:00:00", expected);
    }
}

#[test]
fn a_cron_expression_ends_with_its_years() {
    check("cron(0 0 1 1 ? 2027,2199)", "UTC", "2026-01-01T00:00:00", &["2027-01-01T00:00:00", "2199-01-01T00:00:00"]);
    let schedule = Schedule::parse("cron(59 23 31 12 ? *)").unwrap();
    assert_eq!(schedule.next_after(at("2199-12-31T23:58:59"), 0), Some(at("2199-12-31T23:59:00")));
    assert_eq!(schedule.next_after(at("2199-12-31T23:59:00"), 0), None);
    assert_eq!(schedule.next_after(u64::MAX, 0), None);
}

#[test]
fn the_next_minute_is_after_this_one_whatever_the_second() {
    for after in ["12:00:00", "12:00:00.001", "12:00:59.999"] {
        check("cron(* * * * ? *)", "UTC", &format!("2026-01-01T{after}"), &["2026-01-01T12:01:00"]);
    }
    check("cron(0 12 * * ? *)", "UTC", "2026-01-01T11:59:59.999", &["2026-01-01T12:00:00"]);
}

#[test]
fn a_rate_counts_from_its_start() {
    let started = at("2026-01-01T00:00:30");
    for (expression, after, expected) in [
        ("rate(1 minute)", "2025-01-01T00:00:00", "2026-01-01T00:00:30"),
        ("rate(1 minute)", "2026-01-01T00:00:30", "2026-01-01T00:01:30"),
        ("rate(5 minutes)", "2026-01-01T00:05:29.999", "2026-01-01T00:05:30"),
        ("rate(5 minutes)", "2026-01-01T00:05:30", "2026-01-01T00:10:30"),
        ("rate(12 hours)", "2026-03-01T00:00:00", "2026-03-01T00:00:30"),
        ("rate(7 days)", "2026-01-02T00:00:00", "2026-01-08T00:00:30"),
    ] {
        let schedule = Schedule::parse(expression).unwrap();
        assert_eq!(schedule.next_after(at(after), started), Some(at(expected)), "{expression} {after}");
        assert_eq!((schedule.text(), schedule.is_once()), (expression, false));
    }
    let slow = Schedule::parse("rate(4294967295 days)").unwrap();
    assert_eq!(slow.next_after(u64::MAX, 0), None);
}

#[test]
fn a_time_comes_once() {
    let schedule = Schedule::parse("at(2026-01-01T00:00:00)").unwrap();
    assert!(schedule.is_once());
    let time = at("2026-01-01T00:00:00");
    assert_eq!(schedule.next_after(0, 0), Some(time));
    assert_eq!(schedule.next_after(time - 1, 0), Some(time));
    assert_eq!(schedule.next_after(time, 0), None);
    assert_eq!(Schedule::parse("at(1969-12-31T23:59:59)").unwrap().next_after(0, 0), None);
}
