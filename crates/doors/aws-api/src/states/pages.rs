//! Pages of lists, and the tokens that ask for the next.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::prelude::Engine;

use super::parameters::invalid;
use crate::codec::{Integer, Text};
use crate::error::{ApiError, ErrorKind};

const MAX: i64 = 1_000;
const USUAL: usize = 100;

/// How many results are wanted; none and zero mean the usual number.
pub(super) fn max(given: Option<Integer>) -> Result<usize, ApiError> {
    match given {
        None | Some(Integer(0)) => Ok(USUAL),
        Some(Integer(given)) if given > MAX => Err(invalid(format!(
            "1 validation error detected: Value '{given}' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to {MAX}"
        ))),
        Some(Integer(given)) => usize::try_from(given).map_err(|_| {
            invalid(format!(
                "1 validation error detected: Value '{given}' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 0"
            ))
        }),
    }
}

/// What the token of the page before says.
pub(super) fn after(token: Option<Text<'_>>) -> Result<Option<String>, ApiError> {
    let Some(token) = token else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(token.as_bytes()).ok();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map(Some).ok_or_else(invalid_token)
}

/// A list that was asked for with one more than `max`, without that one; and the token for the next page, if there is one.
pub(super) fn cut<T>(items: &mut Vec<T>, max: usize, last: impl Fn(&T) -> String) -> Option<String> {
    if items.len() <= max {
        return None;
    }
    items.truncate(max);
    items.last().map(|item| token(&last(item)))
}

/// A token that says so.
pub(super) fn token(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

pub(super) fn invalid_token() -> ApiError {
    ApiError::new(ErrorKind::StatesInvalidToken, "Invalid Token: 'Invalid token'")
}
