//! What topics and subscriptions are called, and the numbers that are never used again.

use std::fmt;

use crate::Account;
use crate::wire::wire_struct;

const NAME_LENGTH_MAX: usize = 256;

/// How clients address a topic. Unique while the topic exists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TopicName {
    /// The account that owns the topic.
    pub account: Account,
    /// 1 to 256 of `A-Z a-z 0-9 - _`, for FIFO topics ending in `.fifo`.
    pub name: Box<str>,
}

wire_struct!(TopicName { account, name });

impl TopicName {
    /// Whether the name says that the topic is FIFO.
    pub fn is_fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }

    /// Whether the name keeps to the alphabet and length that AWS allows.
    pub fn is_valid(&self) -> bool {
        let stem = self.name.strip_suffix(".fifo").unwrap_or(&self.name);
        let alphabet = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        !stem.is_empty() && self.name.len() <= NAME_LENGTH_MAX && stem.bytes().all(alphabet)
    }

    /// `arn:aws:sns:<region>:<account>:<name>`.
    pub fn arn(&self, region: &str) -> String {
        format!("arn:aws:sns:{region}:{}:{}", self.account, self.name)
    }
}

/// A topic's own number: random, never used again, and odd exactly for FIFO topics, as with queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TopicId(pub u64);

wire_struct!(TopicId(u64));

impl TopicId {
    pub(crate) fn new(random: u64, fifo: bool) -> TopicId {
        TopicId(random & !1 | u64::from(fifo))
    }

    /// Whether the topic is FIFO.
    pub fn is_fifo(self) -> bool {
        self.0 & 1 == 1
    }
}

/// A subscription's identity: a random UUID, the last part of its ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubscriptionId(pub u128);

wire_struct!(SubscriptionId(u128));

impl SubscriptionId {
    /// `arn:aws:sns:<region>:<account>:<topic>:<uuid>`.
    pub fn arn(self, topic: &TopicName, region: &str) -> String {
        format!("{}:{self}", topic.arn(region))
    }

    /// Reads the last part of an ARN back: a UUID in lower case.
    pub fn parse(text: &str) -> Option<SubscriptionId> {
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        let id = SubscriptionId(u128::from_str_radix(&digits, 16).ok()?);
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for SubscriptionId {
    /// As a UUID: 8-4-4-4-12 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_the_alphabet_and_length() {
        let valid = |name: &str| TopicName { account: Account(1), name: name.into() }.is_valid();
        assert!(valid("a") && valid("A-_9") && valid("orders.fifo") && valid(&"x".repeat(256)));
        assert!(!valid("") && !valid(".fifo") && !valid("a.b") && !valid("a b") && !valid(&"x".repeat(257)));
    }

    #[test]
    fn a_subscription_survives_its_arn() {
        let id = SubscriptionId(0x0123_4567_89ab_4def_8000_0000_0000_00ff);
        let topic = TopicName { account: Account(7), name: "t".into() };
        let arn = id.arn(&topic, "us-east-1");
        assert_eq!(arn, "arn:aws:sns:us-east-1:000000000007:t:01234567-89ab-4def-8000-0000000000ff");
        assert_eq!(SubscriptionId::parse(arn.rsplit(':').next().unwrap()), Some(id));
        for other in ["", "01234567", "01234567-89AB-4def-8000-0000000000ff", "0123456789ab4def80000000000000ff"] {
            assert_eq!(SubscriptionId::parse(other), None, "{other}");
        }
    }
}
