//! Filters of event source mappings over the messages of a queue.

use bongsu_event_pattern::{FILTERS_MAX, Filters, MappingFilter, Record, RecordAttribute};

const RECORD: Record<'_> = Record {
    message_id: "059f36b4-87a3-44ab-83d2-661975830a7d",
    receipt_handle: "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
    body: "plain",
    md5_of_body: "e4da3b7fbbce2345d7772b0674a318d5",
    md5_of_message_attributes: None,
    attributes: &[("ApproximateReceiveCount", "1"), ("MessageGroupId", "g")],
    message_attributes: &[
        RecordAttribute { name: "kind.sub", data_type: "String", string_value: Some("put"), binary_value: None },
        RecordAttribute { name: "raw", data_type: "Binary", string_value: None, binary_value: Some("AQI=") },
    ],
};

#[track_caller]
fn admits(pattern: &str, body: &str) -> bool {
    Filters::parse(&[pattern]).expect(pattern).admits(&Record { body, ..RECORD })
}

#[test]
fn a_pattern_for_the_body_is_for_plain_texts_or_for_json() {
    let (plain, json, none) = (r#"{"body":["x"]}"#, r#"{"body":{"k":[1]}}"#, r#"{"messageId":[{"exists":true}]}"#);
    for (pattern, body, expected) in [
        (plain, "x", true),
        (plain, "y", false),
        (json, "x", false),
        (none, "x", true),
        (json, r#" {"k":1} "#, true),
        (json, r#"{"k":2}"#, false),
        (json, r#"[{"k":2},{"k":1}]"#, true),
        (none, r#"{"k":1}"#, true),
        (r#"{"body":[{"prefix":""}]}"#, r#"{"k":1}"#, false),
        (r#"{"body":[{"exists":false}]}"#, r#"{"k":1}"#, false),
        (r#"{"body":[{"prefix":"x"}]}"#, r#"["x"]"#, false),
        (r#"{"body":{"k":[{"exists":false}]}}"#, "x", false),
        (r#"{"body":{"k":[{"exists":false}]}}"#, "{}", true),
        (r#"{"body":["123"]}"#, "123", true),
        (r#"{"body":[123]}"#, "123", false),
        (r#"{"body":["\"x\""]}"#, r#""x""#, true),
        (r#"{"body":[{"prefix":"{"}]}"#, "{not json", true),
        (r#"{"body.k":[1]}"#, r#"{"k":1}"#, true),
        (r#"{"$or":[{"body":["x"]},{"body":{"k":[1]}}]}"#, "x", true),
        (r#"{"$or":[{"body":["x"]},{"body":{"k":[1]}}]}"#, r#"{"k":1}"#, true),
        (r#"{"body":["x"],"body.k":[1]}"#, r#"{"k":1}"#, false),
    ] {
        assert_eq!(admits(pattern, body), expected, "{pattern} of {body}");
    }
}

#[test]
fn other_members_of_the_record_are_looked_at() {
    for (pattern, expected) in [
        (r#"{"messageId":[{"prefix":"059f"}]}"#, true),
        (r#"{"receiptHandle":[{"wildcard":"AQEB*"}]}"#, true),
        (r#"{"md5OfBody":[{"exists":true}]}"#, true),
        (r#"{"md5OfMessageAttributes":[{"exists":false}]}"#, true),
        (r#"{"attributes":{"ApproximateReceiveCount":["1"]}}"#, true),
        (r#"{"attributes":{"ApproximateReceiveCount":[1]}}"#, false),
        (r#"{"attributes":{"MessageGroupId":[{"anything-but":"g"}]}}"#, false),
        (r#"{"attributes.MessageGroupId":["g"],"body":["plain"]}"#, true),
        (r#"{"messageAttributes":{"kind.sub":{"stringValue":["put"],"dataType":["String"]}}}"#, true),
        (r#"{"messageAttributes":{"raw":{"binaryValue":["AQI="],"stringValue":[{"exists":false}]}}}"#, true),
        (r#"{"messageAttributes":{"other":{"stringValue":[{"exists":true}]}}}"#, false),
        (r#"{"eventSource":["aws:sqs"]}"#, false),
        (r#"{"eventSource":[{"exists":false}]}"#, true),
    ] {
        assert_eq!(admits(pattern, "plain"), expected, "{pattern}");
    }
}

#[test]
fn a_message_matches_one_of_the_filters() {
    let filters = Filters::parse(&[r#"{"body":["x"]}"#, r#"{"body":{"k":[1]}}"#]).unwrap();
    for (body, expected) in [("x", true), (r#"{"k":1}"#, true), ("y", false), ("{}", false)] {
        assert_eq!(filters.admits(&Record { body, ..RECORD }), expected, "{body}");
    }
    let texts: Vec<_> = filters.iter().map(MappingFilter::text).collect();
    assert_eq!(texts, [r#"{"body":["x"]}"#, r#"{"body":{"k":[1]}}"#]);
}

#[test]
fn without_filters_every_message_matches() {
    assert!(Filters::default().is_empty());
    assert!(Filters::default().admits(&RECORD));
    assert_eq!(Filters::parse::<&str>(&[]), Ok(Filters::default()));
}

#[test]
fn the_first_pattern_that_is_none_is_told() {
    let patterns = [r#"{"body":["x"]}"#, r#"{"eventSource":"aws:sqs"}"#];
    let fault = Filters::parse(&patterns).unwrap_err();
    assert_eq!(fault.to_string(), "Invalid filter pattern definition.");
    assert_eq!(fault.reason(), "\"eventSource\" must be an object or an array (line 1, column 25)");
}

#[test]
fn there_are_as_many_filters_as_there_may_be() {
    let patterns = [r#"{"body":["x"]}"#; FILTERS_MAX + 1];
    assert!(Filters::parse(&patterns[1..]).is_ok());
    assert_eq!(Filters::parse(&patterns).unwrap_err().reason(), "There are at most 10 filters");
}
