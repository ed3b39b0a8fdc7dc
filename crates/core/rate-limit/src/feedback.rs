//! What an answer says of its target's limits: the status, `Retry-After`, and the headers that providers send.
//!
//! What cannot be read counts as absent.

use jiff::fmt::rfc2822;
use serde::Deserialize;
use serde_json::Value;

const TOO_MANY_REQUESTS: u16 = 429;
const SERVICE_UNAVAILABLE: u16 = 503;

/// Numbers beyond this are no number of seconds from now, but a time since 1970 …
const EPOCH_SECONDS_MIN: f64 = 1e9;
/// … and beyond this one in milliseconds.
const EPOCH_MILLISECONDS_MIN: f64 = 1e12;

/// What one answer said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    /// The call came too early: it did nothing, and is to be made again.
    pub refused: bool,
    /// For how long the target wants to rest.
    pub pause_ms: Option<u64>,
    /// How full the target's bucket is.
    pub usage: Option<Usage>,
    /// What is left of a window.
    pub window: Option<Window>,
}

/// The level of a leaky bucket, the call included that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Calls in it.
    pub used: u32,
    /// Calls that fit, at least 1.
    pub capacity: u32,
}

/// So many more calls until a certain time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Calls.
    pub remaining: u32,
    /// When there will be more.
    pub resets_at_ms: u64,
}

impl Feedback {
    /// Reads an answer that came at `now_ms` (since 1970, for headers that name a time). Header names in any case.
    pub fn from_response<'a>(
        status: u16,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        now_ms: u64,
    ) -> Feedback {
        let mut found = Found::default();
        for (name, value) in headers {
            found.take(name, value.trim(), now_ms);
        }
        let refused = status == TOO_MANY_REQUESTS || (status == SERVICE_UNAVAILABLE && found.retry_after_ms.is_some());
        let retry_after_ms = found.retry_after_ms.filter(|_| refused);
        let pause_ms = retry_after_ms.max(found.blocked_ms);
        let window = found.remaining.zip(found.resets_at_ms);
        let window = window.map(|(remaining, resets_at_ms)| Window { remaining, resets_at_ms });
        Feedback { refused, pause_ms, usage: found.usage, window }
    }

    /// Reads what a function returned, if it looks like an answer that a proxy passes on:
    /// `{"statusCode": 429, "headers": {"Retry-After": "7"}}`. Anything else says nothing.
    pub fn from_returned(returned: &[u8], now_ms: u64) -> Feedback {
        let Ok(Returned { status: Some(status), headers }) = serde_json::from_slice(returned) else {
            return Feedback::default();
        };
        let headers = headers.as_ref().and_then(Value::as_object).into_iter().flatten();
        let texts: Vec<(&str, String)> =
            headers.filter_map(|(name, value)| Some((name.as_str(), text(value)?))).collect();
        Feedback::from_response(status, texts.iter().map(|(name, value)| (*name, value.as_str())), now_ms)
    }

    /// Whether a header of this name says anything.
    pub fn reads(name: &str) -> bool {
        HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known))
    }

    /// Whether it says anything that a limiter would have to remember.
    pub fn is_silent(&self) -> bool {
        *self == Feedback::default()
    }
}

/// What matters of what a function returned.
#[derive(Deserialize)]
struct Returned {
    #[serde(rename = "statusCode")]
    status: Option<u16>,
    headers: Option<Value>,
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// In lower case; as [`Found::take`] has them.
const HEADERS: [&str; 12] = [
    "retry-after",
    "x-shopify-shop-api-call-limit",
    "x-api-call-limit",
    "x-cafe24-call-remain",
    "x-cafe24-time-remain",
    "x-ratelimit-remaining",
    "x-rate-limit-remaining",
    "ratelimit-remaining",
    "x-ratelimit-reset",
    "x-rate-limit-reset",
    "ratelimit-reset",
    "ratelimit",
];

#[derive(Default, PartialEq)]
struct Found {
    retry_after_ms: Option<u64>,
    blocked_ms: Option<u64>,
    usage: Option<Usage>,
    remaining: Option<u32>,
    resets_at_ms: Option<u64>,
}

impl Found {
    fn take(&mut self, name: &str, value: &str, now_ms: u64) {
        match name.to_ascii_lowercase().as_str() {
            "retry-after" => self.retry_after_ms = retry_after(value, now_ms),
            // Shopify, and Cafe24.
            "x-shopify-shop-api-call-limit" | "x-api-call-limit" => self.usage = usage(value),
            // Cafe24, when a budget is used up: seconds until calls are taken again, whatever the names say.
            "x-cafe24-call-remain" | "x-cafe24-time-remain" => self.blocked_ms = self.blocked_ms.max(seconds(value)),
            "x-ratelimit-remaining" | "x-rate-limit-remaining" | "ratelimit-remaining" => {
                self.remaining = whole(value);
            }
            "x-ratelimit-reset" | "x-rate-limit-reset" | "ratelimit-reset" => {
                self.resets_at_ms = reset(value, now_ms);
            }
            "ratelimit" => self.take_rate_limit(value, now_ms),
            _ => {}
        }
    }

