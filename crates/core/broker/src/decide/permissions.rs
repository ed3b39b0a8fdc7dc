//! Adding statements to the policies of queues and topics, and removing them, by their labels.

use bongsu_policy::{EditError, LabelUnknown, Limits, NewStatement, Policy};

use super::topics::redefined;
use crate::topic::attributes::default_topic_policy;
use crate::{Broker, Decision, Fact, PermissionAdded, QueueAttributes, QueueName, Rejection, Reply, TopicName};

impl Broker {
    pub(super) fn decide_add_permission(
        &self,
        name: &QueueName,
        added: &PermissionAdded,
    ) -> Result<Decision, Rejection> {
        let queue = self.queue(name)?;
        let accounts: Vec<&str> = added.accounts.iter().map(|account| &**account).collect();
        let actions: Vec<&str> = added.actions.iter().map(|action| &**action).collect();
        let statement =
            NewStatement { label: &added.label, accounts: &accounts, actions: &actions, resource: &added.resource };
        let id = format!("{}/SQSDefaultPolicy", added.resource);
        let current = queue.attributes().policy.as_ref();
        let policy = Policy::with_statement(current, &id, &statement, &Limits::QUEUE).map_err(|error| match error {
            EditError::LabelTaken => Rejection::PermissionExists { label: added.label.clone() },
            EditError::Refused(reason) => Rejection::PolicyTooLarge { reason: reason.to_string().into() },
        })?;
        let attributes = QueueAttributes { policy: Some(policy), ..queue.attributes().clone() };
        Ok(Decision::fact(Fact::QueueAttributesSet { id: queue.id, attributes, delay_from_send: false }))
    }

    pub(super) fn decide_remove_permission(&self, name: &QueueName, label: &str) -> Result<Decision, Rejection> {
        let queue = self.queue(name)?;
        let unknown = || Rejection::PermissionUnknown { label: label.into() };
        let current = queue.attributes().policy.as_ref().ok_or_else(unknown)?;
        let policy = current.without_statement(label).map_err(|LabelUnknown| unknown())?;
        let attributes = QueueAttributes { policy, ..queue.attributes().clone() };
        Ok(Decision::fact(Fact::QueueAttributesSet { id: queue.id, attributes, delay_from_send: false }))
    }

    /// A topic without a policy of its own keeps the statement of the default one.
    pub(super) fn decide_add_topic_permission(
        &self,
        name: &TopicName,
        added: &PermissionAdded,
    ) -> Result<Decision, Rejection> {
        let topic = self.topic(name)?;
        let accounts: Vec<&str> = added.accounts.iter().map(|account| &**account).collect();
        let actions: Vec<&str> = added.actions.iter().map(|action| &**action).collect();
        let statement =
            NewStatement { label: &added.label, accounts: &accounts, actions: &actions, resource: &added.resource };
        let default = default_topic_policy(&added.resource, name.account);
        let default = Policy::parse(&default, &Limits::TOPIC).expect("the default policy is a policy");
        let attributes = &topic.definition().attributes;
        let current = attributes.policy.as_ref().unwrap_or(&default);
        let policy = Policy::with_statement(Some(current), "", &statement, &Limits::TOPIC);
        let policy = policy.map_err(|error| match error {
            EditError::LabelTaken => Rejection::InvalidParameter("Statement already exists".into()),
            EditError::Refused(reason) => Rejection::InvalidParameter(format!("Policy Reason: {reason}").into()),
        })?;
        let attributes = attributes.with("Policy", policy.text())?;
        Ok(redefined(topic, |definition| definition.attributes = attributes))
    }

    /// A label that is not there does not matter.
    pub(super) fn decide_remove_topic_permission(&self, name: &TopicName, label: &str) -> Result<Decision, Rejection> {
        let topic = self.topic(name)?;
        let attributes = &topic.definition().attributes;
        let without = attributes.policy.as_ref().and_then(|policy| policy.without_statement(label).ok());
        let Some(without) = without else { return Ok(Decision::reply(Reply::Done)) };
        let attributes = attributes.with("Policy", without.as_ref().map_or("", Policy::text))?;
        Ok(redefined(topic, |definition| definition.attributes = attributes))
    }
}
