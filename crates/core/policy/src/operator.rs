//! Condition operators: what their names mean, and how a value of the request is compared.

use std::net::IpAddr;

use crate::cidr::Cidr;
use crate::date;
use crate::pattern::{Pattern, Syntax};
use crate::{PolicyError, Request};

/// A whole operator, as in `ForAnyValue:StringNotLikeIfExists`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operator {
    pub(crate) comparison: Comparison,
    /// Holds when none of the values matches.
    pub(crate) negated: bool,
    /// What an absent key means.
    pub(crate) when_absent: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Comparison {
    Text {
        wildcards: bool,
        fold_case: bool,
    },
    Arn,
    Flag,
    Number(Order),
    Time(Order),
    Address,
    /// Whether the key is absent.
    Null,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

const EXACT: Comparison = Comparison::Text { wildcards: false, fold_case: false };
const FOLDED: Comparison = Comparison::Text { wildcards: false, fold_case: true };
const LIKE: Comparison = Comparison::Text { wildcards: true, fold_case: false };

/// Name, comparison, and whether it is negated.
const OPERATORS: &[(&str, Comparison, bool)] = &[
    ("StringEquals", EXACT, false),
    ("StringNotEquals", EXACT, true),
    ("StringEqualsIgnoreCase", FOLDED, false),
    ("StringNotEqualsIgnoreCase", FOLDED, true),
    ("StringLike", LIKE, false),
    ("StringNotLike", LIKE, true),
    // AWS compares ARNs for equality with wildcards too.
    ("ArnEquals", Comparison::Arn, false),
    ("ArnNotEquals", Comparison::Arn, true),
    ("ArnLike", Comparison::Arn, false),
    ("ArnNotLike", Comparison::Arn, true),
    ("Bool", Comparison::Flag, false),
    ("NumericEquals", Comparison::Number(Order::Equal), false),
    ("NumericNotEquals", Comparison::Number(Order::Equal), true),
    ("NumericLessThan", Comparison::Number(Order::Less), false),
    ("NumericLessThanEquals", Comparison::Number(Order::LessOrEqual), false),
    ("NumericGreaterThan", Comparison::Number(Order::Greater), false),
    ("NumericGreaterThanEquals", Comparison::Number(Order::GreaterOrEqual), false),
    ("DateEquals", Comparison::Time(Order::Equal), false),
    ("DateNotEquals", Comparison::Time(Order::Equal), true),
    ("DateLessThan", Comparison::Time(Order::Less), false),
    ("DateLessThanEquals", Comparison::Time(Order::LessOrEqual), false),
    ("DateGreaterThan", Comparison::Time(Order::Greater), false),
    ("DateGreaterThanEquals", Comparison::Time(Order::GreaterOrEqual), false),
    ("IpAddress", Comparison::Address, false),
    ("NotIpAddress", Comparison::Address, true),
];

impl Operator {
    /// `None` for an unknown name.
    ///
    /// Every key has one value here, so `ForAllValues:` and `ForAnyValue:` say only what an absent key means: nothing
    /// disagrees with all of no values, and nothing is any of them.
    pub(crate) fn parse(name: &str) -> Option<Operator> {
        if name == "Null" {
            return Some(Operator { comparison: Comparison::Null, negated: false, when_absent: false });
        }
        let (set_when_absent, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(true), rest),
            Some(("ForAnyValue", rest)) => (Some(false), rest),
            Some(_) => return None,
            None => (None, name),
        };
        let (if_exists, base) = rest.strip_suffix("IfExists").map_or((false, rest), |base| (true, base));
        let (_, comparison, negated) = *OPERATORS.iter().find(|row| row.0 == base)?;
        Some(Operator { comparison, negated, when_absent: if_exists || set_when_absent.unwrap_or(negated) })
    }
}

/// A value that the policy compares with, parsed when the policy is.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Pattern(Pattern),
    Flag(bool),
    Number(f64),
    Time(i64),
    Address(Cidr),
}

impl Operand {
    /// Refuses what is not of the operator's type: a condition that never holds would protect nothing in a Deny.
    pub(crate) fn parse(text: &str, comparison: Comparison, variables: bool) -> Result<Operand, PolicyError> {
        let pattern = |wildcards| Pattern::parse(text, Syntax { wildcards, variables }).map(Operand::Pattern);
        let operand = match comparison {
            Comparison::Text { wildcards, .. } => return pattern(wildcards),
            Comparison::Arn => return pattern(true),
            Comparison::Flag | Comparison::Null => parse_flag(text).map(Operand::Flag),
            Comparison::Number(_) => parse_number(text).map(Operand::Number),
            Comparison::Time(_) => date::parse(text).map(Operand::Time),
            Comparison::Address => Cidr::parse(text).map(Operand::Address),
        };
        operand.ok_or_else(|| {
            PolicyError::malformed(format!("The condition value {text:?} is not of its operator's type."))
        })
    }

    /// Whether the request's value matches; `None` when that cannot be told.
    pub(crate) fn matches(&self, comparison: Comparison, value: &str, request: &Request<'_>) -> Option<bool> {
        match (self, comparison) {
            (Operand::Pattern(pattern), Comparison::Arn) => pattern.matches_arn(value, request),
            (Operand::Pattern(pattern), Comparison::Text { fold_case: true, .. }) => {
                pattern.matches_folded(value, request)
            }
            (Operand::Pattern(pattern), _) => pattern.matches(value, request),
            (Operand::Flag(flag), _) => Some(parse_flag(value)? == *flag),
            (Operand::Number(number), Comparison::Number(order)) => Some(order.holds(&parse_number(value)?, number)),
            (Operand::Time(time), Comparison::Time(order)) => Some(order.holds(&date::parse(value)?, time)),
            (Operand::Address(range), _) => Some(range.contains(value.parse::<IpAddr>().ok()?)),
            (Operand::Number(_) | Operand::Time(_), _) => None,
        }
    }
}

impl Order {
    fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Order::Equal => left == right,
            Order::Less => left < right,
            Order::LessOrEqual => left <= right,
            Order::Greater => left > right,
            Order::GreaterOrEqual => left >= right,
        }
    }
}

fn parse_flag(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn parse_number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}
