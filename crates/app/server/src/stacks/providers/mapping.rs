//! `AWS::Lambda::EventSourceMapping`: a queue that feeds a function.

use bongsu_broker::{MappingDefinition, MappingId, QueueName};
use bongsu_template::MappingResource;

use super::{Cx, Provider, told};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

/// How many messages an invocation gets at most.
const BATCH_MESSAGES_MAX: u32 = 10;

impl Provider for MappingResource {
    fn check(&self, _: &Cx<'_>) -> Result<(), Fault> {
        for (what, is_asked) in [
            ("a batch of more than 10 messages", self.batch_size > BATCH_MESSAGES_MAX),
            ("MaximumBatchingWindowInSeconds", self.batching_window_seconds > 0),
            ("FilterCriteria", !self.filters.is_empty()),
            ("a version or alias of a function", self.function.qualifier.is_some()),
        ] {
            if is_asked {
                return Err(format!("{what} is not supported yet").into());
            }
        }
        Ok(())
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        Ok(find(self, cx).await?.is_some())
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let definition = MappingDefinition {
            queue: QueueName { account: cx.world.account, name: self.queue.as_str().into() },
            function: self.function.name.as_str().into(),
            batch_size: self.batch_size,
            report_batch_item_failures: self.report_batch_item_failures,
            concurrency_max: self.maximum_concurrency,
            enabled: self.enabled,
        };
        told(cx.world.broker.define_mapping(definition).await)?;
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        match find(self, cx).await? {
            Some(id) => told(cx.world.broker.delete_mapping(id).await),
            None => Ok(()),
        }
    }
}

async fn find(mapping: &MappingResource, cx: &Cx<'_>) -> Result<Option<MappingId>, String> {
    let inventory = told(cx.world.broker.functions().await)?;
    let is_it = |known: &&bongsu_broker::Mapping| {
        *known.definition.queue.name == *mapping.queue && *known.definition.function == *mapping.function.name
    };
    Ok(inventory.mappings.iter().find(is_it).map(|known| known.id))
}
