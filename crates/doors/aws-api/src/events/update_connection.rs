//! `UpdateConnection`: changes what is named of a connection; it is authorized afterwards.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateConnection.html>

use serde::Deserialize;

use super::Connection;
use super::authorization::{AuthParameters, AuthorizationType, Connectivity};
use super::connection::Told;
use super::create_connection::check_settings;
use super::kept::Kept;
use super::parameters::{description, name, one_of};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

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

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Told, ApiError> {
    let name = name(input.name)?;
    let description = description(input.description)?;
    let kind = input.authorization_type;
    let kind = kind.map(|kind| one_of(&kind, "authorizationType", &AuthorizationType::NAMES)).transpose()?;
    check_settings(input.invocation_connectivity_parameters.as_ref(), input.kms_key_identifier.as_ref())?;
    let kept = Kept::of_caller(cx)?;
    let mut found = kept.get::<Connection>(&name).await?;
    let connection = &mut found.document;
    let now = cx.config.clock.now();
    connection.description = description.or(connection.description.take());
    if kind.is_some() || input.auth_parameters.is_some() {
        let kind = kind.unwrap_or(connection.kind);
        let known = connection.parameters.clone();
        let known = if kind == connection.kind { known } else { known.without_authorization() };
        let parameters = input.auth_parameters.unwrap_or_default().over(known);
        parameters.check(kind)?;
        connection.authorize(kind, parameters, now);
    }
    connection.changed_at = now.0;
    let connection = kept.replace(found).await?;
    Ok(Told::of(&connection, connection.state(), &kept))
}
