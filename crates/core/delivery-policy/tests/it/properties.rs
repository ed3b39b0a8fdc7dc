//! What holds for every policy, schedule and throttle.

use std::num::NonZeroU32;

use bongsu_delivery_policy::{
    EffectivePolicy, Endpoint, HTTP_TOTAL_SECONDS_MAX, RetrySchedule, SubscriptionDeliveryPolicy, Throttle,
    TopicDeliveryPolicy,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::{HTTP, RAW};

const ENDPOINTS: [Endpoint; 4] = [HTTP, RAW, Endpoint::Function, Endpoint::Other];

/// The fields of a retry section that is in range, though its total may not be.
#[derive(Clone, Debug)]
struct Retry {
    min: u32,
    max: u32,
    no_delay: u32,
    min_delay: u32,
    backoff: u32,
    max_delay: u32,
    function: &'static str,
}

impl Retry {
    fn retries(&self) -> u32 {
        self.no_delay + self.min_delay + self.backoff + self.max_delay
    }

    fn text(&self) -> String {
        format!(
            r#"{{"minDelayTarget":{},"maxDelayTarget":{},"numRetries":{},"numNoDelayRetries":{},"numMinDelayRetries":{},"numMaxDelayRetries":{},"backoffFunction":"{}"}}"#,
            self.min,
            self.max,
            self.retries(),
            self.no_delay,
            self.min_delay,
            self.max_delay,
            self.function
        )
    }
}

fn function() -> impl Strategy<Value = &'static str> {
    select(vec!["linear", "arithmetic", "geometric", "exponential"])
}

/// Mostly short ones, so that many are within an hour.
fn retry() -> impl Strategy<Value = Retry> {
    let bound = prop_oneof![3 => Just(60_u32), 1 => Just(3600)];
    (bound.prop_flat_map(|bound| (1..=bound, 1..=bound)), 0..=25_u32, 0..=25_u32, 0..=25_u32, 0..=25_u32, function())
        .prop_map(|((one, other), no_delay, min_delay, backoff, max_delay, function)| {
            let (min, max) = (one.min(other), one.max(other));
            Retry { min, max, no_delay, min_delay, backoff, max_delay, function }
        })
}

/// Members that policies are made of, with values that are right, wrong or strange.
fn json() -> impl Strategy<Value = String> {
    let words = vec![
        "null",
        "0",
        "1",
        "3",
        "100",
        "3600",
        "-1",
        "1e9",
        "0.5",
        "true",
        "false",
        "[]",
        "{}",
        r#""""#,
        r#""linear""#,
        r#""text/csv""#,
        r#""text/plain""#,
        r#""\ud800""#,
        "18446744073709551616",
    ];
    let keys = vec![
        "http",
        "defaultHealthyRetryPolicy",
        "disableSubscriptionOverrides",
        "defaultThrottlePolicy",
        "defaultRequestPolicy",
        "healthyRetryPolicy",
        "sicklyRetryPolicy",
        "throttlePolicy",
        "requestPolicy",
        "guaranteed",
        "minDelayTarget",
        "maxDelayTarget",
        "numRetries",
        "numNoDelayRetries",
        "numMinDelayRetries",
        "numMaxDelayRetries",
        "backoffFunction",
        "maxReceivesPerSecond",
        "headerContentType",
        "x",
    ];
    let leaf = prop_oneof![4 => select(words).prop_map(str::to_owned), 1 => "[ -~é]{0,8}".prop_map(|text| format!("{text:?}"))];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        let member = (select(keys.clone()), inner).prop_map(|(key, value)| format!("\"{key}\": {value}"));
        prop::collection::vec(member, 0..6).prop_map(|parts| format!("{{{}}}", parts.join(",")))
    })
}

