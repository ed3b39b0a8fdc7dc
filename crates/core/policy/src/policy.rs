//! A whole policy: its text, its statements, and its verdict on a request.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::action::ActionNames;
use crate::error::Counted;
use crate::json::{Json, compact};
use crate::statement::{Effect, Statement};
use crate::{Limits, PolicyError, Request};

/// A resource policy. Cloning it copies nothing. Two are equal when they are equal as JSON values.
#[derive(Clone, Debug)]
pub struct Policy {
    text: Arc<str>,
    statements: Arc<[Statement]>,
}

/// What a policy says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A statement allows it and none denies it.
    Allow,
    /// A statement denies it, whatever others say.
    Deny,
    /// No statement applies.
    Silent,
}

impl Policy {
    /// Reads a policy of version 2008-10-17 (the default) or 2012-10-17, and refuses what it would not understand.
    pub fn parse(text: &str, limits: &Limits) -> Result<Policy, PolicyError> {
        if text.len() > limits.bytes {
            return Err(PolicyError::TooLong { bytes: text.len(), bytes_max: limits.bytes });
        }
        let text = compact(text)?;
        let statements = parse_statements(Json::new(&text), limits)?;
        Ok(Policy::from_parts(text, statements))
    }

    /// `text` is that of the statements: compact, and accepted before.
    pub(crate) fn from_parts(text: String, statements: Vec<Statement>) -> Policy {
        Policy { text: text.into(), statements: statements.into() }
    }

    /// The policy as given, without white space between its parts.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The labels (`Sid`) of the statements that have one.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.statements.iter().filter_map(|statement| statement.sid.as_deref())
    }

    pub(crate) fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Judges the request. An explicit deny wins over every allow.
    pub fn evaluate(&self, request: &Request<'_>) -> Verdict {
        let names = ActionNames::of(request.action);
        let mut verdict = Verdict::Silent;
        for statement in self.statements.iter().filter(|statement| statement.applies_to(request, &names)) {
            match statement.effect {
                Effect::Deny => return Verdict::Deny,
                Effect::Allow => verdict = Verdict::Allow,
            }
        }
        verdict
    }
}

impl PartialEq for Policy {
    fn eq(&self, other: &Policy) -> bool {
        self.text == other.text || Json::new(&self.text).canonical() == Json::new(&other.text).canonical()
    }
}

impl Eq for Policy {}

fn parse_statements(json: Json<'_>, limits: &Limits) -> Result<Vec<Statement>, PolicyError> {
    let mut variables = false;
    let mut listed = None;
    for (key, value) in json.members("A policy")? {
        match key.as_str() {
            "Version" => variables = parse_version(value)?,
            "Id" => drop(value.string("Id")?),
            "Statement" => listed = Some(value.one_or_many()),
            _ => return Err(PolicyError::malformed(format!("{key:?} is not a member of a policy."))),
        }
    }
    let listed = listed.filter(|listed| !listed.is_empty());
    let listed = listed.ok_or_else(|| PolicyError::malformed("A policy needs a statement."))?;
    Counted::Statements.check(listed.len(), limits.statements)?;
    let statements = listed.into_iter().map(|one| Statement::parse(one, variables));
    let statements: Vec<Statement> = statements.collect::<Result<_, _>>()?;
    check_counts(&statements, limits)?;
    check_labels(&statements)?;
    Ok(statements)
}

/// Whether the version knows policy variables.
fn parse_version(json: Json<'_>) -> Result<bool, PolicyError> {
    match json.string("Version")?.as_str() {
        "2008-10-17" => Ok(false),
        "2012-10-17" => Ok(true),
        other => Err(PolicyError::malformed(format!("{other:?} is not a version of the policy language."))),
    }
}

fn check_counts(statements: &[Statement], limits: &Limits) -> Result<(), PolicyError> {
    for statement in statements {
        Counted::Actions.check(statement.actions.len(), limits.actions_per_statement)?;
    }
    let principals = statements.iter().map(|statement| statement.principals.len()).sum();
    Counted::Principals.check(principals, limits.principals)?;
    let conditions = statements.iter().map(|statement| statement.conditions.len()).sum();
    Counted::Conditions.check(conditions, limits.conditions)
}

fn check_labels(statements: &[Statement]) -> Result<(), PolicyError> {
    let mut seen = BTreeSet::new();
    let mut labels = statements.iter().filter_map(|statement| statement.sid.as_deref());
    match labels.find(|label| !seen.insert(*label)) {
        Some(label) => Err(PolicyError::malformed(format!("Two statements have the Sid {label:?}."))),
        None => Ok(()),
    }
}
