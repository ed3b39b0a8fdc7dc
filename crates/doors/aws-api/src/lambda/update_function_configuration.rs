//! `UpdateFunctionConfiguration`: other settings for the latest version; what is not said stays as it is.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html>

use bongsu_broker::{Function, FunctionRef};

use super::configuration::{FunctionConfiguration, revision};
use super::details::FunctionDetails;
use super::function_settings::settings_input;
use super::refusal::{TRIES_MAX, too_busy};
use super::update_function_code::put_changed;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

settings_input! {
    function_name: String,
    revision_id: Option<String>,
}

pub(super) async fn call(mut input: Input, cx: &Context<'_>) -> Result<FunctionConfiguration, ApiError> {
    let settings = input.settings();
    let mut constraints = Constraints::default();
    settings.check(&mut constraints);
    constraints.check()?;
    let name = cx.whole_function(&input.function_name)?;
    let wanted = revision(input.revision_id.as_deref());
    for _ in 0..TRIES_MAX {
        let latest = cx.described(&FunctionRef::latest(&name)).await?.function;
        let (mut changed, mut details) = (Function::clone(&latest), FunctionDetails::of(&latest));
        settings.clone().apply(&mut changed, &mut details, cx).await?;
        if let Some(function) = put_changed(&latest, changed, details, wanted, cx).await? {
            return Ok(FunctionConfiguration::new(&function, None, cx));
        }
    }
    Err(too_busy())
}
