//! What holds for every event pattern: it is what the naive interpreter says, and nothing panics.

use bongsu_event_pattern::{Document, EventPattern, Filters, Record};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::naive_events;
use crate::properties::{fragments, merged, nearly_policy, number, numeric, scalar, text};

fn affix() -> impl Strategy<Value = Value> {
    let text = select(vec!["a", "ab", "A", "é"]);
    prop_oneof![text.clone().prop_map(Value::from), text.prop_map(|text| json!({ "equals-ignore-case": text })),]
}

fn wildcard() -> impl Strategy<Value = Value> {
    select(["*", "a*", "*b", "a*b", "*a*", r"\**", "a", ""].map(Value::from).to_vec())
}

/// One or several, as `anything-but` takes them.
fn some_of(one: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Value> {
    prop_oneof![one.clone(), vec(one, 1..3).prop_map(Value::from)]
}

fn alternative() -> impl Strategy<Value = Value> {
    let of = |operator: &'static str| move |operand: Value| json!({ operator: operand });
    let but = |operator: &'static str| move |operand: Value| json!({ "anything-but": { operator: operand } });
    let word = select(["a", "ab", "b"].map(Value::from).to_vec());
    prop_oneof![
        6 => scalar(),
        1 => affix().prop_map(of("prefix")),
        1 => affix().prop_map(of("suffix")),
        1 => text().prop_map(of("equals-ignore-case")),
        1 => wildcard().prop_map(of("wildcard")),
        3 => any::<bool>().prop_map(Value::from).prop_map(of("exists")),
        1 => numeric().prop_map(of("numeric")),
        1 => select(["10.0.0.0/24", "::/127"].map(Value::from).to_vec()).prop_map(of("cidr")),
        1 => some_of(text().boxed()).prop_map(of("anything-but")),
        1 => some_of(number().boxed()).prop_map(of("anything-but")),
        1 => some_of(word.clone()).prop_map(but("prefix")),
        1 => some_of(word).prop_map(but("suffix")),
        1 => some_of(text().boxed()).prop_map(but("equals-ignore-case")),
        1 => some_of(wildcard().boxed()).prop_map(but("wildcard")),
    ]
}

/// A path is spelled in one way, since several values at one place are told apart from one value by their spelling.
fn key() -> impl Strategy<Value = String> {
    select(["a", "b", "c.d", ""].map(str::to_owned).to_vec())
}

fn object(values: impl Strategy<Value = Value>, keys: std::ops::Range<usize>) -> impl Strategy<Value = Value> {
    btree_map(key(), values, keys).prop_map(|members| Value::Object(members.into_iter().collect()))
}

fn pattern() -> impl Strategy<Value = Value> {
    let alternatives = vec(alternative(), 1..4).prop_map(Value::from);
    let flat = object(alternatives, 1..3);
    flat.prop_recursive(3, 8, 3, |inner| {
        let nested = object(inner.clone(), 1..3);
        let or = vec(inner.clone(), 2..4).prop_map(|groups| json!({ "$or": groups }));
        let both = (inner, or.clone()).prop_map(|(left, right)| merged(left, right));
        prop_oneof![3 => nested, 2 => or, 2 => both]
    })
}

fn event() -> impl Strategy<Value = Value> {
    let value = scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::from), object(inner, 1..4)]
    });
    object(value, 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_pattern_admits_the_events_that_the_naive_interpreter_admits(pattern in pattern(), events in vec(event(), 16)) {
        let text = pattern.to_string();
        let compiled = match EventPattern::parse(&text) {
            Err(fault) if fault.reason().ends_with("combinations of $or") => return Ok(()),
            compiled => compiled.map_err(|fault| TestCaseError::fail(format!("{text}: {}", fault.reason())))?,
        };
        for event in events {
            let expected = naive_events::admits(&pattern, &event);
            let document = event.to_string();
            let document = Document::read(&document).expect("an object");
            prop_assert_eq!(compiled.admits(&document), expected, "{} of {}", text, event);
        }
    }

    #[test]
    fn a_json_body_is_judged_as_a_document_is(pattern in pattern(), event in event()) {
        let (within, body) = (json!({ "body": pattern }).to_string(), event.to_string());
        let (Ok(filters), Ok(pattern)) = (Filters::parse(&[within]), EventPattern::parse(&pattern.to_string())) else {
            return Ok(());
        };
        let record = Record {
            message_id: "m",
            receipt_handle: "r",
            body: &body,
            md5_of_body: "5",
            md5_of_message_attributes: None,
            attributes: &[],
            message_attributes: &[],
        };
        let document = Document::read(&body).expect("an object");
        prop_assert_eq!(filters.admits(&record), pattern.admits(&document));
    }

    #[test]
    fn what_is_nearly_a_pattern_never_panics(text in nearly_policy(), fragments in fragments()) {
        for text in [format!(r#"{{"k":[{text}]}}"#), format!(r#"{{"k":{fragments}}}"#), fragments] {
            if let (Ok(pattern), Some(document)) = (EventPattern::parse(&text), Document::read(&text)) {
                pattern.admits(&document);
            }
        }
    }
}
