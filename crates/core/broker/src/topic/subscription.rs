//! Subscriptions: who gets what of a topic, and how it gets there.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use subtle::ConstantTimeEq as _;

use super::outbox::Outbox;
use crate::wire::{Malformed, Wire, wire_struct};
use crate::{
    Account, FunctionRef, Place, QueueName, Replay, Subscriber, SubscriptionAttributes, SubscriptionId, Timestamp,
    TopicId,
};

/// How a subscriber is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "AWS's own names")]
pub enum Protocol {
    Http,
    Https,
    Email,
    EmailJson,
    Sms,
    Sqs,
    Application,
    Lambda,
    Firehose,
}

/// One row a protocol: its byte in facts, and AWS's name of it.
const PROTOCOLS: [(u8, Protocol, &str); 9] = [
    (0, Protocol::Http, "http"),
    (1, Protocol::Https, "https"),
    (2, Protocol::Email, "email"),
    (3, Protocol::EmailJson, "email-json"),
    (4, Protocol::Sms, "sms"),
    (5, Protocol::Sqs, "sqs"),
    (6, Protocol::Application, "application"),
    (7, Protocol::Lambda, "lambda"),
    (8, Protocol::Firehose, "firehose"),
];

impl Protocol {
    /// As AWS writes it.
    pub fn name(self) -> &'static str {
        PROTOCOLS.iter().find(|row| row.1 == self).expect("every protocol has its row").2
    }

    /// The protocol of this name.
    pub fn parse(name: &str) -> Option<Protocol> {
        PROTOCOLS.iter().find(|row| row.2 == name).map(|row| row.1)
    }

    /// Whether the endpoint is a web server's.
    pub fn is_http(self) -> bool {
        matches!(self, Protocol::Http | Protocol::Https)
    }
}

impl Wire for Protocol {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(PROTOCOLS.iter().find(|row| row.1 == *self).expect("every protocol has its row").0);
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        let byte = u8::take(from)?;
        PROTOCOLS.iter().find(|row| row.0 == byte).map(|row| row.1).ok_or(Malformed("not a protocol"))
    }
}

/// The secret by which an endpoint's owner says yes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token(pub [u8; 32]);

wire_struct!(Token([u8; 32]));

impl Token {
    /// The subscription that it is about.
    pub(crate) fn subscription(self) -> SubscriptionId {
        let (id, _) = self.0.split_at(16);
        SubscriptionId(u128::from_be_bytes(id.try_into().expect("sixteen bytes")))
    }

    /// Whether somebody's guess is this token, found out in a time that does not depend on how much of it is right.
    pub(crate) fn is_known_as(self, guess: Token) -> bool {
        self.0.ct_eq(&guess.0).into()
    }
}

impl std::fmt::Display for Token {
    /// As it stands in URLs: 64 hexadecimal digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl std::str::FromStr for Token {
    type Err = ();

    fn from_str(text: &str) -> Result<Token, ()> {
        let mut token = [0; 32];
        hex::decode_to_slice(text, &mut token).map_err(drop)?;
        Ok(Token(token))
    }
}

/// Whoever knows it can confirm the subscription.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// How a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionState {
    /// Its endpoint has not said yes; it gets nothing but to be asked.
    Pending {
        /// What the endpoint is asked with.
        token: Token,
        /// When the question lapses.
        until: Timestamp,
    },
    /// It gets what is published.
    Confirmed {
        /// Whether only somebody with credentials may end it.
        authenticated: bool,
        /// The token that it was confirmed with, so that saying yes twice is no fault.
        token: Option<Token>,
    },
    /// Somebody ended it without credentials; its endpoint may say no to that.
    Ended {
        /// What the endpoint is told.
        token: Token,
        /// When it is gone for good.
        until: Timestamp,
    },
}

