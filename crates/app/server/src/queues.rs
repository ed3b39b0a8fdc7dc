//! Brings a queue to what a template or a configuration file says of it.

use std::collections::BTreeMap;

use bongsu_broker::{AttributesGiven, QueueName, Rejection, Tags};
use bongsu_runtime::{Handle, Refusal};

/// What was done about a queue, a topic or a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is there, with all that was given.
    Made,
    /// It was there with other attributes, which were changed. Those that were not given stay as they are.
    Changed,
}

/// Makes the queue, or gives one that is there already these attributes and tags.
pub(crate) async fn bring_about(
    broker: &Handle,
    name: &QueueName,
    attributes: &BTreeMap<String, String>,
    tags: &BTreeMap<String, String>,
    region: &str,
) -> Result<Outcome, Refusal> {
    let tags: Tags = tags.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect();
    let given = AttributesGiven::parse(attributes, name, region)?;
    let outcome = match broker.create_queue(name.clone(), given, tags.clone(), false).await {
        Ok(()) => Outcome::Made,
        Err(Refusal::Rejected(Rejection::QueueExists { .. })) => {
            broker.set_queue_attributes(name.clone(), AttributesGiven::parse_change(attributes, name, region)?).await?;
            Outcome::Changed
        }
        Err(refusal) => return Err(refusal),
    };
    // A queue that was there before may have other tags.
    if !tags.is_empty() && broker.describe_queue(name.clone()).await?.tags != tags {
        broker.tag_queue(name.clone(), tags).await?;
    }
    Ok(outcome)
}

/// Gives the queue a redrive policy, unless it has that one.
pub(crate) async fn dead_letter_to(
    broker: &Handle,
    name: &QueueName,
    policy: &str,
    region: &str,
) -> Result<(), Refusal> {
    let given = BTreeMap::from([("RedrivePolicy".to_owned(), policy.to_owned())]);
    let given = AttributesGiven::parse_change(&given, name, region)?;
    if broker.describe_queue(name.clone()).await?.attributes.redrive == given.attributes.redrive {
        return Ok(());
    }
    broker.set_queue_attributes(name.clone(), given).await
}

/// Gives the queue this access policy, unless it has it.
pub(crate) async fn permit(broker: &Handle, name: &QueueName, policy: &str, region: &str) -> Result<(), Refusal> {
    let given = BTreeMap::from([("Policy".to_owned(), policy.to_owned())]);
    let given = AttributesGiven::parse_change(&given, name, region)?;
    if broker.describe_queue(name.clone()).await?.attributes.policy == given.attributes.policy {
        return Ok(());
    }
    broker.set_queue_attributes(name.clone(), given).await
}
