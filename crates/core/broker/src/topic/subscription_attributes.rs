//! Subscription attributes: kept as they were given, by AWS's names, with what is decided by them read out once.

use std::collections::BTreeMap;
use std::sync::Arc;

use bongsu_delivery_policy::{Endpoint, SubscriptionDeliveryPolicy};
use bongsu_event_pattern::{FilterPolicy, Scope};
use bytes::Bytes;
use serde_json::Value;

use super::archive::ReplayPolicy;
use super::attributes::{ATTRIBUTE_BYTES_MAX, is_same};
use crate::wire::{Malformed, Wire};
use crate::{Account, FAULTS_ATTRIBUTE, FaultPolicy, Protocol, QueueName, Rejection, Text};

const RAW: &str = "RawMessageDelivery";
const SCOPE: &str = "FilterPolicyScope";
const FILTER: &str = "FilterPolicy";

/// What is in place where nothing was set, for attributes that do not merely vanish then.
const DEFAULTS: [(&str, &str); 2] = [(RAW, "false"), (SCOPE, "MessageAttributes")];

/// What a subscription's attributes may be depends on.
#[derive(Clone, Copy, Debug)]
pub struct Subscriber<'a> {
    /// Whose the subscription is.
    pub owner: Account,
    /// How the subscriber is reached.
    pub protocol: Protocol,
    /// Where.
    pub endpoint: &'a str,
    /// Whether the topic is FIFO.
    pub of_fifo: bool,
    /// This server's region.
    pub region: &'a str,
}

/// What a subscriber gets, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionAttributes {
    /// What was set, word for word; what was never set is not there, what was unset is empty.
    texts: BTreeMap<Box<str>, Box<str>>,
    /// The bare message, without an envelope.
    pub raw: bool,
    /// Where deliveries go that cannot be made.
    pub dead_letters: Option<QueueName>,
    /// How deliveries are tried again.
    pub delivery: Option<SubscriptionDeliveryPolicy>,
    /// Which notifications are wanted; all of them if there is none.
    pub filter: Option<Arc<FilterPolicy>>,
    /// What it wants to have once more.
    pub replay: Option<ReplayPolicy>,
    /// What goes wrong on purpose.
    pub faults: Option<FaultPolicy>,
}

/// Why an attribute is refused.
enum Fault {
    /// Subscriptions have no such attribute.
    Unknown,
    /// The value is none of its values: AWS's words.
    Value(String),
}

impl SubscriptionAttributes {
    /// What Subscribe was given.
    ///
    /// # Errors
    ///
    /// [`Rejection::InvalidParameter`] with AWS's words for whatever is wrong.
    pub fn parse(
        given: &BTreeMap<String, String>,
        subscriber: &Subscriber<'_>,
    ) -> Result<SubscriptionAttributes, Rejection> {
        let mut attributes = SubscriptionAttributes::default();
        // Other attributes depend on these two.
        let (first, others): (Vec<_>, Vec<_>) = given.iter().partition(|(name, _)| *name == RAW || *name == SCOPE);
        for (name, value) in first.into_iter().chain(others) {
            attributes.set(name, value, subscriber).map_err(|fault| match fault {
                Fault::Unknown => invalid(&format!("Attributes Reason: Unknown attribute {name}")),
                Fault::Value(text) => invalid(&format!("Attributes Reason: {text}")),
            })?;
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
        subscriber: &Subscriber<'_>,
    ) -> Result<SubscriptionAttributes, Rejection> {
        let mut changed = self.clone();
        match changed.set(name, value, subscriber) {
            Ok(()) => Ok(changed),
            Err(Fault::Unknown) => Err(invalid("AttributeName")),
            Err(Fault::Value(text)) => Err(invalid(&text)),
        }
    }

    /// One row an attribute: who has it, and what it may be.
    fn set(&mut self, name: &str, value: &str, subscriber: &Subscriber<'_>) -> Result<(), Fault> {
        let value = if value.trim() == "{}" { "" } else { value };
        let protocol = subscriber.protocol;
        let refuse = |reason: &str| Err(Fault::Value(format!("{name}: {reason}")));
        // A filter policy has a limit of its own.
        if name != FILTER && value.len() > ATTRIBUTE_BYTES_MAX {
            return refuse(&format!("longer than {ATTRIBUTE_BYTES_MAX} bytes"));
        }
        match name {
            RAW => self.check_raw(value, protocol)?,
            SCOPE if value != "MessageAttributes" && value != "MessageBody" => {
                let words = "Please use either MessageBody or MessageAttributes";
                return refuse(&format!("Invalid value [{value}]. {words}"));
            }
            SCOPE | FILTER => {}
            "RedrivePolicy" => check_redrive(value, subscriber).or_else(|reason| refuse(&reason))?,
            "DeliveryPolicy" => {
                let endpoint = match protocol {
                    Protocol::Http | Protocol::Https => Endpoint::Http { raw: self.raw },
                    Protocol::Lambda => Endpoint::Function,
                    _ => Endpoint::Other,
                };
                let parsed = SubscriptionDeliveryPolicy::parse(value, endpoint);
                parsed.map(drop).or_else(|fault| refuse(&fault.to_string()))?;
            }
            "SubscriptionRoleArn" if protocol != Protocol::Firehose => {
                return refuse("Only firehose subscriptions have it.");
            }
            "SubscriptionRoleArn" => {}
            FAULTS_ATTRIBUTE => {
                let parsed = FaultPolicy::parse(value, subscriber.of_fifo);
                parsed.map(drop).or_else(|invalid| refuse(&invalid.to_string()))?;
            }
            "ReplayPolicy" if protocol != Protocol::Sqs => return refuse("Only sqs subscriptions have it."),
            "ReplayPolicy" => ReplayPolicy::parse(value).map(drop).or_else(|reason| refuse(&reason))?,
            _ => return Err(Fault::Unknown),
        }
        self.read(name, value);
        if name == SCOPE || name == FILTER { self.compile().map_err(Fault::Value) } else { Ok(()) }
    }

    fn check_raw(&self, value: &str, protocol: Protocol) -> Result<(), Fault> {
        let raw = match value.to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => {
                return Err(Fault::Value(format!("{RAW}: Invalid value [{value}]. Must be true or false.")));
            }
        };
        let may_be_raw = matches!(protocol, Protocol::Sqs | Protocol::Http | Protocol::Https | Protocol::Firehose);
        if raw && !may_be_raw {
            let protocol = protocol.name();
            return Err(Fault::Value(format!("Delivery protocol [{protocol}] does not support raw message delivery.")));
        }
        let kept = self.delivery.as_ref().filter(|_| !raw).map_or(Ok(()), SubscriptionDeliveryPolicy::check_raw_off);
        kept.map_err(|fault| Fault::Value(format!("{RAW}: {fault}")))
    }

