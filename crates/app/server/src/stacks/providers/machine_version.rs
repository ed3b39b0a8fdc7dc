//! `AWS::StepFunctions::StateMachineVersion` and `AWS::StepFunctions::StateMachineAlias`.

use std::collections::BTreeMap;

use bongsu_template::{MachineAliasResource, MachineVersionResource};
use serde_json::{Value, json};

use super::{Cx, Provider, asked};
use crate::queues::Outcome;
use crate::stacks::provide::Made;

impl Provider for MachineVersionResource {
    /// A version stays what it was: one that the stack has published is published again only if it is gone.
    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let known = cx.site.record.resource(&cx.resource.logical_id).and_then(|known| known.physical_id.clone());
        if let (Some(arn), Some(_), None) = (known, before, &self.revision)
            && is_there("DescribeStateMachine", json!({ "stateMachineArn": arn }), cx).await
        {
            return Ok(made(arn));
        }
        let mut input = json!({
            "stateMachineArn": self.machine,
            "description": self.description.as_deref().unwrap_or_default(),
        });
        if let Some(revision) = &self.revision {
            input["revisionId"] = json!(cx.site.resolve(revision)?);
        }
        let published = asked(cx.world.lambda.ask_states("PublishStateMachineVersion", input).await)?;
        Ok(made(published["stateMachineVersionArn"].as_str().unwrap_or_default().to_owned()))
    }

    async fn delete(&self, physical_id: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        // It was never published.
        let Some(arn) = physical_id else { return Ok(()) };
        let version = json!({ "stateMachineVersionArn": arn });
        asked(cx.world.lambda.ask_states("DeleteStateMachineVersion", version).await).map(drop)
    }
}

impl Provider for MachineAliasResource {
    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        match &cx.resource.physical_id {
            Some(arn) => Ok(is_there("DescribeStateMachineAlias", json!({ "stateMachineAliasArn": arn }), cx).await),
            None => Ok(false),
        }
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let (mut routes, mut machine) = (Vec::new(), String::new());
        for (version, weight) in &self.routes {
            let version = cx.site.resolve(version)?;
            machine = version.rsplit_once(':').map(|(machine, _)| machine.to_owned()).unwrap_or_default();
            routes.push(json!({ "stateMachineVersionArn": version, "weight": weight }));
        }
        let arn = format!("{machine}:{}", self.name);
        let mut input = json!({
            "description": self.description.as_deref().unwrap_or_default(),
            "routingConfiguration": routes,
        });
        let is_known = is_there("DescribeStateMachineAlias", json!({ "stateMachineAliasArn": arn }), cx).await;
        let operation = if is_known {
            input["stateMachineAliasArn"] = json!(arn);
            "UpdateStateMachineAlias"
        } else {
            input["name"] = json!(self.name);
            "CreateStateMachineAlias"
        };
        asked(cx.world.lambda.ask_states(operation, input).await)?;
        Ok(made(arn))
    }

    async fn delete(&self, physical_id: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        let alias = json!({ "stateMachineAliasArn": physical_id.unwrap_or_default() });
        match is_there("DescribeStateMachineAlias", alias.clone(), cx).await {
            true => asked(cx.world.lambda.ask_states("DeleteStateMachineAlias", alias).await).map(drop),
            false => Ok(()),
        }
    }
}

async fn is_there(operation: &str, input: Value, cx: &Cx<'_>) -> bool {
    cx.world.lambda.ask_states(operation, input).await.is_ok()
}

/// What `Ref` gives is the ARN, too.
fn made(arn: String) -> Made {
    let attributes = BTreeMap::from([("Arn".to_owned(), arn.clone())]);
    Made { physical_id: Some(arn), attributes, ..Outcome::Made.into() }
}
