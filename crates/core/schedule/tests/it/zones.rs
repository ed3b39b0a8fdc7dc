//! What expressions mean by the clocks of a zone, where these are put forward and back.

use bongsu_schedule::Zone;

use crate::check;

#[test]
fn a_zones_clocks_are_those_that_count() {
    check("cron(0 9 ? * MON *)", "Asia/Seoul", "2026-01-01T00:00:00", &["2026-01-05T00:00:00", "2026-01-12T00:00:00"]);
    check("at(2026-01-01T09:00:00)", "Asia/Seoul", "2025-01-01T00:00:00", &["2026-01-01T00:00:00"]);
    check("cron(30 8 * * ? *)", "Asia/Kathmandu", "2026-01-01T00:00:00", &["2026-01-01T02:45:00"]);
    check(
        "cron(0 12 * * ? *)",
        "America/New_York",
        "2026-03-07T00:00:00",
        &["2026-03-07T17:00:00", "2026-03-08T16:00:00"],
    );
}

/// On 2026-03-08 New York's clocks jump from 02:00 (07:00 UTC) to 03:00.
#[test]
fn times_that_clocks_skip_are_skipped() {
    let zone = "America/New_York";
    check("cron(30 2 * * ? *)", zone, "2026-03-07T00:00:00", &["2026-03-07T07:30:00", "2026-03-09T06:30:00"]);
    check("cron(0,30 * * * ? *)", zone, "2026-03-08T06:00:00", &["2026-03-08T06:30:00", "2026-03-08T07:00:00"]);
    check("at(2026-03-08T02:30:00)", zone, "2026-03-07T00:00:00", &["2026-03-08T07:30:00"]);
}

/// On 2026-11-01 New York's clocks show 01:00 to 02:00 from 05:00 UTC and again from 06:00.
#[test]
fn times_that_clocks_show_twice_are_taken_once() {
    let zone = "America/New_York";
    check("cron(30 1 * * ? *)", zone, "2026-11-01T00:00:00", &["2026-11-01T05:30:00", "2026-11-02T06:30:00"]);
    check("cron(30 1 * * ? *)", zone, "2026-11-01T06:15:00", &["2026-11-02T06:30:00"]);
    check("cron(0,30 * * * ? *)", zone, "2026-11-01T05:00:00", &["2026-11-01T05:30:00", "2026-11-01T07:00:00"]);
    check("at(2026-11-01T01:30:00)", zone, "2026-11-01T00:00:00", &["2026-11-01T05:30:00"]);
}

#[test]
fn zones_have_ianas_names() {
    assert_eq!(Zone::parse("asia/seoul"), Zone::parse("Asia/Seoul"));
    for name in ["", "Mars/Olympus", "UTC+9", "Asia", "../etc/passwd"] {
        let fault = Zone::parse(name).unwrap_err();
        assert_eq!(fault.to_string(), format!("`{name}` is no time zone of IANA's list"));
    }
}
