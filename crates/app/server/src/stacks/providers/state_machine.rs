//! `AWS::StepFunctions::StateMachine` and `AWS::StepFunctions::Activity`.

use std::collections::BTreeMap;

use bongsu_aws_api::lambda::{CodeSource, SourceRefusal};
use bongsu_template::{ActivityResource, MachineDefinition, StateMachineResource, TEMPLATE_BYTES_MAX, definition_text};
use serde_json::{Value, json};

use super::{Cx, Provider, asked};
use crate::code_source::Buckets;
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

/// The attribute that is another when what a machine does is.
const REVISION: &str = "StateMachineRevisionId";

impl Provider for StateMachineResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        if let MachineDefinition::File(path) = &self.definition {
            definition_text(&file(path, cx)?, &self.substitutions).map_err(|reason| format!("{path}: {reason}"))?;
        }
        Ok(())
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        let machine = json!({ "stateMachineArn": self.arn });
        Ok(cx.world.lambda.ask_states("DescribeStateMachine", machine).await.is_ok())
    }

    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let mut input = json!({
            "definition": definition(self, cx).await?,
            "roleArn": self.role,
            "loggingConfiguration": logging(self),
            "tracingConfiguration": { "enabled": self.tracing.unwrap_or(false) },
        });
        let operation = if self.exists(cx).await? {
            // A rule of a state that goes has to go first.
            untag(&self.arn, &self.tags, cx).await?;
            input["stateMachineArn"] = json!(self.arn);
            "UpdateStateMachine"
        } else {
            input["name"] = json!(self.name);
            input["type"] = json!(if self.express { "EXPRESS" } else { "STANDARD" });
            input["tags"] = json!(listed(&self.tags));
            "CreateStateMachine"
        };
        asked(cx.world.lambda.ask_states(operation, input).await)?;
        tag(&self.arn, &self.tags, cx).await?;
        let machine = json!({ "stateMachineArn": self.arn });
        let told = asked(cx.world.lambda.ask_states("DescribeStateMachine", machine).await)?;
        let revision = told["revisionId"].as_str().unwrap_or_default().to_owned();
        let attributes = BTreeMap::from([(REVISION.to_owned(), revision)]);
        let outcome = if before.is_some() { Outcome::Changed } else { Outcome::Made };
        Ok(Made { attributes, ..outcome.into() })
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        let machine = json!({ "stateMachineArn": self.arn });
        asked(cx.world.lambda.ask_states("DeleteStateMachine", machine).await).map(drop)
    }
}

/// As `CreateStateMachine` takes it, also where nothing is said: what is taken out of a template goes.
fn logging(machine: &StateMachineResource) -> Value {
    let Some(logging) = &machine.logging else { return json!({ "level": "OFF", "includeExecutionData": false }) };
    let mut told = json!({ "level": logging.level, "includeExecutionData": logging.includes_data });
    if let Some(arn) = &logging.log_group {
        told["destinations"] = json!([{ "cloudWatchLogsLogGroup": { "logGroupArn": arn } }]);
    }
    told
}

/// The definition from where it is now, with its substitutions.
async fn definition(machine: &StateMachineResource, cx: &Cx<'_>) -> Result<String, String> {
    let (written, place) = match &machine.definition {
        MachineDefinition::Text(text) => return Ok(text.clone()),
        MachineDefinition::File(path) => (file(path, cx)?, path.clone()),
        MachineDefinition::Object { bucket, key, version } => {
            let place = format!("s3://{bucket}/{key}");
            let buckets = Buckets { broker: cx.world.broker.clone(), account: cx.world.account };
            let read = buckets.read(bucket, key, version.as_deref(), TEMPLATE_BYTES_MAX).await;
            let bytes = read.map_err(|refusal| match refusal {
                SourceRefusal::S3 { message, .. } => format!("{place}: {}", message.trim_end_matches('.')),
                SourceRefusal::TooLarge => format!("{place} has more than {TEMPLATE_BYTES_MAX} bytes"),
                SourceRefusal::Unavailable => format!("{place} cannot be read now"),
            })?;
            (String::from_utf8(bytes.into()).map_err(|_| format!("{place} is not text"))?, place)
        }
    };
    definition_text(&written, &machine.substitutions).map_err(|reason| format!("{place}: {reason}"))
}

/// The text of a file beside the template.
fn file(path: &str, cx: &Cx<'_>) -> Result<String, String> {
    let Some(folder) = cx.site.folder else {
        return Err(format!(
            "{path} is a file beside the template, which only `bongsu up` can reach; over the wire definitions come in the \
             template or from a bucket"
        ));
    };
    let path = folder.join(path);
    std::fs::read_to_string(&path).map_err(|fault| format!("{}: {fault}", path.display()))
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
