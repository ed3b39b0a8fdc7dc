//! A thin SQS client that speaks JSON 1.0 and tells "refused" from "perhaps done".

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use crate::http::{self, Client};

/// Longer than the longest long poll (20 s).
const TIMEOUT: Duration = Duration::from_secs(30);

/// Why an operation has no result.
#[derive(Debug)]
pub enum Failure {
    /// The server said no; nothing has changed.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error code of the Query protocol, as SDKs show it.
        code: String,
        /// The text for people.
        message: String,
    },
    /// The server has not seen the request.
    NotSent(std::io::Error),
    /// The answer was lost: the operation may have been carried out.
    Unknown(std::io::Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Refused { status, code, message } => write!(f, "{status} {code}: {message}"),
            Failure::NotSent(error) => write!(f, "not sent: {error}"),
            Failure::Unknown(error) => write!(f, "sent, but no answer: {error}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Failure {
        match error {
            http::Error::NotSent(error) => Failure::NotSent(error),
            http::Error::Unknown(error) => Failure::Unknown(error),
        }
    }
}

/// What an accepted send returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The message's id.
    pub message_id: String,
    /// The place in its group, on FIFO queues; comparable as text.
    pub sequence_number: Option<String>,
}

/// One received message.
#[derive(Debug, Clone)]
pub struct Message {
    /// The message's id.
    pub message_id: String,
    /// What deletes it.
    pub receipt_handle: String,
    /// What was sent.
    pub body: String,
    /// All system attributes.
    pub attributes: Value,
}

impl Message {
    /// How often the message has been handed out, this time included.
    ///
    /// # Panics
    ///
    /// When the server left the count away.
    #[must_use]
    pub fn receive_count(&self) -> u32 {
        text(&self.attributes, "ApproximateReceiveCount").parse().expect("a receive count is a number")
    }
}

/// One connection to one server's SQS.
#[derive(Debug)]
pub struct Sqs {
    http: Client,
}

impl Sqs {
    /// A client of the API at `address`.
    #[must_use]
    pub fn new(address: SocketAddr) -> Sqs {
        Sqs { http: Client::new(address, TIMEOUT) }
    }

    /// Calls any operation with its JSON input.
    ///
    /// # Errors
    ///
    /// [`Failure`] says whether it may have been carried out.
    pub fn call(&mut self, operation: &str, input: &Value) -> Result<Value, Failure> {
        let target = format!("AmazonSQS.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target.as_str())];
        let response = self.http.post("/", &headers, input.to_string().as_bytes())?;
        if response.status == 200 {
            return Ok(if response.body.is_empty() { json!({}) } else { response.json() });
        }
        let code = response.header("x-amzn-query-error").and_then(|header| header.split(';').next());
        let code = code.unwrap_or("(no code)").to_owned();
        let message = match serde_json::from_slice::<Value>(&response.body) {
            Ok(body) => body["message"].as_str().unwrap_or_default().to_owned(),
            Err(_) => response.text(),
        };
        Err(Failure::Refused { status: response.status, code, message })
    }

    /// Creates a queue and returns its URL.
    ///
    /// # Errors
    ///
    /// As [`Sqs::call`].
    pub fn create_queue(&mut self, name: &str, attributes: &[(&str, &str)]) -> Result<String, Failure> {
        let attributes: Value = attributes.iter().map(|&(name, value)| (name.to_owned(), Value::from(value))).collect();
        let output = self.call("CreateQueue", &json!({ "QueueName": name, "Attributes": attributes }))?;
        Ok(text(&output, "QueueUrl"))
    }

    /// Sends a message to a standard queue.
    ///
    /// # Errors
    ///
    /// As [`Sqs::call`].
    pub fn send(&mut self, queue_url: &str, body: &str) -> Result<Sent, Failure> {
        Ok(sent(&self.call("SendMessage", &json!({ "QueueUrl": queue_url, "MessageBody": body }))?))
    }

    /// Sends a message to a group of a FIFO queue.
    ///
    /// # Errors
    ///
    /// As [`Sqs::call`].
    pub fn send_to_group(
        &mut self,
        queue_url: &str,
        group: &str,
        deduplication_id: &str,
        body: &str,
    ) -> Result<Sent, Failure> {
        let input = json!({
            "QueueUrl": queue_url,
            "MessageBody": body,
            "MessageGroupId": group,
            "MessageDeduplicationId": deduplication_id,
        });
        Ok(sent(&self.call("SendMessage", &input)?))
    }

    /// Receives at most ten messages, waiting up to `wait_seconds` for the first.
    ///
    /// # Errors
    ///
    /// As [`Sqs::call`].
    pub fn receive(&mut self, queue_url: &str, wait_seconds: u32) -> Result<Vec<Message>, Failure> {
        let input = json!({
            "QueueUrl": queue_url,
            "MaxNumberOfMessages": 10,
            "WaitTimeSeconds": wait_seconds,
            "MessageSystemAttributeNames": ["All"],
        });
        let output = self.call("ReceiveMessage", &input)?;
        Ok(output["Messages"].as_array().into_iter().flatten().map(message).collect())
    }

    /// Deletes a received message.
    ///
    /// # Errors
    ///
    /// As [`Sqs::call`].
    pub fn delete(&mut self, queue_url: &str, receipt_handle: &str) -> Result<(), Failure> {
        self.call("DeleteMessage", &json!({ "QueueUrl": queue_url, "ReceiptHandle": receipt_handle }))?;
        Ok(())
    }

    /// How many messages a queue holds: visible, in flight and delayed together.
    ///
    /// # Errors
    ///
    /// As [`Sqs::call`].
    pub fn depth(&mut self, queue_url: &str) -> Result<u64, Failure> {
        const COUNTERS: [&str; 3] = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ];
        let output = self.call("GetQueueAttributes", &json!({ "QueueUrl": queue_url, "AttributeNames": COUNTERS }))?;
        let count = |name| text(&output["Attributes"], name).parse::<u64>().expect("a counter is a number");
        Ok(COUNTERS.into_iter().map(count).sum())
    }
}

fn sent(output: &Value) -> Sent {
    Sent {
        message_id: text(output, "MessageId"),
        sequence_number: output["SequenceNumber"].as_str().map(str::to_owned),
    }
}

fn message(entry: &Value) -> Message {
    Message {
        message_id: text(entry, "MessageId"),
        receipt_handle: text(entry, "ReceiptHandle"),
        body: text(entry, "Body"),
        attributes: entry["Attributes"].clone(),
    }
}

fn text(object: &Value, member: &str) -> String {
    object[member].as_str().unwrap_or_else(|| panic!("no {member} in {object}")).to_owned()
}