impl Wire for SubscriptionState {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            SubscriptionState::Pending { token, until } => {
                out.push(0);
                token.put(out);
                until.put(out);
            }
            SubscriptionState::Confirmed { authenticated, token } => {
                out.push(1);
                authenticated.put(out);
                token.put(out);
            }
            SubscriptionState::Ended { token, until } => {
                out.push(2);
                token.put(out);
                until.put(out);
            }
        }
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        match u8::take(from)? {
            0 => Ok(SubscriptionState::Pending { token: Wire::take(from)?, until: Wire::take(from)? }),
            1 => Ok(SubscriptionState::Confirmed { authenticated: Wire::take(from)?, token: Wire::take(from)? }),
            2 => Ok(SubscriptionState::Ended { token: Wire::take(from)?, until: Wire::take(from)? }),
            _ => Err(Malformed("not the state of a subscription")),
        }
    }
}

/// Everything about a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionDefinition {
    /// Of what.
    pub topic: TopicId,
    /// Whose it is.
    pub owner: Account,
    /// The ARN of who subscribed.
    pub principal: Box<str>,
    /// How the subscriber is reached.
    pub protocol: Protocol,
    /// Where: an ARN, a URL, an address, as given.
    pub endpoint: Box<str>,
    /// The queue that the endpoint names, if it is one of this server's region.
    pub queue: Option<QueueName>,
    /// What it gets and how.
    pub attributes: SubscriptionAttributes,
    /// How it stands.
    pub state: SubscriptionState,
}

wire_struct!(SubscriptionDefinition { topic, owner, principal, protocol, endpoint, queue, attributes, state });

impl SubscriptionDefinition {
    /// Whether it gets what is published.
    pub fn is_confirmed(&self) -> bool {
        matches!(self.state, SubscriptionState::Confirmed { .. })
    }

    /// Whether its endpoint has yet to say yes.
    pub fn is_pending(&self) -> bool {
        matches!(self.state, SubscriptionState::Pending { .. })
    }

    /// What its attributes may be depends on.
    pub(crate) fn subscriber<'a>(&'a self, region: &'a str) -> Subscriber<'a> {
        let (owner, protocol, endpoint) = (self.owner, self.protocol, &*self.endpoint);
        Subscriber { owner, protocol, endpoint, of_fifo: self.topic.is_fifo(), region }
    }

    /// The name of the function of a subscription whose endpoint is one.
    pub fn function(&self) -> Option<&str> {
        if self.protocol != Protocol::Lambda {
            return None;
        }
        self.endpoint.split(':').nth(6)
    }

    /// The same with the version or alias that the endpoint names.
    pub(crate) fn function_ref(&self) -> Option<FunctionRef> {
        let qualifier = self.endpoint.split(':').nth(7).map(Box::from);
        Some(FunctionRef { name: self.function()?.into(), qualifier })
    }
}

/// A subscription in the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    /// Absent only during a replay, until the definition is read.
    pub(crate) definition: Option<Arc<SubscriptionDefinition>>,
    /// Where the newest record of the definition lies.
    pub(crate) place: Place,
    /// What is to be delivered to an endpoint that is not a queue.
    pub(crate) outbox: Outbox,
    /// The newest replay, and where its newest record lies.
    pub(crate) replay: Option<Replay>,
    pub(crate) replay_place: Place,
}

/// All subscriptions, by identity.
pub(crate) type Subscriptions = BTreeMap<SubscriptionId, Subscription>;

impl Subscription {
    pub(crate) fn new() -> Subscription {
        Subscription {
            definition: None,
            place: Place::default(),
            outbox: Outbox::default(),
            replay: None,
            replay_place: Place::default(),
        }
    }

    /// Whether it gets what was published once more, and nothing else for now.
    pub(crate) fn is_replaying(&self) -> bool {
        self.replay.is_some_and(|replay| !replay.completed)
    }

    pub(crate) fn definition(&self) -> &Arc<SubscriptionDefinition> {
        self.definition.as_ref().expect("only a replay sees a subscription without its definition")
    }
}
