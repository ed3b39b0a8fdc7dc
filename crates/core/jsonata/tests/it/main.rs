//! Expressions as their users meet them: text and input in, values and errors out.

mod bounds;
mod oracle;
mod states;
mod table;
mod variables;

use bongsu_jsonata::{Bindings, Error, Expression, Host, Library, Limits, Outcome, Value};

/// A host to whom nothing happens by chance.
struct Fixed;

impl Host for Fixed {
    fn now(&mut self) -> i64 {
        1_700_000_000_000
    }

    fn random(&mut self) -> f64 {
        0.25
    }

    fn uuid(&mut self) -> String {
        "5f2b3c1e-0000-4000-8000-0123456789ab".to_owned()
    }
}

fn evaluate_with(
    expression: &str,
    input: Option<&Value>,
    bindings: &Bindings,
    limits: Limits,
) -> Result<Outcome, Error> {
    Expression::parse(expression)?.evaluate(input, bindings, &mut Fixed, limits)
}

fn evaluate(expression: &str, input: Option<&Value>, library: Library) -> Result<Outcome, Error> {
    evaluate_with(expression, input, &Bindings::new(library), Limits::default())
}

/// What comes of an expression, in a word: JSON, `nothing`, `function`, or the code of an error after `!`.
fn told(outcome: Result<Outcome, Error>) -> String {
    match outcome {
        Ok(Outcome::Nothing) => "nothing".to_owned(),
        Ok(Outcome::Function) => "function".to_owned(),
        Ok(Outcome::Value(value)) => value.to_string(),
        Err(error) => format!("!{}", error.code()),
    }
}

#[track_caller]
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}
