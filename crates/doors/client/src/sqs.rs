//! The operations that a person's commands need, with the members they use.

mod messages;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{CallError, Client};

pub use messages::{MessageAttribute, Outgoing, Received};

/// How a person names a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueRef {
    /// `http://…/000000000000/orders`.
    Url(String),
    /// `arn:aws:sqs:us-east-1:000000000000:orders`.
    Arn(String),
    /// `orders`.
    Name(String),
}

impl From<&str> for QueueRef {
    fn from(text: &str) -> Self {
        match text {
            _ if text.contains("://") => Self::Url(text.to_owned()),
            _ if text.starts_with("arn:") => Self::Arn(text.to_owned()),
            _ => Self::Name(text.to_owned()),
        }
    }
}

impl QueueRef {
    /// The URL, if that is what was named.
    pub fn as_url(&self) -> Option<&str> {
        if let Self::Url(url) = self { Some(url) } else { None }
    }

    /// The queue's URL; a name or an ARN is asked for.
    pub async fn url(&self, client: &Client) -> Result<String, CallError> {
        match self {
            Self::Url(url) => Ok(url.clone()),
            Self::Name(name) => client.queue_url(name, None).await,
            Self::Arn(arn) => {
                let mut parts = arn.rsplit(':');
                client.queue_url(parts.next().unwrap_or_default(), parts.next()).await
            }
        }
    }

    /// The queue's ARN; anything else is asked for.
    pub async fn arn(&self, client: &Client) -> Result<String, CallError> {
        match self {
            Self::Arn(arn) => Ok(arn.clone()),
            Self::Url(_) | Self::Name(_) => client.queue_attribute(&self.url(client).await?, "QueueArn").await,
        }
    }
}

/// A message as `GET /_aws/sqs/messages` shows it. Members that an endpoint does not send are empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Peeked {
    /// Given to it when it was sent.
    pub message_id: String,
    /// What was sent.
    pub body: String,
    /// `visible`, `delayed` or `inflight`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// `SentTimestamp`, `ApproximateReceiveCount` and so on.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The sender's own attributes, as a receive would show them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub message_attributes: BTreeMap<String, Value>,
    /// Hexadecimal digits.
    #[serde(rename = "MD5OfBody", skip_serializing_if = "String::is_empty")]
    pub md5_of_body: String,
}

/// Some of a queue's messages.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PeekPage {
    /// In no promised order.
    pub messages: Vec<Peeked>,
    /// Asks for the messages after these; none is left without one.
    pub next_token: Option<String>,
}

/// A message move task, as `ListMessageMoveTasks` tells of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MoveTask {
    /// `RUNNING`, `COMPLETED`, `CANCELLING`, `CANCELLED` or `FAILED`.
    pub status: String,
    /// Only while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_handle: Option<String>,
    /// The dead-letter queue.
    pub source_arn: String,
    /// Where messages go; without it each goes back to where it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_arn: Option<String>,
    /// Messages a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_number_of_messages_per_second: Option<u32>,
    /// So far.
    #[serde(default)]
    pub approximate_number_of_messages_moved: u64,
    /// Counted when the task was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approximate_number_of_messages_to_move: Option<u64>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Milliseconds since 1970.
    #[serde(default)]
    pub started_timestamp: u64,
}

impl MoveTask {
    /// True until nothing more will be moved.
    pub fn is_under_way(&self) -> bool {
        matches!(self.status.as_str(), "RUNNING" | "CANCELLING")
    }
}

