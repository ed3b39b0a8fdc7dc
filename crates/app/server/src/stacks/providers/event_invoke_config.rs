//! `AWS::Lambda::EventInvokeConfig`: how asynchronous invocations are treated.

use bongsu_broker::FunctionRef;
use bongsu_template::EventInvokeConfigResource;
use serde_json::json;

use super::{Cx, Provider, asked, asked_away, destination, function_ref, named};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

impl Provider for EventInvokeConfigResource {
    fn check(&self, _: &Cx<'_>) -> Result<(), Fault> {
        for arn in [&self.on_success, &self.on_failure].into_iter().flatten() {
            destination(arn)?;
        }
        Ok(())
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        let FunctionRef { name, qualifier } = function_ref(&self.function);
        let configs = cx.world.broker.list_invoke_configs(&name).await;
        let qualifier = qualifier.unwrap_or_else(|| bongsu_broker::LATEST.into());
        Ok(configs.is_ok_and(|configs| configs.iter().any(|(known, _)| *known == qualifier)))
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let mut input = named(&self.function);
        input["DestinationConfig"] = json!({
            "OnSuccess": { "Destination": self.on_success.as_deref().unwrap_or_default() },
            "OnFailure": { "Destination": self.on_failure.as_deref().unwrap_or_default() },
        });
        if let Some(retries) = self.retry_attempts_max {
            input["MaximumRetryAttempts"] = retries.into();
        }
        if let Some(age) = self.event_age_max_seconds {
            input["MaximumEventAgeInSeconds"] = age.into();
        }
        asked(cx.world.lambda.ask("PutFunctionEventInvokeConfig", input).await)?;
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        asked_away(cx.world.lambda.ask("DeleteFunctionEventInvokeConfig", named(&self.function)).await)
    }
}
