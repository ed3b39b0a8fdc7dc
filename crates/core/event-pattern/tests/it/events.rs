//! Event patterns: each operator, how keys come together, and what is refused.

use bongsu_event_pattern::{COMBINATIONS_MAX, Document, EventPattern, InvalidPattern, PATTERN_CHARS_MAX};

#[track_caller]
pub(crate) fn admits(pattern: &str, event: &str) -> bool {
    let parsed = EventPattern::parse(pattern).unwrap_or_else(|fault| panic!("{pattern}: {}", fault.reason()));
    assert_eq!(parsed.text(), pattern);
    parsed.admits(&Document::read(event).unwrap_or_else(|| panic!("{event}")))
}

#[track_caller]
fn check(rows: &[(&str, &[&str], &[&str])]) {
    for (alternatives, matching, other) in rows {
        let pattern = format!(r#"{{"k":[{alternatives}]}}"#);
        for value in *matching {
            assert!(admits(&pattern, &format!(r#"{{"k":{value}}}"#)), "[{alternatives}] of {value}");
        }
        for value in *other {
            assert!(!admits(&pattern, &format!(r#"{{"k":{value}}}"#)), "[{alternatives}] of {value}");
        }
    }
}

#[test]
fn each_operator_admits_what_it_is_for() {
    check(&[
        (
            r#""a",1,true,null,"""#,
            &[r#""a""#, "1", "1.0", "true", "null", r#""""#],
            &[r#""A""#, r#""1""#, "false", "2"],
        ),
        ("300", &["300.0", "3.0e2"], &[r#""300""#, "300.1"]),
        ("123456789012", &["123456789012"], &["123456789013"]),
        (r#"{"prefix":"x"}"#, &[r#""x""#, r#""xy""#], &[r#""Xy""#, "5", "null"]),
        (r#"{"prefix":""}"#, &[r#""""#, r#""x""#], &["5", "null"]),
        (r#"{"prefix":{"equals-ignore-case":"ÀB"}}"#, &[r#""àbc""#, r#""Àb""#], &[r#""à""#, r#""xàb""#]),
        (r#"{"suffix":".png"}"#, &[r#""a.png""#], &[r#""a.PNG""#]),
        (r#"{"suffix":{"equals-ignore-case":".PnÉ"}}"#, &[r#""a.pNé""#], &[r#""né""#, r#""a.pné ""#]),
        (r#"{"equals-ignore-case":"aBc"}"#, &[r#""AbC""#], &[r#""ab""#, "5"]),
        (r#"{"wildcard":"a*b\\*"}"#, &[r#""ab*""#, r#""axb*""#], &[r#""ab""#, r#""abx""#, "5"]),
        (r#"{"numeric":["=",5]}"#, &["5", "5.0"], &[r#""5""#, "4"]),
        (r#"{"numeric":[">",0,"<=",5000000000]}"#, &["0.1", "5e9"], &["0", "5000000001", "true"]),
        (r#"{"cidr":"10.0.0.0/24"}"#, &[r#""10.0.0.9""#], &[r#""10.0.1.0""#, r#""x""#]),
        (r#"{"cidr":"2001:db8::/32"}"#, &[r#""2001:db8::1""#], &[r#""10.0.0.1""#]),
        (r#"{"exists":true}"#, &["1", "null", r#""""#, "[1]"], &["[]", "{}", r#"{"a":1}"#]),
        (r#"{"exists":false}"#, &["[]", "{}", r#"{"a":1}"#], &["1", "null", "[null]"]),
        ("null", &["null", "[1,null]"], &["[]"]),
    ]);
}

#[test]
fn anything_but_takes_what_exists_and_is_not_excluded() {
    check(&[
        (r#"{"anything-but":"a"}"#, &[r#""b""#, "null", "5", r#"["a","b"]"#], &[r#""a""#, "[]", r#"["a"]"#, "{}"]),
        (r#"{"anything-but":["a","b"]}"#, &[r#""c""#], &[r#""b""#]),
        (r#"{"anything-but":[5,6]}"#, &["7", r#""5""#], &["5.0"]),
        (r#"{"anything-but":{"prefix":"a"}}"#, &[r#""b""#, "5"], &[r#""ab""#]),
        (r#"{"anything-but":{"prefix":["a","b"]}}"#, &[r#""c""#], &[r#""ab""#, r#""ba""#]),
        (r#"{"anything-but":{"suffix":"a"}}"#, &[r#""ab""#], &[r#""ba""#]),
        (r#"{"anything-but":{"suffix":["a","b"]}}"#, &[r#""ac""#], &[r#""ab""#]),
        (r#"{"anything-but":{"equals-ignore-case":["A","b"]}}"#, &[r#""ab""#], &[r#""a""#, r#""B""#]),
        (r#"{"anything-but":{"wildcard":"a*c"}}"#, &[r#""abd""#, "null"], &[r#""abc""#]),
        (r#"{"anything-but":{"wildcard":["a*c","*d"]}}"#, &[r#""abe""#], &[r#""abd""#, r#""ac""#]),
    ]);
    assert!(!admits(r#"{"k":[{"anything-but":"a"}]}"#, "{}"));
}

#[test]
fn nested_keys_are_joined_by_dots() {
    let events = [r#"{"a":{"b":1}}"#, r#"{"a.b":1}"#, r#"{"a":{"c":2,"b":1}}"#, r#"{"a":[{"b":[0,1]}]}"#];
    for pattern in [r#"{"a":{"b":[1]}}"#, r#"{"a.b":[1]}"#] {
        events.iter().for_each(|event| assert!(admits(pattern, event), "{pattern} {event}"));
        for event in [r#"{"a":1}"#, r#"{"a":{"b":{"c":1}}}"#, r#"{"b":1}"#, r#"{"a":{"b":"{\"b\":1}"}}"#] {
            assert!(!admits(pattern, event), "{pattern} {event}");
        }
    }
}

#[test]
fn a_dotted_key_beside_an_object_is_a_member_of_it() {
    let pattern = r#"{"a":{"b":[1],"c":[2]}}"#;
    for event in [
        r#"{"a":{"b":1},"a.c":2}"#,
        r#"{"a.b":1,"a.c":2}"#,
        r#"{"a.c":2,"a":{"b":1,"d":{"e":0}},"a.d.f":3}"#,
        r#"{"a":{"b":0,"c":2},"a.b":1}"#,
    ] {
        assert!(admits(pattern, event), "{event}");
    }
    assert!(!admits(pattern, r#"{"a":{"b":1},"a.c":3}"#));
    assert!(admits(r#"{"":{"":[1]}}"#, r#"{".":1}"#));
}

#[test]
fn all_that_is_asked_of_an_object_in_an_array_holds_for_the_same_one() {
    let pattern = r#"{"r":{"t":["put"],"n":[{"numeric":[">",10]}]}}"#;
    assert!(admits(pattern, r#"{"r":[{"t":"get"},{"t":"put","n":11}]}"#));
    assert!(!admits(pattern, r#"{"r":[{"t":"put","n":1},{"t":"get","n":11}]}"#));
    // A choice that stands above is of the same object too.
    let pattern = r#"{"r":{"t":["put"]},"$or":[{"r":{"n":[1]}},{"r":{"n":[2]}}]}"#;
    assert!(admits(pattern, r#"{"r":[{"t":"get"},{"t":"put","n":2}]}"#));
    assert!(!admits(pattern, r#"{"r":[{"t":"put"},{"n":2}]}"#));
}

#[test]
fn what_must_not_exist_is_looked_for_where_the_rest_is_found() {
    let pattern = r#"{"r":{"t":["put"],"n":[{"exists":false}]}}"#;
    assert!(admits(pattern, r#"{"r":[{"t":"put"},{"t":"get","n":1}]}"#));
    assert!(!admits(pattern, r#"{"r":[{"t":"put","n":1},{"t":"get"}]}"#));
    let alone = r#"{"r":{"n":[{"exists":false}]}}"#;
    assert!(!admits(alone, r#"{"r":[{"t":"put"},{"n":1}]}"#));
    assert!(admits(alone, r#"{"r":[{"t":"put"},2]}"#));
    assert!(admits(alone, "{}"));
}

#[test]
fn a_choice_stands_at_any_level() {
    let pattern = r#"{"s":["x"],"d":{"$or":[{"a":[1],"b":[1]},{"e":{"$or":[{"b":[2]},{"c":[3]}]}}]}}"#;
    for event in [r#"{"s":"x","d":{"a":1,"b":1}}"#, r#"{"s":"x","d":{"e":{"c":3}}}"#] {
        assert!(admits(pattern, event), "{event}");
    }
    for event in [r#"{"s":"x","d":{"a":1}}"#, r#"{"d":{"e":{"c":3}}}"#, r#"{"s":"x"}"#] {
        assert!(!admits(pattern, event), "{event}");
    }
}

#[test]
fn of_a_key_that_comes_twice_the_last_counts() {
    assert!(admits(r#"{"k":["x"],"k":["y"]}"#, r#"{"k":"x","k":"y"}"#));
    assert!(!admits(r#"{"k":["x"]}"#, r#"{"k":"x","k":"y"}"#));
}

#[test]
fn only_a_json_object_is_a_document() {
    for text in ["", "[]", "1", "\"a\"", "{", "{} {}"] {
        assert!(Document::read(text).is_none(), "{text}");
    }
    let nested = |levels: usize| format!("{}1{}", r#"{"k":"#.repeat(levels), "}".repeat(levels));
    assert!(Document::read(&nested(128)).is_some());
    assert!(Document::read(&nested(129)).is_none());
    let dotted = |dots: usize| format!(r#"{{"{}":1}}"#, ".".repeat(dots));
    assert!(Document::read(&dotted(127)).is_some());
    assert!(Document::read(&dotted(500_000)).is_none());
    assert!(Document::read(&format!(r#"{{"k":{}"#, "[".repeat(500_000))).is_none());
}

fn reason(pattern: &str) -> String {
    let fault: InvalidPattern = EventPattern::parse(pattern).expect_err(pattern);
    assert_eq!(fault.to_string(), "Invalid filter pattern definition.");
    let reason = fault.reason();
    reason.split_once(" (line ").map_or(reason, |(reason, _)| reason).to_owned()
}

#[test]
fn what_is_no_pattern_is_refused_with_a_reason() {
    for (pattern, expected) in [
        ("{}", "Empty objects are not allowed"),
        ("null", "Filter is not an object"),
        (r#""simple string""#, "Filter is not an object"),
        (r#"{"k":"aws:sqs"}"#, "\"k\" must be an object or an array"),
        (r#"{"k":[]}"#, "Empty arrays are not allowed"),
        (r#"{"k":{}}"#, "Empty objects are not allowed"),
        (r#"{"k":[["a"]]}"#, "Match value must be String, number, true, false, or null"),
        (r#"{"k":[{"EXISTS":true}]}"#, "Unrecognized match type EXISTS"),
        (r#"{"k":[{"exists":"true"}]}"#, "exists match pattern must be either true or false."),
        (r#"{"k":[{"prefix":5}]}"#, "prefix match pattern must be a string"),
        (r#"{"k":[{"prefix":{"suffix":"a"}}]}"#, "Unsupported prefix pattern: suffix"),
        (r#"{"k":[{"suffix":{"equals-ignore-case":5}}]}"#, "equals-ignore-case match pattern must be a string"),
        (r#"{"k":[{"prefix":"a","suffix":"b"}]}"#, "Only one key allowed in match expression"),
        (r#"{"k":[{"wildcard":"a**b"}]}"#, "Consecutive wildcard characters at pos 1"),
        (r#"{"k":[{"wildcard":"a\\b"}]}"#, "Invalid escape character at pos 1"),
        (r#"{"k":[{"wildcard":["a*"]}]}"#, "wildcard match pattern must be a string"),
        (r#"{"k":[{"anything-but":null}]}"#, "Value of anything-but must be an array or single string/number value."),
        (r#"{"k":[{"anything-but":[true]}]}"#, "Inside anything but list, start|null|boolean is not supported."),
        (r#"{"k":[{"anything-but":{"prefix":""}}]}"#, "Null prefix/suffix not allowed"),
        (r#"{"k":[{"anything-but":{"suffix":["a",""]}}]}"#, "Null prefix/suffix not allowed"),
        (r#"{"k":[{"anything-but":{"prefix":[]}}]}"#, "Empty arrays are not allowed"),
        (r#"{"k":[{"anything-but":{"prefix":{"equals-ignore-case":"a"}}}]}"#, "prefix match pattern must be a string"),
        (
            r#"{"k":[{"anything-but":{"wildcard":["a",5]}}]}"#,
            "Inside anything but wildcard list, only strings are supported.",
        ),
        (r#"{"k":[{"anything-but":{"numeric":["=",5]}}]}"#, "Unsupported anything-but pattern: numeric"),
        (r#"{"k":[{"numeric":[">",5,">",6]}]}"#, "Bad numeric range operator: >"),
        (r#"{"k":[{"numeric":["<",5000000001]}]}"#, "Value must be between -5.0E9 and 5.0E9, inclusive"),
        (r#"{"k":[{"cidr":"10.0.0.0"}]}"#, "Malformed CIDR, one '/' required"),
        (r#"{"$or":[{"k":[1]}]}"#, "\"$or\" must be an array of at least two objects"),
        (
            "{'k':['a']}",
            "failed to parse JSON. Unexpected character ('\\'' (code 39)): was expecting double-quote to start field name",
        ),
    ] {
        assert_eq!(reason(pattern), expected, "{pattern}");
    }
    let fault = EventPattern::parse("{\n\"k\":5}").unwrap_err();
    assert_eq!(fault.reason(), "\"k\" must be an object or an array (line 2, column 6)");
}

#[test]
fn a_pattern_is_as_long_as_it_may_be() {
    let of_length = |chars: usize| format!(r#"{{"k":["{}"]}}"#, "é".repeat(chars - r#"{"k":[""]}"#.len()));
    assert!(EventPattern::parse(&of_length(PATTERN_CHARS_MAX)).is_ok());
    assert_eq!(reason(&of_length(PATTERN_CHARS_MAX + 1)), "A pattern has at most 4096 characters");
    assert_eq!(reason(&r#"{"k":"#.repeat(600)), "Rule is too complex");
}

#[test]
fn choices_are_combined_as_often_as_they_may_be() {
    let choice = |key: char, of: usize| {
        let groups: Vec<String> = (0..of).map(|value| format!(r#"{{"{key}":[{value}]}}"#)).collect();
        format!(r#""{key}{key}":{{"$or":[{}]}}"#, groups.join(","))
    };
    let pattern = format!("{{{},{},{}}}", choice('a', 10), choice('b', 10), choice('c', 10));
    assert_eq!(COMBINATIONS_MAX, 1000);
    assert!(admits(&pattern, r#"{"aa":{"a":9},"bb":{"b":0},"cc":{"c":5}}"#));
    let pattern = format!("{{{},{},{}}}", choice('a', 10), choice('b', 10), choice('c', 11));
    assert_eq!(reason(&pattern), "There are more than 1000 combinations of $or");
}
