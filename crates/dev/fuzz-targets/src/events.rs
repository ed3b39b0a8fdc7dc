//! Event patterns, the documents that they are held against, and filters over messages.
//!
//! An input is a pattern, a blank line, and a text that is taken as a document and as a message's body.

use bongsu_event_pattern::{Document, EventPattern, Filters, Record, RecordAttribute};
use serde::de::IgnoredAny;

use crate::http_text;

/// Takes a pattern and what it may admit.
///
/// # Panics
///
/// If a document is no JSON object, or a filter for the body says something else of a JSON body than its pattern.
pub fn events(input: &[u8]) {
    let (pattern, text) = http_text::split_at_blank_line(input);
    let (Ok(pattern), Ok(text)) = (std::str::from_utf8(pattern), std::str::from_utf8(text)) else { return };
    let document = Document::read(text);
    // Half a surrogate pair is JSON, too.
    let is_json = || serde_json::from_str::<IgnoredAny>(text).is_ok();
    assert!(document.is_none() || text.trim_start().starts_with('{') && is_json(), "{text}");
    let parsed = match EventPattern::parse(pattern) {
        Ok(parsed) => parsed,
        Err(fault) => return assert!(!fault.reason().is_empty()),
    };
    let verdict = document.map(|document| parsed.admits(&document));
    let attribute = RecordAttribute { name: text, data_type: "String", string_value: Some(text), binary_value: None };
    let record = Record {
        message_id: text,
        receipt_handle: "r",
        body: text,
        md5_of_body: "5",
        md5_of_message_attributes: None,
        attributes: &[("SenderId", text)],
        message_attributes: &[attribute],
    };
    let admits = |pattern: &str| Filters::parse(&[pattern]).ok().map(|filters| filters.admits(&record));
    assert!(admits(pattern).is_some(), "a pattern is a filter");
    if let (Some(verdict), Some(filtered)) = (verdict, admits(&format!(r#"{{"body":{pattern}}}"#))) {
        assert_eq!(verdict, filtered, "{pattern} of {text}");
    }
}