    /// The IETF's draft: `"default";r=50;t=30`, and before its seventh version `limit=100, remaining=50, reset=30`.
    /// Of several policies the one with the least left counts.
    fn take_rate_limit(&mut self, value: &str, now_ms: u64) {
        if !value.contains(';') {
            let pairs = || value.split(',').filter_map(|pair| pair.trim().split_once('='));
            let find = |name: &str| pairs().find(|(key, _)| *key == name).map(|(_, value)| value);
            self.remaining = find("remaining").and_then(whole);
            self.resets_at_ms = find("reset").and_then(|value| reset(value, now_ms));
            return;
        }
        let policies = value.split(',').filter_map(|policy| {
            let find =
                |name: &str| policy.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
            Some((whole(find("r")?)?, reset(find("t")?, now_ms)?))
        });
        if let Some((remaining, resets_at_ms)) = policies.min_by_key(|(remaining, _)| *remaining) {
            self.remaining = Some(remaining);
            self.resets_at_ms = Some(resets_at_ms);
        }
    }
}

/// Seconds, or a date as HTTP has them. One that has passed means at once.
fn retry_after(value: &str, now_ms: u64) -> Option<u64> {
    seconds(value).or_else(|| {
        let date = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
        let at_ms = u64::try_from(date.as_millisecond()).unwrap_or(0);
        Some(at_ms.saturating_sub(now_ms))
    })
}

/// `32/40`.
fn usage(value: &str) -> Option<Usage> {
    let (used, capacity) = value.split_once('/')?;
    let (used, capacity) = (whole(used)?, whole(capacity)?);
    (capacity > 0).then_some(Usage { used, capacity })
}

/// A time since 1970 in seconds or milliseconds, or seconds from now: providers differ.
fn reset(value: &str, now_ms: u64) -> Option<u64> {
    let number = number(value)?;
    Some(match number {
        _ if number >= EPOCH_MILLISECONDS_MIN => whole_ms(number),
        _ if number >= EPOCH_SECONDS_MIN => whole_ms(number * 1000.0),
        _ => now_ms.saturating_add(whole_ms(number * 1000.0)),
    })
}

/// Seconds, also with decimals (Shopify's `2.0`), in milliseconds rounded up.
fn seconds(value: &str) -> Option<u64> {
    number(value).map(|seconds| whole_ms(seconds * 1000.0))
}

fn whole(value: &str) -> Option<u32> {
    value.trim().parse().ok()
}

/// Digits, with at most one point between them: no sign, no exponent.
fn number(value: &str) -> Option<f64> {
    let is_plain = value.starts_with(|c: char| c.is_ascii_digit())
        && value.ends_with(|c: char| c.is_ascii_digit())
        && value.chars().all(|c| c.is_ascii_digit() || c == '.');
    if is_plain { value.parse().ok() } else { None }
}

/// Too large ones are as large as can be.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is not negative")]
fn whole_ms(milliseconds: f64) -> u64 {
    milliseconds.ceil() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Wed, 21 Oct 2026 07:28:00 GMT.
    const NOW: u64 = 1_792_567_680_000;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Feedback {
        Feedback::from_response(status, headers.iter().copied(), NOW)
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let pause = |value| answer(429, &[("Retry-After", value)]).pause_ms;
        assert_eq!(pause("7"), Some(7000));
        assert_eq!(pause("2.0"), Some(2000));
        assert_eq!(pause("Wed, 21 Oct 2026 07:28:30 GMT"), Some(30_000));
        assert_eq!(pause("Wed, 21 Oct 2026 07:27:30 GMT"), Some(0));
        for nonsense in ["", "soon", "-1", "1e9", "NaN", "inf", "0x10", "1.", ".5"] {
            assert_eq!(pause(nonsense), None, "{nonsense}");
        }
        assert_eq!(pause("99999999999999999999999999"), Some(u64::MAX));
    }

    #[test]
    fn a_503_is_a_refusal_only_when_it_says_for_how_long() {
        assert!(!answer(503, &[]).refused);
        assert!(answer(503, &[("retry-after", "1")]).refused);
        assert!(answer(429, &[]).refused);
        // A redirection or a 202 may name a time, too; that is no limit.
        assert!(answer(202, &[("retry-after", "120")]).is_silent());
    }

    #[test]
    fn shops_tell_the_level_of_their_bucket() {
        let usage = Some(Usage { used: 32, capacity: 40 });
        assert_eq!(answer(200, &[("X-Shopify-Shop-Api-Call-Limit", "32/40")]).usage, usage);
        assert_eq!(answer(200, &[("X-Api-Call-Limit", "32/40")]).usage, usage);
        for nonsense in ["", "32", "1/0", "a/b", "-1/40"] {
            assert_eq!(answer(200, &[("X-Api-Call-Limit", nonsense)]).usage, None, "{nonsense}");
        }
    }

    #[test]
    fn a_budget_of_cafe24_that_is_used_up_says_when_calls_are_taken_again() {
        let headers = [("X-Cafe24-Call-Usage", "120.04"), ("X-Cafe24-Call-Remain", "4"), ("X-Cafe24-Time-Remain", "9")];
        assert_eq!(answer(429, &headers).pause_ms, Some(9000));
        assert_eq!(answer(200, &headers).pause_ms, Some(9000));
        assert!(answer(200, &[("X-Cafe24-Call-Usage", "80"), ("X-Cafe24-Time-Usage", "3.5")]).is_silent());
    }

    #[test]
    fn windows_reset_after_seconds_or_at_a_time() {
        let window = |reset: &str| answer(200, &[("X-RateLimit-Remaining", "3"), ("X-RateLimit-Reset", reset)]).window;
        for reset in ["30", "1792567710", "1792567710000"] {
            assert_eq!(window(reset), Some(Window { remaining: 3, resets_at_ms: NOW + 30_000 }), "{reset}");
        }
        assert_eq!(window("later"), None);
        assert_eq!(answer(200, &[("X-RateLimit-Remaining", "3")]).window, None);
    }

    #[test]
    fn the_drafts_of_the_ietf_are_read_in_both_forms() {
        let window = Some(Window { remaining: 50, resets_at_ms: NOW + 30_000 });
        assert_eq!(answer(200, &[("RateLimit", r#""default";r=50;t=30"#)]).window, window);
        assert_eq!(answer(200, &[("RateLimit", r#""day";r=900;t=5000, "minute";r=50;t=30"#)]).window, window);
        assert_eq!(answer(200, &[("RateLimit", "limit=100, remaining=50, reset=30")]).window, window);
        assert_eq!(answer(200, &[("RateLimit-Remaining", "50"), ("RateLimit-Reset", "30")]).window, window);
    }

    #[test]
    fn what_a_function_returns_may_be_the_answer_that_it_got() {
        let returned = |text: &str| Feedback::from_returned(text.as_bytes(), NOW);
        let refused = returned(r#"{"statusCode":429,"headers":{"Retry-After":7,"X-Odd":[1]},"body":"no"}"#);
        assert_eq!((refused.refused, refused.pause_ms), (true, Some(7000)));
        let usage = Some(Usage { used: 32, capacity: 40 });
        assert_eq!(returned(r#"{"statusCode":200,"headers":{"X-Api-Call-Limit":"32/40"}}"#).usage, usage);
        for other in ["", "7", "[]", "{}", r#"{"statusCode":"429"}"#, r#"{"headers":{"Retry-After":7}}"#] {
            assert!(returned(other).is_silent(), "{other}");
        }
        assert!(returned(r#"{"statusCode":429,"headers":[]}"#).refused);
    }

    #[test]
    fn every_header_that_says_something_is_known_by_its_name() {
        for name in HEADERS {
            let says = |value: &&str| {
                let mut found = Found::default();
                found.take(name, value, NOW);
                found != Found::default()
            };
            assert!(["7", "1/2", "a;r=1;t=2"].iter().any(says) && Feedback::reads(&name.to_uppercase()), "{name}");
        }
        assert!(!Feedback::reads("content-type"));
    }

    proptest! {
        #[test]
        fn no_header_is_too_strange(name in "[a-zA-Z-]{0,30}", value in ".{0,40}", status in 100u16..600) {
            for name in [name.as_str(), "retry-after", "ratelimit", "x-ratelimit-reset", "x-api-call-limit"] {
                let _feedback = Feedback::from_response(status, [(name, value.as_str())], NOW);
            }
        }
    }
}
