//! `AWS::Lambda::Url`: an address of its own for a function, at the front door.

use bongsu_template::FunctionUrlResource;
use serde_json::{Value, json};

use super::{Cx, NOT_FOUND, Provider, asked, asked_away, named};
use crate::queues::Outcome;
use crate::stacks::provide::Made;

impl Provider for FunctionUrlResource {
    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        match cx.world.lambda.ask("GetFunctionUrlConfig", named(&self.function)).await {
            Err(refusal) if refusal.kind().status() == NOT_FOUND => Ok(false),
            known => asked(known).map(|_| true),
        }
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let exists = self.exists(cx).await?;
        let operation = if exists { "UpdateFunctionUrlConfig" } else { "CreateFunctionUrlConfig" };
        asked(cx.world.lambda.ask(operation, input(self)).await)?;
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        asked_away(cx.world.lambda.ask("DeleteFunctionUrlConfig", named(&self.function)).await)
    }

    /// Servers before this one kept nothing of it but the template.
    async fn resume(&self, cx: &Cx<'_>) -> Result<(), String> {
        if self.exists(cx).await? { Ok(()) } else { self.bring_about(None, cx).await.map(drop) }
    }
}

fn input(url: &FunctionUrlResource) -> Value {
    let mut input = named(&url.function);
    input["AuthType"] = if url.iam { "AWS_IAM" } else { "NONE" }.into();
    input["InvokeMode"] = if url.streams { "RESPONSE_STREAM" } else { "BUFFERED" }.into();
    input["Cors"] = url.cors.as_ref().map_or_else(
        || json!({}),
        |cors| {
            json!({
                "AllowCredentials": cors.credentials,
                "AllowHeaders": cors.headers,
                "AllowMethods": cors.methods,
                "AllowOrigins": cors.origins,
                "ExposeHeaders": cors.exposed_headers,
                "MaxAge": cors.max_age_seconds,
            })
        },
    );
    input
}
