//! What Step Functions adds to the library.

use bongsu_jsonata::Library;

use crate::{evaluate, json, told};

#[track_caller]
fn check(expression: &str, expected: &str) {
    let input = json(r#"{"list":[1,2,3,4,5]}"#);
    assert_eq!(told(evaluate(expression, Some(&input), Library::StepFunctions)), expected, "{expression}");
}

#[test]
fn arrays_are_partitioned() {
    check("$partition(list, 2)", "[[1,2],[3,4],[5]]");
    check("$partition(list, 9)", "[[1,2,3,4,5]]");
    check("$partition([], 2)", "[]");
    check("$partition(missing, 2)", "nothing");
    for size in ["0", "-1", "1.5"] {
        check(&format!("$partition(list, {size})"), "!D3141");
    }
}

#[test]
fn ranges_have_steps() {
    check("$range(0, 10, 5)", "[0,5,10]");
    check("$range(1, 8, 3)", "[1,4,7]");
    check("$range(3, 1, -1)", "[3,2,1]");
    check("$range(3, 1, 1)", "[]");
    check("$range(1, 2, 0)", "!D3141");
    check("$range(1, 1001, 1)", "!D3141");
    check("$range(1, 2.5, 1)", "!D3141");
}

#[test]
fn hashes_are_hexadecimal() {
    check("$hash('abc', 'MD5')", r#""900150983cd24fb0d6963f7d28e17f72""#);
    check("$hash('abc', 'SHA-1')", r#""a9993e364706816aba3e25717850c26c9cd0d89d""#);
    check("$length($hash('abc', 'SHA-256'))", "64");
    check("$length($hash('abc', 'SHA-384'))", "96");
    check("$length($hash('abc', 'SHA-512'))", "128");
    check("$hash('abc', 'sha256')", "!D3141");
    check("$hash(1, 'MD5')", "!T0410");
}

#[test]
fn random_numbers_follow_from_their_seed() {
    check("$random()", "0.25");
    check("$random(7) = $random(7)", "true");
    check("$random(7) = $random(8)", "false");
    check("$random(7) >= 0 and $random(7) < 1", "true");
}

#[test]
fn identifiers_come_from_the_host() {
    check("$uuid()", r#""5f2b3c1e-0000-4000-8000-0123456789ab""#);
}

#[test]
fn texts_are_parsed_as_json() {
    check(r#"$parse('{"a":[1,null]}').a"#, "[1,null]");
    check("$parse('5') + 1", "6");
    check("$parse('{')", "!D3141");
    check("'[1]' ~> $parse()", "[1]");
}

#[test]
fn texts_are_encoded_as_utf_8() {
    check("$base64encode('봉수')", r#""67SJ7IiY""#);
    check("$base64decode('67SJ7IiY')", r#""봉수""#);
}

#[test]
fn there_is_no_eval() {
    check("$eval('1')", "!T1006");
}
