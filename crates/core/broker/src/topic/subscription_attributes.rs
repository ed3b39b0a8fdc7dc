//! Subscription attributes: kept as they were given, by AWS's names, with what is decided by them read out once.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::archive::ReplayPolicy;
use crate::wire::{Malformed, Wire};
use crate::{Protocol, QueueName, Rejection, Text};

/// What a subscriber gets, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionAttributes {
    /// What was set, word for word; what was never set is not there.
    texts: BTreeMap<Box<str>, Box<str>>,
    /// The bare message, without an envelope.
    pub raw: bool,
    /// Where deliveries go that cannot be made.
    pub dead_letters: Option<QueueName>,
    /// What it wants to have once more.
    pub replay: Option<ReplayPolicy>,
}

impl SubscriptionAttributes {
    /// What Subscribe was given for an endpoint of this protocol, of a topic that is FIFO or not.
    ///
    /// # Errors
    ///
    /// [`Rejection::InvalidParameter`] with AWS's words for whatever is wrong.
    pub fn parse(
        given: &BTreeMap<String, String>,
        protocol: Protocol,
        fifo: bool,
        region: &str,
    ) -> Result<SubscriptionAttributes, Rejection> {
        let mut attributes = SubscriptionAttributes::default();
        for (name, value) in given {
            attributes = attributes.with(name, value, protocol, fifo, region)?;
        }
        Ok(attributes)
    }

    /// The same with another value of one attribute, as SetSubscriptionAttributes gives it.
    ///
    /// # Errors
    ///
    /// [`Rejection::InvalidParameter`] for an attribute that is not there, or a wrong value.
    pub fn with(
        &self,
        name: &str,
        value: &str,
        _protocol: Protocol,
        _fifo: bool,
        _region: &str,
    ) -> Result<SubscriptionAttributes, Rejection> {
        let mut changed = self.clone();
        changed.set(name, value)?;
        Ok(changed)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Rejection> {
        match name {
            "RawMessageDelivery" => self.raw = value.eq_ignore_ascii_case("true"),
            "RedrivePolicy" => self.dead_letters = dead_letters(value),
            "ReplayPolicy" => self.replay = ReplayPolicy::parse(value)?,
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

fn dead_letters(policy: &str) -> Option<QueueName> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    let parts: Vec<&str> = policy.get("deadLetterTargetArn")?.as_str()?.splitn(6, ':').collect();
    let [_, _, "sqs", _, account, name] = parts[..] else { return None };
    Some(QueueName { account: account.parse().ok()?, name: name.into() })
}

/// As the texts. What was accepted once must go on being accepted.
impl Wire for SubscriptionAttributes {
    fn put(&self, out: &mut Vec<u8>) {
        (self.texts.len() as u64).put(out);
        for (name, value) in &self.texts {
            name.put(out);
            value.put(out);
        }
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        let mut attributes = SubscriptionAttributes::default();
        let texts: Vec<(Text, Text)> = Wire::take(from)?;
        for (name, value) in &texts {
            attributes.set(name, value).map_err(|_| Malformed("not a subscription's attribute"))?;
        }
        Ok(attributes)
    }
}
