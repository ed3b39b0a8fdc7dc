//! Queue attributes: one row says all there is to know about each.

use std::collections::BTreeMap;

use bongsu_policy::{Limits, Policy, PolicyError};
use bytes::Bytes;

use super::redrive::{RedriveAllowPolicy, RedrivePolicy};
use crate::wire::{Malformed, Wire};
use crate::{QueueName, Rejection, Seconds};

/// Declares the attributes that are numbers: the number that facts know it by, Rust name, type, default, allowed range,
/// and the name AWS gives it.
macro_rules! queue_attributes {
    ($( $(#[$doc:meta])* $tag:literal: $field:ident: $type:ident = $default:literal, in $range:expr, as $name:literal; )*) => {
        /// How a queue behaves. Every value is within its range.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct QueueAttributes {
            $( $(#[$doc])* pub $field: $type, )*
            /// Order within each group, and no duplicates.
            pub fifo: bool,
            /// A FIFO message without an id is identified by the SHA-256 of its body.
            pub content_based_deduplication: bool,
            /// The `DeduplicationScope` as last set: `messageGroup`. Told, but without effect of its own.
            pub deduplication_scope_per_group: bool,
            /// A deduplication id counts within its message group only. As it was when the queue was made: a scope that is
            /// set later changes what AWS tells of the queue, and not how it deduplicates.
            pub deduplication_per_group: bool,
            /// Throughput is limited per group; recorded and reported, nothing is throttled.
            pub throughput_per_group: bool,
            /// Where messages go that were received too often.
            pub redrive: Option<RedrivePolicy>,
            /// Which queues may name this one in their redrive policy; all unless set.
            pub redrive_allow: Option<RedriveAllowPolicy>,
            /// Who else may use the queue, and who may not.
            pub policy: Option<Policy>,
            /// The KMS key that is said to encrypt messages; kept and told.
            pub kms_key: Option<Box<str>>,
            /// Whether SQS is said to encrypt messages with a key of its own; kept and told.
            pub sqs_managed_sse: bool,
        }

        impl Default for QueueAttributes {
            fn default() -> Self {
                QueueAttributes {
                    $( $field: $type::from_number($default), )*
                    fifo: false,
                    content_based_deduplication: false,
                    deduplication_scope_per_group: false,
                    deduplication_per_group: false,
                    throughput_per_group: false,
                    redrive: None,
                    redrive_allow: None,
                    policy: None,
                    kms_key: None,
                    sqs_managed_sse: true,
                }
            }
        }

        impl QueueAttributes {
            const NUMBERS: &'static [&'static str] = &[$($name),*];

            fn set_number(&mut self, name: &str, text: &str) -> Result<(), Rejection> {
                match name {
                    $( $name => self.$field = $type::from_number(number_in($range, name, text)?), )*
                    _ => return Err(Rejection::AttributeUnknown { name: name.into() }),
                }
                Ok(())
            }

            fn number(&self, name: &str) -> Option<u32> {
                match name {
                    $( $name => Some(self.$field.number()), )*
                    _ => None,
                }
            }

            fn copy_number(&mut self, name: &str, from: &QueueAttributes) {
                match name {
                    $( $name => self.$field = from.$field, )*
                    _ => unreachable!("{name} was parsed"),
                }
            }

            fn put_numbers(&self, out: &mut Entries) {
                $( out.put($tag, &self.$field.number()); )*
            }

            fn take_number(&mut self, tag: u8, from: &mut Bytes) -> Result<(), Malformed> {
                match tag {
                    $( $tag => self.$field = $type::from_number(u32::take(from)?), )*
                    _ => return Err(Malformed("a queue attribute that this version does not know")),
                }
                Ok(())
            }
        }
    };
}

queue_attributes! {
    /// How long a new message waits before it can first be received.
    1: delay: Seconds = 0, in 0..=900, as "DelaySeconds";
    /// The largest message in bytes: body plus names, types and values of its attributes.
    2: message_bytes_max: u32 = 1_048_576, in 1_024..=1_048_576, as "MaximumMessageSize";
    /// How long a message is kept, counted from when it was sent.
    3: retention: Seconds = 345_600, in 60..=1_209_600, as "MessageRetentionPeriod";
    /// How long a receive waits that does not say so itself.
    4: receive_wait: Seconds = 0, in 0..=20, as "ReceiveMessageWaitTimeSeconds";
    /// How long a received message stays hidden from other receivers.
    5: visibility_timeout: Seconds = 30, in 0..=43_200, as "VisibilityTimeout";
    /// How long a KMS data key is said to be used again; told only while there is a KMS key.
    6: kms_reuse: Seconds = 300, in 60..=86_400, as "KmsDataKeyReusePeriodSeconds";
}

/// The attributes that are no numbers, by the number that facts know them by.
mod tag {
    pub(super) const FIFO: u8 = 32;
    pub(super) const CONTENT_BASED_DEDUPLICATION: u8 = 33;
    pub(super) const DEDUPLICATION_SCOPE_PER_GROUP: u8 = 34;
    pub(super) const DEDUPLICATION_PER_GROUP: u8 = 35;
    pub(super) const THROUGHPUT_PER_GROUP: u8 = 36;
    pub(super) const REDRIVE: u8 = 37;
    pub(super) const REDRIVE_ALLOW: u8 = 38;
    pub(super) const POLICY: u8 = 39;
    pub(super) const KMS_KEY: u8 = 40;
    pub(super) const SQS_MANAGED_SSE: u8 = 41;
}

/// A list of numbered values, as it is written.
#[derive(Default)]
struct Entries {
    count: u64,
    bytes: Vec<u8>,
}

impl Entries {
    fn put(&mut self, tag: u8, value: &impl Wire) {
        self.count += 1;
        self.bytes.push(tag);
        value.put(&mut self.bytes);
    }
}

/// A list of numbered values, so that a later version can add some: what a record does not have is as it was before there
/// was such an attribute. Defaults are written like any other value: a default that changes later changes no queue.
impl Wire for QueueAttributes {
    fn put(&self, out: &mut Vec<u8>) {
        let mut entries = Entries::default();
        self.put_numbers(&mut entries);
        for (tag, value) in [
            (tag::FIFO, self.fifo),
            (tag::CONTENT_BASED_DEDUPLICATION, self.content_based_deduplication),
            (tag::DEDUPLICATION_SCOPE_PER_GROUP, self.deduplication_scope_per_group),
            (tag::DEDUPLICATION_PER_GROUP, self.deduplication_per_group),
            (tag::THROUGHPUT_PER_GROUP, self.throughput_per_group),
            (tag::SQS_MANAGED_SSE, self.sqs_managed_sse),
        ] {
            entries.put(tag, &value);
        }
        self.redrive.iter().for_each(|policy| entries.put(tag::REDRIVE, policy));
        self.redrive_allow.iter().for_each(|policy| entries.put(tag::REDRIVE_ALLOW, policy));
        self.policy.iter().for_each(|policy| entries.put(tag::POLICY, policy));
        self.kms_key.iter().for_each(|key| entries.put(tag::KMS_KEY, key));
        entries.count.put(out);
        out.extend_from_slice(&entries.bytes);
    }

    fn take(from: &mut Bytes) -> Result<QueueAttributes, Malformed> {
        let mut attributes = QueueAttributes::default();
        for _ in 0..u64::take(from)? {
            match u8::take(from)? {
                tag::FIFO => attributes.fifo = Wire::take(from)?,
                tag::CONTENT_BASED_DEDUPLICATION => attributes.content_based_deduplication = Wire::take(from)?,
                tag::DEDUPLICATION_SCOPE_PER_GROUP => attributes.deduplication_scope_per_group = Wire::take(from)?,
                tag::DEDUPLICATION_PER_GROUP => attributes.deduplication_per_group = Wire::take(from)?,
                tag::THROUGHPUT_PER_GROUP => attributes.throughput_per_group = Wire::take(from)?,
                tag::REDRIVE => attributes.redrive = Some(Wire::take(from)?),
                tag::REDRIVE_ALLOW => attributes.redrive_allow = Some(Wire::take(from)?),
                tag::POLICY => attributes.policy = Some(Wire::take(from)?),
                tag::KMS_KEY => attributes.kms_key = Some(Wire::take(from)?),
                tag::SQS_MANAGED_SSE => attributes.sqs_managed_sse = Wire::take(from)?,
                number => attributes.take_number(number, from)?,
            }
        }
        Ok(attributes)
    }
}

trait Number {
    fn from_number(number: u32) -> Self;
    fn number(&self) -> u32;
}

impl Number for u32 {
    fn from_number(number: u32) -> u32 {
        number
    }

    fn number(&self) -> u32 {
        *self
    }
}

impl Number for Seconds {
    fn from_number(number: u32) -> Seconds {
        Seconds(number)
    }

    fn number(&self) -> u32 {
        self.0
    }
}

fn number_in(range: std::ops::RangeInclusive<u32>, name: &str, text: &str) -> Result<u32, Rejection> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.filter(|n| range.contains(n)).ok_or_else(|| Rejection::AttributeInvalid { name: name.into(), reason: None })
}

fn boolean(name: &str, text: &str) -> Result<bool, Rejection> {
    match text {
        t if t.eq_ignore_ascii_case("true") => Ok(true),
        t if t.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(Rejection::AttributeInvalid { name: name.into(), reason: None }),
    }
}

fn one_of<const N: usize>(name: &str, text: &str, allowed: [&str; N]) -> Result<usize, Rejection> {
    let place = allowed.iter().position(|candidate| *candidate == text);
    place.ok_or_else(|| Rejection::AttributeInvalid { name: name.into(), reason: None })
}

/// The longest id, ARN or alias of a key: <https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html>.
const KMS_KEY_BYTES_MAX: usize = 2048;

/// Empty for none.
fn kms_key(name: &str, text: &str) -> Result<Option<Box<str>>, Rejection> {
    if text.len() > KMS_KEY_BYTES_MAX {
        return Err(Rejection::AttributeInvalid { name: name.into(), reason: None });
    }
    Ok((!text.is_empty()).then(|| text.into()))
}

/// Attributes as a client gave them: parsed, with the names it gave, so that only those are compared or changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributesGiven {
    /// The given values over the defaults.
    pub attributes: QueueAttributes,
    /// AWS names of the attributes that were given, in order.
    pub names: Vec<Box<str>>,
    /// The redrive policy, word for word, for a refusal that quotes it.
    pub redrive_policy: Option<Box<str>>,
}

