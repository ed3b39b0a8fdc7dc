//! `UpdateFunctionUrlConfig`: what is not said stays as it is.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionUrlConfig.html>

use serde::Deserialize;

use super::function_url::{Asked, CorsInput, FunctionUrlConfig, Kept, path};
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
    auth_type: Option<String>,
    cors: Option<CorsInput>,
    invoke_mode: Option<String>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<FunctionUrlConfig, ApiError> {
    let asked = Asked { auth_type: input.auth_type, invoke_mode: input.invoke_mode, cors: input.cors };
    let mut constraints = Constraints::default();
    asked.check(&mut constraints);
    constraints.check()?;
    let function = cx.url_function(&input.function_name, input.qualifier.as_deref())?;
    cx.described(&function).await?;
    let before = cx.function_url(&function).await?;
    let was = before.value.clone();
    let kept = Kept {
        auth_type: asked.auth_type.unwrap_or(was.auth_type),
        invoke_mode: asked.invoke_mode.or(was.invoke_mode),
        cors: asked.cors.map_or(was.cors, CorsInput::kept),
        created: was.created,
        last_modified: cx.config.clock.now().0,
    };
    cx.keep(&path(&function), Some(&before), &kept).await?;
    cx.serve_urls().await?;
    Ok(FunctionUrlConfig::new(&function, kept, cx))
}
