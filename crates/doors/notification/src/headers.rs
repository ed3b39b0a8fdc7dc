//! The headers of a request to a subscribed HTTP endpoint.

use crate::text::Uuid;

/// What endpoints know the sender by.
pub const USER_AGENT: &str = "Amazon Simple Notification Service Agent";

/// The content type of everything that no delivery policy speaks about; the bodies are JSON all the same.
pub const CONTENT_TYPE_DEFAULT: &str = "text/plain; charset=UTF-8";

/// A header's name in lower case, and its value.
pub type Header = (&'static str, String);

pub(crate) struct Delivery<'a> {
    pub(crate) kind: &'static str,
    pub(crate) message_id: u128,
    pub(crate) topic_arn: &'a str,
    pub(crate) subscription_arn: Option<&'a str>,
    pub(crate) raw: bool,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) trace_header: Option<&'a str>,
}

pub(crate) fn headers(delivery: &Delivery<'_>) -> Vec<Header> {
    let mut headers = vec![
        ("x-amz-sns-message-type", delivery.kind.to_owned()),
        ("x-amz-sns-message-id", Uuid(delivery.message_id).to_string()),
        ("x-amz-sns-topic-arn", delivery.topic_arn.to_owned()),
    ];
    headers.extend(delivery.subscription_arn.map(|arn| ("x-amz-sns-subscription-arn", arn.to_owned())));
    headers.extend(delivery.raw.then(|| ("x-amz-sns-rawdelivery", "true".to_owned())));
    headers.extend(delivery.trace_header.map(|trace| ("x-amzn-trace-id", trace.to_owned())));
    headers.extend([
        ("content-type", delivery.content_type.unwrap_or(CONTENT_TYPE_DEFAULT).to_owned()),
        ("user-agent", USER_AGENT.to_owned()),
        ("accept-encoding", "gzip,deflate".to_owned()),
        ("connection", "Keep-Alive".to_owned()),
    ]);
    headers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Notification;
    use crate::notification::tests::EXAMPLE;

    fn value<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
        headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_notification_names_its_type_message_topic_and_subscription() {
        let headers = EXAMPLE.headers(false, None);
        let expected = [
            ("x-amz-sns-message-type", "Notification"),
            ("x-amz-sns-message-id", "11111111-2222-3333-4444-555555555555"),
            ("x-amz-sns-topic-arn", EXAMPLE.topic_arn),
            ("x-amz-sns-subscription-arn", EXAMPLE.subscription_arn),
            ("content-type", "text/plain; charset=UTF-8"),
            ("user-agent", "Amazon Simple Notification Service Agent"),
            ("accept-encoding", "gzip,deflate"),
            ("connection", "Keep-Alive"),
        ];
        assert!(headers.iter().map(|(name, value)| (*name, value.as_str())).eq(expected));
    }

    #[test]
    fn the_trace_of_the_publish_goes_on() {
        let trace = "Root=1-5759e988-bd862e3fe1be46a994272793";
        let traced = Notification { trace_header: Some(trace), ..EXAMPLE };
        assert_eq!(value(&traced.headers(false, None), "x-amzn-trace-id"), Some(trace));
    }

    #[test]
    fn raw_delivery_is_marked_and_a_policy_names_the_content_type() {
        let headers = EXAMPLE.headers(true, Some("application/json"));
        assert_eq!(value(&headers, "x-amz-sns-rawdelivery"), Some("true"));
        assert_eq!(value(&headers, "content-type"), Some("application/json"));
    }
}
