//! What is not accepted, and the text that says why.

use bongsu_delivery_policy::{Endpoint, SubscriptionDeliveryPolicy, TopicDeliveryPolicy};

use crate::{HTTP, RAW, subscription};

fn topic_fault(text: &str) -> String {
    TopicDeliveryPolicy::parse(text).expect_err(text).to_string()
}

fn fault(text: &str, endpoint: Endpoint) -> String {
    SubscriptionDeliveryPolicy::parse(text, endpoint).expect_err(text).to_string()
}

/// The fault of a retry section with these members, in a topic's policy and in a subscription's, without the path.
fn retry_fault(members: &str) -> String {
    let in_topic = topic_fault(&format!(r#"{{"http":{{"defaultHealthyRetryPolicy":{{{members}}}}}}}"#));
    let in_subscription = fault(&format!(r#"{{"healthyRetryPolicy":{{{members}}}}}"#), HTTP);
    let in_topic = in_topic.strip_prefix("http.defaultHealthyRetryPolicy").expect("the path of a topic");
    let in_subscription = in_subscription.strip_prefix("healthyRetryPolicy").expect("the path of a subscription");
    assert_eq!(in_topic, in_subscription);
    in_topic.to_owned()
}

#[test]
fn retry_values_out_of_range() {
    let table = [
        (r#""minDelayTarget":0"#, ".minDelayTarget must be greater than or equal to 1"),
        (r#""minDelayTarget":-9223372036854775808"#, ".minDelayTarget must be greater than or equal to 1"),
        (r#""minDelayTarget":21"#, ".maxDelayTarget must be greater than or equal to minDelayTarget"),
        (r#""maxDelayTarget":19"#, ".maxDelayTarget must be greater than or equal to minDelayTarget"),
        (r#""minDelayTarget":1,"maxDelayTarget":0"#, ".maxDelayTarget must be greater than or equal to minDelayTarget"),
        (r#""maxDelayTarget":3601"#, ".maxDelayTarget must be less than or equal to 3600"),
        (r#""numRetries":-1"#, ".numRetries must be greater than or equal to 0"),
        (r#""numRetries":101"#, ".numRetries must be less than or equal to 100"),
        (r#""numRetries":9223372036854775807"#, ".numRetries must be less than or equal to 100"),
        (r#""numNoDelayRetries":-1"#, ".numNoDelayRetries must be greater than or equal to 0"),
        (r#""numMinDelayRetries":-1"#, ".numMinDelayRetries must be greater than or equal to 0"),
        (r#""numMaxDelayRetries":-1"#, ".numMaxDelayRetries must be greater than or equal to 0"),
        (r#""backoffFunction":"cubic""#, ".backoffFunction: the value [cubic] is not a valid backoff function"),
        (r#""backoffFunction":"""#, ".backoffFunction: the value [] is not a valid backoff function"),
    ];
    for (members, expected) in table {
        assert_eq!(retry_fault(members), expected, "{members}");
    }
}

#[test]
fn more_retries_in_the_phases_than_there_are() {
    let expected = ".numRetries must be greater than or equal to total of \
                    numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries";
    let too_many = [
        r#""numNoDelayRetries":4"#,
        r#""numRetries":5,"numNoDelayRetries":2,"numMinDelayRetries":2,"numMaxDelayRetries":2"#,
        r#""numRetries":100,"numNoDelayRetries":4294967295,"numMinDelayRetries":4294967295,"numMaxDelayRetries":4294967295"#,
    ];
    for members in too_many {
        assert_eq!(retry_fault(members), expected, "{members}");
    }
}

#[test]
fn retries_over_more_than_an_hour() {
    let members = r#""numRetries":100,"minDelayTarget":36,"maxDelayTarget":37"#;
    assert_eq!(retry_fault(members), " retries for 3650 seconds in total, which must be less than or equal to 3600");
    let members = r#""numRetries":2,"minDelayTarget":1,"maxDelayTarget":3600"#;
    assert_eq!(retry_fault(members), " retries for 3601 seconds in total, which must be less than or equal to 3600");
}

#[test]
fn retries_of_a_function_over_more_than_a_day() {
    let day = |max: u32| {
        format!(
            r#"{{"healthyRetryPolicy":{{"numRetries":24,"minDelayTarget":3599,"maxDelayTarget":{max},"numMaxDelayRetries":23}}}}"#
        )
    };
    subscription(&day(3600), Endpoint::Function);
    let text = r#"{"healthyRetryPolicy":{"numRetries":25,"minDelayTarget":3600,"maxDelayTarget":3600}}"#;
    let expected = "healthyRetryPolicy retries for 90000 seconds in total, which must be less than or equal to 86400";
    assert_eq!(fault(text, Endpoint::Function), expected);
}

#[test]
fn values_of_the_wrong_type() {
    for value in [r#""3""#, "3.0", "1e2", "true", "[]", "{}", "99999999999999999999"] {
        assert_eq!(retry_fault(&format!(r#""numRetries":{value}"#)), ".numRetries must be an integer", "{value}");
    }
    assert_eq!(retry_fault(r#""backoffFunction":1"#), ".backoffFunction must be a string");
    assert_eq!(
        topic_fault(r#"{"http":{"disableSubscriptionOverrides":"true"}}"#),
        "http.disableSubscriptionOverrides must be true or false"
    );
    assert_eq!(topic_fault(r#"{"http":[]}"#), "http must be a JSON object");
    assert_eq!(topic_fault("[{}]"), "the policy must be a JSON object");
    assert_eq!(fault(r#"{"throttlePolicy":5}"#, HTTP), "throttlePolicy must be a JSON object");
}

#[test]
fn keys_that_nobody_knows_or_that_come_twice() {
    let unknown = [
        (r#"{"https":{}}"#, "unknown key [https]"),
        (r#"{"healthyRetryPolicy":{}}"#, "unknown key [healthyRetryPolicy]"),
        (r#"{"http":{"healthyRetryPolicy":{}}}"#, "unknown key [http.healthyRetryPolicy]"),
        (
            r#"{"http":{"defaultHealthyRetryPolicy":{"Retries":1}}}"#,
            "unknown key [http.defaultHealthyRetryPolicy.Retries]",
        ),
        (r#"{"http":{"defaultThrottlePolicy":{"x":1}}}"#, "unknown key [http.defaultThrottlePolicy.x]"),
        (r#"{"http":{"defaultRequestPolicy":{"x":1}}}"#, "unknown key [http.defaultRequestPolicy.x]"),
    ];
    for (text, expected) in unknown {
        assert_eq!(topic_fault(text), expected);
    }
    assert_eq!(fault(r#"{"http":{}}"#, HTTP), "unknown key [http]");
    assert_eq!(retry_fault(r#""numRetries":1,"num\u0052etries":2"#), ".numRetries must not be given twice");
}

#[test]
fn text_that_is_not_json() {
    for text in ["{", "not json", " ", "{}{}", r#"{"http":}"#, r#"{"\ud800":1}"#] {
        let said = topic_fault(text);
        assert!(said.starts_with("failed to parse JSON. "), "{text}: {said}");
    }
}

#[test]
fn a_rate_below_one() {
    for rate in ["0", "-1"] {
        let text = format!(r#"{{"throttlePolicy":{{"maxReceivesPerSecond":{rate}}}}}"#);
        assert_eq!(fault(&text, HTTP), "throttlePolicy.maxReceivesPerSecond must be >= 1");
        let text = format!(r#"{{"http":{{"defaultThrottlePolicy":{{"maxReceivesPerSecond":{rate}}}}}}}"#);
        assert_eq!(topic_fault(&text), "http.defaultThrottlePolicy.maxReceivesPerSecond must be >= 1");
    }
    let text = r#"{"throttlePolicy":{"maxReceivesPerSecond":4294967296}}"#;
    assert_eq!(fault(text, HTTP), "throttlePolicy.maxReceivesPerSecond must be <= 4294967295");
}

#[test]
fn content_types_by_what_is_delivered() {
    let request = |name: &str| format!(r#"{{"requestPolicy":{{"headerContentType":"{name}"}}}}"#);
    let on_topic = |name: &str| format!(r#"{{"http":{{"defaultRequestPolicy":{{"headerContentType":"{name}"}}}}}}"#);
    for name in ["text/plain; charset=UTF-8", "text/plain", "application/json"] {
        for endpoint in [HTTP, RAW] {
            assert_eq!(subscription(&request(name), endpoint).check_raw_off(), Ok(()));
        }
        assert!(TopicDeliveryPolicy::parse(&on_topic(name)).is_ok());
    }
    let raw_only = [
        "text/css",
        "text/csv",
        "text/html",
        "text/xml",
        "application/atom+xml",
        "application/octet-stream",
        "application/soap+xml",
        "application/x-www-form-urlencoded",
        "application/xhtml+xml",
        "application/xml",
    ];
    for name in raw_only {
        let needs_raw = format!(".headerContentType: the value [{name}] needs raw message delivery");
        assert_eq!(fault(&request(name), HTTP), format!("requestPolicy{needs_raw}"));
        assert_eq!(topic_fault(&on_topic(name)), format!("http.defaultRequestPolicy{needs_raw}"));
        let refusal = subscription(&request(name), RAW).check_raw_off().unwrap_err();
        assert_eq!(refusal.to_string(), format!("the headerContentType [{name}] needs raw message delivery"));
    }
    for name in ["", "image/png", "text/plain;charset=UTF-8", "Application/JSON", "text/csv\\r\\nX-Y: z"] {
        assert!(fault(&request(name), RAW).ends_with("] is not a valid header content type"), "{name}");
    }
}

#[test]
fn sections_that_are_obsolete() {
    let sickly = r#"{"sicklyRetryPolicy":{"numRetries":1}}"#;
    assert_eq!(fault(sickly, HTTP), "sicklyRetryPolicy is obsolete and must be null");
    assert_eq!(fault(r#"{"guaranteed":true}"#, HTTP), "guaranteed is obsolete and must be false");
}

#[test]
fn policies_of_endpoints_that_have_none() {
    let text = r#"{"healthyRetryPolicy":{"numRetries":1}}"#;
    assert_eq!(fault(text, Endpoint::Other), "only http, https and lambda subscriptions have one");
    let text = r#"{"requestPolicy":{"headerContentType":"text/plain"}}"#;
    assert_eq!(fault(text, Endpoint::Function), "requestPolicy must be null on a lambda subscription");
}

#[test]
fn a_fault_repeats_only_the_beginning_of_a_long_word() {
    let long = "é".repeat(100_000);
    for text in [
        format!(r#"{{"{long}":1}}"#),
        format!(r#""{long}""#),
        format!(r#"{{"healthyRetryPolicy":{{"backoffFunction":"{long}"}}}}"#),
        format!(r#"{{"healthyRetryPolicy":{{"numRetries":"{long}"}}}}"#),
        format!(r#"{{"requestPolicy":{{"headerContentType":"{long}"}}}}"#),
    ] {
        assert!(fault(&text, HTTP).len() < 300);
    }
}

#[test]
fn deep_nesting_is_refused_without_a_deep_stack() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(topic_fault(&format!(r#"{{"http":{deep}}}"#)), "http must be a JSON object");
    assert_eq!(fault(&format!(r#"{{"guaranteed":{deep}}}"#), HTTP), "guaranteed must be true or false");
}
