//! `DeleteConnection`: forgets a connection and its secrets; destinations that name it are inactive from then on.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteConnection.html>

use serde::Deserialize;

use super::connection::Told;
use super::kept::Kept;
use super::parameters::name;
use super::{Connection, ConnectionState};
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
    let found = kept.get::<Connection>(&name).await?;
    kept.remove(&found).await?;
    cx.config.calls.forget(kept.account(), &name);
    Ok(Told::of(&found.document, ConnectionState::Deleting, &kept))
}
