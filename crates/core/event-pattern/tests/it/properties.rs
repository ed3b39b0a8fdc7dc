//! What holds for every policy: it is what the naive interpreter says, and nothing panics.

use std::ops::Range;

use bongsu_event_pattern::{Attribute, Attributes, Body, FilterPolicy, Kind, PolicyFault, Reason, Scope, Verdict};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::naive::{self, Flat};

/// Few enough that policies and what they are matched against meet.
pub(crate) fn scalar() -> impl Strategy<Value = Value> {
    let texts = ["", "a", "ab", "A", "É", "é", "5", "10.0.0.7", "10.0.1.7", "::1"].map(Value::from);
    let others = [
        json!(0),
        json!(-0.0),
        json!(5),
        json!(5.0),
        json!(5.5),
        json!(-7),
        json!(1e3),
        json!(true),
        json!(false),
        json!(null),
    ];
    select([texts, others].concat())
}

pub(crate) fn number() -> impl Strategy<Value = Value> {
    select([json!(-7), json!(0), json!(5), json!(5.5), json!(1e3)].to_vec())
}

pub(crate) fn text() -> impl Strategy<Value = Value> {
    select(["", "a", "ab", "A", "b", "é", "5", "7"].map(Value::from).to_vec())
}

fn key() -> impl Strategy<Value = String> {
    select(["a", "b", "a.b", "", "$or"].map(str::to_owned).to_vec())
}

pub(crate) fn numeric() -> impl Strategy<Value = Value> {
    let single =
        (select(vec!["=", "<", "<=", ">", ">="]), number()).prop_map(|(operator, bound)| json!([operator, bound]));
    let range = (select(vec![">", ">="]), -9..5, select(vec!["<", "<="]), 5..9)
        .prop_map(|(above, bottom, below, top)| json!([above, bottom, below, top]));
    prop_oneof![single, range]
}

fn alternative() -> impl Strategy<Value = Value> {
    let of = |operator: &'static str| move |operand: Value| json!({ operator: operand });
    prop_oneof![
        4 => scalar(),
        1 => text().prop_map(of("prefix")),
        1 => text().prop_map(of("suffix")),
        1 => text().prop_map(of("equals-ignore-case")),
        1 => any::<bool>().prop_map(Value::from).prop_map(of("exists")),
        1 => numeric().prop_map(of("numeric")),
        1 => select(["10.0.0.0/24", "10.0.0.6/31", "0.0.0.0/0", "::/127"].map(Value::from).to_vec()).prop_map(of("cidr")),
        1 => prop::collection::vec(text(), 1..3).prop_map(Value::from).prop_map(of("anything-but")),
        1 => prop::collection::vec(number(), 1..3).prop_map(Value::from).prop_map(of("anything-but")),
        1 => prop_oneof![text(), number()].prop_map(of("anything-but")),
        1 => text().prop_map(|prefix| json!({ "anything-but": { "prefix": prefix } })),
    ]
}

fn alternatives() -> impl Strategy<Value = Value> {
    prop::collection::vec(alternative(), 1..4)
        .prop_filter("that would be an $or", |values| !values[0].is_object())
        .prop_map(Value::from)
        .boxed()
}

pub(crate) fn object(values: impl Strategy<Value = Value>, keys: Range<usize>) -> impl Strategy<Value = Value> {
    prop::collection::btree_map(key(), values, keys).prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// Small, so that it is not too complex and often holds.
fn policy() -> impl Strategy<Value = Value> {
    let expressions = prop::collection::vec(alternative(), 1..4).prop_map(|values| json!({ "b": values }));
    let flat = prop_oneof![2 => object(alternatives(), 1..3), 1 => expressions];
    flat.prop_recursive(3, 6, 2, |inner| {
        let nested = object(inner.clone(), 1..2);
        let or = prop::collection::vec(inner.clone(), 2..4).prop_map(|groups| json!({ "$or": groups }));
        let both = (inner, or.clone()).prop_map(|(left, right)| merged(left, right));
        prop_oneof![3 => nested, 2 => or, 1 => both]
    })
}

pub(crate) fn merged(left: Value, right: Value) -> Value {
    let members = [left, right].into_iter().flat_map(|value| match value {
        Value::Object(members) => members,
        other => panic!("{other} is no object"),
    });
    Value::Object(members.collect::<Map<_, _>>())
}

fn body() -> impl Strategy<Value = Value> {
    let value = scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from), object(inner, 1..4)]
    });
    object(value, 1..5)
}

fn attribute() -> impl Strategy<Value = (Kind, String, Vec<Value>)> {
    prop_oneof![
        text().prop_map(|text| (Kind::String, text.as_str().expect("a text").to_owned(), vec![text])),
        number().prop_map(|number| (Kind::Number, number.to_string(), vec![number])),
        prop::collection::vec(scalar(), 0..4).prop_map(|values| (
            Kind::StringArray,
            Value::from(values.clone()).to_string(),
            values
        )),
    ]
}

