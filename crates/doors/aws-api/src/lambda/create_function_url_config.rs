//! `CreateFunctionUrlConfig`: a URL that invokes a function, or what an alias stands for.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html>

use serde::Deserialize;

use super::function_url::{Asked, CorsInput, FunctionUrlConfig, Kept, path};
use super::refusal::conflict;
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
    if asked.auth_type.is_none() {
        constraints.missing("authType");
    }
    asked.check(&mut constraints);
    constraints.check()?;
    let function = cx.url_function(&input.function_name, input.qualifier.as_deref())?;
    cx.described(&function).await?;
    if cx.stored::<Kept>(&path(&function)).await?.is_some() {
        let arn = cx.function_arn(&function.to_string());
        return Err(conflict(format!(
            "Failed to create function url config for [functionArn = {arn}]. Error message:  FunctionUrlConfig exists \
             for this Lambda function"
        )));
    }
    let now = cx.config.clock.now().0;
    let kept = Kept {
        auth_type: asked.auth_type.unwrap_or_default(),
        invoke_mode: asked.invoke_mode,
        cors: asked.cors.and_then(CorsInput::kept),
        created: now,
        last_modified: now,
    };
    cx.keep(&path(&function), None, &kept).await?;
    cx.serve_urls().await?;
    Ok(FunctionUrlConfig::new(&function, kept, cx))
}
