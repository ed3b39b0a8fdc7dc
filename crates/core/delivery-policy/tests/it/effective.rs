//! Which policy holds over HTTP when topic and subscription both have one.

use bongsu_delivery_policy::EffectivePolicy;

use crate::{DEFAULT_EFFECTIVE, HTTP, RAW, subscription, topic};

const TOPIC: &str = concat!(
    r#"{"http":{"defaultHealthyRetryPolicy":{"numRetries":7,"backoffFunction":"arithmetic"},"#,
    r#""defaultThrottlePolicy":{"maxReceivesPerSecond":9},"#,
    r#""defaultRequestPolicy":{"headerContentType":"application/json"}}}"#
);

fn rate(policy: &EffectivePolicy) -> Option<u32> {
    policy.max_receives_per_second().map(Into::into)
}

#[test]
fn without_policies_the_defaults_hold() {
    let effective = EffectivePolicy::of(None, None);
    assert_eq!(effective.topic_text(), DEFAULT_EFFECTIVE);
    assert_eq!(
        effective.subscription_text(),
        concat!(
            r#"{"healthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"#,
            r#""numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"sicklyRetryPolicy":null,"#,
            r#""throttlePolicy":null,"requestPolicy":{"headerContentType":"text/plain; charset=UTF-8"},"guaranteed":false}"#
        )
    );
    assert_eq!((effective.content_type(), rate(&effective)), ("text/plain; charset=UTF-8", None));
}

#[test]
fn a_topic_lays_its_sections_over_the_defaults() {
    let only_type = topic(r#"{"http":{"defaultRequestPolicy":{"headerContentType":"application/json"}}}"#);
    assert_eq!(
        EffectivePolicy::of(Some(&only_type), None).topic_text(),
        DEFAULT_EFFECTIVE.replace("text/plain; charset=UTF-8", "application/json")
    );
    assert_eq!(
        EffectivePolicy::of(Some(&topic(TOPIC)), None).topic_text(),
        concat!(
            r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":7,"#,
            r#""numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"arithmetic"},"#,
            r#""disableSubscriptionOverrides":false,"defaultThrottlePolicy":{"maxReceivesPerSecond":9},"#,
            r#""defaultRequestPolicy":{"headerContentType":"application/json"}}}"#
        )
    );
}

#[test]
fn a_subscription_without_a_policy_has_the_topics() {
    let effective = EffectivePolicy::of(Some(&topic(TOPIC)), None);
    assert_eq!((effective.content_type(), rate(&effective)), ("application/json", Some(9)));
    assert_eq!(effective.schedule().retries(), 7);
}

#[test]
fn a_section_of_the_subscription_stands_in_place_of_the_topics() {
    let topic = topic(TOPIC);
    let csv = subscription(r#"{"requestPolicy":{"headerContentType":"text/csv"}}"#, RAW);
    assert_eq!(
        EffectivePolicy::of(Some(&topic), Some(&csv)).subscription_text(),
        concat!(
            r#"{"healthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":7,"numMaxDelayRetries":0,"#,
            r#""numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"arithmetic"},"sicklyRetryPolicy":null,"#,
            r#""throttlePolicy":{"maxReceivesPerSecond":9},"requestPolicy":{"headerContentType":"text/csv"},"guaranteed":false}"#
        )
    );
    let own = subscription(
        r#"{"healthyRetryPolicy":{"maxDelayTarget":30},"throttlePolicy":{"maxReceivesPerSecond":2}}"#,
        HTTP,
    );
    let effective = EffectivePolicy::of(Some(&topic), Some(&own));
    // The section is the subscription's as a whole: 3 retries by default, not the topic's 7.
    assert_eq!((effective.schedule().retries(), rate(&effective)), (3, Some(2)));
    assert_eq!(effective.content_type(), "application/json");
}

#[test]
fn a_topic_that_disables_overrides_is_heard_alone() {
    let own = subscription(
        r#"{"healthyRetryPolicy":{"numRetries":9},"throttlePolicy":{"maxReceivesPerSecond":2},"requestPolicy":{"headerContentType":"text/csv"}}"#,
        RAW,
    );
    let closed = topic(r#"{"http":{"disableSubscriptionOverrides":true}}"#);
    let effective = EffectivePolicy::of(Some(&closed), Some(&own));
    assert_eq!(effective, EffectivePolicy::of(Some(&closed), None));
    assert_eq!(effective.subscription_text(), EffectivePolicy::of(None, None).subscription_text());
    assert_eq!(effective.topic_text(), DEFAULT_EFFECTIVE.replace("false", "true"));
}