impl AttributesGiven {
    /// Parses what CreateQueue was given; every fault is a rejection that names the attribute.
    pub fn parse(given: &BTreeMap<String, String>, queue: &QueueName, region: &str) -> Result<Self, Rejection> {
        let fifo_given = given.get("FifoQueue").map(|text| boolean("FifoQueue", text)).transpose()?;
        if fifo_given == Some(false) {
            return Err(Rejection::AttributeUnknown { name: "FifoQueue".into() });
        }
        let fifo = fifo_given.is_some();
        if !queue.is_valid() || queue.is_fifo() != fifo {
            return Err(Rejection::QueueNameInvalid { fifo });
        }
        let mut parsed = Self::read(given, fifo, region)?;
        let mut attributes = QueueAttributes { fifo, ..QueueAttributes::default() };
        parsed.change(&mut attributes)?;
        attributes.deduplication_per_group = attributes.deduplication_scope_per_group;
        parsed.attributes = attributes;
        Ok(parsed)
    }

    /// Parses what SetQueueAttributes was given for this queue.
    pub fn parse_change(given: &BTreeMap<String, String>, queue: &QueueName, region: &str) -> Result<Self, Rejection> {
        match given.get("FifoQueue").map(|text| boolean("FifoQueue", text)).transpose()? {
            Some(_) if !queue.is_fifo() => Err(Rejection::AttributeUnknown { name: "FifoQueue".into() }),
            Some(false) => Err(Rejection::AttributeInvalid {
                name: "FifoQueue".into(),
                reason: Some("Modifying queue type is not supported.".into()),
            }),
            _ => Self::read(given, queue.is_fifo(), region),
        }
    }

