//! Conditions: an operator, a key of the request, and the values that are accepted.

use crate::json::Json;
use crate::operator::{Comparison, Operand, Operator};
use crate::statement::any;
use crate::{PolicyError, Request};

#[derive(Clone, Debug)]
pub(crate) struct Condition {
    operator: Operator,
    /// In lower case.
    key: Box<str>,
    values: Box<[Operand]>,
}

impl Condition {
    /// All of a statement's `Condition`; each of them has to hold.
    pub(crate) fn parse_all(json: Json<'_>, variables: bool) -> Result<Vec<Condition>, PolicyError> {
        let mut conditions = Vec::new();
        for (name, keys) in json.members("A Condition")? {
            let operator = Operator::parse(&name)
                .ok_or_else(|| PolicyError::malformed(format!("{name:?} is not a condition operator.")))?;
            for (key, values) in keys.members("What follows a condition operator")? {
                let parse = |value: Json<'_>| {
                    Operand::parse(&value.scalar("A condition value")?, operator.comparison, variables)
                };
                let values: Result<_, _> = values.one_or_many().into_iter().map(parse).collect();
                conditions.push(Condition { operator, key: key.to_ascii_lowercase().into(), values: values? });
            }
        }
        Ok(conditions)
    }

    /// Whether the condition holds; `None` when that cannot be told.
    pub(crate) fn holds(&self, request: &Request<'_>) -> Option<bool> {
        let Operator { comparison, negated, when_absent } = self.operator;
        let value = request.value(&self.key);
        if let Comparison::Null = comparison {
            let absent = if value.is_none() { "true" } else { "false" };
            return any(self.values.iter().map(|wanted| wanted.matches(comparison, absent, request)));
        }
        let Some(value) = value else { return Some(when_absent) };
        let matched = any(self.values.iter().map(|wanted| wanted.matches(comparison, &value, request)));
        matched.map(|matched| matched != negated)
    }
}
