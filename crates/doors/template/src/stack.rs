//! What a template asks for: plain data, with every reference resolved to a name.

use std::collections::BTreeSet;

use crate::error::Faults;
use crate::{
    FunctionResource, MappingResource, PolicyResource, QueueResource, RouteResource, SubscriptionResource,
    TopicResource,
};

/// The resources of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// Queues; a dead-letter queue comes before the queues that use it.
    pub queues: Vec<QueueResource>,
    /// Topics, in the template's order.
    pub topics: Vec<TopicResource>,
    /// Access policies; no two for the same queue or topic.
    pub policies: Vec<PolicyResource>,
    /// Functions, in the template's order.
    pub functions: Vec<FunctionResource>,
    /// What connects queues with functions.
    pub mappings: Vec<MappingResource>,
    /// What topics deliver to; no two the same.
    pub subscriptions: Vec<SubscriptionResource>,
    /// Routes of all HTTP APIs; no two take the same requests.
    pub routes: Vec<RouteResource>,
    /// The `Outputs` section.
    pub outputs: Vec<Output>,
    /// What the template has for AWS's sake and has no effect here, to be shown to the user.
    pub ignored: Vec<Ignored>,
}

/// One entry of the `Outputs` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its key.
    pub name: String,
    /// Where it begins in the template.
    pub line: u32,
    /// The resolved value, or `****` when a `NoEcho` parameter is part of it.
    pub value: String,
    /// Its `Description`.
    pub description: Option<String>,
}

/// A resource, or a property of one, that has no effect here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The resource's name inside the template.
    pub logical_id: String,
    /// Where it begins in the template.
    pub line: u32,
    /// Its `Type`, or the property's name.
    pub kind: String,
    /// Why it can be left out.
    pub why: &'static str,
}

/// Puts every dead-letter queue before its sources. Queues that point to each other in a circle are a fault.
pub(crate) fn in_order_of_creation(queues: Vec<QueueResource>, faults: &mut Faults) -> Vec<QueueResource> {
    let mut waiting = queues;
    let mut ordered: Vec<QueueResource> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let names: BTreeSet<String> = waiting.iter().map(|queue| queue.name.clone()).collect();
        let (blocked, ready): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|queue| queue.dead_letter_queue.as_ref().is_some_and(|target| names.contains(target)));
        if ready.is_empty() {
            let circle: Vec<&str> = blocked.iter().map(|queue| queue.logical_id.as_str()).collect();
            faults.at(blocked[0].line, format!("Circular dependency between resources: [{}]", circle.join(", ")));
            return ordered;
        }
        ordered.extend(ready);
        waiting = blocked;
    }
    ordered
}
