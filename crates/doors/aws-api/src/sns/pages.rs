//! Pages of long lists: a hundred items, and the token that asks for the next.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::prelude::Engine;

use super::parameters::invalid;
use crate::codec::Text;
use crate::error::ApiError;

/// Items in one answer.
pub(super) const PAGE_ITEMS: usize = 100;

/// One more than a page holds tells whether there is a next one.
pub(super) const WANTED: usize = PAGE_ITEMS + 1;

/// What the last item of the page before is called; nothing at the first page.
pub(super) fn after(token: Option<Text<'_>>) -> Result<Option<String>, ApiError> {
    let token = token.filter(|token| !token.is_empty());
    let read = |token: Text<'_>| {
        let name = URL_SAFE_NO_PAD.decode(&*token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        name.ok_or_else(token_is_invalid)
    };
    token.map(read).transpose()
}

pub(super) fn token_is_invalid() -> ApiError {
    invalid("NextToken")
}

/// Cuts what was found down to a page; the token for the next is made of what its last item is called.
pub(super) fn cut<T>(items: &mut Vec<T>, name: impl FnOnce(&T) -> String) -> Option<String> {
    let is_more = items.len() > PAGE_ITEMS;
    items.truncate(PAGE_ITEMS);
    items.last().filter(|_| is_more).map(|last| URL_SAFE_NO_PAD.encode(name(last)))
}