    /// Takes in a text that was checked once, and may not pass the checks of today. The filter is to be compiled after
    /// all of them.
    fn read(&mut self, name: &str, value: &str) {
        let mut text = Box::from(value);
        match name {
            RAW => self.raw = value.eq_ignore_ascii_case("true"),
            "RedrivePolicy" => self.dead_letters = dead_letters(value),
            FAULTS_ATTRIBUTE => self.faults = FaultPolicy::parse(value, false).ok().filter(|_| !value.is_empty()),
            "ReplayPolicy" => self.replay = ReplayPolicy::parse(value).unwrap_or_default(),
            "DeliveryPolicy" => {
                let parse = |endpoint| SubscriptionDeliveryPolicy::parse(value, endpoint);
                let of_http = parse(Endpoint::Http { raw: true });
                self.delivery = of_http.or_else(|_| parse(Endpoint::Function)).unwrap_or_default();
                text = self.delivery.as_ref().map_or_else(Box::default, |policy| policy.stored_text().into());
            }
            _ => {}
        }
        self.texts.insert(name.into(), text);
    }

    fn compile(&mut self) -> Result<(), String> {
        let scope = match self.text(SCOPE) {
            Some("MessageBody") => Scope::MessageBody,
            _ => Scope::MessageAttributes,
        };
        let filter = self.text(FILTER).map(|text| FilterPolicy::parse(text, scope)).transpose();
        self.filter = filter.map_err(|fault| fault.to_string())?.filter(|filter| !filter.is_empty()).map(Arc::new);
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
        name == RAW && own.eq_ignore_ascii_case(value) || is_same(own, value)
    }

    /// The attribute as it was set; `None` if it never was, or was unset.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(|value| &**value).filter(|value| !value.is_empty())
    }
}

fn invalid(text: &str) -> Rejection {
    Rejection::InvalidParameter(text.into())
}

