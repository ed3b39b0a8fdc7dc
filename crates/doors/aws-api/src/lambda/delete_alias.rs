//! `DeleteAlias`: one that is not there does not matter.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteAlias.html>

use serde::Deserialize;

use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    name: String,
}

/// What is kept by the qualifiers of a function.
const KEPT_BY_QUALIFIER: [&str; 3] = ["policy", "provisioned", "url"];

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<(), ApiError> {
    let function = cx.whole_function(&input.function_name)?;
    cx.broker.delete_alias(&function, &input.name).await.map_err(|refusal| cx.refused(refusal))?;
    for kind in KEPT_BY_QUALIFIER {
        cx.forget(&format!("function/{function}/{kind}/{}", input.name)).await?;
    }
    cx.serve_urls().await
}
