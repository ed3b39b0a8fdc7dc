//! All that is asked of one path: alternatives, of which one has to hold.

use std::ops::{Bound, RangeBounds};

use crate::cidr::Cidr;
use crate::exact::{ExactSet, Scalar};
use crate::fields::Value;
use crate::wildcard::Wildcard;

/// One alternative.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    /// A value is this one.
    Exact(Scalar),
    /// A value is like this.
    Like(Like),
    /// There are values, and none of them is excluded.
    AnythingBut(Exclusion),
    /// There is a value, or there is none.
    Exists(bool),
}

/// What a value can be like.
#[derive(Clone, Debug)]
pub(crate) enum Like {
    Prefix(Box<str>),
    Suffix(Box<str>),
    IgnoringCase(LowerCase),
    PrefixIgnoringCase(LowerCase),
    SuffixIgnoringCase(LowerCase),
    Wildcard(Wildcard),
    Within(Range),
    Cidr(Cidr),
}

/// A text in lower case, each character by itself.
#[derive(Clone, Debug)]
pub(crate) struct LowerCase(Box<str>);

/// Numbers between two bounds.
pub(crate) type Range = (Bound<f64>, Bound<f64>);

/// What `anything-but` excludes.
#[derive(Clone, Debug)]
pub(crate) enum Exclusion {
    Values(ExactSet),
    /// Whatever is like one of these.
    Like(Box<[Like]>),
}

/// The alternatives, arranged for matching.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    exact: ExactSet,
    like: Box<[Like]>,
    exclusions: Box<[Exclusion]>,
    /// Whether it is enough that there is a value.
    takes_any: bool,
    /// Whether it is enough that there is none.
    takes_absence: bool,
}

impl Matcher {
    pub(crate) fn new(conditions: &[Condition]) -> Matcher {
        let exact = conditions.iter().filter_map(|condition| match condition {
            Condition::Exact(scalar) => Some(scalar.clone()),
            _ => None,
        });
        let like = conditions.iter().filter_map(|condition| match condition {
            Condition::Like(like) => Some(like.clone()),
            _ => None,
        });
        let exclusions = conditions.iter().filter_map(|condition| match condition {
            Condition::AnythingBut(exclusion) => Some(exclusion.clone()),
            _ => None,
        });
        let exists =
            |wanted| conditions.iter().any(|condition| matches!(condition, Condition::Exists(is) if *is == wanted));
        Matcher {
            exact: exact.collect(),
            like: like.collect(),
            exclusions: exclusions.collect(),
            takes_any: exists(true),
            takes_absence: exists(false),
        }
    }

    /// Whether one alternative holds for what stands at the path.
    pub(crate) fn holds(&self, values: Option<&[Value<'_>]>) -> bool {
        match values {
            None => self.takes_absence,
            Some([Value::Unmatchable]) => false,
            Some(values) => {
                self.takes_any
                    || values.iter().any(|value| self.matches(value))
                    || self.exclusions.iter().any(|exclusion| exclusion.admits(values))
            }
        }
    }

    fn matches(&self, value: &Value<'_>) -> bool {
        self.exact.contains(value) || self.like.iter().any(|like| like.matches(value))
    }
}

impl Like {
    fn matches(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Like::Prefix(prefix), Value::String(text)) => text.starts_with(&**prefix),
            (Like::Suffix(suffix), Value::String(text)) => text.ends_with(&**suffix),
            (Like::IgnoringCase(lower_case), Value::String(text)) => lower_case.equals(text),
            (Like::PrefixIgnoringCase(lower_case), Value::String(text)) => lower_case.begins(text),
            (Like::SuffixIgnoringCase(lower_case), Value::String(text)) => lower_case.ends(text),
            (Like::Wildcard(wildcard), Value::String(text)) => wildcard.matches(text),
            (Like::Within(range), Value::Number(number)) => range.contains(number),
            (Like::Cidr(cidr), Value::String(text)) => cidr.contains(text),
            _ => false,
        }
    }
}

impl LowerCase {
    pub(crate) fn of(text: &str) -> LowerCase {
        // Not `str::to_lowercase`, which looks at what surrounds a sigma.
        LowerCase(lower(text.chars()).collect())
    }

    fn equals(&self, text: &str) -> bool {
        if text.is_ascii() {
            return text.eq_ignore_ascii_case(&self.0);
        }
        lower(text.chars()).eq(self.0.chars())
    }

    /// Whether the text begins with this one.
    fn begins(&self, text: &str) -> bool {
        let mut chars = lower(text.chars());
        self.0.chars().all(|char| chars.next() == Some(char))
    }

    /// Whether the text ends with this one.
    fn ends(&self, text: &str) -> bool {
        let mut chars = text.chars().rev().flat_map(|char| char.to_lowercase().rev());
        self.0.chars().rev().all(|char| chars.next() == Some(char))
    }
}

fn lower(chars: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    chars.flat_map(char::to_lowercase)
}

impl Exclusion {
    /// The documentation of today; the older one admitted an array by any value that is not excluded (`any`).
    fn admits(&self, values: &[Value<'_>]) -> bool {
        values.iter().all(|value| !self.excludes(value))
    }

    fn excludes(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (_, Value::Binary | Value::Unmatchable) => true,
            (Exclusion::Values(set), value) => set.contains(value),
            (Exclusion::Like(likes), value) => likes.iter().any(|like| like.matches(value)),
        }
    }
}
