//! The rate limit of a mapping: its tag `bongsu:rate-limit`.

use bongsu_broker::MappingDefinition;
use bongsu_rate_limit::{KeyExpression, Rule};

use super::mapping_settings::MappingDetails;
use super::refusal::invalid;
use super::tagged::{Tagged, Tags};
use crate::error::ApiError;

/// The tag.
pub(super) const RATE_LIMIT: &str = "bongsu:rate-limit";

/// The rule of a mapping. It was looked at when it was set; one that cannot be read now is none.
pub fn mapping_rule(mapping: &MappingDefinition) -> Option<Rule> {
    // Most mappings have none, and this is asked for each batch.
    if !mapping.details.contains(RATE_LIMIT) {
        return None;
    }
    Rule::parse(MappingDetails::of(mapping).tags.get(RATE_LIMIT)?).ok()
}

/// What the door keeps of a mapping that has these tags and was made without it.
pub fn mapping_details(tags: &Tags) -> Box<str> {
    match tags.is_empty() {
        true => "".into(),
        false => MappingDetails { tags: tags.clone(), ..MappingDetails::default() }.to_json(),
    }
}

impl Tagged {
    /// Refuses a rule that cannot be read, and one of what has none.
    pub(super) fn check_rate_limit(&self, tags: &Tags) -> Result<(), ApiError> {
        match self {
            Tagged::Mapping(_) => check(tags),
            Tagged::Function(_) => check_of_function(tags),
        }
    }
}

/// Refuses a rule among the tags of a function.
pub(super) fn check_of_function(tags: &Tags) -> Result<(), ApiError> {
    match tags.contains_key(RATE_LIMIT) {
        true => Err(invalid(format!(
            "{RATE_LIMIT} is for event source mappings: what calls a function is limited, not the function itself"
        ))),
        false => Ok(()),
    }
}

/// Refuses a rule that cannot be read among the tags of a mapping.
pub(super) fn check(tags: &Tags) -> Result<(), ApiError> {
    let Some(text) = tags.get(RATE_LIMIT) else { return Ok(()) };
    Rule::parse(text).map(drop).map_err(|fault| invalid(format!("{RATE_LIMIT}: {fault}")))
}

/// The key that a message has by a rule.
pub fn rule_key(
    rule: &Rule,
    mapping: &MappingDefinition,
    group: Option<&str>,
    record: impl FnOnce() -> serde_json::Value,
) -> String {
    match &rule.key {
        None => String::new(),
        Some(KeyExpression::Queue) => mapping.queue.name.to_string(),
        Some(KeyExpression::Destination) => mapping.function.to_string(),
        Some(KeyExpression::Group) => group.unwrap_or_default().to_owned(),
        Some(KeyExpression::Path(path)) => path.key(&record()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_cannot_be_read_is_refused_with_its_reason() {
        let of = |text: &str| Tags::from([(RATE_LIMIT.to_owned(), text.to_owned())]);
        assert!(check(&of("key=group rate=5/s")).is_ok() && check(&Tags::new()).is_ok());
        let refused = check(&of("rate=fast")).unwrap_err();
        assert!(refused.message().starts_with("bongsu:rate-limit: `fast` is not a rate"), "{}", refused.message());
    }
}
