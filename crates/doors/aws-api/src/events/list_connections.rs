//! `ListConnections`: by name, in pages.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListConnections.html>

use bongsu_broker::Timestamp;
use serde::{Deserialize, Serialize};

use super::authorization::AuthorizationType;
use super::kept::{DOCUMENTS_MAX, Kept};
use super::pages;
use super::parameters::one_of;
use super::{Connection, ConnectionState};
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::operation::Context;
use crate::states::Time;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    name_prefix: Option<Text<'a>>,
    #[serde(borrow)]
    connection_state: Option<Text<'a>>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
    limit: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    connections: Vec<Listed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    connection_arn: String,
    name: String,
    connection_state: ConnectionState,
    authorization_type: AuthorizationType,
    creation_time: Time,
    last_modified_time: Time,
    last_authorized_time: Time,
}

/// AWS's states; those with nothing beside them no connection has here.
const STATES: [(&str, Option<ConnectionState>); 9] = [
    ("CREATING", None),
    ("UPDATING", None),
    ("DELETING", None),
    ("AUTHORIZED", Some(ConnectionState::Authorized)),
    ("DEAUTHORIZED", Some(ConnectionState::Deauthorized)),
    ("AUTHORIZING", None),
    ("DEAUTHORIZING", None),
    ("ACTIVE", None),
    ("FAILED_CONNECTIVITY", None),
];

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let limit = pages::limit(input.limit)?;
    let after = pages::after(input.next_token)?;
    let state = input.connection_state.map(|state| one_of(&state, "connectionState", &STATES)).transpose()?;
    let kept = Kept::of_caller(cx)?;
    let prefix = input.name_prefix.unwrap_or_default();
    let mut found = kept.list::<Connection>(&prefix, after.as_deref(), DOCUMENTS_MAX).await?;
    found.retain(|connection| state.is_none_or(|state| state == Some(connection.state())));
    let next_token = pages::cut(&mut found, limit);
    let time = |at| Time(Timestamp(at));
    let listed = found.into_iter().map(|connection| Listed {
        connection_arn: kept.arn(&connection),
        connection_state: connection.state(),
        authorization_type: connection.kind,
        creation_time: time(connection.created_at),
        last_modified_time: time(connection.changed_at),
        last_authorized_time: time(connection.authorized_at),
        name: connection.name,
    });
    Ok(Output { connections: listed.collect(), next_token })
}