    fn read(given: &BTreeMap<String, String>, fifo: bool, region: &str) -> Result<Self, Rejection> {
        let mut attributes = QueueAttributes { fifo, ..QueueAttributes::default() };
        for (name, text) in given {
            attributes.set(name, text, region)?;
        }
        Ok(AttributesGiven {
            attributes,
            names: given.keys().map(|name| Box::from(name.as_str())).collect(),
            redrive_policy: given.get("RedrivePolicy").map(|text| Box::from(text.as_str())),
        })
    }

    /// Whether this attribute was given.
    pub fn names(&self, attribute: &str) -> bool {
        self.names.iter().any(|name| **name == *attribute)
    }

    /// Gives `attributes` the values that were given, if they go together with those that stay.
    pub(crate) fn change(&self, attributes: &mut QueueAttributes) -> Result<(), Rejection> {
        for name in &self.names {
            attributes.copy(name, &self.attributes);
        }
        if attributes.throughput_per_group && !attributes.deduplication_scope_per_group {
            return Err(Rejection::AttributeInvalid {
                name: "FifoThroughputLimit".into(),
                reason: Some(
                    "To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be messageGroup."
                        .into(),
                ),
            });
        }
        if attributes.kms_key.is_some() {
            if self.names("SqsManagedSseEnabled") && attributes.sqs_managed_sse {
                return Err(Rejection::TwoEncryptions);
            }
            attributes.sqs_managed_sse = false;
        }
        Ok(())
    }
}

