//! `DescribeConnection`: a connection without its secrets.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeConnection.html>

use bongsu_broker::Timestamp;
use serde::{Deserialize, Serialize};

use super::authorization::{AuthParameters, AuthorizationType};
use super::kept::Kept;
use super::parameters::name;
use super::{Connection, ConnectionState};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;
use crate::states::Time;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    connection_arn: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    connection_state: ConnectionState,
    authorization_type: AuthorizationType,
    secret_arn: String,
    auth_parameters: AuthParameters,
    creation_time: Time,
    last_modified_time: Time,
    last_authorized_time: Time,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = name(input.name)?;
    let kept = Kept::of_caller(cx)?;
    let connection = kept.get::<Connection>(&name).await?.document;
    let time = |at| Time(Timestamp(at));
    Ok(Output {
        connection_arn: kept.arn(&connection),
        connection_state: connection.state(),
        authorization_type: connection.kind,
        secret_arn: kept.secret_arn(&name, &connection.id),
        creation_time: time(connection.created_at),
        last_modified_time: time(connection.changed_at),
        last_authorized_time: time(connection.authorized_at),
        name,
        description: connection.description.filter(|description| !description.is_empty()),
        auth_parameters: connection.parameters.told(),
    })
}
