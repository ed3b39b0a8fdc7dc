//! A rule as users write it down: which events share a limit, and which. As JSON in templates, as one line in tags.

use std::fmt;

use serde_json::Value;

use crate::key::{InvalidKey, KeyExpression};
use crate::limit::{InvalidLimit, Limit, Rate, Shape};

/// Which events share a limit, and which limit that is.
///
/// A rule without a limit still counts what the target says of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Without one, all share it.
    pub key: Option<KeyExpression>,
    /// Nothing is configured, only what the target says counts.
    pub limit: Option<Limit>,
}

/// What a rule is made of, as it was written.
#[derive(Default)]
struct Parts<'a> {
    key: Option<&'a str>,
    rate: Option<&'a str>,
    burst: Option<u32>,
    concurrency: Option<u32>,
}

impl Rule {
    /// Reads `{"Key": "$.mall_id", "Rate": "5/s", "Burst": 10, "Concurrency": 1}`. A number may be written as a text, as
    /// templates do, and a rate as a number of calls in a second. What is null is not there.
    pub fn from_json(value: &Value) -> Result<Rule, InvalidRule> {
        let members = value.as_object().ok_or(InvalidRule::NoObject)?;
        let rate = members.get("Rate").map(Value::to_string);
        let mut parts = Parts::default();
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            match name.as_str() {
                "Key" => parts.key = Some(value.as_str().ok_or(InvalidRule::Text("Key"))?),
                "Rate" if value.is_number() => parts.rate = rate.as_deref(),
                "Rate" => parts.rate = Some(value.as_str().ok_or(InvalidRule::Text("Rate"))?),
                "Burst" => parts.burst = Some(count(value).ok_or(InvalidRule::Count("Burst"))?),
                "Concurrency" => parts.concurrency = Some(count(value).ok_or(InvalidRule::Count("Concurrency"))?),
                _ => return Err(InvalidRule::Member(name.as_str().into())),
            }
        }
        parts.rule()
    }

    /// Reads `key=$.mall_id rate=5/s burst=10 concurrency=1`: any of these words, in any order.
    pub fn parse(text: &str) -> Result<Rule, InvalidRule> {
        let mut parts = Parts::default();
        for word in words(text) {
            let (name, value) = word.split_once('=').ok_or_else(|| InvalidRule::Word(word.into()))?;
            let is_new = match name {
                "key" => parts.key.replace(value).is_none(),
                "rate" => parts.rate.replace(value).is_none(),
                "burst" => parts.burst.replace(value.parse().map_err(|_| InvalidRule::Count("burst"))?).is_none(),
                "concurrency" => {
                    let count = value.parse().map_err(|_| InvalidRule::Count("concurrency"))?;
                    parts.concurrency.replace(count).is_none()
                }
                _ => return Err(InvalidRule::Word(word.into())),
            };
            if !is_new {
                return Err(InvalidRule::Twice(name.into()));
            }
        }
        parts.rule()
    }
}

impl Parts<'_> {
    fn rule(self) -> Result<Rule, InvalidRule> {
        let key = self.key.map(KeyExpression::parse).transpose()?;
        let rate = self.rate.map(Rate::parse).transpose()?;
        Ok(Rule { key, limit: Limit::new(rate, self.burst, self.concurrency)? })
    }
}

/// The line that [`Rule::parse`] reads.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = self.limit.as_ref();
        let pace = limit.and_then(|limit| limit.pace);
        let burst = pace.and_then(|pace| match pace.shape {
            Shape::TokenBucket { burst } => Some(burst),
            Shape::LeakyBucket => None,
        });
        let words = [
            self.key.as_ref().map(|key| format!("key={key}")),
            pace.map(|pace| format!("rate={}", pace.rate)),
            burst.map(|burst| format!("burst={burst}")),
            limit.and_then(|limit| limit.concurrency).map(|count| format!("concurrency={count}")),
        ];
        f.write_str(&words.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

fn count(value: &Value) -> Option<u32> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|count| count.try_into().ok()),
    }
}