impl QueueAttributes {
    fn set(&mut self, name: &str, text: &str, region: &str) -> Result<(), Rejection> {
        match name {
            "FifoQueue" => {}
            "ContentBasedDeduplication" if self.fifo => self.content_based_deduplication = boolean(name, text)?,
            "DeduplicationScope" | "FifoThroughputLimit" if !self.fifo => {
                return Err(Rejection::AttributeForFifoOnly { name: name.into() });
            }
            "DeduplicationScope" => {
                self.deduplication_scope_per_group = one_of(name, text, ["queue", "messageGroup"])? == 1;
            }
            "FifoThroughputLimit" => {
                self.throughput_per_group = one_of(name, text, ["perQueue", "perMessageGroupId"])? == 1;
            }
            "RedrivePolicy" if text.is_empty() => self.redrive = None,
            "RedrivePolicy" => self.redrive = Some(RedrivePolicy::parse(text, region)?),
            "RedriveAllowPolicy" if text.is_empty() => self.redrive_allow = None,
            "RedriveAllowPolicy" => self.redrive_allow = Some(RedriveAllowPolicy::parse(text, region)?),
            "Policy" if text.is_empty() => self.policy = None,
            "Policy" => {
                let parsed = Policy::parse(text, &Limits::QUEUE);
                let reason = |error: PolicyError| Some(error.to_string().into());
                self.policy =
                    Some(parsed.map_err(|e| Rejection::AttributeInvalid { name: name.into(), reason: reason(e) })?);
            }
            "KmsMasterKeyId" => self.kms_key = kms_key(name, text)?,
            "SqsManagedSseEnabled" => self.sqs_managed_sse = boolean(name, text)?,
            _ => self.set_number(name, text)?,
        }
        Ok(())
    }

    fn copy(&mut self, name: &str, from: &QueueAttributes) {
        match name {
            "FifoQueue" => {}
            "ContentBasedDeduplication" => self.content_based_deduplication = from.content_based_deduplication,
            "DeduplicationScope" => self.deduplication_scope_per_group = from.deduplication_scope_per_group,
            "FifoThroughputLimit" => self.throughput_per_group = from.throughput_per_group,
            "RedrivePolicy" => self.redrive.clone_from(&from.redrive),
            "RedriveAllowPolicy" => self.redrive_allow.clone_from(&from.redrive_allow),
            "Policy" => self.policy.clone_from(&from.policy),
            "KmsMasterKeyId" => self.kms_key.clone_from(&from.kms_key),
            "SqsManagedSseEnabled" => self.sqs_managed_sse = from.sqs_managed_sse,
            _ => self.copy_number(name, from),
        }
    }

