//! `AWS::Events::Connection` and `AWS::Events::ApiDestination`: how somebody else's HTTP API is called.

use bongsu_template::{ApiDestinationResource, ConnectionResource};
use serde_json::{Value, json};

use super::{Cx, Provider, asked};
use crate::queues::Outcome;
use crate::stacks::provide::Made;

impl Provider for ConnectionResource {
    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        Ok(is_there("DescribeConnection", &self.name, &self.id, cx).await)
    }

    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let operation = if self.exists(cx).await? { "UpdateConnection" } else { "CreateConnection" };
        let input = json!({
            "Name": self.name,
            "Description": self.description.as_deref().unwrap_or_default(),
            "AuthorizationType": self.authorization_type,
            "AuthParameters": whole(self.parameters.expose()),
        });
        asked(cx.world.lambda.ask_events(operation, &self.id, input).await)?;
        Ok(outcome(before.is_some()))
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        delete(("DescribeConnection", "DeleteConnection"), &self.name, &self.id, cx).await
    }
}

impl Provider for ApiDestinationResource {
    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        Ok(is_there("DescribeApiDestination", &self.name, &self.id, cx).await)
    }

    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let operation = if self.exists(cx).await? { "UpdateApiDestination" } else { "CreateApiDestination" };
        let mut input = json!({
            "Name": self.name,
            "Description": self.description.as_deref().unwrap_or_default(),
            "ConnectionArn": self.connection,
            "InvocationEndpoint": self.endpoint,
            "HttpMethod": self.method,
        });
        input["InvocationRateLimitPerSecond"] = self.rate.unwrap_or(RATE_USUAL).into();
        asked(cx.world.lambda.ask_events(operation, &self.id, input).await)?;
        Ok(outcome(before.is_some()))
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        delete(("DescribeApiDestination", "DeleteApiDestination"), &self.name, &self.id, cx).await
    }
}

/// AWS's own, unless a template has another.
const RATE_USUAL: u32 = 300;

/// What a template leaves out is to be gone, where an update would leave it.
fn whole(parameters: &str) -> Value {
    let mut parameters: Value = serde_json::from_str(parameters).unwrap_or_default();
    let nothing = || json!({});
    if let Some(members) = parameters.as_object_mut() {
        members.entry("InvocationHttpParameters").or_insert_with(nothing);
        if let Some(oauth) = members.get_mut("OAuthParameters").and_then(Value::as_object_mut) {
            oauth.entry("OAuthHttpParameters").or_insert_with(nothing);
        }
    }
    parameters
}

fn outcome(was_there: bool) -> Made {
    if was_there { Outcome::Changed } else { Outcome::Made }.into()
}

async fn is_there(operation: &str, name: &str, id: &str, cx: &Cx<'_>) -> bool {
    cx.world.lambda.ask_events(operation, id, json!({ "Name": name })).await.is_ok()
}

/// What is gone already is deleted.
async fn delete((describe, delete): (&str, &str), name: &str, id: &str, cx: &Cx<'_>) -> Result<(), String> {
    if !is_there(describe, name, id, cx).await {
        return Ok(());
    }
    asked(cx.world.lambda.ask_events(delete, id, json!({ "Name": name })).await).map(drop)
}