/// What may be done with any text: nothing of it panics, and what is stored is accepted again as the same.
fn exercise(text: &str) {
    let topic = TopicDeliveryPolicy::parse(text).unwrap_or(None);
    if let Some(topic) = &topic {
        assert_eq!(TopicDeliveryPolicy::parse(&topic.stored_text()).as_ref(), Ok(&Some(topic.clone())));
        let told = EffectivePolicy::of(Some(topic), None).topic_text();
        let told = TopicDeliveryPolicy::parse(&told).expect("what is told is accepted");
        assert_eq!(EffectivePolicy::of(told.as_ref(), None), EffectivePolicy::of(Some(topic), None));
    }
    for endpoint in ENDPOINTS {
        let Ok(Some(own)) = SubscriptionDeliveryPolicy::parse(text, endpoint) else { continue };
        assert_eq!(SubscriptionDeliveryPolicy::parse(&own.stored_text(), endpoint).as_ref(), Ok(&Some(own.clone())));
        let effective = EffectivePolicy::of(topic.as_ref(), Some(&own));
        assert!(effective.schedule().delay_after(effective.schedule().attempts(), 0).is_none());
        RetrySchedule::of_function(Some(&own)).total();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn random_text_never_panics(text in ".{0,200}") {
        exercise(&text);
    }

    #[test]
    fn random_json_never_panics(text in json()) {
        exercise(&text);
        for key in ["http", "healthyRetryPolicy", "throttlePolicy", "requestPolicy"] {
            exercise(&format!(r#"{{"{key}":{text}}}"#));
        }
        for key in ["defaultHealthyRetryPolicy", "defaultThrottlePolicy", "defaultRequestPolicy"] {
            exercise(&format!(r#"{{"http":{{"{key}":{text}}}}}"#));
        }
    }

    #[test]
    fn every_schedule_keeps_its_phases_its_bounds_and_its_hour(retry in retry(), entropy in any::<u64>()) {
        let text = format!(r#"{{"healthyRetryPolicy":{}}}"#, retry.text());
        let Ok(Some(own)) = SubscriptionDeliveryPolicy::parse(&text, HTTP) else {
            // Nothing but the hour can be wrong with it: no delay is more than its ceiling.
            let most = (retry.min_delay * retry.min) + (retry.backoff + retry.max_delay) * retry.max;
            prop_assert!(most > HTTP_TOTAL_SECONDS_MAX);
            return Ok(());
        };
        let schedule = EffectivePolicy::of(None, Some(&own)).schedule();
        let delays: Vec<u64> =
            (1..).map_while(|failed| schedule.delay_after(failed, entropy)).map(|delay| delay.0).collect();
        prop_assert_eq!(delays.len(), retry.retries() as usize);
        prop_assert_eq!(schedule.attempts(), retry.retries() + 1);
        prop_assert_eq!(delays.iter().sum::<u64>(), schedule.total().0);
        prop_assert!(schedule.total().0 <= u64::from(HTTP_TOTAL_SECONDS_MAX) * 1000);

        let (min, max) = (u64::from(retry.min) * 1000, u64::from(retry.max) * 1000);
        let (no_delay, rest) = delays.split_at(retry.no_delay as usize);
        let (min_delay, rest) = rest.split_at(retry.min_delay as usize);
        let (backoff, max_delay) = rest.split_at(retry.backoff as usize);
        prop_assert!(no_delay.iter().all(|delay| *delay == 0));
        prop_assert!(min_delay.iter().all(|delay| *delay == min));
        prop_assert!(max_delay.len() == retry.max_delay as usize && max_delay.iter().all(|delay| *delay == max));
        prop_assert!(backoff.is_sorted() && backoff.iter().all(|delay| (min..=max).contains(delay)), "{backoff:?}");
        prop_assert!(backoff.last().is_none_or(|last| *last == max));
        prop_assert!(backoff.len() < 2 || backoff[0] == min);
    }

    #[test]
    fn jitter_stays_within_a_tenth(failed in 1..=20_u32, entropy in any::<u64>()) {
        for schedule in [RetrySchedule::AWS_MANAGED, RetrySchedule::CUSTOMER_MANAGED] {
            let delay = schedule.delay_after(failed, entropy).unwrap().0;
            let least = schedule.delay_after(failed, 0).unwrap().0;
            prop_assert!(least <= delay && delay * 9 <= least * 11 + 11, "{least} {delay}");
        }
    }

    #[test]
    fn no_window_lets_more_through_than_the_rate_and_one_second(
        rate in prop_oneof![1..=20_u32, 1..=5000_u32],
        steps in prop::collection::vec((0..1500_u64, 0..40_usize), 1..60),
    ) {
        let mut throttle = Throttle::new(NonZeroU32::new(rate).unwrap());
        let mut now_ms = 1_000_000;
        let mut takes: Vec<u64> = Vec::new();
        for (pause_ms, tries) in steps {
            now_ms += pause_ms;
            takes.extend((0..tries).filter(|_| throttle.take(now_ms)).map(|_| now_ms));
            check_next_free(&throttle, now_ms);
        }
        for (first, from) in takes.iter().enumerate() {
            for (last, to) in takes.iter().enumerate().skip(first) {
                let bound = u64::from(rate) * (to - from) / 1000 + u64::from(rate);
                prop_assert!((last - first + 1) as u64 <= bound);
            }
        }
    }
}

/// It is free when it says so, and not a millisecond before.
fn check_next_free(throttle: &Throttle, now_ms: u64) {
    let free_at = throttle.next_free_at(now_ms);
    assert!(free_at >= now_ms && throttle.clone().take(free_at));
    assert!(free_at == now_ms || !throttle.clone().take(free_at - 1));
}
