//! Pages of long lists: a hundred items, and the token that asks for the next.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::prelude::Engine;
use bongsu_broker::Entry;
use bytes::Bytes;

use super::parameters::invalid;
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::operation::Context;

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

/// How many items an answer is to have: as many as may be asked for, or fewer.
pub(super) fn wanted(results_max: Option<Integer>, limit: i64) -> Result<usize, ApiError> {
    let Integer(wanted) = results_max.unwrap_or(Integer(limit));
    let wanted = usize::try_from(wanted).ok().filter(|_| (1..=limit).contains(&wanted));
    wanted.ok_or_else(|| invalid("MaxResults"))
}

/// A page of the caller's entries whose paths begin so, by the rest of their paths, and the token that asks for the next.
pub(super) async fn entries(
    prefix: &str,
    token: Option<Text<'_>>,
    wanted: usize,
    cx: &Context<'_>,
) -> Result<(Vec<(String, Bytes)>, Option<String>), ApiError> {
    let after = after(token)?.map(|after| format!("{prefix}{after}"));
    let found = cx.broker.entries(cx.account()?, prefix, after.as_deref(), wanted + 1).await?;
    let rest = |entry: Entry| (entry.path[prefix.len()..].to_owned(), entry.value);
    let mut found: Vec<_> = found.into_iter().map(rest).collect();
    let next_token = cut_to(wanted, &mut found, |(rest, _)| rest.clone());
    Ok((found, next_token))
}

/// Cuts what was found down to a page; the token for the next is made of what its last item is called.
pub(super) fn cut<T>(items: &mut Vec<T>, name: impl FnOnce(&T) -> String) -> Option<String> {
    cut_to(PAGE_ITEMS, items, name)
}

fn cut_to<T>(wanted: usize, items: &mut Vec<T>, name: impl FnOnce(&T) -> String) -> Option<String> {
    let is_more = items.len() > wanted;
    items.truncate(wanted);
    items.last().filter(|_| is_more).map(|last| URL_SAFE_NO_PAD.encode(name(last)))
}
