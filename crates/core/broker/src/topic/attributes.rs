//! Topic attributes: kept as they were given, by AWS's names, with what is decided by them read out once.

use std::collections::BTreeMap;

use bongsu_delivery_policy::TopicDeliveryPolicy;
use bongsu_policy::{Limits, Policy};
use bytes::Bytes;
use serde_json::Value;

use super::archive;
use crate::wire::{Malformed, Wire};
use crate::{Account, Protocol, Rejection, Seconds, Text, TopicName};

/// The largest message of a topic that does not say so itself, in bytes.
pub const TOPIC_MESSAGE_BYTES_MAX_DEFAULT: u32 = 262_144;
/// The largest message that a topic may be set to take, in bytes.
pub const TOPIC_MESSAGE_BYTES_MAX: u32 = 1_048_576;
const TOPIC_MESSAGE_BYTES_MIN: u32 = 1_024;
/// How many subscriptions a topic may have that takes larger messages than topics do by default.
pub const LARGE_MESSAGE_SUBSCRIPTIONS_MAX: usize = 100;
const DISPLAY_NAME_LENGTH_MAX: usize = 100;
/// The longest value of any attribute, in bytes: that of a policy.
pub(super) const ATTRIBUTE_BYTES_MAX: usize = 30 * 1024;
const SAMPLE_RATE_MAX: u32 = 100;

/// Kept with the attributes, but set and told by operations of its own.
pub const DATA_PROTECTION_POLICY: &str = "DataProtectionPolicy";

/// Whose deliveries can be logged.
const LOGGED: [&str; 5] = ["HTTP", "SQS", "Lambda", "Firehose", "Application"];

/// What is in place where nothing was set, for attributes that do not merely vanish then.
const DEFAULTS: [(&str, &str); 5] = [
    ("SignatureVersion", "1"),
    ("TracingConfig", "PassThrough"),
    ("ContentBasedDeduplication", "false"),
    ("FifoThroughputScope", "Topic"),
    ("MaximumMessageSize", "262144"),
];

/// What a topic's owner may do, and nobody else: the policy of a topic that was given none.
pub fn default_topic_policy(arn: &str, account: Account) -> String {
    format!(
        r#"{{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{{"AWS":"*"}},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"{arn}","Condition":{{"StringEquals":{{"AWS:SourceOwner":"{account}"}}}}}}]}}"#
    )
}

/// How a topic behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicAttributes {
    /// What was set, word for word; what was never set is not there, what was unset is empty.
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
    /// How deliveries over HTTP are tried again, unless a subscription says otherwise.
    pub delivery: Option<TopicDeliveryPolicy>,
    /// How long what was published is kept, so that subscriptions can have it once more.
    pub archive: Option<Seconds>,
}

