//! `UpdateAlias`: another version, another share or another description; what is not said stays as it is.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html>

use bongsu_broker::{Alias, PutWhen, Rejection};
use bongsu_runtime::Refusal;
use serde::Deserialize;

use super::alias::{AliasConfiguration, DESCRIPTION_LENGTH_MAX, Routing, canary, version};
use super::configuration::revision;
use super::details::{AliasDetails, write};
use super::refusal::too_busy;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    name: String,
    function_version: Option<String>,
    description: Option<String>,
    routing_config: Option<Routing>,
    revision_id: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<AliasConfiguration, ApiError> {
    let mut constraints = Constraints::default();
    constraints.length("description", input.description.as_deref(), 0..=DESCRIPTION_LENGTH_MAX);
    constraints.check()?;
    let function = cx.whole_function(&input.function_name)?;
    let before = cx.alias(&function, &input.name).await?;
    let version = input.function_version.as_deref().map(version).transpose()?.unwrap_or(before.version);
    let canary = match input.routing_config {
        Some(routing) => canary(Some(routing), version)?,
        None => before.canary.filter(|(other, _)| *other != version),
    };
    let description = input.description.unwrap_or_else(|| AliasDetails::of(&before).description);
    let wanted = revision(input.revision_id.as_deref());
    let when = PutWhen::Present { revision: wanted.or(Some(before.revision)) };
    let alias = Alias { version, canary, details: write(&AliasDetails { description }), ..before };
    match cx.broker.put_alias(&function, alias, when).await {
        // Nobody asked for a certain revision: somebody else was faster.
        Err(Refusal::Rejected(Rejection::RevisionChanged)) if wanted.is_none() => Err(too_busy()),
        put => Ok(AliasConfiguration::new(&function, &put.map_err(|refusal| cx.refused(refusal))?, cx)),
    }
}
