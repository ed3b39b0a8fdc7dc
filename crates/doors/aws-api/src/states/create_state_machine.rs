//! `CreateStateMachine`: makes a state machine; the same again is the one that is there.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html>

use bongsu_broker::{StateMachine, Timestamp, WorkflowCommand, WorkflowReply};
use bongsu_states_language::Kind;
use serde::{Deserialize, Serialize};

use super::limits;
use super::machines::{Settings, check_definition_length, check_resources};
use super::parameters::{check_name, invalid, one_of, required};
use super::rejection::refused;
use super::tags::{self, Tag};
use super::time::Time;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    definition: Option<Text<'a>>,
    #[serde(borrow)]
    role_arn: Option<Text<'a>>,
    #[serde(borrow)]
    r#type: Option<Text<'a>>,
    logging_configuration: Option<serde_json::Value>,
    tracing_configuration: Option<serde_json::Value>,
    encryption_configuration: Option<serde_json::Value>,
    tags: Option<Vec<Tag>>,
    publish: Option<bool>,
    #[serde(borrow)]
    version_description: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    state_machine_arn: String,
    creation_date: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = required(input.name, "name")?;
    let definition = required(input.definition, "definition")?;
    let role = required(input.role_arn, "roleArn")?;
    check_name(&name)?;
    check_definition_length(&definition)?;
    let express = one_of(input.r#type.as_deref(), "type", &[("STANDARD", false), ("EXPRESS", true)])?;
    let kind = if express == Some(true) { Kind::Express } else { Kind::Standard };
    check_resources(&definition, kind)?;
    let settings = Settings {
        logging_configuration: input.logging_configuration,
        tracing_configuration: input.tracing_configuration,
        encryption_configuration: input.encryption_configuration,
    };
    settings.check()?;
    let tags = tags::check(input.tags.unwrap_or_default())?;
    limits::check(&tags, &definition, kind)?;
    let publish = input.publish.unwrap_or(false);
    if input.version_description.is_some() && !publish {
        return Err(invalid("Version description can only be set when publish is true"));
    }
    let arn = cx.machine_arn(&name);
    let machine = StateMachine {
        name: name.as_ref().into(),
        arn: arn.as_str().into(),
        revision: 0,
        express: express.unwrap_or(false),
        definition: cx.share(definition),
        role: role.as_ref().into(),
        details: settings.text(),
        created_at: Timestamp(0),
        revised_at: Timestamp(0),
    };
    let description = input.version_description.unwrap_or_default();
    let command = WorkflowCommand::CreateMachine { machine, publish: publish.then(|| description.as_ref().into()) };
    let reply = cx.broker.workflow(command).await.map_err(|refusal| refused(refusal, &arn))?;
    let Some(WorkflowReply::Machine(made)) = reply else { return Err(ApiError::internal_failure()) };
    if !tags.is_empty() {
        cx.tag_states(&arn, tags).await?;
    }
    Ok(Output {
        creation_date: Time(made.machine.created_at),
        state_machine_version_arn: made.version.filter(|_| publish).map(|version| format!("{arn}:{version}")),
        state_machine_arn: arn,
    })
}
