//! How keys, arrays, paths and alternatives come together, in bodies and in attributes.

use bongsu_event_pattern::Kind::{Binary, Number, String, StringArray};

use crate::{admits_attributes, admits_body, admits_value};

#[test]
fn all_keys_hold_and_of_each_one_alternative() {
    let policy = r#"{"store":["a","b"],"price":[{"numeric":["<",5]},10]}"#;
    for body in [r#"{"store":"a","price":1}"#, r#"{"price":10,"store":"b","more":[]}"#] {
        assert!(admits_body(policy, body), "{body}");
    }
    for body in [r#"{"store":"a"}"#, r#"{"store":"c","price":1}"#, r#"{"store":"a","price":7}"#, "{}"] {
        assert!(!admits_body(policy, body), "{body}");
    }
}

#[test]
fn any_element_of_an_array_matches() {
    assert!(admits_value(r#""x""#, r#"["w","x"]"#));
    assert!(admits_value(r#""x""#, r#"[["w",["x"]],1]"#));
    assert!(admits_value(r#"{"numeric":[">",5]}"#, r#"["6",1,6]"#));
    assert!(!admits_value(r#"{"numeric":[">",5]}"#, r#"["6",1,5]"#));
    assert!(!admits_value(r#""x""#, "[]"));
}

#[test]
fn anything_but_admits_an_array_without_excluded_elements() {
    assert!(admits_value(r#"{"anything-but":["x","y"]}"#, r#"["v","w"]"#));
    assert!(!admits_value(r#"{"anything-but":["x","y"]}"#, r#"["v","x"]"#));
    assert!(!admits_value(r#"{"anything-but":{"prefix":"x"}}"#, r#"["v","xx"]"#));
    assert!(admits_value(r#"{"anything-but":["x"]},{"anything-but":["y"]}"#, r#"["x"]"#));
}

#[test]
fn anything_but_asks_for_a_value() {
    let (alone, or_absent) = (r#"{"k":[{"anything-but":"x"}]}"#, r#"{"k":[{"anything-but":"x"},{"exists":false}]}"#);
    for body in ["{}", r#"{"k":[]}"#, r#"{"k":{}}"#] {
        assert!(!admits_body(alone, body), "{body}");
        assert!(admits_body(or_absent, body), "{body}");
    }
    assert!(!admits_body(or_absent, r#"{"k":"x"}"#));
}

#[test]
fn nested_keys_are_paths_joined_by_dots() {
    let bodies = [r#"{"a":{"b":{"c":1}}}"#, r#"{"a.b":{"c":1}}"#, r#"{"a":{"b.c":1}}"#, r#"{"a.b.c":1}"#];
    let policies = [r#"{"a":{"b":{"c":[1]}}}"#, r#"{"a.b":{"c":[1]}}"#, r#"{"a":{"b.c":[1]}}"#, r#"{"a.b.c":[1]}"#];
    for policy in policies {
        for body in bodies {
            assert!(admits_body(policy, body), "{policy} {body}");
        }
        assert!(!admits_body(policy, r#"{"a":{"b":1,"c":1}}"#), "{policy}");
    }
    assert!(admits_body(r#"{"":{"":[1]}}"#, r#"{"":{"":1}}"#));
    assert!(admits_body(r#"{"":{"":[1]}}"#, r#"{".":1}"#));
    assert!(!admits_body(r#"{"":{"":[1]}}"#, r#"{"":1}"#));
}

#[test]
fn nested_keys_hold_together() {
    let policy = r#"{"a":{"b":["x"],"c":["y"]}}"#;
    assert!(admits_body(policy, r#"{"a":{"b":"x","c":"y"}}"#));
    assert!(!admits_body(policy, r#"{"a":{"b":"x"}}"#));
}

#[test]
fn keys_may_hold_in_different_objects_of_an_array() {
    let policy = r#"{"records":{"type":["put"],"size":[{"numeric":[">",10]}]}}"#;
    assert!(admits_body(policy, r#"{"records":[{"type":"put","size":1},{"type":"get","size":11}]}"#));
    assert!(!admits_body(policy, r#"{"records":[{"type":"put","size":1},{"type":"get","size":2}]}"#));
}

#[test]
fn what_is_below_a_missing_key_does_not_exist() {
    let policy = r#"{"a":{"b":[{"exists":false}]}}"#;
    for body in ["{}", r#"{"a":1}"#, r#"{"a":{"c":1}}"#, r#"{"a":{"b":{"c":1}}}"#] {
        assert!(admits_body(policy, body), "{body}");
    }
    assert!(!admits_body(policy, r#"{"a":{"b":null}}"#));
    assert!(!admits_body(policy, r#"{"a":[{"c":1},{"b":1}]}"#));
}

#[test]
fn one_alternative_of_an_or_holds_completely() {
    let policy = r#"{"s":["x"],"$or":[{"a":[1],"b":[2]},{"c":[3]}]}"#;
    for body in [r#"{"s":"x","a":1,"b":2}"#, r#"{"s":"x","c":3}"#, r#"{"s":"x","a":1,"c":3}"#] {
        assert!(admits_body(policy, body), "{body}");
    }
    for body in [r#"{"s":"x","a":1}"#, r#"{"a":1,"b":2,"c":3}"#, r#"{"s":"x"}"#] {
        assert!(!admits_body(policy, body), "{body}");
    }
}

#[test]
fn an_or_stands_at_any_level() {
    let nested = r#"{"d":{"$or":[{"a":[1]},{"e":{"$or":[{"b":[2]},{"c":[3]}]}}]}}"#;
    for body in [r#"{"d":{"a":1}}"#, r#"{"d":{"e":{"b":2}}}"#, r#"{"d":{"e":{"c":3}}}"#] {
        assert!(admits_body(nested, body), "{body}");
    }
    for body in [r#"{"a":1}"#, r#"{"d":{"e":{"a":1}}}"#, r#"{"d":{"b":2}}"#] {
        assert!(!admits_body(nested, body), "{body}");
    }
    let within = r#"{"$or":[{"$or":[{"a":[1]},{"b":[2]}],"c":[3]},{"d":[4]}]}"#;
    assert!(admits_body(within, r#"{"b":2,"c":3}"#));
    assert!(!admits_body(within, r#"{"b":2}"#));
    assert!(admits_body(within, r#"{"d":4}"#));
}

#[test]
fn an_or_without_objects_is_a_key() {
    assert!(admits_body(r#"{"$or":["x"]}"#, r#"{"$or":"x"}"#));
    assert!(admits_body(r#"{"$or":{"a":[1]}}"#, r#"{"$or":{"a":1}}"#));
    assert!(admits_body(r#"{"x":{"or":[{"prefix":"a"},{"prefix":"b"}]}}"#, r#"{"x":{"or":"bc"}}"#));
}

#[test]
fn of_a_key_that_comes_twice_a_policy_takes_the_later_and_a_body_has_both() {
    assert!(admits_body(r#"{"k":["x"],"k":["y"]}"#, r#"{"k":"y"}"#));
    assert!(!admits_body(r#"{"k":["x"],"k":["y"]}"#, r#"{"k":"x"}"#));
    assert!(admits_body(r#"{"k":["x"]}"#, r#"{"k":"x","k":"y"}"#));
    assert!(!admits_body(r#"{"k":[{"anything-but":"x"}]}"#, r#"{"k":"x","k":"y"}"#));
}

#[test]
fn attributes_are_matched_by_their_type() {
    let rows = [
        (r#""5""#, String, "5", true),
        ("5", String, "5", false),
        (r#"{"numeric":["=",5]}"#, String, "5", false),
        (r#"{"prefix":"5"}"#, String, "5", true),
        ("true", String, "true", false),
        (r#""[1]""#, String, "[1]", true),
        ("5", Number, "5.0", true),
        (r#"{"numeric":["=",5]}"#, Number, "0.5e1", true),
        (r#"{"numeric":[">",5]}"#, Number, "5", false),
        (r#""5""#, Number, "5", false),
        (r#"{"prefix":"5"}"#, Number, "5", false),
        (r#"{"anything-but":5}"#, Number, "5", false),
        (r#"{"anything-but":5}"#, Number, "6", true),
        (r#"{"exists":true}"#, Number, "6", true),
        (r#"{"exists":true}"#, Binary, "", true),
        (r#"{"exists":false}"#, Binary, "", false),
        (r#""x""#, Binary, "x", false),
        (r#"{"prefix":""}"#, Binary, "x", false),
        (r#"{"anything-but":"x"}"#, Binary, "y", false),
    ];
    for (alternative, kind, value, expected) in rows {
        let policy = format!(r#"{{"k":[{alternative}]}}"#);
        assert_eq!(admits_attributes(&policy, &[("k", kind, value)]), expected, "{alternative} {kind:?} {value}");
    }
}

#[test]
fn a_string_array_matches_by_any_element() {
    let rows = [
        (r#""x""#, r#"["w","x"]"#, true),
        ("5", r#" [ "5" , 5.0 ] "#, true),
        ("null", "[null]", true),
        ("true", "[true]", true),
        (r#"{"numeric":[">",5]}"#, r#"["6"]"#, false),
        (r#"{"anything-but":["x"]}"#, r#"["w","x"]"#, false),
        (r#"{"anything-but":["x"]}"#, r#"["w","v"]"#, true),
        (r#"{"exists":true}"#, "[0]", true),
        (r#"{"exists":false}"#, "[]", true),
    ];
    for (alternative, value, expected) in rows {
        let policy = format!(r#"{{"k":[{alternative}]}}"#);
        assert_eq!(admits_attributes(&policy, &[("k", StringArray, value)]), expected, "{alternative} {value}");
    }
}

#[test]
fn a_malformed_attribute_never_matches() {
    let alternatives =
        [r#""x""#, r#"{"exists":true}"#, r#"{"exists":false}"#, r#"{"anything-but":"y"}"#, r#"{"prefix":""}"#];
    let malformed = [
        (StringArray, "x"),
        (StringArray, r#"["x""#),
        (StringArray, r#"["x"]]"#),
        (StringArray, r#""x""#),
        (StringArray, r#"{"k":"x"}"#),
        (StringArray, r#"["x",["y"]]"#),
        (StringArray, r#"["x",{}]"#),
        (Number, "x"),
        (Number, "NaN"),
    ];
    for alternative in alternatives {
        for (kind, value) in malformed {
            let policy = format!(r#"{{"k":[{alternative}]}}"#);
            assert!(!admits_attributes(&policy, &[("k", kind, value)]), "{alternative} {kind:?} {value}");
        }
    }
}

#[test]
fn attribute_names_with_dots_are_names() {
    assert!(admits_attributes(r#"{"a.b":["x"]}"#, &[("a.b", String, "x"), ("a", String, "y")]));
}
