//! How fast deliveries may follow each other.

use std::num::NonZeroU32;

use bongsu_delivery_policy::Throttle;

/// A clock that has run for a while.
const NOW_MS: u64 = 1_795_378_287_000;

fn throttle(rate: u32) -> Throttle {
    Throttle::new(NonZeroU32::new(rate).expect("a rate"))
}

/// How many can be taken at this time.
fn taken(throttle: &mut Throttle, now_ms: u64) -> usize {
    (0..).take_while(|_| throttle.take(now_ms)).count()
}

#[test]
fn one_second_of_the_rate_goes_at_once_and_then_one_after_the_other() {
    let mut throttle = throttle(4);
    assert_eq!(throttle.next_free_at(NOW_MS), NOW_MS);
    assert_eq!(taken(&mut throttle, NOW_MS), 4);
    assert_eq!(throttle.next_free_at(NOW_MS), NOW_MS + 250);
    assert!(!throttle.take(NOW_MS + 249));
    assert_eq!(taken(&mut throttle, NOW_MS + 250), 1);
    assert_eq!(taken(&mut throttle, NOW_MS + 1000), 3);
}

#[test]
fn what_is_not_taken_is_not_saved_up() {
    let mut throttle = throttle(3);
    assert_eq!(taken(&mut throttle, NOW_MS), 3);
    assert_eq!(taken(&mut throttle, NOW_MS + 3_600_000), 3);
}

#[test]
fn a_rate_that_divides_no_millisecond_is_kept_over_time() {
    let mut throttle = throttle(7);
    let taken: usize = (0..=10_000).map(|ms| taken(&mut throttle, NOW_MS + ms)).sum();
    assert_eq!(taken, 7 + 70);
}

#[test]
fn a_clock_that_goes_back_brings_nothing() {
    let mut throttle = throttle(1);
    assert!(throttle.take(NOW_MS));
    assert_eq!(throttle.next_free_at(NOW_MS - 5000), NOW_MS + 1000);
    assert!(!throttle.take(NOW_MS - 5000));
    assert!(throttle.take(NOW_MS + 1000));
}

#[test]
fn the_ends_of_time_and_rate_are_no_trouble() {
    let mut fastest = throttle(u32::MAX);
    assert!(fastest.take(0) && fastest.take(u64::MAX));
    assert_eq!(fastest.next_free_at(u64::MAX), u64::MAX);
    let mut slowest = throttle(1);
    assert!(slowest.take(u64::MAX));
    assert_eq!(slowest.next_free_at(u64::MAX), u64::MAX);
}