/// What is dead-lettered ends in a queue that the subscription's owner has, and that can hold it: a message of a
/// standard topic has no group.
fn check_redrive(policy: &str, subscriber: &Subscriber<'_>) -> Result<(), String> {
    if policy.is_empty() {
        return Ok(());
    }
    let parsed: Value = serde_json::from_str(policy).map_err(|fault| format!("failed to parse JSON. {fault}"))?;
    let arn = parsed.get("deadLetterTargetArn").and_then(Value::as_str);
    let arn = arn.ok_or("Missing deadLetterTargetArn attribute")?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", "aws", service, region, account, name] = parts[..] else {
        return Err("deadLetterTargetArn is an invalid arn".to_owned());
    };
    if service != "sqs" {
        return Err("must be a SQS queue".to_owned());
    }
    if region != subscriber.region {
        return Err("must be in the same region as the subscription".to_owned());
    }
    let account: Account = account.parse().map_err(|()| "deadLetterTargetArn is an invalid arn")?;
    let queue = QueueName { account, name: name.into() };
    if queue.account != subscriber.owner {
        return Err("must be in the same account as the subscription".to_owned());
    }
    let of_fifo_queue = subscriber.endpoint.ends_with(".fifo");
    if subscriber.of_fifo && of_fifo_queue && !queue.is_fifo() {
        return Err("must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.".to_owned());
    }
    if !subscriber.of_fifo && queue.is_fifo() {
        return Err("must use a standard queue as DLQ for a Subscription to a standard Topic.".to_owned());
    }
    Ok(())
}