impl Client {
    /// `CreateQueue`: the new queue's URL.
    pub async fn create_queue(&self, name: &str, attributes: &[(&str, &str)]) -> Result<String, CallError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Input<'a> {
            queue_name: &'a str,
            attributes: BTreeMap<&'a str, &'a str>,
        }
        let attributes = attributes.iter().copied().collect();
        let output: QueueUrl = self.call("CreateQueue", &Input { queue_name: name, attributes }).await?;
        Ok(output.queue_url)
    }

    /// `DeleteQueue`.
    pub async fn delete_queue(&self, url: &str) -> Result<(), CallError> {
        let _: Empty = self.call("DeleteQueue", &QueueUrl { queue_url: url.to_owned() }).await?;
        Ok(())
    }

    /// `GetQueueUrl`.
    pub async fn queue_url(&self, name: &str, account: Option<&str>) -> Result<String, CallError> {
        #[derive(Serialize)]
        struct Input<'a> {
            #[serde(rename = "QueueName")]
            name: &'a str,
            #[serde(rename = "QueueOwnerAWSAccountId", skip_serializing_if = "Option::is_none")]
            account: Option<&'a str>,
        }
        let output: QueueUrl = self.call("GetQueueUrl", &Input { name, account }).await?;
        Ok(output.queue_url)
    }

    /// `GetQueueAttributes`: the value of one attribute.
    pub async fn queue_attribute(&self, url: &str, name: &str) -> Result<String, CallError> {
        let mut attributes = self.queue_attributes(url, &[name]).await?;
        attributes.remove(name).ok_or_else(|| CallError::NotUnderstood(format!("it has no {name}")))
    }

    /// `GetQueueAttributes`: those of these attributes that the queue has.
    pub async fn queue_attributes(&self, url: &str, names: &[&str]) -> Result<BTreeMap<String, String>, CallError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Input<'a> {
            queue_url: &'a str,
            attribute_names: &'a [&'a str],
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Output {
            #[serde(default)]
            attributes: BTreeMap<String, String>,
        }
        let input = Input { queue_url: url, attribute_names: names };
        let output: Output = self.call("GetQueueAttributes", &input).await?;
        Ok(output.attributes)
    }

    /// Messages of a queue without receiving them, by `GET /_aws/sqs/messages`: after `token`, if there is one.
    pub async fn peek(&self, url: &str, token: Option<&str>) -> Result<PeekPage, CallError> {
        let query: Vec<_> = token.map(|token| ("NextToken", token)).into_iter().chain([("QueueUrl", url)]).collect();
        self.get("/_aws/sqs/messages", &query).await
    }

    /// `ListDeadLetterSourceQueues`: URLs of queues whose dead letters come here; not all, if there are many.
    pub async fn dead_letter_sources(&self, url: &str) -> Result<Vec<String>, CallError> {
        #[derive(Deserialize)]
        struct Output {
            #[serde(default, rename = "queueUrls")]
            urls: Vec<String>,
        }
        let output: Output = self.call("ListDeadLetterSourceQueues", &QueueUrl { queue_url: url.to_owned() }).await?;
        Ok(output.urls)
    }

    /// `StartMessageMoveTask`: the task's handle.
    pub async fn start_move(
        &self,
        source_arn: &str,
        destination_arn: Option<&str>,
        messages_per_second: Option<u32>,
    ) -> Result<String, CallError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Input<'a> {
            source_arn: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            destination_arn: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            max_number_of_messages_per_second: Option<u32>,
        }
        let input = Input { source_arn, destination_arn, max_number_of_messages_per_second: messages_per_second };
        let output: TaskHandle = self.call("StartMessageMoveTask", &input).await?;
        Ok(output.task_handle)
    }

    /// `CancelMessageMoveTask`: how many messages were moved before.
    pub async fn cancel_move(&self, task_handle: &str) -> Result<u64, CallError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Output {
            #[serde(default)]
            approximate_number_of_messages_moved: u64,
        }
        let input = TaskHandle { task_handle: task_handle.to_owned() };
        let output: Output = self.call("CancelMessageMoveTask", &input).await?;
        Ok(output.approximate_number_of_messages_moved)
    }

    /// `ListMessageMoveTasks`: up to `max` (at most 10) of a source's tasks, the newest first.
    pub async fn move_tasks(&self, source_arn: &str, max: u32) -> Result<Vec<MoveTask>, CallError> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Input<'a> {
            source_arn: &'a str,
            max_results: u32,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Output {
            #[serde(default)]
            results: Vec<MoveTask>,
        }
        let output: Output = self.call("ListMessageMoveTasks", &Input { source_arn, max_results: max }).await?;
        Ok(output.results)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueUrl {
    queue_url: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TaskHandle {
    task_handle: String,
}

#[derive(Deserialize)]
struct Empty {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_named_by_url_arn_or_name() {
        assert_eq!(QueueRef::from("http://h:1/0/q").as_url(), Some("http://h:1/0/q"));
        assert_eq!(QueueRef::from("arn:aws:sqs:r:0:q"), QueueRef::Arn("arn:aws:sqs:r:0:q".to_owned()));
        assert_eq!(QueueRef::from("orders.fifo"), QueueRef::Name("orders.fifo".to_owned()));
    }

    #[test]
    fn absent_members_of_a_peeked_message_are_empty() {
        let page: PeekPage =
            serde_json::from_str(r#"{"Messages":[{"MessageId":"m","Body":"b","State":"delayed"}]}"#).unwrap();
        assert_eq!((page.messages[0].state.as_str(), page.next_token), ("delayed", None));
        assert_eq!(serde_json::from_str::<PeekPage>("{}").unwrap(), PeekPage::default());
    }
}