    /// The attribute's value as AWS writes it; `None` while it is unset or not an attribute of this kind of queue.
    pub fn get(&self, name: &str, region: &str) -> Option<String> {
        let boolean = |value: bool| if value { "true" } else { "false" }.to_owned();
        let fifo_only = |text: &str| self.fifo.then(|| text.to_owned());
        match name {
            "FifoQueue" => fifo_only("true"),
            "ContentBasedDeduplication" => self.fifo.then(|| boolean(self.content_based_deduplication)),
            "DeduplicationScope" => {
                fifo_only(if self.deduplication_scope_per_group { "messageGroup" } else { "queue" })
            }
            "FifoThroughputLimit" => {
                fifo_only(if self.throughput_per_group { "perMessageGroupId" } else { "perQueue" })
            }
            "RedrivePolicy" => self.redrive.as_ref().map(|policy| policy.to_json(region)),
            "RedriveAllowPolicy" => self.redrive_allow.as_ref().map(|policy| policy.text.to_string()),
            "Policy" => self.policy.as_ref().map(|policy| policy.text().to_owned()),
            "KmsMasterKeyId" => self.kms_key.as_deref().map(str::to_owned),
            "KmsDataKeyReusePeriodSeconds" if self.kms_key.is_none() => None,
            "SqsManagedSseEnabled" => Some(boolean(self.sqs_managed_sse)),
            _ => self.number(name).map(|number| number.to_string()),
        }
    }

    /// The AWS names of all attributes that a client may set.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let others = [
            "FifoQueue",
            "ContentBasedDeduplication",
            "DeduplicationScope",
            "FifoThroughputLimit",
            "RedrivePolicy",
            "RedriveAllowPolicy",
            "Policy",
            "KmsMasterKeyId",
            "SqsManagedSseEnabled",
        ];
        Self::NUMBERS.iter().copied().chain(others)
    }
}

#[cfg(test)]
mod tests {
    use super::super::redrive::REDRIVE_ALLOW_POLICY_BYTES_MAX;
    use super::*;
    use crate::Account;