fn dead_letters(policy: &str) -> Option<QueueName> {
    let policy: Value = serde_json::from_str(policy).ok()?;
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
        texts.iter().for_each(|(name, value)| attributes.read(name, value));
        attributes.compile().map_err(|_| Malformed("not a subscription's filter policy"))?;
        Ok(attributes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_QUEUE: Subscriber<'static> = Subscriber {
        owner: Account(1),
        protocol: Protocol::Sqs,
        endpoint: "arn:aws:sqs:us-east-1:000000000001:q",
        of_fifo: false,
        region: "us-east-1",
    };
    const OF_FIFO_QUEUE: Subscriber<'static> =
        Subscriber { endpoint: "arn:aws:sqs:us-east-1:000000000001:q.fifo", of_fifo: true, ..OF_QUEUE };
    const OF_FUNCTION: Subscriber<'static> = Subscriber { protocol: Protocol::Lambda, ..OF_QUEUE };
    const OF_SERVER: Subscriber<'static> = Subscriber { protocol: Protocol::Https, ..OF_QUEUE };

    fn subscribed(
        subscriber: Subscriber<'_>,
        attributes: &[(&str, &str)],
    ) -> Result<SubscriptionAttributes, Rejection> {
        let given = attributes.iter().map(|(name, value)| (String::from(*name), String::from(*value))).collect();
        SubscriptionAttributes::parse(&given, &subscriber)
    }

    #[track_caller]
    fn is_refused(subscriber: Subscriber<'_>, name: &str, value: &str, text: &str) {
        let refused = |text: &str| Err(Rejection::InvalidParameter(text.into()));
        assert_eq!(subscribed(subscriber, &[(name, value)]), refused(&format!("Attributes Reason: {text}")));
        assert_eq!(SubscriptionAttributes::default().with(name, value, &subscriber), refused(text));
    }

    #[test]
    fn values_are_refused_in_awss_words() {
        is_refused(OF_QUEUE, RAW, "yes", "RawMessageDelivery: Invalid value [yes]. Must be true or false.");
        let text = "Delivery protocol [lambda] does not support raw message delivery.";
        is_refused(OF_FUNCTION, RAW, "True", text);
        let text = "FilterPolicyScope: Invalid value [Body]. Please use either MessageBody or MessageAttributes";
        is_refused(OF_QUEUE, SCOPE, "Body", text);
        for (policy, text) in [
            (r#"{"deadLetterTargetArn":"x"}"#, "deadLetterTargetArn is an invalid arn"),
            (r#"{"a":1}"#, "Missing deadLetterTargetArn attribute"),
            (r#"{"deadLetterTargetArn":"arn:aws:sns:us-east-1:000000000001:q"}"#, "must be a SQS queue"),
            (
                r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000001:q"}"#,
                "must be in the same region as the subscription",
            ),
            (
                r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000002:q"}"#,
                "must be in the same account as the subscription",
            ),
            (
                r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000001:q.fifo"}"#,
                "must use a standard queue as DLQ for a Subscription to a standard Topic.",
            ),
        ] {
            is_refused(OF_QUEUE, "RedrivePolicy", policy, &format!("RedrivePolicy: {text}"));
        }
        let to_standard = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000001:d"}"#;
        let text = "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.";
        is_refused(OF_FIFO_QUEUE, "RedrivePolicy", to_standard, text);
        let text = "DeliveryPolicy: only http, https and lambda subscriptions have one";
        is_refused(OF_QUEUE, "DeliveryPolicy", r#"{"guaranteed":false}"#, text);
        let long = format!(r#"{{"deadLetterTargetArn":{}"x"}}"#, " ".repeat(30_720));
        is_refused(OF_QUEUE, "RedrivePolicy", &long, "RedrivePolicy: longer than 30720 bytes");
        let unknown = SubscriptionAttributes::default().with("Nothing", "x", &OF_QUEUE);
        assert_eq!(unknown, Err(Rejection::InvalidParameter("AttributeName".into())));
        let unparsed = SubscriptionAttributes::default().with("RedrivePolicy", "{", &OF_QUEUE).unwrap_err();
        assert!(
            matches!(unparsed, Rejection::InvalidParameter(t) if t.starts_with("RedrivePolicy: failed to parse JSON. "))
        );
    }

    #[test]
    fn a_filter_policy_is_for_the_scope_that_is_set() {
        let nested = (FILTER, r#"{"a":{"b":["c"]}}"#);
        let text = "Attributes Reason: Filter policy scope MessageAttributes does not support nested filter policy";
        assert_eq!(subscribed(OF_QUEUE, &[nested]), Err(Rejection::InvalidParameter(text.into())));
        let of_body = subscribed(OF_QUEUE, &[nested, (SCOPE, "MessageBody")]).unwrap();
        assert_eq!(of_body.filter.as_ref().unwrap().scope(), Scope::MessageBody);
        // What is set does not fit the other scope.
        assert!(of_body.with(SCOPE, "MessageAttributes", &OF_QUEUE).is_err());
        for removing in ["{}", "", " {} "] {
            let without = of_body.with(FILTER, removing, &OF_QUEUE).unwrap();
            assert_eq!((&without.filter, without.text(FILTER)), (&None, None));
        }
    }

    #[test]
    fn a_delivery_policy_is_kept_as_aws_keeps_it_and_goes_with_raw_delivery() {
        let policy = ("DeliveryPolicy", r#"{"requestPolicy":{"headerContentType":"text/csv"}}"#);
        assert!(subscribed(OF_SERVER, &[policy]).is_err());
        let raw = subscribed(OF_SERVER, &[policy, (RAW, "true")]).unwrap();
        assert!(
            raw.text("DeliveryPolicy").unwrap().starts_with(r#"{"healthyRetryPolicy":null,"sicklyRetryPolicy":null"#)
        );
        assert!(raw.with(RAW, "false", &OF_SERVER).is_err());
        assert_eq!(raw.with("DeliveryPolicy", "{}", &OF_SERVER).unwrap().delivery, None);
    }

    #[test]
    fn replays_are_for_queues_and_begin_at_a_time() {
        let replay =
            |policy: &str| SubscriptionAttributes::default().with("ReplayPolicy", policy, &OF_FIFO_QUEUE).is_ok();
        assert!(replay(r#"{"PointType":"Timestamp","StartingPoint":"2026-01-01T00:00:00.000Z"}"#) && replay("{}"));
        for bad in [
            r#"{"PointType":"Timestamp"}"#,
            r#"{"PointType":"Sequence","StartingPoint":"2026-01-01T00:00:00Z"}"#,
            r#"{"PointType":"Timestamp","StartingPoint":"2026-13-01T00:00:00Z"}"#,
            r#"{"PointType":"Timestamp","StartingPoint":"2026-01-01T00:00:00Z","EndingPoint":"soon"}"#,
            r#"{"PointType":"Timestamp","StartingPoint":"2026-01-01T00:00:00Z","Speed":1}"#,
            "[",
        ] {
            assert!(!replay(bad), "{bad}");
        }
    }

    #[test]
    fn what_was_accepted_once_is_read_again_as_it_was() {
        let attributes = [
            (RAW, "True"),
            (SCOPE, "MessageBody"),
            (FILTER, r#"{"a":{"b":["c"]}}"#),
            ("RedrivePolicy", r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000001:d"}"#),
            ("DeliveryPolicy", r#"{"throttlePolicy":{"maxReceivesPerSecond":5}}"#),
        ];
        for subscriber in [OF_SERVER, OF_FUNCTION] {
            let given = if subscriber.protocol == Protocol::Lambda { &attributes[1..] } else { &attributes };
            let attributes = subscribed(subscriber, given).unwrap();
            let mut out = Vec::new();
            attributes.put(&mut out);
            assert_eq!(SubscriptionAttributes::take(&mut Bytes::from(out)).unwrap(), attributes);
            assert!(given.iter().all(|(name, value)| attributes.has(name, value) || *name == "DeliveryPolicy"));
        }
    }

    #[test]
    fn texts_that_say_the_same_are_the_same() {
        let none = SubscriptionAttributes::default();
        assert!(none.has(RAW, "FALSE") && none.has(SCOPE, "MessageAttributes") && none.has(FILTER, ""));
        let some = none.with(FILTER, r#"{"a": ["b"]}"#, &OF_QUEUE).unwrap();
        assert!(some.has(FILTER, r#"{"a":["b"]}"#) && !some.has(FILTER, r#"{"a":["c"]}"#));
    }
}
