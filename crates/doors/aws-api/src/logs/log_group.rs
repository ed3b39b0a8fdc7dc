//! Log groups: each function has one, `/aws/lambda/` and its name.

use bongsu_broker::FunctionRef;

use super::{Context, invalid};
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};

/// What the names of functions' groups begin with.
pub(super) const PREFIX: &str = "/aws/lambda/";

/// The function whose group a request names, by its name or by an identifier, which may be an ARN.
pub(super) fn function(
    name: Option<Text<'_>>,
    identifier: Option<Text<'_>>,
    cx: &Context<'_>,
) -> Result<String, ApiError> {
    let named = match (&name, &identifier) {
        (Some(_), Some(_)) => return Err(invalid("LogGroup name and LogGroup identifier are mutually exclusive.")),
        (Some(name), None) => &**name,
        (None, Some(identifier)) => of_identifier(identifier, cx)?,
        (None, None) => return Err(invalid("A log group name or identifier is required.")),
    };
    let function = named.strip_prefix(PREFIX).filter(|function| !function.is_empty() && cx.is_of_server());
    function.map(str::to_owned).ok_or_else(does_not_exist)
}

fn of_identifier<'a>(identifier: &'a str, cx: &Context<'_>) -> Result<&'a str, ApiError> {
    if !identifier.starts_with("arn:") {
        return Ok(identifier);
    }
    let own = arn("", cx);
    let name = identifier.strip_prefix(&own).ok_or_else(does_not_exist)?;
    Ok(name.strip_suffix(":*").unwrap_or(name))
}

/// The ARN of the group of this name.
pub(super) fn arn(name: &str, cx: &Context<'_>) -> String {
    format!("arn:aws:logs:{}:{}:log-group:{name}", cx.config.region, cx.config.account)
}

/// A group without lines may be that of a function that has printed nothing yet, or nothing at all.
pub(super) async fn check(function: &str, cx: &Context<'_>) -> Result<(), ApiError> {
    let exists = cx.broker.describe_function(FunctionRef::latest(function)).await.is_ok()
        || !cx.function_logs()?.streams(Some(function.to_owned())).await?.is_empty();
    if exists { Ok(()) } else { Err(does_not_exist()) }
}

pub(super) fn does_not_exist() -> ApiError {
    ApiError::new(ErrorKind::LogGroupNotFound, "The specified log group does not exist.")
}
