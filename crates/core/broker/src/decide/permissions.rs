//! Adding statements to a queue's policy, and removing them, by their labels.

use bongsu_policy::{EditError, LabelUnknown, Limits, NewStatement, Policy};

use crate::{Broker, Decision, Fact, PermissionAdded, QueueAttributes, QueueName, Rejection};

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
}
