//! What the ARNs of a pipe name: where its events come from, what enriches them, and where they go.

use bongsu_broker::{FunctionRef, LATEST, MachineRef, QueueName, TopicName};

use super::parameters::OTHER_SOURCE;
use crate::operation::Context;

/// Somebody that a pipe calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Function(FunctionRef),
    Machine(MachineRef),
    Queue(QueueName),
    Topic(TopicName),
    /// By its ARN.
    ApiDestination(String),
}

impl Context<'_> {
    /// The queue of an ARN.
    ///
    /// # Errors
    ///
    /// What is told of an ARN that names none of this server's.
    pub(super) fn source_queue(&self, arn: &str) -> Result<QueueName, String> {
        match self.end(arn, OTHER_SOURCE)? {
            End::Queue(queue) => Ok(queue),
            _ => Err(OTHER_SOURCE.to_owned()),
        }
    }

    /// Who an ARN names.
    ///
    /// # Errors
    ///
    /// What is told of an ARN that names nothing of this server's, and `otherwise` of one that no pipe leads to.
    pub(super) fn end(&self, arn: &str, otherwise: &str) -> Result<End, String> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", _, service, region, account, resource] = parts[..] else {
            return Err(format!("{arn} is not an ARN."));
        };
        let config = self.config;
        let own = config.account.to_string();
        if region != config.region || account != own {
            let text = format!("{arn} is of another region or account than {}, {own}.", config.region);
            return Err(text);
        }
        let resource: Vec<&str> = resource.split(':').collect();
        match (service, &resource[..]) {
            ("sqs", [name]) => named(End::Queue(QueueName { account: config.account, name: (*name).into() }), arn),
            ("sns", [name]) => named(End::Topic(TopicName { account: config.account, name: (*name).into() }), arn),
            ("lambda", ["function", name]) => Ok(End::Function(FunctionRef::latest(name))),
            ("lambda", ["function", name, qualifier]) => {
                // The latest version is meant by its name, too.
                let qualifier = Some(*qualifier).filter(|qualifier| *qualifier != LATEST).map(Box::from);
                Ok(End::Function(FunctionRef { name: (*name).into(), qualifier }))
            }
            ("states", ["stateMachine", name]) => {
                Ok(End::Machine(MachineRef { name: (*name).into(), qualifier: None }))
            }
            ("states", ["stateMachine", name, qualifier]) => {
                Ok(End::Machine(MachineRef { name: (*name).into(), qualifier: Some((*qualifier).into()) }))
            }
            ("events", [destination]) if destination.starts_with("api-destination/") => {
                Ok(End::ApiDestination(arn.to_owned()))
            }
            _ => Err(otherwise.to_owned()),
        }
    }
}

/// With a name that one can have.
fn named(end: End, arn: &str) -> Result<End, String> {
    let is_valid = match &end {
        End::Queue(queue) => queue.is_valid(),
        End::Topic(topic) => topic.is_valid(),
        _ => true,
    };
    if is_valid { Ok(end) } else { Err(format!("{arn} names nothing that there can be.")) }
}
