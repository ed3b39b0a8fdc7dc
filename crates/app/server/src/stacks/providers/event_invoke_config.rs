//! `AWS::Lambda::EventInvokeConfig`: how asynchronous invocations are treated.

use bongsu_broker::{FunctionRef, InvokeConfig, Seconds};
use bongsu_template::EventInvokeConfigResource;

use super::{Cx, Provider, destination, function_ref, gone, told};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

impl Provider for EventInvokeConfigResource {
    fn check(&self, _: &Cx<'_>) -> Result<(), Fault> {
        Ok(config(self).map(drop)?)
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        let FunctionRef { name, qualifier } = function_ref(&self.function);
        let configs = cx.world.broker.list_invoke_configs(&name).await;
        let qualifier = qualifier.unwrap_or_else(|| bongsu_broker::LATEST.into());
        Ok(configs.is_ok_and(|configs| configs.iter().any(|(known, _)| *known == qualifier)))
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        told(cx.world.broker.put_invoke_config(function_ref(&self.function), Some(config(self)?)).await)?;
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        gone(cx.world.broker.put_invoke_config(function_ref(&self.function), None).await)
    }
}

fn config(resource: &EventInvokeConfigResource) -> Result<InvokeConfig, String> {
    let usual = InvokeConfig::default();
    Ok(InvokeConfig {
        retries_max: resource.retry_attempts_max.unwrap_or(usual.retries_max),
        age_max: resource.event_age_max_seconds.map_or(usual.age_max, Seconds),
        on_success: resource.on_success.as_deref().map(destination).transpose()?,
        on_failure: resource.on_failure.as_deref().map(destination).transpose()?,
        details: usual.details,
    })
}
