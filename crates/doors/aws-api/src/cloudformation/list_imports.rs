//! `ListImports`: lists the stacks that take a value that another exports.

use serde::{Deserialize, Serialize};

use super::parameters::{no_page, required};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    export_name: Option<Text<'a>>,
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    imports: Vec<String>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let name = required(input.export_name, "exportName")?;
    no_page(input.next_token.as_ref())?;
    Ok(Output { imports: cx.stacks()?.imports(&name)? })
}
