//! What happens at each bound, and how little what was made to explode costs.

use bongsu_event_pattern::{
    Body, COMPLEXITY_MAX, DEPTH_MAX, FilterPolicy, PATHS_BYTES_MAX, POLICY_BYTES_MAX, PolicyFault, Reason, Scope,
    VALUES_MAX, Verdict,
};

use crate::{admits_body, parse};

fn on_body(body: &str) -> Verdict {
    parse(r#"{"absent":[{"exists":false}]}"#, Scope::MessageBody).admits_body(&Body::read(body))
}

const INVALID: Verdict = Verdict::FilteredOut(Reason::InvalidMessageBody);

#[test]
fn a_policy_is_as_long_as_it_may_be() {
    let of_length = |bytes: usize| format!(r#"{{"k":["{}"]}}"#, "x".repeat(bytes - r#"{"k":[""]}"#.len()));
    let (longest, too_long) = (of_length(POLICY_BYTES_MAX), of_length(POLICY_BYTES_MAX + 1));
    assert!(FilterPolicy::parse(&longest, Scope::MessageAttributes).is_ok());
    assert_eq!(FilterPolicy::parse(&too_long, Scope::MessageAttributes), Err(PolicyFault::TooLong));
}

#[test]
fn a_policy_that_nests_without_end_is_too_complex() {
    let nested = |levels: usize| format!("{}[1]{}", r#"{"k":"#.repeat(levels), "}".repeat(levels));
    assert!(FilterPolicy::parse(&nested(COMPLEXITY_MAX), Scope::MessageBody).is_ok());
    let bottomless = [r#"{"k":"#, r#"{"$or":["#, r#"{"$or":[{"k":["x"]},"#];
    for text in bottomless.map(|open| open.repeat(POLICY_BYTES_MAX / open.len())) {
        assert_eq!(FilterPolicy::parse(&text, Scope::MessageBody), Err(PolicyFault::TooComplex));
    }
    assert_eq!(FilterPolicy::parse(&nested(COMPLEXITY_MAX + 1), Scope::MessageBody), Err(PolicyFault::TooComplex));
}

#[test]
fn a_policy_whose_ors_multiply_is_too_complex() {
    let doubled = |key: &str| format!(r#""{key}":{{"$or":[{{"a":[1]}},{{"b":[2]}}]}}"#);
    let members: Vec<String> = (0..8000).map(|key| doubled(&key.to_string())).collect();
    let text = format!(r#"{{"x":{{{}}}}}"#, members.join(","));
    assert!(text.len() > POLICY_BYTES_MAX);
    let text = format!(r#"{{"x":{{{}}}}}"#, members[..6000].join(","));
    assert_eq!(FilterPolicy::parse(&text, Scope::MessageBody), Err(PolicyFault::TooComplex));
}

#[test]
fn a_policy_whose_paths_multiply_is_too_complex() {
    let of_key = |bytes: usize| {
        let alternatives: Vec<String> = (10..74).map(|key| format!(r#"{{"{key}":[1]}}"#)).collect();
        format!(r#"{{"{}":{{"$or":[{}]}}}}"#, "k".repeat(bytes), alternatives.join(","))
    };
    let longest = POLICY_BYTES_MAX / 64 - ".10".len();
    assert!(FilterPolicy::parse(&of_key(longest), Scope::MessageBody).is_ok());
    assert_eq!(FilterPolicy::parse(&of_key(longest + 1), Scope::MessageBody), Err(PolicyFault::TooComplex));
}

#[test]
fn a_body_is_as_deep_as_it_may_be() {
    let objects = |levels: usize| format!("{}1{}", r#"{"k":"#.repeat(levels), "}".repeat(levels));
    assert_eq!(on_body(&objects(DEPTH_MAX)), Verdict::Admitted);
    assert_eq!(on_body(&objects(DEPTH_MAX + 1)), INVALID);
    let arrays = |levels: usize| format!(r#"{{"k":{}{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1));
    assert_eq!(on_body(&arrays(DEPTH_MAX)), Verdict::Admitted);
    assert_eq!(on_body(&arrays(DEPTH_MAX + 1)), INVALID);
    assert_eq!(on_body(&arrays(500_000)), INVALID);
}

#[test]
fn a_body_whose_paths_multiply_is_invalid() {
    let (key, leaves) = ("k".repeat(128 * 1024), 64);
    assert_eq!(key.len() * leaves, PATHS_BYTES_MAX);
    let below = |leaves: usize| {
        let members: Vec<String> = (0..leaves).map(|leaf| format!(r#""{leaf}":1"#)).collect();
        format!(r#"{{"{key}":{{{}}}}}"#, members.join(","))
    };
    assert_eq!(on_body(&below(leaves - 1)), Verdict::Admitted);
    assert_eq!(on_body(&below(leaves)), INVALID);
    // The elements of an array share their path.
    assert_eq!(on_body(&format!(r#"{{"{key}":[1{}]}}"#, ",1".repeat(leaves))), Verdict::Admitted);
}

#[test]
fn a_path_with_too_many_values_is_not_looked_at() {
    let body = |values: usize| format!(r#"{{"k":[1{}],"l":1}}"#, ",1".repeat(values - 1));
    for alternative in ["1", r#"{"exists":true}"#, r#"{"anything-but":2}"#] {
        let policy = format!(r#"{{"k":[{alternative}]}}"#);
        assert!(admits_body(&policy, &body(VALUES_MAX)), "{policy}");
        assert!(!admits_body(&policy, &body(VALUES_MAX + 1)), "{policy}");
    }
    assert!(!admits_body(r#"{"k":[{"exists":false}]}"#, &body(VALUES_MAX + 1)));
    assert!(admits_body(r#"{"l":[1]}"#, &body(VALUES_MAX + 1)));
}
