//! A subscription's filter policy: a text that SNS accepts, and what it admits.

use crate::attributes::Attributes;
use crate::body::Body;
use crate::dialect::Dialect;
use crate::fault::PolicyFault;
use crate::grammar;
use crate::rule::Rule;

/// Bytes of a policy's text; and of the paths of all its keys, written out.
pub const POLICY_BYTES_MAX: usize = 256 * 1024;

/// Keys on a policy's first level.
pub const KEYS_MAX: usize = 5;

/// The product of values times depth over all keys of a policy, in which `$or` counts as the sum of its alternatives.
pub const COMPLEXITY_MAX: usize = 150;

/// Which notifications of a topic a subscription gets.
#[derive(Clone, Debug)]
pub struct FilterPolicy {
    text: Box<str>,
    scope: Scope,
    rule: Rule,
}

/// What of a notification a policy looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Its message attributes.
    MessageAttributes,
    /// Its body, which has to be a JSON object.
    MessageBody,
}

/// What a policy says about a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The subscription gets it.
    Admitted,
    /// The subscription does not get it.
    FilteredOut(Reason),
}

/// Why a notification is filtered out: the endings of CloudWatch's `NumberOfNotificationsFilteredOut`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Its attributes are not those that the policy asks for.
    MessageAttributes,
    /// Its body is not what the policy asks for.
    MessageBody,
    /// The same as [`Reason::MessageAttributes`], of a notification with a malformed `String.Array` or Number.
    InvalidAttributes,
    /// The policy asks for attributes and it has none.
    NoMessageAttributes,
    /// Its body is no JSON object.
    InvalidMessageBody,
}

impl FilterPolicy {
    /// Reads a policy, or says what AWS has against it.
    pub fn parse(text: &str, scope: Scope) -> Result<FilterPolicy, PolicyFault> {
        if text.len() > POLICY_BYTES_MAX {
            return Err(PolicyFault::TooLong);
        }
        let group = grammar::read(text, Dialect::FilterPolicy)?;
        if group.keys() > KEYS_MAX {
            return Err(PolicyFault::TooManyKeys);
        }
        if scope == Scope::MessageAttributes && group.is_nested() {
            return Err(PolicyFault::NestedForAttributes);
        }
        if group.complexity() > COMPLEXITY_MAX || group.paths_bytes() > POLICY_BYTES_MAX {
            return Err(PolicyFault::TooComplex);
        }
        Ok(FilterPolicy { text: text.into(), scope, rule: Rule::of(&group) })
    }

    /// As it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it was parsed for.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Whether it has no keys and so admits everything; SNS takes such a policy as none.
    pub fn is_empty(&self) -> bool {
        self.rule.is_empty()
    }

    /// Judges a notification by its attributes, which is for policies of [`Scope::MessageAttributes`].
    pub fn admits_attributes(&self, attributes: &Attributes<'_>) -> Verdict {
        if self.rule.holds(&attributes.fields) {
            return Verdict::Admitted;
        }
        Verdict::FilteredOut(if attributes.is_empty {
            Reason::NoMessageAttributes
        } else if attributes.is_invalid {
            Reason::InvalidAttributes
        } else {
            Reason::MessageAttributes
        })
    }

    /// Judges a notification by its body, which is for policies of [`Scope::MessageBody`].
    pub fn admits_body(&self, body: &Body<'_>) -> Verdict {
        match &body.fields {
            _ if self.is_empty() => Verdict::Admitted,
            None => Verdict::FilteredOut(Reason::InvalidMessageBody),
            Some(fields) if self.rule.holds(fields) => Verdict::Admitted,
            Some(_) => Verdict::FilteredOut(Reason::MessageBody),
        }
    }
}

/// The same text for the same scope. Policies that differ in white space are not equal.
impl PartialEq for FilterPolicy {
    fn eq(&self, other: &FilterPolicy) -> bool {
        (&self.text, self.scope) == (&other.text, other.scope)
    }
}

impl Eq for FilterPolicy {}
