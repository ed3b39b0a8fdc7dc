//! The language by example: expressions, and what they give.

use bongsu_jsonata::{Library, Value};

use crate::{evaluate, json, told};

/// An expression, the input that it is evaluated over, and what it gives.
pub(crate) struct Case {
    pub(crate) expression: &'static str,
    pub(crate) input: Value,
    pub(crate) expected: &'static str,
    /// Whether the original gives the same.
    pub(crate) is_shared: bool,
}

/// Lines of `expression ⇒ what it gives`, or `expression ↦ what it gives` where the original differs, after a line with
/// their input.
const TABLES: [&str; 4] = [
    include_str!("cases/functions.txt"),
    include_str!("cases/library.txt"),
    include_str!("cases/operators.txt"),
    include_str!("cases/paths.txt"),
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for table in TABLES {
        let mut input = Value::Null;
        for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            if let Some(text) = line.strip_prefix("in ") {
                input = json(text);
                continue;
            }
            let shared = line.split_once(" ⇒ ");
            let (expression, expected) = shared.or_else(|| line.split_once(" ↦ ")).expect("a case has two sides");
            cases.push(Case { expression, input: input.clone(), expected, is_shared: shared.is_some() });
        }
    }
    cases
}

#[test]
fn expressions_give_what_the_table_says() {
    let mut faults = Vec::new();
    for case in cases() {
        let got = told(evaluate(case.expression, Some(&case.input), Library::Standard));
        let is_equal = |got: &str| match (serde_json::from_str::<Value>(got), serde_json::from_str(case.expected)) {
            (Ok(got), Ok(expected)) => got == expected,
            _ => got == case.expected,
        };
        if !is_equal(&got) {
            faults.push(format!("{}\n  wanted {}\n  got    {got}", case.expression, case.expected));
        }
    }
    assert!(faults.is_empty(), "{} cases:\n{}", faults.len(), faults.join("\n"));
}
