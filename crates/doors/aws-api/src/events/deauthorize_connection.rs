//! `DeauthorizeConnection`: takes all parameters away from a connection, so that it can be given others.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeauthorizeConnection.html>

use serde::Deserialize;

use super::Connection;
use super::authorization::AuthParameters;
use super::connection::Told;
use super::kept::Kept;
use super::parameters::name;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Told, ApiError> {
    let name = name(input.name)?;
    let kept = Kept::of_caller(cx)?;
    let mut found = kept.get::<Connection>(&name).await?;
    found.document.parameters = AuthParameters::default();
    found.document.changed_at = cx.config.clock.now().0;
    let connection = kept.replace(found).await?;
    cx.config.calls.forget(kept.account(), &name);
    Ok(Told::of(&connection, connection.state(), &kept))
}
