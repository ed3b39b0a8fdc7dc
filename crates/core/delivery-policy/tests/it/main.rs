//! Delivery policies as their users meet them: texts in; texts, delays and rates out.

mod effective;
mod properties;
mod refusals;
mod schedules;
mod storage;
mod throttling;

use bongsu_delivery_policy::{Endpoint, SubscriptionDeliveryPolicy, TopicDeliveryPolicy};

const HTTP: Endpoint = Endpoint::Http { raw: false };
const RAW: Endpoint = Endpoint::Http { raw: true };

/// What AWS tells of a topic without a policy.
const DEFAULT_EFFECTIVE: &str = concat!(
    r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"#,
    r#""numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"#,
    r#""disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}"#
);

/// A policy that says something.
fn topic(text: &str) -> TopicDeliveryPolicy {
    let parsed = TopicDeliveryPolicy::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    parsed.unwrap_or_else(|| panic!("{text} unsets the policy"))
}

/// A policy that says something.
fn subscription(text: &str, endpoint: Endpoint) -> SubscriptionDeliveryPolicy {
    let parsed = SubscriptionDeliveryPolicy::parse(text, endpoint).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    parsed.unwrap_or_else(|| panic!("{text} unsets the policy"))
}

/// An HTTP subscription's policy with this retry section.
fn retrying(members: &str) -> SubscriptionDeliveryPolicy {
    subscription(&format!(r#"{{"healthyRetryPolicy":{{{members}}}}}"#), HTTP)
}
