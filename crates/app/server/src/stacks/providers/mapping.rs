//! `AWS::Lambda::EventSourceMapping`: a queue that feeds a function.

use bongsu_aws_api::lambda::mapping_details;
use bongsu_broker::{MappingDefinition, MappingId, PutWhen, QueueName, Seconds};
use bongsu_template::MappingResource;

use super::{Cx, Provider, function_ref, told};
use crate::queues::Outcome;
use crate::stacks::provide::Made;

impl Provider for MappingResource {
    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        Ok(find(self, cx).await?.is_some())
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let definition = MappingDefinition {
            queue: QueueName { account: cx.world.account, name: self.queue.as_str().into() },
            function: function_ref(&self.function),
            batch_size: self.batch_size,
            window: Seconds(self.batching_window_seconds),
            report_batch_item_failures: self.report_batch_item_failures,
            concurrency_max: self.maximum_concurrency,
            enabled: self.enabled,
            filters: self.filters.iter().map(|pattern| pattern.as_str().into()).collect(),
            details: mapping_details(&self.tags),
        };
        told(cx.world.broker.put_mapping(None, definition, PutWhen::Always).await)?;
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
    let function = function_ref(&mapping.function);
    let is_it = |known: &&bongsu_broker::Mapping| {
        *known.definition.queue.name == *mapping.queue && known.definition.function == function
    };
    Ok(inventory.mappings.iter().find(is_it).map(|known| known.id))
}
