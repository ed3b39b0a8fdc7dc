//! `UpdateStateMachine`: changes a state machine for executions that begin from now on.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html>

use bongsu_broker::{WorkflowCommand, WorkflowReply};
use bongsu_states_language::Kind;
use serde::{Deserialize, Serialize};

use super::arn;
use super::machines::{Settings, check_definition_length, check_resources, revision_id};
use super::parameters::{invalid, required};
use super::rejection::refused;
use super::time::Time;
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    state_machine_arn: Option<Text<'a>>,
    #[serde(borrow)]
    definition: Option<Text<'a>>,
    #[serde(borrow)]
    role_arn: Option<Text<'a>>,
    logging_configuration: Option<serde_json::Value>,
    tracing_configuration: Option<serde_json::Value>,
    encryption_configuration: Option<serde_json::Value>,
    publish: Option<bool>,
    #[serde(borrow)]
    version_description: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    update_date: Time,
    revision_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_machine_version_arn: Option<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.state_machine_arn, "stateMachineArn")?;
    let name = arn::unqualified(&arn)?;
    let given = Settings {
        logging_configuration: input.logging_configuration,
        tracing_configuration: input.tracing_configuration,
        encryption_configuration: input.encryption_configuration,
    };
    given.check()?;
    let changes_settings = given.logging_configuration.is_some()
        || given.tracing_configuration.is_some()
        || given.encryption_configuration.is_some();
    if input.definition.is_none() && input.role_arn.is_none() && !changes_settings {
        let text = "Either the definition, the role ARN, the LoggingConfiguration, the EncryptionConfiguration, or the TracingConfiguration must be specified";
        return Err(ApiError::new(ErrorKind::MissingRequiredParameter, text));
    }
    let publish = input.publish.unwrap_or(false);
    if input.version_description.is_some() && !publish {
        return Err(invalid("Version description can only be set when publish is true"));
    }
    if let Some(definition) = input.definition.as_deref() {
        check_definition_length(definition)?;
        // What a standard machine may call and an express one may not, the language itself knows.
        check_resources(definition, Kind::Standard)?;
        cx.check_rate_limits_kept(&arn, definition).await?;
    }
    let details = match changes_settings {
        false => None,
        true => {
            let machine = bongsu_broker::MachineRef { name: name.clone(), qualifier: None };
            let before = Settings::of(&cx.described_machine(machine, &arn).await?.machine);
            let settings = Settings {
                logging_configuration: given.logging_configuration.or(before.logging_configuration),
                tracing_configuration: given.tracing_configuration.or(before.tracing_configuration),
                encryption_configuration: given.encryption_configuration.or(before.encryption_configuration),
            };
            Some(settings.text())
        }
    };
    let description = input.version_description.unwrap_or_default();
    let command = WorkflowCommand::UpdateMachine {
        name,
        definition: input.definition.map(|definition| cx.share(definition)),
        role: input.role_arn.map(|role| role.as_ref().into()),
        details,
        publish: publish.then(|| description.as_ref().into()),
    };
    match cx.broker.workflow(command).await.map_err(|refusal| refused(refusal, &arn))? {
        Some(WorkflowReply::Machine(changed)) => Ok(Output {
            update_date: Time(changed.machine.revised_at),
            revision_id: revision_id(changed.machine.revision),
            state_machine_version_arn: changed.version.map(|version| format!("{arn}:{version}")),
        }),
        // Nothing changed, and its version was told.
        Some(WorkflowReply::Version(version)) => Ok(Output {
            update_date: Time(version.machine.revised_at),
            revision_id: revision_id(version.machine.revision),
            state_machine_version_arn: Some(format!("{arn}:{}", version.number)),
        }),
        _ => Err(ApiError::internal_failure()),
    }
}
