//! Pages of lists, and the tokens that ask for the next.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::prelude::Engine;

use super::kept::Document;
use super::parameters::{count, invalid};
use crate::codec::{Integer, Text};
use crate::error::ApiError;

/// Items in one answer, also if nobody says how many.
const PAGE_ITEMS_MAX: u32 = 100;

/// How many items are wanted.
pub(super) fn limit(given: Option<Integer>) -> Result<usize, ApiError> {
    Ok(given.map_or(Ok(PAGE_ITEMS_MAX), |given| count(given, "limit", PAGE_ITEMS_MAX))? as usize)
}

/// The last name of the page before.
pub(super) fn after(token: Option<Text<'_>>) -> Result<Option<String>, ApiError> {
    let Some(token) = token else { return Ok(None) };
    let name = URL_SAFE_NO_PAD.decode(token.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    name.map(Some).ok_or_else(|| invalid("NextToken is none that an answer gave"))
}

/// What was found, cut to a page, and the token for the next if there is more.
pub(super) fn cut<D: Document>(found: &mut Vec<D>, limit: usize) -> Option<String> {
    let is_more = found.len() > limit;
    found.truncate(limit);
    found.last().filter(|_| is_more).map(|last| URL_SAFE_NO_PAD.encode(last.name()))
}