/// JSON and what is nearly JSON.
pub(crate) fn fragments() -> impl Strategy<Value = String> {
    let words = vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        " ",
        "\n",
        "\u{1}",
        "0",
        "-",
        "1.5",
        "2e-3",
        ".",
        "true",
        "nul",
        "null",
        "\"a\"",
        "\"a\":",
        "\"k\":[",
        "\"\\u00e9\\n\"",
        "{\"a\":1}",
        "[{\"b\":[]}]",
        "é",
    ];
    prop::collection::vec(select(words), 0..16).prop_map(|words| words.concat())
}

/// Members that policies are made of, in any order.
pub(crate) fn nearly_policy() -> impl Strategy<Value = String> {
    let operators = vec![
        "prefix",
        "suffix",
        "equals-ignore-case",
        "wildcard",
        "numeric",
        "cidr",
        "anything-but",
        "exists",
        "$or",
        "k",
    ];
    let leaf = prop_oneof![scalar(), select(vec!["=", "<", ">=", "10.0.0.0/8", "::/0"]).prop_map(Value::from)];
    let value = leaf.prop_recursive(6, 32, 4, move |inner| {
        let member = (select(operators.clone()), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::from),
            prop::collection::vec(member, 0..3).prop_map(|members| {
                Value::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    });
    value.prop_map(|value| value.to_string())
}

fn exercise(text: &str) {
    for scope in [Scope::MessageAttributes, Scope::MessageBody] {
        match FilterPolicy::parse(text, scope) {
            Ok(policy) => {
                policy.admits_body(&Body::read(text));
                let value = Attribute { name: "k", kind: Kind::StringArray, value: text };
                policy.admits_attributes(&Attributes::read(&[value]));
            }
            Err(fault) => assert!(!fault.to_string().is_empty()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_policy_admits_the_bodies_that_the_naive_interpreter_admits(policy in policy(), bodies in prop::collection::vec(body(), 16)) {
        let text = policy.to_string();
        let compiled = match FilterPolicy::parse(&text, Scope::MessageBody) {
            Err(PolicyFault::TooComplex | PolicyFault::TooManyKeys) => return Ok(()),
            compiled => compiled.map_err(|fault| TestCaseError::fail(format!("{text}: {fault}")))?,
        };
        for body in bodies {
            let expected = naive::admits(&policy, &naive::flatten(&body));
            let verdict = compiled.admits_body(&Body::read(&body.to_string()));
            let expected = if expected { Verdict::Admitted } else { Verdict::FilteredOut(Reason::MessageBody) };
            prop_assert_eq!(verdict, expected, "{} of {}", text, body);
        }
    }

    #[test]
    fn a_policy_admits_the_attributes_that_the_naive_interpreter_admits(
        alternatives in prop::collection::btree_map(key(), alternatives(), 1..3),
        or in prop::collection::vec(object(alternatives(), 1..3), 0..3),
        attributes in prop::collection::btree_map(key(), attribute(), 0..5),
    ) {
        let mut policy = Value::Object(alternatives.into_iter().collect());
        if or.len() > 1 {
            policy["$or"] = or.into();
        }
        let Ok(compiled) = FilterPolicy::parse(&policy.to_string(), Scope::MessageAttributes) else { return Ok(()) };
        let mut flat = Flat::new();
        let mut given = Vec::new();
        for (name, (kind, value, values)) in &attributes {
            given.push(Attribute { name, kind: *kind, value });
            if !values.is_empty() {
                flat.insert(format!(".{name}"), values.clone());
            }
        }
        let verdict = compiled.admits_attributes(&Attributes::read(&given));
        prop_assert_eq!(verdict == Verdict::Admitted, naive::admits(&policy, &flat), "{} of {:?}", policy, given);
    }

    #[test]
    fn a_body_is_json_where_others_find_it_is(text in fragments(), inside in any::<bool>()) {
        let text = if inside { format!("{{{text}}}") } else { text };
        let policy = FilterPolicy::parse(r#"{"absent":[{"exists":false}]}"#, Scope::MessageBody).expect("a policy");
        let is_object = serde_json::from_str::<Map<String, Value>>(&text).is_ok();
        prop_assert_eq!(policy.admits_body(&Body::read(&text)) == Verdict::Admitted, is_object, "{}", text);
    }

    #[test]
    fn random_text_never_panics(text in ".{0,200}") {
        exercise(&text);
    }

    #[test]
    fn what_is_nearly_a_policy_never_panics(text in nearly_policy(), fragments in fragments()) {
        exercise(&text);
        exercise(&format!(r#"{{"k":[{text}]}}"#));
        exercise(&format!(r#"{{"k":{fragments}}}"#));
    }
}
