//! Input templates: text with `<$.path>` and `<aws.pipes.…>` in it, filled in for each event.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html>

use std::borrow::Cow;

use super::path::{Path, is_json, text_of, with_body_decoded};

/// The longest template, in characters.
pub(super) const TEMPLATE_CHARS_MAX: usize = 8192;
/// The longest text that a template may come to: what functions take.
pub(super) const FILLED_BYTES_MAX: usize = 6 << 20;

/// How variables of the service begin.
const VARIABLE: &str = "aws.pipes.";

/// A template that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InputTemplate {
    parts: Vec<Part>,
    /// Whether it is JSON wherever its values stand, so that what it comes to must be.
    is_json: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Value { variable: Variable, is_quoted: bool },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Variable {
    Path(Path),
    PipeArn,
    PipeName,
    SourceArn,
    EnrichmentArn,
    TargetArn,
    IngestionTime,
    Event,
    EventJson,
}

/// What all events of a pipe have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) pipe_arn: String,
    pub(super) pipe_name: String,
    pub(super) source_arn: String,
    pub(super) enrichment_arn: String,
    pub(super) target_arn: String,
}

/// Why a template comes to nothing for an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfilled {
    #[error("what the input template comes to is not JSON")]
    NotJson,
    #[error("what the input template comes to is longer than {FILLED_BYTES_MAX} bytes")]
    TooLong,
}

impl InputTemplate {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// With the placeholder that is none.
    pub(super) fn parse(text: &str) -> Result<InputTemplate, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        let mut plain = String::new();
        while let Some(at) = rest.find('<') {
            let inside = &rest[at + 1..];
            // Anything else in brackets is text.
            if !inside.starts_with('$') && !inside.starts_with(VARIABLE) {
                plain.push_str(&rest[..=at]);
                rest = inside;
                continue;
            }
            let (name, after) = inside.split_once('>').ok_or_else(|| format!("<{inside}"))?;
            let variable = Variable::parse(name).ok_or_else(|| format!("<{name}>"))?;
            plain.push_str(&rest[..at]);
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.push(Part::Value { variable, is_quoted: false });
            rest = after;
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        let is_json = mark_quoted(&mut parts);
        Ok(InputTemplate { parts, is_json })
    }

    /// What it comes to for this event, which is JSON.
    pub(super) fn fill(&self, event: &str, names: &Names, ingested_at: &str) -> Result<String, Unfilled> {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Value { variable, is_quoted } => {
                    let value = variable.value(event, names, ingested_at);
                    self.push(&mut filled, value.as_deref(), *is_quoted);
                }
            }
            if filled.len() > FILLED_BYTES_MAX {
                return Err(Unfilled::TooLong);
            }
        }
        if self.is_json && !is_json(&filled) { Err(Unfilled::NotJson) } else { Ok(filled) }
    }

    /// Adds a value, which is JSON, if there is one.
    fn push(&self, filled: &mut String, value: Option<&str>, is_quoted: bool) {
        match value {
            None if self.is_json && !is_quoted => filled.push_str("\"\""),
            None => {}
            Some(json) if !is_quoted => filled.push_str(&text_of(json)),
            // A JSON string is between its quotes what the template has between its own.
            Some(json) if json.starts_with('"') => filled.push_str(&json[1..json.len() - 1]),
            Some(json) => filled.push_str(&escaped(json)),
        }
    }
}

/// Notes which values stand in quotes, and whether the whole is JSON with any values.
fn mark_quoted(parts: &mut [Part]) -> bool {
    let (mut in_quotes, mut is_escaped) = (false, false);
    let mut with_any_values = String::new();
    for part in parts.iter_mut() {
        match part {
            Part::Text(text) => {
                for c in text.chars() {
                    match c {
                        _ if is_escaped => is_escaped = false,
                        '\\' => is_escaped = in_quotes,
                        '"' => in_quotes = !in_quotes,
                        _ => {}
                    }
                }
                with_any_values.push_str(text);
            }
            Part::Value { is_quoted, .. } => {
                *is_quoted = in_quotes;
                with_any_values.push_str(if in_quotes { "" } else { "0" });
            }
        }
    }
    let is_json = with_any_values.trim_start().starts_with(['{', '[', '"']) && is_json(&with_any_values);
    if !is_json {
        let values = parts.iter_mut().filter_map(|part| match part {
            Part::Value { is_quoted, .. } => Some(is_quoted),
            Part::Text(_) => None,
        });
        values.for_each(|is_quoted| *is_quoted = false);
    }
    is_json
}

impl Variable {
    fn parse(name: &str) -> Option<Variable> {
        Some(match name.strip_prefix(VARIABLE) {
            None => Variable::Path(Path::parse(name)?),
            Some("pipe-arn") => Variable::PipeArn,
            Some("pipe-name") => Variable::PipeName,
            Some("source-arn") => Variable::SourceArn,
            Some("enrichment-arn") => Variable::EnrichmentArn,
            Some("target-arn") => Variable::TargetArn,
            Some("event.ingestion-time") => Variable::IngestionTime,
            Some("event") => Variable::Event,
            Some("event.json") => Variable::EventJson,
            Some(_) => return None,
        })
    }

