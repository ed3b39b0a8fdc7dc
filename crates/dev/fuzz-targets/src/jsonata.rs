//! JSONata expressions and what they are asked about.
//!
//! An input is an expression, a blank line, and JSON; without JSON, nothing is asked about.

use bongsu_jsonata::{Bindings, Expression, Host, Library, Limits, Outcome, Value};

use crate::http_text;

/// Enough for any program that is not made to take long.
const LIMITS: Limits = Limits { depth: 500, steps: 50_000, size: 4 << 20 };

/// A host whose time stands still and whose chance is none.
struct Still;

impl Host for Still {
    fn now(&mut self) -> i64 {
        1_767_225_600_000
    }

    fn random(&mut self) -> f64 {
        0.25
    }

    fn uuid(&mut self) -> String {
        "00000000-0000-4000-8000-000000000000".to_owned()
    }
}

/// Takes an expression and an input.
///
/// # Panics
///
/// If a refusal has no words, an answer differs from the answer to the same question before, or is no JSON.
pub fn jsonata(input: &[u8]) {
    let (expression, json) = http_text::split_at_blank_line(input);
    let Ok(text) = std::str::from_utf8(expression) else { return };
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => return assert!(!error.code().is_empty() && !error.to_string().is_empty()),
    };
    assert_eq!(expression.text(), text);
    let input: Option<Value> = serde_json::from_slice(json).ok();
    for library in [Library::Standard, Library::StepFunctions] {
        let bindings = Bindings::new(library);
        let ask = || expression.evaluate(input.as_ref(), &bindings, &mut Still, LIMITS);
        let (answer, again) = (ask(), ask());
        match (&answer, &again) {
            (Ok(Outcome::Value(value)), Ok(Outcome::Value(same))) => {
                let written = value.to_string();
                assert_eq!(written, same.to_string());
                let read: Value = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
                assert_eq!(read.to_string(), written);
            }
            (Ok(answer), Ok(again)) => assert_eq!(answer, again),
            (Err(error), Err(again)) => {
                assert!(!error.to_string().is_empty());
                assert_eq!(error.code(), again.code());
            }
            _ => panic!("{answer:?} is not {again:?}"),
        }
    }
}
