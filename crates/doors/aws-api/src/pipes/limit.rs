//! Rate limits of pipes: the tag that says them, which events share one, and what functions answer about theirs.

use std::collections::BTreeMap;

use bongsu_rate_limit::{Feedback, Rule};
use serde::Deserialize;

use super::details::Tags;
use super::refusal::invalid;
use crate::error::ApiError;

/// The tag's key; its value is a rule.
const TAG: &str = "bongsu:rate-limit";

/// The rule that the tags say.
pub(super) fn rule(tags: &Tags) -> Result<Option<Rule>, ApiError> {
    let rule = tags.get(TAG).map(|text| Rule::parse(text)).transpose();
    rule.map_err(|fault| invalid("Tags", format!("{TAG}: {fault}")))
}

/// An answer like those that functions behind an API give.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProxyAnswer {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// What an answer says of the limits of whom the function called, if it looks like one over HTTP.
pub(super) fn feedback_of(answer: &[u8], now_ms: u64) -> Feedback {
    let Ok(ProxyAnswer { status_code, headers }) = serde_json::from_slice(answer) else { return Feedback::default() };
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Feedback::from_response(status_code, headers, now_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_over_http_says_when_to_come_again() {
        let said = feedback_of(br#"{"statusCode":429,"headers":{"Retry-After":"2"},"body":"slow down"}"#, 0);
        assert_eq!((said.refused, said.pause_ms), (true, Some(2000)));
        for other in [&b"{}"[..], b"[1]", b"", br#"{"statusCode":"429"}"#, br#"{"statusCode":200}"#] {
            assert_eq!(feedback_of(other, 0), Feedback::default());
        }
    }

    #[test]
    fn a_tag_says_a_rule_or_is_refused() {
        let of = |text: &str| rule(&Tags::from([(TAG.to_owned(), text.to_owned())]));
        assert!(of("key=group rate=5/s burst=10").unwrap().is_some());
        assert_eq!(rule(&Tags::new()), Ok(None));
        assert_eq!(of("rate=fast").unwrap_err().fields()[0].name, "Tags");
    }
}
