//! How a person names where messages go.

use std::str::FromStr;

/// Where messages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// By name or ARN.
    Function(String),
    /// By name.
    Topic(String),
    TopicArn(String),
    /// By name, URL or ARN.
    Queue(String),
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || {
            Err(format!(
                "{text:?} is neither a queue (NAME, URL, ARN) nor function/NAME, topic/NAME or an ARN of theirs"
            ))
        };
        if let Some(arn) = text.strip_prefix("arn:") {
            return match arn.split(':').nth(1) {
                Some("lambda") if arn.contains(":function:") => Ok(Self::Function(text.to_owned())),
                Some("sns") => Ok(Self::TopicArn(text.to_owned())),
                Some("sqs") => Ok(Self::Queue(text.to_owned())),
                _ => unknown(),
            };
        }
        if text.contains("://") {
            return Ok(Self::Queue(text.to_owned()));
        }
        match text.split_once('/') {
            Some(("function", name)) if !name.is_empty() => Ok(Self::Function(name.to_owned())),
            Some(("topic", name)) if !name.is_empty() => Ok(Self::Topic(name.to_owned())),
            None if !text.is_empty() => Ok(Self::Queue(text.to_owned())),
            _ => unknown(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_or_an_arn_says_what_is_meant() {
        use Destination::{Function, Queue, Topic, TopicArn};
        let whole = |kind: fn(String) -> Destination, text: &str| kind(text.to_owned());
        for (text, expected) in [
            ("orders.fifo", whole(Queue, "orders.fifo")),
            ("http://h:1/0/orders", whole(Queue, "http://h:1/0/orders")),
            ("arn:aws:sqs:r:0:orders", whole(Queue, "arn:aws:sqs:r:0:orders")),
            ("function/work", whole(Function, "work")),
            ("arn:aws:lambda:r:0:function:work", whole(Function, "arn:aws:lambda:r:0:function:work")),
            ("topic/events", whole(Topic, "events")),
            ("arn:aws:sns:r:0:events", whole(TopicArn, "arn:aws:sns:r:0:events")),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_says_nothing_is_answered_with_what_does() {
        for text in ["", "function/", "lambda/work", "arn:aws:s3:::bucket", "arn:aws:lambda:r:0:layer:x", "a/b/c"] {
            let refusal = text.parse::<Destination>().unwrap_err();
            assert!(refusal.contains("function/NAME, topic/NAME"), "{text}: {refusal}");
        }
    }
}
