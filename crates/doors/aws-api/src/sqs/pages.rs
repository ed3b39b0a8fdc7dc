//! Pages of long answers: how many items one holds, and the token that asks for the next.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::prelude::Engine;
use bongsu_broker::QueueName;

use super::Context;
use crate::codec::{Integer, Text};
use crate::error::ApiError;

/// Queues in one answer at most.
const PAGE_MAX: usize = 1000;

/// What a client asks of a list of queues: how many, and behind which.
pub(super) struct Page {
    max: usize,
    /// Without a number asked for there is one answer and no token.
    goes_on: bool,
    pub(super) after: Option<String>,
}

impl Page {
    pub(super) fn read(max_results: Option<Integer>, next_token: Option<Text<'_>>) -> Result<Page, ApiError> {
        let max = match max_results {
            None => PAGE_MAX,
            Some(Integer(max)) if (1..=PAGE_MAX as i64).contains(&max) => max as usize,
            Some(_) => {
                let text = "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 \
                            and 1000.";
                return Err(ApiError::invalid_parameter(text));
            }
        };
        let after = next_token.map(|token| read_token(&token)).transpose()?;
        Ok(Page { max, goes_on: max_results.is_some(), after })
    }

    /// How many queues to look for: one more than the page holds tells whether there is a next one.
    pub(super) fn wanted(&self) -> usize {
        self.max + 1
    }

    /// The URLs of a page, and the token for the next if there is one.
    pub(super) fn fill(&self, mut names: Vec<QueueName>, cx: &Context<'_>) -> (Vec<String>, Option<String>) {
        let is_more = names.len() > self.max;
        names.truncate(self.max);
        let last = names.last().filter(|_| is_more && self.goes_on);
        let next_token = last.map(|last| URL_SAFE_NO_PAD.encode(last.name.as_bytes()));
        (names.iter().map(|name| cx.url(name)).collect(), next_token)
    }
}

fn read_token(token: &str) -> Result<String, ApiError> {
    let name = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    name.ok_or_else(|| ApiError::invalid_parameter("Invalid or expired next token."))
}