    const POLICY: &str =
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}]}"#;

    fn parse(queue: &str, given: &[(&str, &str)]) -> Result<QueueAttributes, Rejection> {
        let given = given.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let queue = QueueName { account: Account(0), name: queue.into() };
        AttributesGiven::parse(&given, &queue, "us-east-1").map(|given| given.attributes)
    }

    #[test]
    fn every_attribute_reads_back_as_it_was_given() {
        let arn = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead.fifo","maxReceiveCount":3}"#;
        let given = [
            ("DelaySeconds", "7"),
            ("MaximumMessageSize", "2048"),
            ("MessageRetentionPeriod", "60"),
            ("ReceiveMessageWaitTimeSeconds", "20"),
            ("VisibilityTimeout", "43200"),
            ("FifoQueue", "true"),
            ("ContentBasedDeduplication", "true"),
            ("DeduplicationScope", "messageGroup"),
            ("FifoThroughputLimit", "perMessageGroupId"),
            ("RedrivePolicy", arn),
            ("RedriveAllowPolicy", r#"{"redrivePermission":"denyAll"}"#),
            ("Policy", POLICY),
            ("KmsMasterKeyId", "alias/aws/sqs"),
            ("KmsDataKeyReusePeriodSeconds", "60"),
            ("SqsManagedSseEnabled", "false"),
        ];
        let attributes = parse("a.fifo", &given).unwrap();
        for (name, value) in given {
            assert_eq!(attributes.get(name, "us-east-1").as_deref(), Some(value), "{name}");
        }
        assert_eq!(QueueAttributes::names().count(), given.len());
    }

    #[test]
    fn what_is_out_of_range_or_unknown_is_refused_by_name() {
        let invalid = |name: &str| Err(Rejection::AttributeInvalid { name: name.into(), reason: None });
        for value in ["901", "-1", "", " 1", "1.0", "x", "99999999999999999999"] {
            assert_eq!(parse("a", &[("DelaySeconds", value)]), invalid("DelaySeconds"), "{value:?}");
        }
        assert_eq!(parse("a", &[("Colour", "red")]), Err(Rejection::AttributeUnknown { name: "Colour".into() }));
        assert_eq!(
            parse("a", &[("ContentBasedDeduplication", "true")]),
            Err(Rejection::AttributeUnknown { name: "ContentBasedDeduplication".into() })
        );
        assert_eq!(
            parse("a", &[("FifoQueue", "false")]),
            Err(Rejection::AttributeUnknown { name: "FifoQueue".into() })
        );
        assert_eq!(parse("a", &[("FifoQueue", "true")]), Err(Rejection::QueueNameInvalid { fifo: true }));
        assert_eq!(parse("a.fifo", &[]), Err(Rejection::QueueNameInvalid { fifo: false }));
        assert_eq!(parse("", &[]), Err(Rejection::QueueNameInvalid { fifo: false }));
        assert_eq!(parse(&"a".repeat(81), &[]), Err(Rejection::QueueNameInvalid { fifo: false }));
    }

    #[test]
    fn one_kind_of_encryption_excludes_the_other() {
        let mut attributes = parse("a", &[("KmsMasterKeyId", "alias/aws/sqs")]).unwrap();
        assert!(!attributes.sqs_managed_sse, "a key of one's own replaces the service's");
        let both = [("KmsMasterKeyId", "alias/aws/sqs"), ("SqsManagedSseEnabled", "true")];
        assert_eq!(parse("a", &both), Err(Rejection::TwoEncryptions));
        assert!(parse("a", &[("SqsManagedSseEnabled", "true"), ("KmsMasterKeyId", "")]).is_ok());

        let change = |name: &str, value: &str, attributes: &mut QueueAttributes| {
            let given = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            let queue = QueueName { account: Account(0), name: "a".into() };
            AttributesGiven::parse_change(&given, &queue, "us-east-1").and_then(|given| given.change(attributes))
        };
        assert_eq!(change("SqsManagedSseEnabled", "true", &mut attributes.clone()), Err(Rejection::TwoEncryptions));
        change("KmsMasterKeyId", "", &mut attributes).unwrap();
        assert!(!attributes.sqs_managed_sse, "it stays off when the key is gone");
        change("SqsManagedSseEnabled", "true", &mut attributes).unwrap();
        assert_eq!(attributes.get("KmsDataKeyReusePeriodSeconds", ""), None);
    }

    #[test]
    fn no_attribute_is_too_long_for_a_record_of_the_journal() {
        let longest = "k".repeat(KMS_KEY_BYTES_MAX);
        assert!(parse("a", &[("KmsMasterKeyId", &longest)]).is_ok());
        let longer = longest + "k";
        let refused = Err(Rejection::AttributeInvalid { name: "KmsMasterKeyId".into(), reason: None });
        assert_eq!(parse("a", &[("KmsMasterKeyId", &longer)]), refused);

        let policy = |blanks: usize| format!(r#"{{"redrivePermission":"denyAll"{}}}"#, " ".repeat(blanks));
        let room = REDRIVE_ALLOW_POLICY_BYTES_MAX - policy(0).len();
        assert!(parse("a", &[("RedriveAllowPolicy", &policy(room))]).is_ok());
        let refused = parse("a", &[("RedriveAllowPolicy", &policy(room + 1))]).unwrap_err();
        assert!(matches!(refused, Rejection::AttributeInvalid { reason: Some(_), .. }), "{refused:?}");
    }

    #[test]
    fn an_unknown_number_is_refused_and_a_missing_one_is_as_before() {
        assert_eq!(QueueAttributes::take(&mut Bytes::from_static(&[0])), Ok(QueueAttributes::default()));
        assert!(QueueAttributes::take(&mut Bytes::from_static(&[1, 99, 0])).is_err());
    }
}
