//! The resource types that are known: a row each, in the file that reads it.

use crate::api::{authorizer, http, rest, usage};
use crate::error::Faults;
use crate::node::Node;
use crate::reader::Reader;
use crate::scope::{Identity, Scope};
use crate::stack::Definition;
use crate::{
    Inputs, alias, api, bucket, connection, event_invoke_config, function, function_url, layer_version,
    machine_version, mapping, metadata, permission, pipe, policy, queue, recorded, schedule, state_machine,
    subscription, topic,
};

/// All there is to know about a resource type.
pub(crate) struct ResourceType {
    /// AWS's name of it.
    pub(crate) name: &'static str,
    /// What other resources can say about it.
    pub(crate) identity: fn(&mut Naming<'_, '_>) -> Identity,
    pub(crate) read: Read,
    /// What may stand under `Metadata: Bongsu:`.
    pub(crate) metadata: &'static [&'static str],
    /// Properties that are accepted and have no effect here, with the reason.
    pub(crate) told: &'static [(&'static str, &'static str)],
    /// Properties whose change makes another resource of it, as AWS documents them.
    pub(crate) replaced_by: &'static [&'static str],
}

/// How a resource becomes a definition.
pub(crate) enum Read {
    /// From its properties.
    Properties(fn(Reading<'_, '_>) -> Option<Definition>),
    /// Its properties are not looked at, for this reason.
    Recorded(&'static str),
}

/// What a resource's identity can be made of.
pub(crate) struct Naming<'a, 'f> {
    pub(crate) logical_id: &'a str,
    pub(crate) inputs: &'a Inputs,
    pub(crate) properties: Option<&'a Node>,
    pub(crate) scope: &'a Scope<'a>,
    pub(crate) faults: &'f mut Faults,
}

impl Naming<'_, '_> {
    pub(crate) fn text(&mut self, property: &str) -> Option<String> {
        let node = self.scope.resolve(self.properties?.get(property)?, self.faults)?;
        node.as_text().map(|text| text.text.clone())
    }

    pub(crate) fn is_true(&mut self, property: &str) -> bool {
        self.text(property).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }
}

/// A resource that is being read.
pub(crate) struct Reading<'a, 'f> {
    pub(crate) logical_id: &'a str,
    pub(crate) line: u32,
    pub(crate) identity: &'a Identity,
    pub(crate) inputs: &'a Inputs,
    pub(crate) reader: Reader<'f>,
    pub(crate) metadata: metadata::Metadata,
    /// The APIs that were read before.
    pub(crate) gateway: &'a mut api::Gateway,
}

const TYPES: [&ResourceType; 44] = [
    &queue::TYPE,
    &policy::QUEUE_POLICY,
    &policy::QUEUE_INLINE_POLICY,
    &topic::TYPE,
    &policy::TOPIC_POLICY,
    &policy::TOPIC_INLINE_POLICY,
    &subscription::TYPE,
    &function::TYPE,
    &alias::VERSION,
    &alias::TYPE,
    &layer_version::TYPE,
    &function_url::TYPE,
    &event_invoke_config::TYPE,
    &mapping::TYPE,
    &permission::TYPE,
    &bucket::TYPE,
    &schedule::RULE,
    &schedule::SCHEDULE,
    &schedule::GROUP,
    &state_machine::TYPE,
    &machine_version::VERSION,
    &machine_version::ALIAS,
    &state_machine::ACTIVITY,
    &pipe::TYPE,
    &connection::TYPE,
    &connection::API_DESTINATION,
    &http::API,
    &http::INTEGRATION,
    &http::ROUTE,
    &http::STAGE,
    &http::DEPLOYMENT,
    &authorizer::HTTP,
    &rest::API,
    &rest::RESOURCE,
    &rest::METHOD,
    &rest::STAGE,
    &rest::DEPLOYMENT,
    &authorizer::REST,
    &usage::KEY,
    &usage::PLAN,
    &usage::PLAN_KEY,
    &recorded::ROLE,
    &recorded::MANAGED_POLICY,
    &recorded::LOG_GROUP,
];

/// The type of this name.
pub(crate) fn find(name: &str) -> Option<&'static ResourceType> {
    TYPES.into_iter().chain(&recorded::OTHERS).find(|known| known.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../../docs/templates.md");

    #[test]
    fn every_type_stands_on_the_page_about_templates_and_only_once_here() {
        let mut names: Vec<&str> = TYPES.into_iter().chain(&recorded::OTHERS).map(|known| known.name).collect();
        names.iter().for_each(|name| assert!(PAGE.contains(&format!("`{name}`")), "{name}"));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
