//! One topic: what it is, who is subscribed to it, and what it remembers.

pub(crate) mod archive;
pub(crate) mod attributes;
pub(crate) mod copy;
pub(crate) mod delivery;
pub(crate) mod filter;
pub(crate) mod name;
pub(crate) mod outbox;
pub(crate) mod schedule;
pub(crate) mod state;
pub(crate) mod statistics;
pub(crate) mod subscription;
pub(crate) mod subscription_attributes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use archive::Archive;

use crate::queue::DeduplicationWindow;
use crate::wire::wire_struct;
use crate::{Place, Protocol, SubscriptionId, Tag, Timestamp, TopicAttributes, TopicId, TopicName};

/// Everything that a user says about a topic, and what must stay with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDefinition {
    /// Never changes.
    pub name: TopicName,
    /// How it behaves.
    pub attributes: TopicAttributes,
    /// By rising keys.
    pub tags: Vec<Tag>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The next sequence number of a FIFO topic, at least.
    pub next_sequence: u64,
    /// How many subscriptions of it were ended.
    pub unsubscribed: u64,
    /// The next number in its archive, at least.
    pub next_archived: u64,
}

wire_struct!(TopicDefinition { name, attributes, tags, created_at, next_sequence, unsubscribed, next_archived });

/// A topic in the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    pub(crate) id: TopicId,
    /// Absent only during a replay, until the definition is read. Its `next_sequence` is that of when it was written.
    pub(crate) definition: Option<Arc<TopicDefinition>>,
    /// Where the newest record of the definition lies.
    pub(crate) place: Place,
    pub(crate) next_sequence: u64,
    pub(crate) unsubscribed: u64,
    /// Of a FIFO topic.
    pub(crate) deduplication: DeduplicationWindow,
    pub(crate) archive: Archive,
    pub(crate) subscriptions: BTreeSet<SubscriptionId>,
    /// A topic has at most one subscription of each endpoint.
    pub(crate) by_endpoint: BTreeMap<(Protocol, Box<str>), SubscriptionId>,
}

impl Topic {
    pub(crate) fn new(id: TopicId) -> Topic {
        Topic {
            id,
            definition: None,
            place: Place::default(),
            next_sequence: 0,
            unsubscribed: 0,
            deduplication: DeduplicationWindow::default(),
            archive: Archive::default(),
            subscriptions: BTreeSet::new(),
            by_endpoint: BTreeMap::new(),
        }
    }

    /// The definition with the numbers of now.
    pub(crate) fn current(&self) -> TopicDefinition {
        TopicDefinition {
            next_sequence: self.next_sequence,
            unsubscribed: self.unsubscribed,
            next_archived: self.archive.next_sequence,
            ..self.definition().as_ref().clone()
        }
    }

    pub(crate) fn definition(&self) -> &Arc<TopicDefinition> {
        self.definition.as_ref().expect("only a replay sees a topic without its definition")
    }
}
