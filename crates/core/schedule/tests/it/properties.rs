//! What holds for every schedule: it is what the naive search says, and nothing panics.

use bongsu_schedule::{Schedule, Zone};
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use proptest::prelude::*;
use proptest::sample::select;

use crate::naive;

const MINUTE: u64 = 60 * 1000;

/// How far the naive search goes: five days, which holds every change of clocks that is near.
const MINUTES_SEARCHED: u64 = 5 * 24 * 60;

/// The last Sundays and the like, at which clocks change, and any other time.
fn after() -> impl Strategy<Value = u64> {
    let changes =
        vec![1_772_956_800_000u64, 1_793_512_800_000, 1_774_746_000_000, 1_792_890_000_000, 1_775_318_400_000];
    prop_oneof![
        (select(changes), 0..4 * 24 * 60 * MINUTE).prop_map(|(change, spread)| change - 2 * 24 * 60 * MINUTE + spread),
        0..7_258_000_000_000u64,
    ]
}

fn list(min: u16, max: u16) -> impl Strategy<Value = String> {
    let one = (min..=max).prop_map(|value| value.to_string());
    let step = prop_oneof![Just(String::new()), (1..=max.max(2)).prop_map(|step| format!("/{step}"))];
    let range = (min..=max, min..=max, step.clone()).prop_map(|(first, last, step)| format!("{first}-{last}{step}"));
    let all = step.clone().prop_map(|step| format!("*{step}"));
    let from = (min..=max, 1..=max.max(2)).prop_map(|(first, step)| format!("{first}/{step}"));
    let term = prop_oneof![3 => one, 1 => range, 1 => all.clone(), 1 => from];
    prop_oneof![2 => all, 3 => prop::collection::vec(term, 1..4).prop_map(|terms| terms.join(","))]
}

fn days() -> impl Strategy<Value = (String, String)> {
    let of_month = prop_oneof![
        4 => list(1, 31),
        1 => select(vec!["L", "LW"]).prop_map(str::to_owned),
        1 => (1..=31u16).prop_map(|day| format!("{day}W")),
    ];
    let of_week = prop_oneof![
        4 => list(1, 7),
        1 => Just("L".to_owned()),
        1 => (1..=7u16).prop_map(|day| format!("{day}L")),
        1 => (1..=7u16, 1..=5u16).prop_map(|(day, nth)| format!("{day}#{nth}")),
    ];
    prop_oneof![of_month.prop_map(|field| (field, "?".to_owned())), of_week.prop_map(|field| ("?".to_owned(), field)),]
}

fn fields() -> impl Strategy<Value = String> {
    let year = prop_oneof![
        6 => Just("*".to_owned()),
        1 => Just("*/2".to_owned()),
        1 => Just("1970-2100/3,2199".to_owned()),
        1 => (1970..2199u16).prop_map(|year| format!("{year}-2199")),
    ];
    let months = prop_oneof![3 => Just("*".to_owned()), 1 => list(1, 12)];
    (list(0, 59), list(0, 23), days(), months, year).prop_map(|(minutes, hours, (of_month, of_week), months, year)| {
        format!("{minutes} {hours} {of_month} {months} {of_week} {year}")
    })
}

fn zone() -> impl Strategy<Value = &'static str> {
    select(vec!["UTC", "Asia/Seoul", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca"])
}

/// Whether the fields mean this minute of the zone's clocks, shown for the first time.
fn is_meant(fields: &str, zone: &TimeZone, at: u64) -> bool {
    let at = Timestamp::from_millisecond(i64::try_from(at).expect("not that far")).expect("not that far");
    let local = zone.to_datetime(at);
    naive::means(fields, local) && zone.to_ambiguous_timestamp(local).earlier().is_ok_and(|first| first == at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_next_time_is_the_one_that_is_found_minute_by_minute(fields in fields(), name in zone(), after in after()) {
        let zone = TimeZoneDatabase::bundled().get(name).expect("a zone");
        let expression = format!("cron({fields})");
        let schedule = Schedule::parse_in(&expression, Zone::parse(name).expect("a zone"));
        let schedule = schedule.map_err(|fault| TestCaseError::fail(format!("{expression}: {fault}")))?;
        let first = (after / MINUTE + 1) * MINUTE;
        let found = (0..MINUTES_SEARCHED).map(|minute| first + minute * MINUTE).find(|at| is_meant(&fields, &zone, *at));
        let next = schedule.next_after(after, 0);
        match found {
            Some(_) => prop_assert_eq!(next, found, "{} after {}", expression, after),
            None => prop_assert!(
                next.is_none_or(|next| next >= first + MINUTES_SEARCHED * MINUTE && is_meant(&fields, &zone, next)),
                "{} after {}: {:?}", expression, after, next
            ),
        }
    }

    #[test]
    fn what_is_nearly_a_schedule_never_panics(
        inside in "[0-9LW#?*/, -]{0,40}",
        form in select(vec!["cron", "rate", "at"]),
        after in any::<u64>(),
        started in any::<u64>(),
    ) {
        if let Ok(schedule) = Schedule::parse(&format!("{form}({inside})")) {
            prop_assert!(schedule.next_after(after, started).is_none_or(|next| next > after));
        }
    }
}
