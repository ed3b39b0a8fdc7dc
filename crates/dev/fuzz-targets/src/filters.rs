//! Filter policies, and what they are matched against.
//!
//! An input is a policy, a blank line, and a text that is taken as a body and as attributes of each type.

use bongsu_event_pattern::{Attribute, Attributes, Body, FilterPolicy, Kind, PolicyFault, Reason, Scope, Verdict};
use serde_json::{Map, Value};

use crate::http_text;

const KINDS: [(&str, Kind); 4] =
    [("s", Kind::String), ("l", Kind::StringArray), ("n", Kind::Number), ("b", Kind::Binary)];

/// Takes a policy and what it may admit.
///
/// # Panics
///
/// If the scopes differ in more than nesting, an object is not found to be one, or a policy without keys filters.
pub fn filters(input: &[u8]) {
    let (policy, text) = http_text::split_at_blank_line(input);
    let (Ok(policy), Ok(text)) = (std::str::from_utf8(policy), std::str::from_utf8(text)) else { return };
    let body = Body::read(text);
    let parsed = FilterPolicy::parse(policy, Scope::MessageBody);
    match FilterPolicy::parse(policy, Scope::MessageAttributes) {
        Err(PolicyFault::NestedForAttributes) => {}
        other => assert_eq!(other.map(|policy| policy.text().to_owned()), parsed.clone().map(|_| policy.to_owned())),
    }
    let policy = match parsed {
        Ok(policy) => policy,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    let verdict = policy.admits_body(&body);
    if serde_json::from_str::<Map<String, Value>>(text).is_ok() {
        assert_ne!(verdict, Verdict::FilteredOut(Reason::InvalidMessageBody), "{text}");
    }
    let attributes = KINDS.map(|(name, kind)| Attribute { name, kind, value: text });
    let verdicts = [verdict, policy.admits_attributes(&Attributes::read(&attributes))];
    assert!(!policy.is_empty() || verdicts == [Verdict::Admitted; 2], "{verdicts:?}");
}
