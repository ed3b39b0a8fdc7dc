//! Queue attributes: one row says all there is to know about each.

use std::collections::BTreeMap;

use crate::wire::wire_struct;
use crate::{Account, QueueName, Rejection, Seconds};

/// Declares the attributes: Rust name, type, default, allowed range, and the name AWS gives it.
macro_rules! queue_attributes {
    ($( $(#[$doc:meta])* $field:ident: $type:ident = $default:literal, in $range:expr, as $name:literal; )*) => {
        /// How a queue behaves. Every value is within its range.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct QueueAttributes {
            $( $(#[$doc])* pub $field: $type, )*
            /// Order within each group, and no duplicates.
            pub fifo: bool,
            /// A FIFO message without an id is identified by the SHA-256 of its body.
            pub content_based_deduplication: bool,
            /// A deduplication id counts within its message group only.
            pub deduplication_per_group: bool,
            /// Throughput is limited per group; recorded and reported, nothing is throttled.
            pub throughput_per_group: bool,
            /// Where messages go that were received too often.
            pub redrive: Option<RedrivePolicy>,
        }

        wire_struct!(QueueAttributes {
            $($field,)*
            fifo, content_based_deduplication, deduplication_per_group, throughput_per_group, redrive,
        });

        impl Default for QueueAttributes {
            fn default() -> Self {
                QueueAttributes {
                    $( $field: $type::from_number($default), )*
                    fifo: false,
                    content_based_deduplication: false,
                    deduplication_per_group: false,
                    throughput_per_group: false,
                    redrive: None,
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
        }
    };
}

queue_attributes! {
    /// How long a new message waits before it can first be received.
    delay: Seconds = 0, in 0..=900, as "DelaySeconds";
    /// The largest message in bytes: body plus names, types and values of its attributes.
    message_bytes_max: u32 = 1_048_576, in 1_024..=1_048_576, as "MaximumMessageSize";
    /// How long a message is kept, counted from when it was sent.
    retention: Seconds = 345_600, in 60..=1_209_600, as "MessageRetentionPeriod";
    /// How long a receive waits that does not say so itself.
    receive_wait: Seconds = 0, in 0..=20, as "ReceiveMessageWaitTimeSeconds";
    /// How long a received message stays hidden from other receivers.
    visibility_timeout: Seconds = 30, in 0..=43_200, as "VisibilityTimeout";
}

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedrivePolicy {
    /// The dead-letter queue, of the same kind as the source.
    pub target: QueueName,
    /// How often a message may be received, 1 to 1,000; the next attempt moves it.
    pub receive_count_max: u32,
}

wire_struct!(RedrivePolicy { target, receive_count_max });

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

/// Attributes as a client gave them: parsed, with the names it gave, so that a repeated CreateQueue compares only those.
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
        let mut attributes = QueueAttributes::default();
        let fifo_given = given.get("FifoQueue").map(|text| boolean("FifoQueue", text)).transpose()?;
        attributes.fifo = queue.is_fifo() && fifo_given == Some(true);
        if fifo_given == Some(false) {
            return Err(Rejection::AttributeUnknown { name: "FifoQueue".into() });
        }
        if !queue.is_valid() || queue.is_fifo() != attributes.fifo || fifo_given.unwrap_or(false) != attributes.fifo {
            return Err(Rejection::QueueNameInvalid { fifo: fifo_given.unwrap_or(false) });
        }
        for (name, text) in given {
            attributes.set(name, text, region)?;
        }
        if attributes.throughput_per_group && !attributes.deduplication_per_group {
            return Err(Rejection::AttributeInvalid {
                name: "FifoThroughputLimit".into(),
                reason: Some(
                    "To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be messageGroup.",
                ),
            });
        }
        Ok(AttributesGiven {
            attributes,
            names: given.keys().map(|name| Box::from(name.as_str())).collect(),
            redrive_policy: given.get("RedrivePolicy").map(|text| Box::from(text.as_str())),
        })
    }
}

impl QueueAttributes {
    fn set(&mut self, name: &str, text: &str, region: &str) -> Result<(), Rejection> {
        let invalid = || Rejection::AttributeInvalid { name: name.into(), reason: None };
        match name {
            "FifoQueue" => {}
            "ContentBasedDeduplication" if self.fifo => self.content_based_deduplication = boolean(name, text)?,
            "DeduplicationScope" | "FifoThroughputLimit" if !self.fifo => {
                return Err(Rejection::AttributeForFifoOnly { name: name.into() });
            }
            "DeduplicationScope" => {
                self.deduplication_per_group = one_of(text, ["queue", "messageGroup"]).ok_or_else(invalid)? == 1;
            }
            "FifoThroughputLimit" => {
                self.throughput_per_group = one_of(text, ["perQueue", "perMessageGroupId"]).ok_or_else(invalid)? == 1;
            }
            "RedrivePolicy" if text.is_empty() => self.redrive = None,
            "RedrivePolicy" => self.redrive = Some(RedrivePolicy::parse(text, region)?),
            _ => self.set_number(name, text)?,
        }
        Ok(())
    }

    /// The attribute's value as AWS writes it; `None` while it is unset or not an attribute of this kind of queue.
    pub fn get(&self, name: &str, region: &str) -> Option<String> {
        let fifo_only = |text: &str| self.fifo.then(|| text.to_owned());
        match name {
            "FifoQueue" => fifo_only("true"),
            "ContentBasedDeduplication" => fifo_only(if self.content_based_deduplication { "true" } else { "false" }),
            "DeduplicationScope" => fifo_only(if self.deduplication_per_group { "messageGroup" } else { "queue" }),
            "FifoThroughputLimit" => {
                fifo_only(if self.throughput_per_group { "perMessageGroupId" } else { "perQueue" })
            }
            "RedrivePolicy" => self.redrive.as_ref().map(|policy| policy.to_json(region)),
            _ => self.number(name).map(|number| number.to_string()),
        }
    }

    /// The AWS names of all attributes that a client may set.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let others =
            ["FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit", "RedrivePolicy"];
        Self::NUMBERS.iter().copied().chain(others)
    }
}

fn one_of<const N: usize>(text: &str, allowed: [&str; N]) -> Option<usize> {
    allowed.iter().position(|candidate| *candidate == text)
}

impl RedrivePolicy {
    fn parse(text: &str, region: &str) -> Result<RedrivePolicy, Rejection> {
        let refuse = |reason: &str| Rejection::RedrivePolicyInvalid { policy: text.into(), reason: reason.into() };
        let Ok(policy) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) else {
            return Err(Rejection::AttributeInvalid {
                name: "RedrivePolicy".into(),
                reason: Some("Redrive policy is not a valid JSON map."),
            });
        };
        let count = policy
            .get("maxReceiveCount")
            .ok_or_else(|| refuse("Redrive policy does not contain mandatory attribute: maxReceiveCount."))?;
        let target = policy
            .get("deadLetterTargetArn")
            .ok_or_else(|| refuse("Redrive policy does not contain mandatory attribute: deadLetterTargetArn."))?;
        if policy.len() > 2 {
            return Err(refuse("Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn]."));
        }
        let receive_count_max = match count {
            serde_json::Value::String(digits) => digits.parse().ok(),
            number => number.as_u64(),
        };
        let receive_count_max = receive_count_max.filter(|count| (1..=1000).contains(count)).ok_or_else(|| {
            let shown = count.as_str().map_or_else(|| count.to_string(), str::to_owned);
            refuse(&format!(
                "Invalid value for maxReceiveCount: {shown}, valid values are from 1 to 1000 both inclusive."
            ))
        })?;
        let parts: Vec<&str> = target.as_str().unwrap_or_default().splitn(6, ':').collect();
        let [_, _, service, target_region, account, name] = parts[..] else {
            return Err(refuse("Dead-letter target ARN should be fully qualified ARN."));
        };
        if service != "sqs" {
            return Err(refuse("Only SQS queues are valid resources for deadLetterTargetArn."));
        }
        if target_region != region {
            return Err(refuse("Dead-letter target must be in same region as the source."));
        }
        let account: Account =
            account.parse().map_err(|()| refuse("Dead-letter target ARN should be fully qualified ARN."))?;
        let target = QueueName { account, name: name.into() };
        Ok(RedrivePolicy { target, receive_count_max: receive_count_max as u32 })
    }

    fn to_json(&self, region: &str) -> String {
        let arn = self.target.arn(region);
        format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{}}}"#, self.receive_count_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_redrive_policy_says_what_is_wrong_with_it() {
        let reason = |policy: &str| match parse("a", &[("RedrivePolicy", policy)]) {
            Err(Rejection::RedrivePolicyInvalid { reason, .. }) => reason.to_string(),
            other => format!("{other:?}"),
        };
        assert!(reason("{").contains("not a valid JSON map"));
        assert!(reason("{}").contains("maxReceiveCount"));
        assert!(reason(r#"{"maxReceiveCount":1}"#).contains("deadLetterTargetArn"));
        let with =
            |arn: &str, count: &str| reason(&format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{count}}}"#));
        assert!(with("arn:aws:sqs:us-east-1:000000000000:d", "0").contains("valid values are from 1 to 1000"));
        assert!(with("arn:aws:sns:us-east-1:000000000000:d", "1").contains("Only SQS queues"));
        assert!(with("arn:aws:sqs:eu-west-1:000000000000:d", "1").contains("same region"));
        assert!(with("d", "1").contains("fully qualified"));
        assert!(with("arn:aws:sqs:us-east-1:000000000000:d", "\"5\"").contains("Ok("));
    }
}