/// Why an attribute is refused.
enum Fault {
    /// Topics have no such attribute, or not one that can be set.
    Unknown,
    /// The value is none of its values: AWS's words.
    Value(String),
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
            delivery: None,
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
        let fifo = match given.get("FifoTopic").map(|value| value.to_ascii_lowercase()).as_deref() {
            Some("true") => true,
            None | Some("false") => false,
            Some(_) => return Err(invalid("Attributes Reason: FifoTopic: Invalid value. Must be true or false.")),
        };
        if !topic.is_valid() || topic.is_fifo() != fifo {
            return Err(invalid("Topic Name"));
        }
        let mut attributes = TopicAttributes { fifo, ..TopicAttributes::default() };
        for (name, value) in given.iter().filter(|(name, _)| *name != "FifoTopic" || fifo) {
            attributes.set(name, value).map_err(|fault| match fault {
                Fault::Unknown => invalid(&format!("Attributes Reason: Unknown attribute {name}")),
                Fault::Value(text) => invalid(&format!("Attributes Reason: {text}")),
            })?;
        }
        Ok(attributes)
    }

    /// The same with another value of one attribute, as SetTopicAttributes gives it.
    ///
    /// # Errors
    ///
    /// [`Rejection::InvalidParameter`] for an attribute that is not there or cannot be changed, or a wrong value.
    pub fn with(&self, name: &str, value: &str) -> Result<TopicAttributes, Rejection> {
        let mut changed = self.clone();
        let set = if name == "FifoTopic" { Err(Fault::Unknown) } else { changed.set(name, value) };
        match set {
            Ok(()) => Ok(changed),
            Err(Fault::Unknown) => Err(invalid("AttributeName")),
            Err(Fault::Value(text)) => Err(invalid(&text)),
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Fault> {
        check(name, value, self.fifo)?;
        self.read(name, value).map_err(|reason| Fault::Value(format!("{name}: {reason}")))
    }

    /// Takes in a text that was checked once, and may not pass the checks of today.
    fn read(&mut self, name: &str, value: &str) -> Result<(), String> {
        let is_true = value.eq_ignore_ascii_case("true");
        let mut text = Box::from(value);
        match name {
            "ContentBasedDeduplication" => self.content_based_deduplication = is_true,
            "FifoThroughputScope" => self.deduplication_per_group = value == "MessageGroup",
            "SignatureVersion" => self.signature_version = if value == "2" { 2 } else { 1 },
            "MaximumMessageSize" => {
                self.message_bytes_max = value.parse().unwrap_or(TOPIC_MESSAGE_BYTES_MAX_DEFAULT);
            }
            "ArchivePolicy" => {
                self.archive = archive::retention(value)?;
                text = self.archive.map(|_| text).unwrap_or_default();
            }
            "Policy" if value.is_empty() => self.policy = None,
            "Policy" => {
                self.policy = Some(Policy::parse(value, &Limits::TOPIC).map_err(|fault| fault.to_string())?);
            }
            "DeliveryPolicy" => {
                self.delivery = TopicDeliveryPolicy::parse(value).map_err(|fault| fault.to_string())?;
                text = self.delivery.as_ref().map_or_else(Box::default, |policy| policy.stored_text().into());
            }
            _ => {}
        }
        self.texts.insert(name.into(), text);
        Ok(())
    }

    /// What was set, by AWS's names.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether the attribute is set to this, or to another text that says the same.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        let default = DEFAULTS.iter().find(|row| row.0 == name).map_or("", |row| row.1);
        let own = self.text(name).unwrap_or(default);
        let value = if value.is_empty() { default } else { value };
        own.eq_ignore_ascii_case(value) && is_of_two_words(name) || is_same(own, value)
    }

    /// The attribute as it was set; `None` if it never was, or was unset.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(|value| &**value).filter(|value| !value.is_empty())
    }

    /// Whether a topic of these attributes may have subscribers of these protocols.
    ///
    /// # Errors
    ///
    /// [`Rejection::InvalidParameter`] if its messages may be too large for them.
    pub(crate) fn check_subscribers(&self, mut protocols: impl Iterator<Item = Protocol>) -> Result<(), Rejection> {
        if self.message_bytes_max <= TOPIC_MESSAGE_BYTES_MAX_DEFAULT {
            return Ok(());
        }
        let takes_large = |protocol| matches!(protocol, Protocol::Sqs | Protocol::Lambda | Protocol::Firehose);
        let mut few = protocols.by_ref().take(LARGE_MESSAGE_SUBSCRIPTIONS_MAX);
        if few.all(takes_large) && protocols.next().is_none() {
            return Ok(());
        }
        Err(invalid(&format!(
            "MaximumMessageSize: a topic of messages larger than {TOPIC_MESSAGE_BYTES_MAX_DEFAULT} bytes can have up to \
             {LARGE_MESSAGE_SUBSCRIPTIONS_MAX} subscriptions, of the protocols sqs, lambda and firehose"
        )))
    }
}

fn invalid(text: &str) -> Rejection {
    Rejection::InvalidParameter(text.into())
}

/// One row an attribute, or a kind of them: who has it, and what it may be. An empty value unsets it.
fn check(name: &str, value: &str, fifo: bool) -> Result<(), Fault> {
    let refuse = |reason: &str| Err(Fault::Value(format!("{name}: {reason}")));
    let number = |range: std::ops::RangeInclusive<u32>| match value.parse() {
        Ok(number) if range.contains(&number) => Ok(()),
        _ => refuse(&format!("Invalid value [{value}]. Must be {} to {}.", range.start(), range.end())),
    };
    if value.len() > ATTRIBUTE_BYTES_MAX {
        return refuse(&format!("longer than {ATTRIBUTE_BYTES_MAX} bytes"));
    }
    let is_unset = value.is_empty();
    match name {
        "FifoTopic" | "Policy" | "DeliveryPolicy" | "KmsMasterKeyId" => {}
        "DisplayName" if value.chars().count() > DISPLAY_NAME_LENGTH_MAX => {
            return Err(Fault::Value(name.to_owned()));
        }
        "DisplayName" => {}
        "ContentBasedDeduplication" | "FifoThroughputScope" if !fifo => {
            return refuse("Only FIFO topics have it.");
        }
        "SignatureVersion" | "TracingConfig" | "MaximumMessageSize" if is_unset => {}
        "ContentBasedDeduplication" | "FifoThroughputScope" if is_unset => {}
        "SignatureVersion" if value != "1" && value != "2" => return refuse("Invalid value. Must be 1 or 2."),
        "SignatureVersion" => {}
        "TracingConfig" if fifo => return refuse("FIFO topics have none."),
        "TracingConfig" if value != "PassThrough" && value != "Active" => {
            return Err(Fault::Value(format!("Invalid tracing config value: {value}")));
        }
        "TracingConfig" => {}
        "MaximumMessageSize" => number(TOPIC_MESSAGE_BYTES_MIN..=TOPIC_MESSAGE_BYTES_MAX)?,
        "ContentBasedDeduplication" if !["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word)) => {
            return refuse(&format!("Invalid value [{value}]. Must be true or false."));
        }
        "ContentBasedDeduplication" => {}
        "FifoThroughputScope" if value != "Topic" && value != "MessageGroup" => {
            return refuse(&format!("Invalid value [{value}]. Must be Topic or MessageGroup."));
        }
        "FifoThroughputScope" => {}
        "ArchivePolicy" => archive::retention(value).map(drop).or_else(&refuse)?,
        DATA_PROTECTION_POLICY => {
            let is_object = is_unset || serde_json::from_str::<Value>(value).is_ok_and(|v| v.is_object());
            if !is_object {
                return refuse("a data protection policy is a JSON object");
            }
        }
        _ => match LOGGED.iter().find_map(|protocol| name.strip_prefix(protocol)) {
            Some("SuccessFeedbackRoleArn" | "FailureFeedbackRoleArn") => {}
            Some("SuccessFeedbackSampleRate") if is_unset => {}
            Some("SuccessFeedbackSampleRate") => number(0..=SAMPLE_RATE_MAX)?,
            _ => return Err(Fault::Unknown),
        },
    }
    Ok(())
}

