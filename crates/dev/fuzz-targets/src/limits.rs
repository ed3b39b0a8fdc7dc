//! Limits on calls as they are written down, and what targets answer.
//!
//! An input is a line with a rate, a burst and a concurrency, a line with a key, JSON to look for it in, a blank line,
//! then answers, each a line with a status and a line for each header, with blank lines between them.

use bongsu_rate_limit::{Bucket, Feedback, KeyExpression, Limit, PAUSE_MAX_MS, Rate};
use serde_json::Value;

use crate::http_text;

/// When the first call begins: 2026-01-01T00:00:00Z.
const BEGINNING: u64 = 1_767_225_600_000;
/// What a call takes.
const CALL_MS: u64 = 35;
/// Answers of one input.
const ANSWERS_MAX: usize = 32;

/// Takes a limit, a key, an event, and answers.
///
/// # Panics
///
/// If a refusal has no words, a bucket is not found again in its numbers, is free in the past, keeps its target from
/// being called for longer than a pause may be, or is not free when it said that it would be.
pub fn limits(input: &[u8]) {
    let (rule, answers) = http_text::split_at_blank_line(input);
    let (limit, rest) = http_text::split_at_line(rule);
    let (key, event) = http_text::split_at_line(rest);
    let (Ok(limit), Ok(key)) = (std::str::from_utf8(limit), std::str::from_utf8(key)) else { return };
    look(key, event);
    let limit = parsed(limit);
    let (mut bucket, mut now) = (Bucket::default(), BEGINNING);
    for answer in http_text::parts(answers).take(ANSWERS_MAX) {
        let free_at = bucket.free_at(limit.as_ref(), now).expect("nothing is under way");
        assert!(free_at >= now, "{free_at} lies before {now}");
        assert_eq!(bucket.free_at(limit.as_ref(), free_at), Some(free_at), "free when it said so");
        now = free_at;
        bucket.begin(limit.as_ref(), now);
        now += CALL_MS;
        bucket.end(&feedback(answer, now), now);
        assert_eq!(Bucket::from_numbers(&bucket.numbers()), bucket);
        let said = bucket.free_at(None, now).expect("nothing is under way");
        assert!(said <= now + PAUSE_MAX_MS, "{bucket:?} waits until {said} at {now}");
    }
}

fn look(key: &str, event: &[u8]) {
    match KeyExpression::parse(key) {
        Ok(parsed) => {
            assert_eq!(parsed.to_string(), key);
            if let (KeyExpression::Path(path), Ok(event)) = (parsed, serde_json::from_slice::<Value>(event)) {
                assert!(path.key(&event).len() <= bongsu_rate_limit::KEY_BYTES_MAX);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A rate, and perhaps a burst and a concurrency.
fn parsed(text: &str) -> Option<Limit> {
    let mut words = text.split(' ');
    let rate = match Rate::parse(words.next().unwrap_or_default()) {
        Ok(rate) => rate,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return None;
        }
    };
    let mut number = || words.next().and_then(|word| word.parse().ok());
    Limit::new(rate, number(), number()).ok()
}

fn feedback(answer: &[u8], now: u64) -> Feedback {
    let answer = String::from_utf8_lossy(answer);
    let (status, headers) = answer.split_once('\n').unwrap_or((&answer, ""));
    let headers = headers.lines().filter_map(|line| line.split_once(':'));
    Feedback::from_response(status.parse().unwrap_or(200), headers, now)
}
