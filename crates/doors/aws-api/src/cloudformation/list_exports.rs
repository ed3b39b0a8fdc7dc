//! `ListExports`: lists what stacks have for all others.

use serde::{Deserialize, Serialize};

use super::parameters::no_page;
use super::shapes::Export;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    next_token: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    exports: Vec<Export>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    no_page(input.next_token.as_ref())?;
    Ok(Output { exports: cx.stacks()?.exports() })
}
