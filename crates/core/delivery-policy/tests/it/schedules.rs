//! When the next attempt comes.

use bongsu_delivery_policy::{EffectivePolicy, Endpoint, Milliseconds, RetrySchedule};

use crate::{retrying, subscription};

/// Entropy that moves a delay down by as much as jitter may.
const LEAST: u64 = 0;

fn schedule(members: &str) -> RetrySchedule {
    EffectivePolicy::of(None, Some(&retrying(members))).schedule()
}

/// Every delay in milliseconds, without jitter for schedules that have none.
fn delays(schedule: &RetrySchedule) -> Vec<u64> {
    (1..).map_while(|failed| schedule.delay_after(failed, LEAST)).map(|delay| delay.0).collect()
}

#[test]
fn by_default_an_endpoint_is_tried_three_times_more_at_twenty_seconds() {
    let schedule = EffectivePolicy::of(None, None).schedule();
    assert_eq!(delays(&schedule), [20_000; 3]);
    assert_eq!((schedule.attempts(), schedule.retries(), schedule.total()), (4, 3, Milliseconds(60_000)));
    assert_eq!(schedule.delay_after(0, LEAST), Some(Milliseconds(0)));
    assert_eq!(schedule.delay_after(4, LEAST), None);
    assert_eq!(schedule.delay_after(u32::MAX, LEAST), None);
}

#[test]
fn the_four_phases_follow_each_other() {
    let schedule = schedule(
        r#""minDelayTarget":5,"maxDelayTarget":260,"numRetries":10,"numNoDelayRetries":2,"numMinDelayRetries":1,"numMaxDelayRetries":3"#,
    );
    assert_eq!(delays(&schedule), [0, 0, 5_000, 5_000, 90_000, 175_000, 260_000, 260_000, 260_000, 260_000]);
    assert_eq!(schedule.total(), Milliseconds(1_315_000));
}

#[test]
fn a_policy_can_retry_for_exactly_one_hour() {
    let hour = [
        r#""numRetries":60,"minDelayTarget":60,"maxDelayTarget":60"#,
        r#""numRetries":1,"minDelayTarget":1,"maxDelayTarget":3600"#,
        r#""numRetries":9,"minDelayTarget":80,"maxDelayTarget":720,"backoffFunction":"linear""#,
        r#""numRetries":100,"minDelayTarget":36,"maxDelayTarget":36,"backoffFunction":"geometric""#,
    ];
    for members in hour {
        assert_eq!(schedule(members).total(), Milliseconds(3_600_000), "{members}");
        assert_eq!(delays(&schedule(members)).iter().sum::<u64>(), 3_600_000, "{members}");
        let text = format!(r#"{{"healthyRetryPolicy":{{{members}}}}}"#);
        let function = RetrySchedule::of_function(Some(&subscription(&text, Endpoint::Function)));
        assert_eq!(function, schedule(members));
    }
}

#[test]
fn rounding_never_makes_an_hour_longer() {
    // 72 delays that grow by 98/71 s, which is no whole number of milliseconds.
    let total = schedule(r#""numRetries":72,"minDelayTarget":1,"maxDelayTarget":99"#).total();
    assert!((3_599_900..3_600_000).contains(&total.0), "{total:?}");
}

#[test]
fn a_policy_can_retry_not_at_all() {
    let none = schedule(r#""numRetries":0"#);
    assert_eq!((none.attempts(), none.total(), none.delay_after(1, LEAST)), (1, Milliseconds(0), None));
}

#[test]
fn a_function_has_aws_schedule_unless_its_subscription_says_otherwise() {
    assert_eq!(RetrySchedule::of_function(None), RetrySchedule::AWS_MANAGED);
    let throttled = subscription(r#"{"throttlePolicy":{"maxReceivesPerSecond":3}}"#, Endpoint::Function);
    assert_eq!(RetrySchedule::of_function(Some(&throttled)), RetrySchedule::AWS_MANAGED);
    assert_eq!(throttled.max_receives_per_second().map(u32::from), Some(3));
}

#[test]
fn queues_and_functions_are_tried_for_23_days() {
    let schedule = RetrySchedule::AWS_MANAGED;
    assert_eq!((schedule.retries(), delays(&schedule).len()), (100_015, 100_015));
    assert_eq!(schedule.total().0 / 86_400_000, 23);
    // Entropy of the reach of jitter leaves a delay as it is.
    let middle = |failed, reach_ms| schedule.delay_after(failed, reach_ms).map(|delay| delay.0);
    assert_eq!([1, 2, 3].map(|failed| middle(failed, 0)), [Some(0); 3]);
    assert_eq!([4, 5, 6].map(|failed| middle(failed, 100)), [Some(1000); 3]);
    assert_eq!([15, 16, 100_015].map(|failed| middle(failed, 2000)), [Some(20_000); 3]);
    assert_eq!(schedule.delay_after(100_016, 2000), None);
}

#[test]
fn mail_and_telephones_are_tried_for_six_hours() {
    let schedule = RetrySchedule::CUSTOMER_MANAGED;
    assert_eq!(schedule.retries(), 50);
    assert_eq!(schedule.total().0 / 3_600_000, 6);
    let middle = |failed, reach_ms| schedule.delay_after(failed, reach_ms).map(|delay| delay.0);
    assert_eq!([1, 2, 3].map(|failed| middle(failed, 1000)), [Some(10_000); 3]);
    assert_eq!([12, 13, 50].map(|failed| middle(failed, 60_000)), [Some(600_000); 3]);
    assert_eq!(schedule.delay_after(51, LEAST), None);
}

#[test]
fn jitter_moves_aws_schedules_by_a_tenth_and_policies_not_at_all() {
    let reach = |schedule: &RetrySchedule, failed| {
        let seen = (0..=4000).filter_map(|entropy| schedule.delay_after(failed, entropy)).map(|delay| delay.0);
        let seen: Vec<u64> = seen.collect();
        (*seen.iter().min().unwrap(), *seen.iter().max().unwrap())
    };
    assert_eq!(reach(&RetrySchedule::AWS_MANAGED, 1), (0, 0));
    assert_eq!(reach(&RetrySchedule::AWS_MANAGED, 4), (900, 1100));
    assert_eq!(reach(&RetrySchedule::AWS_MANAGED, 100), (18_000, 22_000));
    assert_eq!(reach(&EffectivePolicy::of(None, None).schedule(), 1), (20_000, 20_000));
}
