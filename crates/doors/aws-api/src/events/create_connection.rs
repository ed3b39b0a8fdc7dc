//! `CreateConnection`: keeps how requests to somebody else's API say who makes them.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnection.html>

use serde::{Deserialize, Serialize};

use super::authorization::{AuthParameters, AuthorizationType, Connectivity};
use super::kept::Kept;
use super::parameters::{description, name, not_here, one_of, required};
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
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    authorization_type: Option<Text<'a>>,
    auth_parameters: Option<AuthParameters>,
    invocation_connectivity_parameters: Option<Connectivity>,
    #[serde(borrow)]
    kms_key_identifier: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    connection_arn: String,
    connection_state: ConnectionState,
    creation_time: Time,
    last_modified_time: Time,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = name(input.name)?;
    let description = description(input.description)?;
    let kind = required(input.authorization_type, "authorizationType")?;
    let kind = one_of(&kind, "authorizationType", &AuthorizationType::NAMES)?;
    let parameters = required(input.auth_parameters, "authParameters")?;
    check_settings(input.invocation_connectivity_parameters.as_ref(), input.kms_key_identifier.as_ref())?;
    parameters.check(kind)?;
    let kept = Kept::of_caller(cx)?;
    let now = cx.config.clock.now();
    let id = cx.request_id.to_string();
    let (created_at, changed_at, authorized_at) = (now.0, now.0, now.0);
    let connection = Connection { name, id, description, kind, parameters, created_at, changed_at, authorized_at };
    kept.create(&connection).await?;
    Ok(Output {
        connection_arn: kept.arn(&connection),
        connection_state: connection.state(),
        creation_time: Time(now),
        last_modified_time: Time(now),
    })
}

/// Settings that would change nothing here are refused, so that nobody relies on them.
pub(super) fn check_settings(connectivity: Option<&Connectivity>, key: Option<&Text<'_>>) -> Result<(), ApiError> {
    if connectivity.is_some() {
        return Err(not_here("InvocationConnectivityParameters"));
    }
    if key.is_some_and(|key| !key.is_empty()) {
        return Err(not_here("KmsKeyIdentifier"));
    }
    Ok(())
}
