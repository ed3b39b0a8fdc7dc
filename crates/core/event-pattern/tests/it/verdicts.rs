//! Why a notification is filtered out, and policies without keys.

use bongsu_event_pattern::Kind::{Number, String, StringArray};
use bongsu_event_pattern::Verdict::{Admitted, FilteredOut};
use bongsu_event_pattern::{Attributes, Body, Kind, Reason, Scope, Verdict};

use crate::{on_attributes, parse};

/// Name, kind and value of each attribute.
type Given = &'static [(&'static str, Kind, &'static str)];

#[test]
fn attributes_are_missing_malformed_or_not_asked_for() {
    let rows: [(Given, Verdict); 6] = [
        (&[("k", String, "x")], Admitted),
        (&[("k", StringArray, "[x]"), ("l", String, "z")], FilteredOut(Reason::InvalidAttributes)),
        (&[("k", Number, "x")], FilteredOut(Reason::InvalidAttributes)),
        (&[("k", String, "y")], FilteredOut(Reason::MessageAttributes)),
        (&[("l", String, "x")], FilteredOut(Reason::MessageAttributes)),
        (&[], FilteredOut(Reason::NoMessageAttributes)),
    ];
    for (attributes, expected) in rows {
        assert_eq!(on_attributes(r#"{"k":["x"]}"#, attributes), expected, "{attributes:?}");
    }
    assert_eq!(on_attributes(r#"{"k":[{"exists":false}]}"#, &[]), Admitted);
}

#[test]
fn a_body_is_a_json_object_or_it_is_invalid() {
    let rows = [
        (r#"{"l":1}"#, Admitted),
        (" {} ", Admitted),
        (r#"{"k":1}"#, FilteredOut(Reason::MessageBody)),
        ("", FilteredOut(Reason::InvalidMessageBody)),
        ("text", FilteredOut(Reason::InvalidMessageBody)),
        ("[{}]", FilteredOut(Reason::InvalidMessageBody)),
        ("null", FilteredOut(Reason::InvalidMessageBody)),
        ("{} {}", FilteredOut(Reason::InvalidMessageBody)),
        (r#"{"l":1"#, FilteredOut(Reason::InvalidMessageBody)),
    ];
    let policy = parse(r#"{"k":[{"exists":false}]}"#, Scope::MessageBody);
    for (body, expected) in rows {
        assert_eq!(policy.admits_body(&Body::read(body)), expected, "{body}");
    }
}

#[test]
fn a_policy_without_keys_admits_everything() {
    let policy = parse(" { } ", Scope::MessageBody);
    assert!(policy.is_empty());
    assert_eq!(policy.admits_body(&Body::read("text")), Admitted);
    assert_eq!(policy.admits_attributes(&Attributes::read(&[])), Admitted);
    assert!(!parse(r#"{"$or":[{"a":[1]},{"b":[2]}]}"#, Scope::MessageBody).is_empty());
}

#[test]
fn a_policy_keeps_its_text_and_scope() {
    let text = "{ \"k\" : [ 3.015e2 ,\n \"\\u00e9\" ] }";
    let policy = parse(text, Scope::MessageAttributes);
    assert_eq!((policy.text(), policy.scope()), (text, Scope::MessageAttributes));
    assert_eq!(policy, policy.clone());
    assert_ne!(policy, parse(text, Scope::MessageBody));
}