fn is_of_two_words(name: &str) -> bool {
    matches!(name, "ContentBasedDeduplication" | "FifoTopic")
}

/// Whether two texts are the same, or the same JSON object.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let object = |text: &str| serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
    one == other || object(one).is_some_and(|one| object(other) == Some(one))
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
            attributes.read(name, value).map_err(|_| Malformed("not a topic's attribute"))?;
        }
        Ok(attributes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(fifo: bool) -> TopicName {
        TopicName { account: Account(1), name: if fifo { "t.fifo" } else { "t" }.into() }
    }

    fn made(fifo: bool, attributes: &[(&str, &str)]) -> Result<TopicAttributes, Rejection> {
        let mut given: BTreeMap<String, String> =
            attributes.iter().map(|(name, value)| (String::from(*name), String::from(*value))).collect();
        if fifo {
            given.insert("FifoTopic".to_owned(), "true".to_owned());
        }
        TopicAttributes::parse(&given, &name(fifo))
    }

    #[track_caller]
    fn is_refused(result: Result<TopicAttributes, Rejection>, text: &str) {
        assert_eq!(result, Err(Rejection::InvalidParameter(text.into())));
    }

    #[test]
    fn values_are_refused_in_awss_words() {
        let set = |name: &str, value: &str| TopicAttributes::default().with(name, value);
        for (name, value, text) in [
            ("SignatureVersion", "3", "SignatureVersion: Invalid value. Must be 1 or 2."),
            ("TracingConfig", "On", "Invalid tracing config value: On"),
            ("DisplayName", &*"x".repeat(101), "DisplayName"),
            ("FifoThroughputScope", "Topic", "FifoThroughputScope: Only FIFO topics have it."),
            ("MaximumMessageSize", "1023", "MaximumMessageSize: Invalid value [1023]. Must be 1024 to 1048576."),
            (
                "HTTPSuccessFeedbackSampleRate",
                "101",
                "HTTPSuccessFeedbackSampleRate: Invalid value [101]. Must be 0 to 100.",
            ),
        ] {
            is_refused(made(false, &[(name, value)]), &format!("Attributes Reason: {text}"));
            is_refused(set(name, value), text);
        }
        let (long, text) = ("x".repeat(30_721), "KmsMasterKeyId: longer than 30720 bytes");
        is_refused(set("KmsMasterKeyId", &long), text);
        for unknown in ["Nothing", "Owner", "TopicArn", "EffectiveDeliveryPolicy", "HTTPFeedback"] {
            is_refused(made(false, &[(unknown, "x")]), &format!("Attributes Reason: Unknown attribute {unknown}"));
            is_refused(set(unknown, "x"), "AttributeName");
        }
        is_refused(set("FifoTopic", "true"), "AttributeName");
        assert!(set("DeliveryPolicy", "{").is_err() && set("Policy", "{").is_err());
    }

    #[test]
    fn fifo_topics_have_attributes_of_their_own() {
        let archive = |policy: &str| made(true, &[("ArchivePolicy", policy)]).is_ok();
        assert!(archive(r#"{"MessageRetentionPeriod":"365"}"#) && archive("{}") && archive(""));
        let archived = made(true, &[("ArchivePolicy", r#"{"MessageRetentionPeriod":"365"}"#)]).unwrap();
        let without = archived.with("ArchivePolicy", "{ }").unwrap();
        assert_eq!((without.archive, without.text("ArchivePolicy")), (None, None));
        assert!(
            without.has("ArchivePolicy", "") && archived.has("ArchivePolicy", r#"{"MessageRetentionPeriod": "365"}"#)
        );
        for bad in ["[]", "x", r#"{"MessageRetentionPeriod":"0"}"#, r#"{"Days":"1"}"#] {
            assert!(!archive(bad), "{bad}");
        }
        let made =
            made(true, &[("ContentBasedDeduplication", "true"), ("FifoThroughputScope", "MessageGroup")]).unwrap();
        assert!(made.fifo && made.content_based_deduplication && made.deduplication_per_group);
        assert!(made.with("TracingConfig", "Active").is_err());
    }

    #[test]
    fn an_empty_text_unsets_and_a_default_says_the_same_as_nothing() {
        let attributes = made(false, &[("DisplayName", "Orders"), ("Policy", "")]).unwrap();
        assert!(attributes.has("DisplayName", "Orders") && !attributes.has("DisplayName", "orders"));
        assert_eq!(attributes.with("DisplayName", "").unwrap().text("DisplayName"), None);
        for (name, default) in DEFAULTS {
            assert!(attributes.has(name, default), "{name}");
        }
        for (name, other) in [("SignatureVersion", "2"), ("TracingConfig", "Active"), ("MaximumMessageSize", "1024")] {
            let unset = attributes.with(name, other).unwrap().with(name, "").unwrap();
            assert_eq!(unset.text(name), None);
            assert!(unset.has(name, "") && !attributes.with(name, other).unwrap().has(name, ""), "{name}");
        }
        let unset = attributes.with("MaximumMessageSize", "1024").unwrap().with("MaximumMessageSize", "").unwrap();
        assert_eq!(unset.message_bytes_max, TOPIC_MESSAGE_BYTES_MAX_DEFAULT);
        let fifo = made(true, &[("ContentBasedDeduplication", "true"), ("FifoThroughputScope", "MessageGroup")]);
        let fifo =
            fifo.unwrap().with("ContentBasedDeduplication", "").unwrap().with("FifoThroughputScope", "").unwrap();
        assert!(!fifo.content_based_deduplication && !fifo.deduplication_per_group);
        assert!(attributes.has("KmsMasterKeyId", "") && !attributes.has("KmsMasterKeyId", "k"));
        assert!(is_same(r#"{"a":[1, 2]}"#, r#"{ "a": [1,2] }"#) && !is_same("1", "1.0"));
    }

    #[test]
    fn a_delivery_policy_is_kept_as_aws_keeps_it() {
        let given = r#"{"http":{"defaultThrottlePolicy":{"maxReceivesPerSecond":5}}}"#;
        let attributes = made(false, &[("DeliveryPolicy", given)]).unwrap();
        let kept = attributes.text("DeliveryPolicy").unwrap();
        assert!(kept.contains(r#""disableSubscriptionOverrides":false"#), "{kept}");
        assert!(attributes.has("DeliveryPolicy", kept));
        assert_eq!(attributes.with("DeliveryPolicy", "").unwrap().text("DeliveryPolicy"), None);
    }

    #[test]
    fn what_was_accepted_once_is_read_again_as_it_was() {
        let attributes = made(true, &[("DisplayName", "x"), ("ArchivePolicy", r#"{"MessageRetentionPeriod":"3"}"#)]);
        let attributes = attributes.unwrap();
        let mut out = Vec::new();
        attributes.put(&mut out);
        assert_eq!(TopicAttributes::take(&mut Bytes::from(out)).unwrap(), attributes);
        // An attribute that is refused today.
        let mut out = Vec::new();
        vec![(Text::from("Nothing"), Text::from("x")), (Text::from("MaximumMessageSize"), Text::from("1"))]
            .put(&mut out);
        let read = TopicAttributes::take(&mut Bytes::from(out)).unwrap();
        assert_eq!((read.text("Nothing"), read.message_bytes_max), (Some("x"), 1));
    }

    #[test]
    fn large_messages_are_for_few_subscribers_that_can_take_them() {
        let large = made(false, &[("MaximumMessageSize", "262145")]).unwrap();
        let may = |attributes: &TopicAttributes, of: Protocol, count| {
            attributes.check_subscribers(std::iter::repeat_n(of, count)).is_ok()
        };
        assert!(
            may(&large, Protocol::Sqs, 100) && may(&large, Protocol::Lambda, 1) && may(&large, Protocol::Firehose, 0)
        );
        assert!(!may(&large, Protocol::Sqs, 101) && !may(&large, Protocol::Https, 1));
        assert!(may(&TopicAttributes::default(), Protocol::Https, 1000));
    }
}
