//! `CreateAlias`: a name for a version.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html>

use bongsu_broker::{Alias, PutWhen};
use serde::Deserialize;

use super::alias::{AliasConfiguration, DESCRIPTION_LENGTH_MAX, Routing, canary, check_name, version};
use super::details::{AliasDetails, write};
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    name: Option<String>,
    function_version: Option<String>,
    description: Option<String>,
    routing_config: Option<Routing>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<AliasConfiguration, ApiError> {
    let mut constraints = Constraints::default();
    let name = constraints.required("name", input.name);
    if !name.is_empty() {
        check_name(&name, &mut constraints);
    }
    let of = constraints.required("functionVersion", input.function_version);
    constraints.length("description", input.description.as_deref(), 0..=DESCRIPTION_LENGTH_MAX);
    constraints.check()?;
    let function = cx.whole_function(&input.function_name)?;
    let version = version(&of)?;
    let alias = Alias {
        name: name.into(),
        version,
        canary: canary(input.routing_config, version)?,
        revision: 0,
        details: write(&AliasDetails { description: input.description.unwrap_or_default() }),
    };
    let made = cx.broker.put_alias(&function, alias, PutWhen::Absent).await;
    Ok(AliasConfiguration::new(&function, &made.map_err(|refusal| cx.refused(refusal))?, cx))
}
