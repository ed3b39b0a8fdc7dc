//! Expressions: parsed once, evaluated many times.

use std::fmt;
use std::sync::Arc;

use crate::bindings::{Bindings, Host};
use crate::error::Error;
use crate::evaluate::Evaluator;
use crate::limits::Limits;
use crate::node::Node;
use crate::parser::parse;
use crate::resolve::resolve;
use crate::scope::{Free, free_variables};
use crate::value::Value;

/// A parsed expression. Clones share it.
#[derive(Clone)]
pub struct Expression(Arc<Parsed>);

struct Parsed {
    text: String,
    node: Node,
    free: Free,
}

/// What an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing: what was looked for is not there.
    Nothing,
    /// A value without functions.
    Value(Value),
    /// A function, or a value that contains one.
    Function,
}

impl Expression {
    /// Parses an expression, or says what is wrong with it and where.
    pub fn parse(text: &str) -> Result<Expression, Error> {
        let mut node = resolve(parse(text)?)?;
        let free = free_variables(&mut node);
        Ok(Expression(Arc::new(Parsed { text: text.to_owned(), node, free })))
    }

    /// Evaluates the expression. Whatever it and its input are, this ends, within the limits.
    pub fn evaluate(
        &self,
        input: Option<&Value>,
        bindings: &Bindings,
        host: &mut dyn Host,
        limits: Limits,
    ) -> Result<Outcome, Error> {
        match Evaluator::new(bindings, host, limits).run(&self.0.node, input)? {
            None => Ok(Outcome::Nothing),
            Some(value) if contains_function(&value) => Ok(Outcome::Function),
            Some(value) => Ok(Outcome::Value(finished(value)?)),
        }
    }

    /// The variables and functions, without `$`, that the expression reads and does not bind itself. The context (`$`)
    /// is the empty name, the input (`$$`) is `$`.
    pub fn free_variables(&self) -> impl Iterator<Item = &str> {
        self.0.free.variables.iter().map(|name| &**name)
    }

    /// Whether the expression reads more of that variable than what stands behind these names: more than
    /// `$variable.name`, and what follows.
    pub fn reads_more_of(&self, variable: &str, names: &[&str]) -> bool {
        let Free { whole, behind, .. } = &self.0.free;
        let behind = behind.iter().filter(|(looked_into, _)| &**looked_into == variable);
        whole.contains(variable) || behind.into_iter().any(|(_, name)| !names.contains(&&**name))
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    pub(crate) fn node(&self) -> &Node {
        &self.0.node
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.0.text).finish()
    }
}

fn contains_function(value: &Value) -> bool {
    match value {
        Value::Function(_) => true,
        Value::Array(array) => array.iter().any(contains_function),
        Value::Object(object) => object.iter().any(|(_, value)| contains_function(value)),
        _ => false,
    }
}

/// The value, if JSON has its numbers.
fn finished(value: Value) -> Result<Value, Error> {
    fn check(value: &Value) -> Result<(), Error> {
        match value {
            Value::Number(number) if !number.as_f64().is_finite() => Err(Error::new("D1001").with(value.clone())),
            Value::Array(array) => array.iter().try_for_each(check),
            Value::Object(object) => object.iter().try_for_each(|(_, value)| check(value)),
            _ => Ok(()),
        }
    }
    check(&value)?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads_more(text: &str) -> bool {
        Expression::parse(text).expect("the text is an expression").reads_more_of("states", &["input", "result"])
    }

    #[test]
    fn what_is_read_of_a_variable_is_known_where_it_is_looked_into_by_name() {
        for text in ["$states.input", "$states.input.a + $states.result.b.c", "{'a': [$states.input]}", "1", "$x"] {
            assert!(!reads_more(text), "{text}");
        }
        for text in [
            "$states",
            "$states.context",
            "$states.input2",
            "$states.*",
            "$states.**",
            "$states[0].input",
            "$states.(input)",
            "$lookup($states, 'context')",
            "($s := $states; $s.input)",
            "$states.input[$states.context.a]",
            "$states.input{'a': $states.context}",
            "$states.input^($states.context)",
            "$states.input.($states.context)",
            "$states.input#$i[$states.context]",
            "$states.$string()",
            "$states ~> $keys()",
            "$states.input@$i.context",
            "$states{'a': input}",
        ] {
            assert!(reads_more(text), "{text}");
        }
    }
}
