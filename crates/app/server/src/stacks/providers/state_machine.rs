//! `AWS::StepFunctions::StateMachine` and `AWS::StepFunctions::Activity`.

use std::collections::BTreeMap;

use bongsu_template::{ActivityResource, StateMachineResource};
use serde_json::{Value, json};

use super::{Cx, Provider, asked};
use crate::queues::Outcome;
use crate::stacks::provide::Made;

impl Provider for StateMachineResource {
    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        let machine = json!({ "stateMachineArn": self.arn });
        Ok(cx.world.lambda.ask_states("DescribeStateMachine", machine).await.is_ok())
    }

    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let (operation, input) = if self.exists(cx).await? {
            // A rule of a state that goes has to go first.
            untag(&self.arn, &self.tags, cx).await?;
            let input = json!({ "stateMachineArn": self.arn, "definition": self.definition, "roleArn": self.role });
            ("UpdateStateMachine", input)
        } else {
            let kind = if self.express { "EXPRESS" } else { "STANDARD" };
            let (name, definition, tags) = (&self.name, &self.definition, listed(&self.tags));
            let input = json!({
                "name": name, "definition": definition, "roleArn": self.role, "type": kind, "tags": tags
            });
            ("CreateStateMachine", input)
        };
        asked(cx.world.lambda.ask_states(operation, input).await)?;
        tag(&self.arn, &self.tags, cx).await?;
        Ok(if before.is_some() { Outcome::Changed } else { Outcome::Made }.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        let machine = json!({ "stateMachineArn": self.arn });
        asked(cx.world.lambda.ask_states("DeleteStateMachine", machine).await).map(drop)
    }
}

impl Provider for ActivityResource {
    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        let activity = json!({ "activityArn": self.arn });
        Ok(cx.world.lambda.ask_states("DescribeActivity", activity).await.is_ok())
    }

    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        asked(cx.world.lambda.ask_states("CreateActivity", json!({ "name": self.name })).await)?;
        tag(&self.arn, &self.tags, cx).await?;
        Ok(if before.is_some() { Outcome::Changed } else { Outcome::Made }.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        let activity = json!({ "activityArn": self.arn });
        asked(cx.world.lambda.ask_states("DeleteActivity", activity).await).map(drop)
    }
}

/// Gives a resource these tags, and no others.
async fn tag(arn: &str, tags: &BTreeMap<String, String>, cx: &Cx<'_>) -> Result<(), String> {
    untag(arn, tags, cx).await?;
    if !tags.is_empty() {
        let input = json!({ "resourceArn": arn, "tags": listed(tags) });
        asked(cx.world.lambda.ask_states("TagResource", input).await)?;
    }
    Ok(())
}

/// As the API has them.
fn listed(tags: &BTreeMap<String, String>) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

/// Takes all tags from a resource but those of these names.
async fn untag(arn: &str, tags: &BTreeMap<String, String>, cx: &Cx<'_>) -> Result<(), String> {
    let there = asked(cx.world.lambda.ask_states("ListTagsForResource", json!({ "resourceArn": arn })).await)?;
    let there = there["tags"].as_array().cloned().unwrap_or_default();
    let keys = there.iter().filter_map(|tag| tag["key"].as_str());
    let gone: Vec<&str> = keys.filter(|key| !tags.contains_key(*key)).collect();
    if !gone.is_empty() {
        let input = json!({ "resourceArn": arn, "tagKeys": gone });
        asked(cx.world.lambda.ask_states("UntagResource", input).await)?;
    }
    Ok(())
}
