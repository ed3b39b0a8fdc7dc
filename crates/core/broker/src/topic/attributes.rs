//! Topic attributes: kept as they were given, by AWS's names, with what is decided by them read out once.

use std::collections::BTreeMap;

use bongsu_policy::{Limits, Policy};
use bytes::Bytes;

use super::archive;
use crate::wire::{Malformed, Wire};
use crate::{Account, Rejection, Seconds, Text, TopicName};

/// The largest message of a topic that does not say so itself, in bytes.
pub const TOPIC_MESSAGE_BYTES_MAX_DEFAULT: u32 = 262_144;

/// What a topic's owner may do, and nobody else: the policy of a topic that was given none.
pub fn default_topic_policy(arn: &str, account: Account) -> String {
    format!(
        r#"{{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{{"AWS":"*"}},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"{arn}","Condition":{{"StringEquals":{{"AWS:SourceOwner":"{account}"}}}}}}]}}"#
    )
}

/// How a topic behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicAttributes {
    /// What was set, word for word; what was never set is not there.
    texts: BTreeMap<Box<str>, Box<str>>,
    /// Order within each group, and no duplicates.
    pub fifo: bool,
    /// A FIFO message without an id is identified by the SHA-256 of its body.
    pub content_based_deduplication: bool,
    /// A deduplication id counts within its message group only.
    pub deduplication_per_group: bool,
    /// How notifications are signed: 1 or 2.
    pub signature_version: u8,
    /// The largest message: body plus names, types and values of its attributes.
    pub message_bytes_max: u32,
    /// Who else may use the topic, and who may not.
    pub policy: Option<Policy>,
    /// How long what was published is kept, so that subscriptions can have it once more.
    pub archive: Option<Seconds>,
}

impl Default for TopicAttributes {
    fn default() -> TopicAttributes {
        TopicAttributes {
            texts: BTreeMap::new(),
            fifo: false,
            content_based_deduplication: false,
            deduplication_per_group: false,
            signature_version: 1,
            message_bytes_max: TOPIC_MESSAGE_BYTES_MAX_DEFAULT,
            policy: None,
            archive: None,
        }
    }
}

impl TopicAttributes {
    /// What CreateTopic was given.
    ///
    /// # Errors
    ///
    /// [`Rejection::InvalidParameter`] with AWS's words for whatever is wrong.
    pub fn parse(given: &BTreeMap<String, String>, topic: &TopicName) -> Result<TopicAttributes, Rejection> {
        let fifo = given.get("FifoTopic").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if !topic.is_valid() || topic.is_fifo() != fifo {
            return Err(Rejection::InvalidParameter("Topic Name".into()));
        }
        let mut attributes = TopicAttributes { fifo, ..TopicAttributes::default() };
        for (name, value) in
            given.iter().filter(|(name, value)| *name != "FifoTopic" || !value.eq_ignore_ascii_case("false"))
        {
            attributes.set(name, value)?;
        }
        Ok(attributes)
    }

    /// The same with another value of one attribute, as SetTopicAttributes gives it.
    ///
    /// # Errors
    ///
    /// [`Rejection::InvalidParameter`] for an attribute that is not there or cannot be changed, or a wrong value.
    pub fn with(&self, name: &str, value: &str) -> Result<TopicAttributes, Rejection> {
        if name == "FifoTopic" {
            return Err(Rejection::InvalidParameter("AttributeName".into()));
        }
        let mut changed = self.clone();
        changed.set(name, value)?;
        Ok(changed)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Rejection> {
        let refuse = |reason: &str| Rejection::InvalidParameter(format!("Attributes Reason: {reason}").into());
        let boolean = |value: &str| value.eq_ignore_ascii_case("true");
        match name {
            "FifoTopic" => {}
            "ContentBasedDeduplication" => self.content_based_deduplication = boolean(value),
            "FifoThroughputScope" => self.deduplication_per_group = value == "MessageGroup",
            "SignatureVersion" => self.signature_version = value.parse().map_err(|_| refuse("SignatureVersion"))?,
            "MaximumMessageSize" => self.message_bytes_max = value.parse().map_err(|_| refuse("MaximumMessageSize"))?,
            "ArchivePolicy" => {
                self.archive =
                    archive::retention(value).map_err(|reason| refuse(&format!("ArchivePolicy: {reason}")))?;
            }
            "Policy" if value.is_empty() => self.policy = None,
            "Policy" => {
                self.policy = Some(Policy::parse(value, &Limits::TOPIC).map_err(|fault| refuse(&fault.to_string()))?);
            }
            _ => {}
        }
        self.texts.insert(name.into(), value.into());
        Ok(())
    }

    /// What was set, by AWS's names.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether the attribute is set to this, or to another text that says the same.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.text(name) == Some(value)
    }

    /// The attribute as it was set; `None` if it never was.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(|value| &**value)
    }
}

/// As the texts. What was accepted once must go on being accepted.
impl Wire for TopicAttributes {
    fn put(&self, out: &mut Vec<u8>) {
        (self.texts.len() as u64).put(out);
        for (name, value) in &self.texts {
            name.put(out);
            value.put(out);
        }
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        let texts: Vec<(Text, Text)> = Wire::take(from)?;
        let fifo = texts.iter().any(|(name, _)| **name == *"FifoTopic");
        let mut attributes = TopicAttributes { fifo, ..TopicAttributes::default() };
        for (name, value) in &texts {
            attributes.set(name, value).map_err(|_| Malformed("not a topic's attribute"))?;
        }
        Ok(attributes)
    }
}
