//! What is stored of a policy, and what unsets one.

use bongsu_delivery_policy::{Endpoint, SubscriptionDeliveryPolicy, TopicDeliveryPolicy};

use crate::{HTTP, RAW, subscription, topic};

#[test]
fn a_topic_stores_the_sections_it_was_given_and_whether_overrides_are_disabled() {
    let stored = [
        (
            r#"{"http":{"defaultRequestPolicy":{"headerContentType":"application/json"}}}"#,
            r#"{"http":{"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"application/json"}}}"#,
        ),
        (r#"{"http":{"disableSubscriptionOverrides":true}}"#, r#"{"http":{"disableSubscriptionOverrides":true}}"#),
        (
            r#" {"http": {"defaultRequestPolicy": {"headerContentType": "text/plain"},
                 "defaultThrottlePolicy": {"maxReceivesPerSecond": 7},
                 "defaultHealthyRetryPolicy": {"backoffFunction": "geometric", "numMinDelayRetries": 1,
                 "numNoDelayRetries": 2, "numMaxDelayRetries": 3, "numRetries": 20, "maxDelayTarget": 30,
                 "minDelayTarget": 10}}} "#,
            concat!(
                r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":10,"maxDelayTarget":30,"numRetries":20,"#,
                r#""numMaxDelayRetries":3,"numNoDelayRetries":2,"numMinDelayRetries":1,"backoffFunction":"geometric"},"#,
                r#""disableSubscriptionOverrides":false,"defaultThrottlePolicy":{"maxReceivesPerSecond":7},"#,
                r#""defaultRequestPolicy":{"headerContentType":"text/plain"}}}"#
            ),
        ),
    ];
    for (given, expected) in stored {
        let policy = topic(given);
        assert_eq!(policy.stored_text(), expected);
        assert_eq!(topic(expected), policy);
    }
}

#[test]
fn a_subscription_stores_missing_sections_as_null() {
    let stored = [
        (
            r#"{"requestPolicy":{"headerContentType":"text/csv"}}"#,
            concat!(
                r#"{"healthyRetryPolicy":null,"sicklyRetryPolicy":null,"throttlePolicy":null,"#,
                r#""requestPolicy":{"headerContentType":"text/csv"},"guaranteed":false}"#
            ),
        ),
        (
            r#"{"throttlePolicy":{"maxReceivesPerSecond":1},"healthyRetryPolicy":{"numRetries":5},"requestPolicy":""}"#,
            concat!(
                r#"{"healthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":5,"#,
                r#""numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"#,
                r#""sicklyRetryPolicy":null,"throttlePolicy":{"maxReceivesPerSecond":1},"requestPolicy":null,"guaranteed":false}"#
            ),
        ),
    ];
    for (given, expected) in stored {
        let policy = subscription(given, RAW);
        assert_eq!(policy.stored_text(), expected);
        assert_eq!(subscription(expected, RAW), policy);
    }
}

#[test]
fn a_policy_that_says_nothing_is_unset() {
    let nothing = [
        "",
        "null",
        "\"\"",
        "{}",
        r#"{"http":null}"#,
        r#"{"http":{}}"#,
        r#"{"http":{"defaultHealthyRetryPolicy":null,"defaultThrottlePolicy":"","defaultRequestPolicy":{}}}"#,
        r#"{"http":{"disableSubscriptionOverrides":false}}"#,
    ];
    for text in nothing {
        assert_eq!(TopicDeliveryPolicy::parse(text), Ok(None), "{text}");
    }
    let nothing = [
        "",
        "null",
        "{}",
        r#"{"healthyRetryPolicy":null,"sicklyRetryPolicy":null,"throttlePolicy":null,"requestPolicy":null,"guaranteed":false}"#,
        r#"{"healthyRetryPolicy":"","sicklyRetryPolicy":"","throttlePolicy":{},"requestPolicy":""}"#,
    ];
    for text in nothing {
        for endpoint in [HTTP, RAW, Endpoint::Function] {
            assert_eq!(SubscriptionDeliveryPolicy::parse(text, endpoint), Ok(None), "{text}");
        }
    }
    assert_eq!(SubscriptionDeliveryPolicy::parse("", Endpoint::Other), Ok(None));
}

#[test]
fn an_empty_retry_section_asks_for_the_defaults() {
    let text = r#"{"healthyRetryPolicy":{}}"#;
    assert!(
        subscription(text, HTTP).stored_text().contains(r#""minDelayTarget":20,"maxDelayTarget":20,"numRetries":3"#)
    );
}
