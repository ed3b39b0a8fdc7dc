//! A thin SNS client that speaks the Query protocol and tells "refused" from "perhaps done".

use std::net::SocketAddr;
use std::time::Duration;

use crate::http::{Client, Response};
use crate::sqs::Failure;

/// Longer than any operation takes.
const TIMEOUT: Duration = Duration::from_secs(30);
const VERSION: &str = "2010-03-31";

/// One message of a batch.
#[derive(Debug, Clone, Default)]
pub struct Entry<'a> {
    /// What is published.
    pub message: &'a str,
    /// Message attributes of type String: names and values.
    pub attributes: &'a [(&'a str, &'a str)],
}

/// One connection to one server's SNS.
#[derive(Debug)]
pub struct Sns {
    http: Client,
}

impl Sns {
    /// A client of the API at `address`.
    #[must_use]
    pub fn new(address: SocketAddr) -> Sns {
        Sns { http: Client::new(address, TIMEOUT) }
    }

    /// Calls any operation with its parameters, and returns the XML of its answer.
    ///
    /// # Errors
    ///
    /// [`Failure`] says whether it may have been carried out.
    pub fn call(&mut self, operation: &str, parameters: &[(&str, &str)]) -> Result<String, Failure> {
        let form = Form::of(operation, parameters);
        self.post(&form)
    }

    fn post(&mut self, form: &Form) -> Result<String, Failure> {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        answer(&self.http.post("/", &headers, form.0.as_bytes())?)
    }

    /// Creates a topic and returns its ARN.
    ///
    /// # Errors
    ///
    /// As [`Sns::call`].
    pub fn create_topic(&mut self, name: &str, attributes: &[(&str, &str)]) -> Result<String, Failure> {
        let mut form = Form::of("CreateTopic", &[("Name", name)]);
        form.map("Attributes", attributes);
        Ok(element(&self.post(&form)?, "TopicArn"))
    }

    /// Subscribes an endpoint and returns the subscription's ARN, also while it is not confirmed.
    ///
    /// # Errors
    ///
    /// As [`Sns::call`].
    pub fn subscribe(
        &mut self,
        topic_arn: &str,
        protocol: &str,
        endpoint: &str,
        attributes: &[(&str, &str)],
    ) -> Result<String, Failure> {
        let parameters = [("TopicArn", topic_arn), ("Protocol", protocol), ("Endpoint", endpoint)];
        let mut form = Form::of("Subscribe", &parameters);
        form.add("ReturnSubscriptionArn", "true");
        form.map("Attributes", attributes);
        Ok(element(&self.post(&form)?, "SubscriptionArn"))
    }

    /// Publishes a message and returns its id.
    ///
    /// # Errors
    ///
    /// As [`Sns::call`].
    pub fn publish(&mut self, topic_arn: &str, message: &str) -> Result<String, Failure> {
        Ok(element(&self.call("Publish", &[("TopicArn", topic_arn), ("Message", message)])?, "MessageId"))
    }

    /// Publishes up to ten messages together.
    ///
    /// # Errors
    ///
    /// As [`Sns::call`].
    ///
    /// # Panics
    ///
    /// When the server accepts only some of them.
    pub fn publish_batch(&mut self, topic_arn: &str, entries: &[Entry<'_>]) -> Result<(), Failure> {
        let mut form = Form::of("PublishBatch", &[("TopicArn", topic_arn)]);
        for (number, entry) in (1..).zip(entries) {
            let prefix = format!("PublishBatchRequestEntries.member.{number}");
            form.add(&format!("{prefix}.Id"), &number.to_string());
            form.add(&format!("{prefix}.Message"), entry.message);
            for (number, (name, value)) in (1..).zip(entry.attributes) {
                let prefix = format!("{prefix}.MessageAttributes.entry.{number}");
                form.add(&format!("{prefix}.Name"), name);
                form.add(&format!("{prefix}.Value.DataType"), "String");
                form.add(&format!("{prefix}.Value.StringValue"), value);
            }
        }
        let answer = self.post(&form)?;
        assert_eq!(
            answer.matches("<MessageId>").count(),
            entries.len(),
            "a batch was not accepted as a whole: {answer}"
        );
        Ok(())
    }

    /// Visits a URL of this server that somebody was sent, such as a `SubscribeURL`.
    ///
    /// # Errors
    ///
    /// As [`Sns::call`].
    ///
    /// # Panics
    ///
    /// When it is no URL.
    pub fn visit(&mut self, url: &str) -> Result<String, Failure> {
        let (_, rest) = url.split_once("://").unwrap_or_else(|| panic!("no URL: {url}"));
        let target = rest.find('/').map_or("/", |slash| &rest[slash..]);
        answer(&self.http.get(target)?)
    }
}

fn answer(response: &Response) -> Result<String, Failure> {
    let text = response.text();
    if response.status == 200 {
        return Ok(text);
    }
    Err(Failure::Refused {
        status: response.status,
        code: find(&text, "Code").unwrap_or_else(|| "(no code)".to_owned()),
        message: find(&text, "Message").unwrap_or(text),
    })
}

/// What an element of an answer holds.
///
/// # Panics
///
/// When there is no such element.
#[must_use]
pub fn element(xml: &str, name: &str) -> String {
    find(xml, name).unwrap_or_else(|| panic!("no {name} in {xml}"))
}

fn find(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    Some(entities.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character)))
}

/// The body of a request.
struct Form(String);

impl Form {
    fn of(operation: &str, parameters: &[(&str, &str)]) -> Form {
        let mut form = Form(format!("Action={operation}&Version={VERSION}"));
        parameters.iter().for_each(|(name, value)| form.add(name, value));
        form
    }

    fn add(&mut self, name: &str, value: &str) {
        self.0.push('&');
        self.encode(name);
        self.0.push('=');
        self.encode(value);
    }

    fn map(&mut self, name: &str, entries: &[(&str, &str)]) {
        for (number, (key, value)) in (1..).zip(entries) {
            self.add(&format!("{name}.entry.{number}.key"), key);
            self.add(&format!("{name}.entry.{number}.value"), value);
        }
    }

    fn encode(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => self.0.push(byte.into()),
                _ => self.0 += &format!("%{byte:02X}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_encoded_and_what_comes_back_is_decoded() {
        let mut form = Form::of("Publish", &[("Message", "a b&c=ü")]);
        form.map("Attributes", &[("k", "{}")]);
        let expected = "Action=Publish&Version=2010-03-31&Message=a%20b%26c%3D%C3%BC\
                        &Attributes.entry.1.key=k&Attributes.entry.1.value=%7B%7D";
        assert_eq!(form.0, expected);
        assert_eq!(element("<a><Message>1 &lt; 2 &amp;amp; 3</Message></a>", "Message"), "1 < 2 &amp; 3");
    }
}