/// What stands between spaces; a name in `['…']` may have some.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    let ends = move |c: char| {
        is_quoted ^= c == '\'';
        c.is_whitespace() && !is_quoted
    };
    text.split(ends).filter(|word| !word.is_empty())
}

/// What is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// Not a JSON object.
    #[error("a rate limit is an object with Key, Rate, Burst and Concurrency")]
    NoObject,
    /// Not one of the members.
    #[error("a rate limit has no `{0}`: it has Key, Rate, Burst and Concurrency")]
    Member(Box<str>),
    /// Not one of the words.
    #[error("`{0}` is no part of a rate limit: say `key=$.mall_id rate=5/s burst=10 concurrency=1`, or some of it")]
    Word(Box<str>),
    /// A word that is there already.
    #[error("`{0}` is given twice")]
    Twice(Box<str>),
    /// Not a text.
    #[error("{0} is a text")]
    Text(&'static str),
    /// Not a number of calls.
    #[error("{0} is a number of calls")]
    Count(&'static str),
    /// What events share it.
    #[error(transparent)]
    Key(#[from] InvalidKey),
    /// What is limited.
    #[error(transparent)]
    Limit(#[from] InvalidLimit),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_reads_alike_from_a_template_and_from_a_tag() {
        for (value, line) in [
            (
                json!({"Key": "$.mall_id", "Rate": "5/s", "Burst": 10, "Concurrency": 1}),
                "key=$.mall_id rate=5/s burst=10 concurrency=1",
            ),
            (json!({"Key": "group", "Rate": 5, "Burst": "10"}), "key=group rate=5/s burst=10"),
            (json!({"Concurrency": 3, "Rate": null}), "concurrency=3"),
            (json!({"Key": "$.body['mall id'].x"}), "key=$.body['mall id'].x"),
            (json!({}), ""),
        ] {
            let rule = Rule::from_json(&value).unwrap();
            assert_eq!(rule.to_string(), line);
            assert_eq!(Rule::parse(line), Ok(rule));
        }
        assert_eq!(Rule::parse(" burst=2  rate=3 ").unwrap().to_string(), "rate=3/s burst=2");
    }

    #[test]
    fn what_is_no_rule_is_refused_and_says_why() {
        for (value, reason) in [
            (json!("5/s"), "a rate limit is an object with Key, Rate, Burst and Concurrency"),
            (json!({"rate": "5/s"}), "a rate limit has no `rate`: it has Key, Rate, Burst and Concurrency"),
            (json!({"Rate": true}), "Rate is a text"),
            (json!({"Rate": "1/s", "Burst": -1}), "Burst is a number of calls"),
            (json!({"Rate": "1/s", "Burst": 0}), "a burst is 1 to 1000000 calls"),
            (json!({"Burst": 3}), "a burst is nothing without a rate"),
        ] {
            assert_eq!(Rule::from_json(&value).unwrap_err().to_string(), reason);
        }
        for (line, reason) in [
            ("rate=1/s rate=2/s", "`rate` is given twice"),
            (
                "5/s",
                "`5/s` is no part of a rate limit: say `key=$.mall_id rate=5/s burst=10 concurrency=1`, or some of it",
            ),
            ("concurrency=many", "concurrency is a number of calls"),
        ] {
            assert_eq!(Rule::parse(line).unwrap_err().to_string(), reason);
        }
        assert!(Rule::parse("key=mall").is_err() && Rule::parse("rate=1/week").is_err());
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in "(key|rate|burst|x)?=?[$.a'\\[\\] 0-9/s=]{0,20}") {
            if let Ok(rule) = Rule::parse(&line) {
                prop_assert_eq!(Rule::parse(&rule.to_string()), Ok(rule));
            }
        }
    }
}
