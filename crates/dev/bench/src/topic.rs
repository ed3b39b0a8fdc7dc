//! A topic under load, spoken to as SDKs speak to topics: in the Query protocol.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use bongsu_client::{CallError, Client, Connection};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A topic of a server under test.
pub struct Topic {
    client: Client,
    arn: String,
}

impl Topic {
    /// Creates one.
    pub async fn create(client: &Client, name: &str, attributes: &[(&str, &str)]) -> Result<Self> {
        let mut form = Form::new("CreateTopic");
        form.add("Name", name);
        form.add_entries("Attributes", attributes);
        let reply = form.call(client).await?;
        let arn = between(&reply, "<TopicArn>", "</TopicArn>").context("a new topic without an ARN")?.to_owned();
        Ok(Self { client: client.clone(), arn })
    }

    /// The topic's ARN.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// Subscribes an endpoint. A queue is subscribed at once, a web server is asked first.
    pub async fn subscribe(&self, protocol: &str, endpoint: &str, attributes: &[(&str, &str)]) -> Result<()> {
        let mut form = Form::new("Subscribe");
        form.add("TopicArn", &self.arn);
        form.add("Protocol", protocol);
        form.add("Endpoint", endpoint);
        form.add_entries("Attributes", attributes);
        form.call(&self.client).await.map(drop)
    }

    /// How many subscriptions are confirmed.
    pub async fn confirmed(&self) -> Result<u64> {
        let mut form = Form::new("GetTopicAttributes");
        form.add("TopicArn", &self.arn);
        let reply = form.call(&self.client).await?;
        let entry = "<key>SubscriptionsConfirmed</key><value>";
        Ok(between(&reply, entry, "</value>").context("no number of subscriptions")?.parse()?)
    }

    /// A connection that publishes.
    pub async fn publisher(&self) -> Result<Publisher> {
        let (connection, topic) = (self.client.connect().await?, self.arn.clone());
        Ok(Publisher { connection, authority: self.client.endpoint().authority(), topic })
    }
}

/// Publishes over a connection of its own.
pub struct Publisher {
    connection: Connection,
    authority: String,
    topic: String,
}

impl Publisher {
    /// The request that publishes a message, or up to ten of them together.
    pub fn request(&self, messages: &[&str]) -> Vec<u8> {
        let [message] = messages else { return self.batch(messages) };
        let mut form = Form::new("Publish");
        form.add("TopicArn", &self.topic);
        form.add("Message", message);
        form.request(&self.authority)
    }

    fn batch(&self, messages: &[&str]) -> Vec<u8> {
        let mut form = Form::new("PublishBatch");
        form.add("TopicArn", &self.topic);
        for (number, message) in (1..).zip(messages) {
            form.add(&format!("PublishBatchRequestEntries.member.{number}.Id"), &number.to_string());
            form.add(&format!("PublishBatchRequestEntries.member.{number}.Message"), message);
        }
        form.request(&self.authority)
    }

    /// Publishes what a request holds, all of which has to be taken.
    pub async fn publish(&mut self, request: &[u8], messages: usize) -> Result<(), CallError> {
        self.connection.call(request).await?;
        let reply = String::from_utf8_lossy(self.connection.body());
        let taken = reply.matches("<MessageId>").count();
        if taken == messages {
            return Ok(());
        }
        Err(CallError::NotUnderstood(format!("{taken} of {messages} messages were taken: {reply}")))
    }
}

/// The parameters of a request.
struct Form(String);

impl Form {
    fn new(action: &str) -> Self {
        Self(format!("Action={action}&Version=2010-03-31"))
    }

    fn add(&mut self, name: &str, value: &str) {
        write!(self.0, "&{name}={}", utf8_percent_encode(value, VALUE)).expect("a string takes all");
    }

    fn add_entries(&mut self, name: &str, entries: &[(&str, &str)]) {
        for (number, (key, value)) in (1..).zip(entries) {
            self.add(&format!("{name}.entry.{number}.key"), key);
            self.add(&format!("{name}.entry.{number}.value"), value);
        }
    }

    fn request(&self, authority: &str) -> Vec<u8> {
        let Self(body) = self;
        let length = body.len();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: {authority}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {length}\r\n\r\n"
        );
        (head + body).into_bytes()
    }

    async fn call(&self, client: &Client) -> Result<String> {
        let mut connection = client.connect().await?;
        connection.call(&self.request(&client.endpoint().authority())).await?;
        Ok(String::from_utf8(connection.body().to_vec())?)
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    Some(text.split_once(before)?.1.split_once(after)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_encoded() {
        let mut form = Form::new("Subscribe");
        form.add("Endpoint", "http://127.0.0.1:1/a?b=c&d");
        form.add_entries("Attributes", &[("RawMessageDelivery", "true")]);
        let body = "Action=Subscribe&Version=2010-03-31&Endpoint=http%3A%2F%2F127.0.0.1%3A1%2Fa%3Fb%3Dc%26d\
                    &Attributes.entry.1.key=RawMessageDelivery&Attributes.entry.1.value=true";
        let request = String::from_utf8(form.request("h:1")).unwrap();
        let (head, rest) = request.split_once("\r\n\r\n").unwrap();
        assert_eq!(rest, body);
        assert!(head.starts_with("POST / HTTP/1.1\r\nhost: h:1\r\n"), "{head}");
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
    }

    #[test]
    fn a_value_stands_between_its_tags() {
        assert_eq!(between("<a><b>x</b></a>", "<b>", "</b>"), Some("x"));
        assert_eq!(between("<a/>", "<b>", "</b>"), None);
    }
}
