//! `DescribeStateMachine`: of the newest revision, a version, or the version behind an alias.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html>

use serde::{Deserialize, Serialize};

use super::arn;
use super::machines::{Settings, revision_id, type_of};
use super::parameters::{one_of, required};
use super::time::Time;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    state_machine_arn: Option<Text<'a>>,
    /// Nothing is encrypted: all is included either way.
    #[serde(borrow)]
    included_data: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    state_machine_arn: String,
    name: String,
    status: &'static str,
    definition: String,
    role_arn: String,
    r#type: &'static str,
    creation_date: Time,
    #[serde(flatten)]
    settings: Settings,
    revision_id: String,
    /// Of a version.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.state_machine_arn, "stateMachineArn")?;
    one_of(input.included_data.as_deref(), "includedData", &[("ALL_DATA", ()), ("METADATA_ONLY", ())])?;
    let described = cx.described_machine(arn::machine(&arn)?, &arn).await?;
    let (machine, description) = (described.machine, described.description.filter(|text| !text.is_empty()));
    Ok(Output {
        state_machine_arn: arn.into_string(),
        name: machine.name.to_string(),
        status: "ACTIVE",
        definition: machine.definition.to_string(),
        role_arn: machine.role.to_string(),
        r#type: type_of(&machine),
        creation_date: Time(machine.created_at),
        settings: Settings::of(&machine).told(),
        revision_id: revision_id(machine.revision),
        description: description.map(String::from),
    })
}