    /// As JSON.
    fn value<'e>(&self, event: &'e str, names: &Names, ingested_at: &str) -> Option<Cow<'e, str>> {
        let name = match self {
            Variable::Path(path) => return path.find(event),
            Variable::Event => return Some(Cow::Borrowed(event)),
            Variable::EventJson => return Some(with_body_decoded(event)),
            Variable::PipeArn => &names.pipe_arn,
            Variable::PipeName => &names.pipe_name,
            Variable::SourceArn => &names.source_arn,
            Variable::EnrichmentArn => &names.enrichment_arn,
            Variable::TargetArn => &names.target_arn,
            Variable::IngestionTime => ingested_at,
        };
        Some(Cow::Owned(serde_json::Value::from(name).to_string()))
    }
}

/// As it stands between the quotes of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"messageId":"m-1","body":"{\"id\":7,\"name\":\"say \\\"hi\\\"\",\"tags\":[\"a\"]}"}"#;

    fn filled(template: &str, event: &str) -> Result<String, Unfilled> {
        let names = Names {
            pipe_arn: "arn:pipe".into(),
            pipe_name: "p".into(),
            source_arn: "arn:queue".into(),
            enrichment_arn: String::new(),
            target_arn: "arn:target".into(),
        };
        InputTemplate::parse(template).unwrap().fill(event, &names, "2026-01-01T00:00:00Z")
    }

    #[test]
    fn every_placeholder_has_its_value() {
        for (template, expected) in [
            ("no placeholder, <b>bold</b>", "no placeholder, <b>bold</b>"),
            ("<$.messageId>", "m-1"),
            ("<$.body>", r#"{"id":7,"name":"say \"hi\"","tags":["a"]}"#),
            ("Order <$.body.id> of <$.body.name>", r#"Order 7 of say "hi""#),
            (r#"{"id":<$.body.id>,"name":"<$.body.name>"}"#, r#"{"id":7,"name":"say \"hi\""}"#),
            (r#"{"tags":<$.body.tags>,"text":"<$.body.tags>"}"#, r#"{"tags":["a"],"text":"[\"a\"]"}"#),
            (r#"{"a":"<$.none>","b":<$.none>}"#, r#"{"a":"","b":""}"#),
            ("[<$.none>]", r#"[""]"#),
            ("text <$.none>.", "text ."),
            (
                r#"["<aws.pipes.pipe-arn>","<aws.pipes.pipe-name>","<aws.pipes.source-arn>","<aws.pipes.target-arn>"]"#,
                r#"["arn:pipe","p","arn:queue","arn:target"]"#,
            ),
            (r#""<aws.pipes.enrichment-arn>""#, r#""""#),
            ("<aws.pipes.event.ingestion-time>", "2026-01-01T00:00:00Z"),
            ("<aws.pipes.event>", EVENT),
            (
                r#"{"e":<aws.pipes.event.json>}"#,
                r#"{"e":{"messageId":"m-1","body":{"id":7,"name":"say \"hi\"","tags":["a"]}}}"#,
            ),
            (r#"{"quote\"d":"<$.messageId>"}"#, r#"{"quote\"d":"m-1"}"#),
        ] {
            assert_eq!(filled(template, EVENT).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn the_event_as_text_can_stand_in_quotes() {
        let expected = r#"{"e":"{\"body\":\"x\"}"}"#;
        assert_eq!(filled(r#"{"e":"<aws.pipes.event>"}"#, r#"{"body":"x"}"#).as_deref(), Ok(expected));
    }

    #[test]
    fn a_template_that_is_json_comes_to_json() {
        assert_eq!(filled(r#"{"id":<$.messageId>}"#, EVENT), Err(Unfilled::NotJson));
        assert_eq!(filled("[INFO] <$.messageId>", EVENT).as_deref(), Ok("[INFO] m-1"));
        assert_eq!(filled("{<$.messageId>}", EVENT).as_deref(), Ok("{m-1}"));
    }

    #[test]
    fn what_a_template_comes_to_is_bounded() {
        let event = format!(r#"{{"body":"{}"}}"#, "x".repeat(1 << 20));
        assert_eq!(filled(&"<$.body>".repeat(7), &event), Err(Unfilled::TooLong));
    }

    #[test]
    fn a_placeholder_that_is_none_is_refused() {
        for (template, culprit) in [
            ("<$.a", "<$.a"),
            ("a <$.a b> c", "<$.a b>"),
            ("<$..a>", "<$..a>"),
            ("<aws.pipes.something>", "<aws.pipes.something>"),
        ] {
            assert_eq!(InputTemplate::parse(template), Err(culprit.to_owned()));
        }
    }
}
