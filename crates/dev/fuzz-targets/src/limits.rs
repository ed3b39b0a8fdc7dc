//! Rules for limits on calls as they are written down, and what targets answer.
//!
//! An input is a line with a rule (the text of a tag, or JSON), an event in which its key is looked for, a blank line,
//! then answers, each a line with a status and a line for each header, with blank lines between them.

use bongsu_rate_limit::{Bucket, Feedback, KEY_BYTES_MAX, KeyExpression, PAUSE_MAX_MS, Rule};
use serde_json::Value;

use crate::http_text;

/// When the first call begins: 2026-01-01T00:00:00Z.
const BEGINNING: u64 = 1_767_225_600_000;
/// What a call takes.
const CALL_MS: u64 = 35;
/// Answers of one input.
const ANSWERS_MAX: usize = 32;

/// Takes a rule, an event, and answers.
///
/// # Panics
///
/// If a refusal has no words, a rule is not read as it was written, or a bucket is not found again in its numbers, is
/// free in the past, keeps its target from being called for longer than a pause may last, or is not free when it said
/// that it would be.
pub fn limits(input: &[u8]) {
    let (rule, answers) = http_text::split_at_blank_line(input);
    let (rule, event) = http_text::split_at_line(rule);
    let Ok(rule) = std::str::from_utf8(rule) else { return };
    let rule = parsed(rule);
    if let (Some(KeyExpression::Path(path)), Ok(event)) = (&rule.key, serde_json::from_slice::<Value>(event)) {
        assert!(path.key(&event).len() <= KEY_BYTES_MAX);
    }
    let limit = rule.limit.as_ref();
    let (mut bucket, mut now) = (Bucket::default(), BEGINNING);
    for answer in http_text::parts(answers).take(ANSWERS_MAX) {
        let free_at = bucket.free_at(limit, 0, now).expect("nothing is under way");
        assert!(free_at >= now, "{free_at} lies before {now}");
        assert_eq!(bucket.free_at(limit, 0, free_at), Some(free_at), "free when it said so");
        now = free_at;
        bucket.begin(limit, now);
        now += CALL_MS;
        bucket.end(&feedback(answer, now), 0, now);
        assert_eq!(Bucket::from_numbers(&bucket.numbers()).as_ref(), Some(&bucket));
        let said = bucket.free_at(None, 0, now).expect("nothing is under way");
        assert!(said <= now + PAUSE_MAX_MS, "{bucket:?} waits until {said} at {now}");
    }
}

/// The rule, or none if it is refused.
fn parsed(text: &str) -> Rule {
    let rule = match serde_json::from_str::<Value>(text) {
        Ok(json) => Rule::from_json(&json),
        Err(_) => Rule::parse(text),
    };
    match rule {
        Ok(rule) => {
            let written = rule.to_string();
            assert_eq!(Rule::parse(&written).as_ref(), Ok(&rule), "{written}");
            rule
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Rule::default()
        }
    }
}

fn feedback(answer: &[u8], now: u64) -> Feedback {
    let answer = String::from_utf8_lossy(answer);
    let (status, headers) = answer.split_once('\n').unwrap_or((&answer, ""));
    let headers = headers.lines().filter_map(|line| line.split_once(':'));
    Feedback::from_response(status.parse().unwrap_or(200), headers, now)
}
