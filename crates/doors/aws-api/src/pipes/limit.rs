//! The rate limit of a pipe: the tag that says it.

use bongsu_rate_limit::Rule;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_says_a_rule_or_is_refused() {
        let of = |text: &str| rule(&Tags::from([(TAG.to_owned(), text.to_owned())]));
        assert!(of("key=group rate=5/s burst=10").unwrap().is_some());
        assert_eq!(rule(&Tags::new()), Ok(None));
        assert_eq!(of("rate=fast").unwrap_err().fields()[0].name, "Tags");
    }
}
