//! What is not accepted as a policy, in AWS's words, and how far the limits reach.

use bongsu_event_pattern::{FilterPolicy, Place, PolicyFault, Scope};

use crate::{parse, refusal};

/// The words of a refusal that has a place.
fn sentence(text: &str) -> String {
    match FilterPolicy::parse(text, Scope::MessageBody) {
        Err(PolicyFault::Malformed { sentence, .. }) => sentence.into(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_malformed_policy_is_refused_with_awss_sentence() {
    let rows = [
        (r#"{"key":"value"}"#, "\"key\" must be an object or an array"),
        (r#"{"key":1}"#, "\"key\" must be an object or an array"),
        (r#"{"key":null}"#, "\"key\" must be an object or an array"),
        (r#"{"a":{"key":true}}"#, "\"key\" must be an object or an array"),
        (r#"{"key":[]}"#, "Empty arrays are not allowed"),
        (r#"{"key":{}}"#, "Empty objects are not allowed"),
        (r#"{"key":["a",[]]}"#, "Match value must be String, number, true, false, or null"),
        (r#"{"key":[["a"]]}"#, "Match value must be String, number, true, false, or null"),
        (r#"{"key":[{}]}"#, "Empty objects are not allowed"),
        (r#"{"key":[{"wildcard":"a*"}]}"#, "Unrecognized match type wildcard"),
        (r#"{"key":[{"suffix":".a","prefix":"b"}]}"#, "Only one key allowed in match expression"),
        (r#"{"key":[{"prefix":"a","prefix":"a"}]}"#, "Only one key allowed in match expression"),
        (r#"{"key":[{"prefix":1}]}"#, "prefix match pattern must be a string"),
        (r#"{"key":[{"suffix":["a"]}]}"#, "suffix match pattern must be a string"),
        (r#"{"key":[{"equals-ignore-case":null}]}"#, "equals-ignore-case match pattern must be a string"),
        (r#"{"key":[{"exists":"true"}]}"#, "exists match pattern must be either true or false."),
        (r#"{"key":[1000000000.1]}"#, "Value must be between -1.0E9 and 1.0E9, inclusive"),
        (r#"{"key":[{"numeric":[">",-1e10]}]}"#, "Value must be between -1.0E9 and 1.0E9, inclusive"),
        (r#""text""#, "Filter is not an object"),
        (r#"[{"key":["a"]}]"#, "Filter is not an object"),
    ];
    for (text, expected) in rows {
        assert_eq!(sentence(text), expected, "{text}");
    }
}

#[test]
fn a_malformed_anything_but_is_refused_with_awss_sentence() {
    let rows = [
        (r#"{"suffix":"a"}"#, "Unsupported anything-but pattern: suffix"),
        (r#"{"wildcard":"a*"}"#, "Unsupported anything-but pattern: wildcard"),
        (r#"{"equals-ignore-case":"a"}"#, "Unsupported anything-but pattern: equals-ignore-case"),
        (r#"{"prefix":["a"]}"#, "prefix match pattern must be a string"),
        (r#"{"prefix":"a","suffix":"b"}"#, "Only one key allowed in match expression"),
        ("{}", "Empty objects are not allowed"),
        ("[]", "Empty arrays are not allowed"),
        ("null", "Value of anything-but must be an array or single string/number value."),
        ("[null]", "Inside anything but list, start|null|boolean is not supported."),
        (r#"["a",1]"#, "Inside anything but list, either all values are number or string, mixed type is not supported"),
    ];
    for (operand, expected) in rows {
        let text = format!(r#"{{"key":[{{"anything-but":{operand}}}]}}"#);
        assert_eq!(sentence(&text), expected, "{text}");
    }
}

#[test]
fn a_malformed_numeric_is_refused_with_awss_sentence() {
    let rows = [
        ("5", "Value of numeric must be an array."),
        ("[]", "Invalid member in numeric match: ]"),
        ("[1]", "Invalid member in numeric match: 1"),
        ("[[]]", "Invalid member in numeric match: ["),
        ("[{}]", "Invalid member in numeric match: {"),
        ("[true]", "Invalid member in numeric match: true"),
        ("[false]", "Invalid member in numeric match: false"),
        ("[null]", "Invalid member in numeric match: null"),
        (r#"["<>",1]"#, "Unrecognized numeric range operator: <>"),
        (r#"["="]"#, "Value of equals must be numeric"),
        (r#"["=","1"]"#, "Value of equals must be numeric"),
        (r#"[">="]"#, "Value of >= must be numeric"),
        (r#"[">","a"]"#, "Value of > must be numeric"),
        (r#"["<",null]"#, "Value of < must be numeric"),
        (r#"["<=",[1]]"#, "Value of <= must be numeric"),
        (r#"[">",1,"<=","2"]"#, "Value of <= must be numeric"),
        (r#"["=",1,"<",2]"#, "Too many elements in numeric expression"),
        (r#"["<",1,">",0]"#, "Too many elements in numeric expression"),
        (r#"["<=",1,2]"#, "Too many elements in numeric expression"),
        (r#"[">",1,">",2]"#, "Bad numeric range operator: >"),
        (r#"[">",1,"=",2]"#, "Bad numeric range operator: ="),
        (r#"[">=",20,30]"#, "Bad value in numeric range: 30"),
        (r#"[">",2,"<",1]"#, "Bottom must be less than top"),
        (r#"[">=",2,"<=",2]"#, "Bottom must be less than top"),
        (r#"[">",1,"<",2,"<",3]"#, "Too many terms in numeric range expression"),
    ];
    for (operand, expected) in rows {
        let text = format!(r#"{{"key":[{{"numeric":{operand}}}]}}"#);
        assert_eq!(sentence(&text), expected, "{text}");
    }
}

#[test]
fn a_malformed_cidr_is_refused_with_awss_sentence() {
    let rows = [
        ("10", "prefix match pattern must be a string"),
        (r#""10.0.0.0""#, "Malformed CIDR, one '/' required"),
        (r#""10.0.0.0/8/8""#, "Malformed CIDR, one '/' required"),
        (r#""10.0.0.0/""#, "Malformed CIDR, mask bits must be an integer"),
        (r#""10.0.0.0/x""#, "Malformed CIDR, mask bits must be an integer"),
        (r#""10.0.0.0/-8""#, "Malformed CIDR, mask bits must not be negative"),
        (r#""10.0.0/8""#, "Nonstandard IP address: 10.0.0"),
        (r#""localhost/8""#, "Nonstandard IP address: localhost"),
        (r#""10.0.0.0/33""#, "IPv4 mask bits must be <= 32"),
        (r#""::/129""#, "IPv6 mask bits must be <= 128"),
    ];
    for (operand, expected) in rows {
        let text = format!(r#"{{"key":[{{"cidr":{operand}}}]}}"#);
        assert_eq!(sentence(&text), expected, "{text}");
    }
}

#[test]
fn what_is_not_json_is_told_so_with_its_place() {
    assert_eq!(
        refusal("{\n  \"key\": [\"a\",]\n}"),
        "FilterPolicy: failed to parse JSON. Unexpected character (']' (code 93)): was expecting a JSON value\n at \
         [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 2, column: 15]"
    );
    for text in
        ["", "{", "{}{}", r#"{"key"}"#, r#"{"key":["a"}"#, "{'key':['a']}", r#"{"key":[tru]}"#, r#"{"key":[01]}"#]
    {
        assert!(refusal(text).starts_with("FilterPolicy: failed to parse JSON. "), "{text}");
    }
}

#[test]
fn a_refusal_stands_behind_what_was_read_last() {
    let rows = [
        (r#"{"key":"value"}"#, Place { line: 1, column: 15 }),
        (r#"{"key":[{"prefixes":"a"}]}"#, Place { line: 1, column: 21 }),
        ("{\"😀\":[\"a\"],\n \"key\" : []}", Place { line: 2, column: 12 }),
    ];
    for (text, expected) in rows {
        match FilterPolicy::parse(text, Scope::MessageBody) {
            Err(PolicyFault::Malformed { place, .. }) => assert_eq!(place, expected, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert_eq!(
        refusal(r#"{"key":"value"}"#),
        "FilterPolicy: \"key\" must be an object or an array\n at [Source: REDACTED \
         (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 15]"
    );
}

#[test]
fn an_or_has_two_objects_at_least() {
    let expected = "\"$or\" must be an array of at least two objects";
    for text in [r#"{"$or":[{"a":["x"]}]}"#, r#"{"$or":[{"a":["x"]},{"b":["y"]},"z"]}"#] {
        assert_eq!(sentence(text), expected, "{text}");
    }
    assert_eq!(sentence(r#"{"$or":[{"a":["x"]},{}]}"#), "Empty objects are not allowed");
    assert_eq!(sentence(r#"{"$or":{"a":"x"}}"#), "\"a\" must be an object or an array");
    assert_eq!(sentence(r#"{"$or":[{"prefix":"x"},{"prefix":"y"}]}"#), "\"prefix\" must be an object or an array");
}

#[test]
fn a_nested_policy_is_for_bodies() {
    let nested = [r#"{"a":{"b":["x"]}}"#, r#"{"$or":[{"a":["x"]},{"b":{"c":["y"]}}]}"#];
    for text in nested {
        let fault = FilterPolicy::parse(text, Scope::MessageAttributes).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "Filter policy scope MessageAttributes does not support nested filter policy",
            "{text}"
        );
        parse(text, Scope::MessageBody);
    }
    parse(r#"{"a.b":["x"],"$or":[{"a":["x"]},{"b":["y"]}]}"#, Scope::MessageAttributes);
}

#[test]
fn a_policy_has_at_most_five_keys_on_its_first_level() {
    let keys = |names: &[&str]| {
        let members: Vec<String> = names.iter().map(|name| format!(r#""{name}":["x"]"#)).collect();
        members.join(",")
    };
    parse(&format!("{{{}}}", keys(&["a", "b", "c", "d", "e"])), Scope::MessageAttributes);
    let six = refusal(&format!("{{{}}}", keys(&["a", "b", "c", "d", "e", "f"])));
    assert_eq!(six, "FilterPolicy: Filter policy can not have more than 5 keys");
    let or = r#""$or":[{"x":["x"]},{"y":["y"]}]"#;
    parse(&format!("{{{or},{}}}", keys(&["a", "b", "c", "d"])), Scope::MessageAttributes);
    assert_eq!(refusal(&format!("{{{or},{}}}", keys(&["a", "b", "c", "d", "e"]))), six);
    parse(&format!(r#"{{"parent":{{{}}}}}"#, keys(&["a", "b", "c", "d", "e", "f", "g"])), Scope::MessageBody);
}

#[test]
fn complexity_is_the_product_of_values_times_depth_and_an_or_is_a_sum() {
    const TOO_COMPLEX: &str = "FilterPolicy: Filter policy is too complex";
    let values = |count: usize| (0..count).map(|value| value.to_string()).collect::<Vec<_>>().join(",");
    let key = |name: &str, count: usize| format!(r#""{name}":[{}]"#, values(count));
    let check = |text: String, accepted: bool| {
        let outcome = FilterPolicy::parse(&text, Scope::MessageBody);
        assert_eq!(
            outcome.as_ref().err().map(ToString::to_string),
            (!accepted).then(|| TOO_COMPLEX.to_owned()),
            "{text}"
        );
    };
    check(format!("{{{}}}", key("a", 150)), true);
    check(format!("{{{}}}", key("a", 151)), false);
    check(format!("{{{},{}}}", key("a", 15), key("b", 10)), true);
    check(format!("{{{},{}}}", key("a", 19), key("b", 8)), false);
    // 25 values at depth 3 and 1 at depth 2.
    check(format!(r#"{{"a":{{"b":{{{}}},{}}}}}"#, key("c", 25), key("d", 1)), true);
    check(format!(r#"{{"a":{{"b":{{{}}},{}}}}}"#, key("c", 26), key("d", 1)), false);
    check(format!(r#"{{{},"$or":[{{{}}},{{{}}}]}}"#, key("a", 2), key("b", 35), key("c", 40)), true);
    check(format!(r#"{{{},"$or":[{{{}}},{{{}}}]}}"#, key("a", 2), key("b", 36), key("c", 40)), false);
    // An anything-but list is one value.
    let long = format!(r#"{{"anything-but":[{}]}}"#, values(1000));
    check(format!(r#"{{"a":[{long}]}}"#), true);
}
