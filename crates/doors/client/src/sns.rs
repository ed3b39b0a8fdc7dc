//! SNS, as far as a notification is published: the Query protocol.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::{element, excerpt};
use crate::sqs::MessageAttribute;
use crate::{CallError, Client};

const SERVICE: &str = "sns";
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
const FORM_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is to be published.
#[derive(Clone, Debug, Default)]
pub struct Publish<'a> {
    /// The topic.
    pub topic_arn: &'a str,
    /// The text.
    pub message: &'a str,
    /// One line.
    pub subject: Option<&'a str>,
    /// Each name once.
    pub attributes: Vec<(&'a str, MessageAttribute)>,
    /// FIFO topics need one.
    pub group_id: Option<&'a str>,
    /// For FIFO topics only.
    pub deduplication_id: Option<&'a str>,
}

impl Client {
    /// `Publish`: the notification's id.
    pub async fn publish(&self, publish: &Publish<'_>) -> Result<String, CallError> {
        let body = form(publish);
        let reply = self.post((SERVICE, "/"), FORM, body.as_bytes(), ANSWER_WITHIN).await?;
        let text = String::from_utf8_lossy(reply.body());
        element(&text, "MessageId").ok_or_else(|| CallError::NotUnderstood(excerpt(reply.body())))
    }
}

fn form(publish: &Publish<'_>) -> String {
    let mut form = "Action=Publish&Version=2010-03-31".to_owned();
    let mut add = |name: &str, value: &str| form += &format!("&{name}={}", utf8_percent_encode(value, FORM_VALUE));
    add("TopicArn", publish.topic_arn);
    add("Message", publish.message);
    let optional = [
        ("Subject", publish.subject),
        ("MessageGroupId", publish.group_id),
        ("MessageDeduplicationId", publish.deduplication_id),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            add(name, value);
        }
    }
    for (number, (name, attribute)) in (1..).zip(&publish.attributes) {
        let member = |member: &str| format!("MessageAttributes.entry.{number}.{member}");
        add(&member("Name"), name);
        add(&member("Value.DataType"), &attribute.data_type);
        if let Some(text) = &attribute.string_value {
            add(&member("Value.StringValue"), text);
        }
        if let Some(base64) = &attribute.binary_value {
            add(&member("Value.BinaryValue"), base64);
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_is_a_form() {
        let number = MessageAttribute {
            data_type: "Number".to_owned(),
            string_value: Some("1".to_owned()),
            ..MessageAttribute::default()
        };
        let publish = Publish {
            topic_arn: "arn:aws:sns:us-east-1:000000000000:demo",
            message: "Hello & 봉",
            attributes: vec![("n", number)],
            ..Publish::default()
        };
        assert_eq!(
            form(&publish),
            "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3Ademo&\
             Message=Hello%20%26%20%EB%B4%89&MessageAttributes.entry.1.Name=n&\
             MessageAttributes.entry.1.Value.DataType=Number&MessageAttributes.entry.1.Value.StringValue=1"
        );
    }
}
