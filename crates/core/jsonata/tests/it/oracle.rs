//! The original decides what is right: the same expressions in its own implementation, if that is installed.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use bongsu_jsonata::{Library, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::table::cases;
use crate::{evaluate, json, told};

/// How many expressions are made up.
const GENERATED: usize = 2_000;
/// What they are evaluated over.
const INPUT: &str = r#"{"a":1,"b":-2.5,"s":"text one","e":"","t":true,"n":null,"m":[3,1,2],"x":[],"y":["p","q","p"],
    "o":{"a":5,"k":{"a":[6]}},"l":[{"a":1,"b":"u","m":[1,2]},{"a":2,"b":"v","m":[3]},{"a":3,"m":[]}],"w":[[1,2],[3]]}"#;

/// The Node that has the original installed beside it, if there is one: `cargo xtask test` sees to it.
fn node() -> Option<PathBuf> {
    let left = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/node/node");
    let node = env::var_os("BONGSU_NODE").map_or_else(left, PathBuf::from);
    node.parent().is_some_and(|home| home.join("node_modules/jsonata").exists()).then_some(node)
}

/// What the original says of each expression.
fn ask(node: &Path, questions: &[(String, Value)]) -> Vec<String> {
    let script = include_str!("oracle.js");
    let mut original = Command::new(node)
        .args(["--input-type=module", "-e", script])
        .current_dir(node.parent().expect("it is in a folder"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node starts");
    let mut pipe = original.stdin.take().expect("it is piped");
    let answers = thread::scope(|scope| {
        scope.spawn(move || {
            for (expression, input) in questions {
                writeln!(pipe, "{{\"expression\":{},\"input\":{input}}}", Value::from(expression.as_str()))
                    .expect("the original reads on");
            }
        });
        BufReader::new(original.stdout.take().expect("it is piped"))
            .lines()
            .map(|line| line.expect("answers are text"))
            .collect()
    });
    assert!(original.wait().expect("it was started").success());
    answers
}

/// Fails with all expressions of which the original says something else.
fn compare(questions: &[(String, Value)]) {
    let Some(node) = node() else { return };
    let answers = ask(&node, questions);
    assert_eq!(answers.len(), questions.len());
    let mut faults = Vec::new();
    for ((expression, input), theirs) in questions.iter().zip(answers) {
        let ours = told(evaluate(expression, Some(input), Library::Standard));
        let is_equal = match (serde_json::from_str::<Value>(&ours), serde_json::from_str(&theirs)) {
            (Ok(ours), Ok(theirs)) => ours == theirs,
            // The original evaluates the parts of arrays and objects side by side: any error may be the first.
            _ => ours == theirs || theirs == "?" || ours.starts_with("!U") || is_failure(&ours) && is_failure(&theirs),
        };
        if !is_equal {
            faults.push(format!("{expression}\n  theirs {theirs}\n  ours   {ours}"));
        }
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), questions.len(), faults.join("\n"));
}

fn is_failure(told: &str) -> bool {
    told.starts_with("!T") || told.starts_with("!D")
}

#[test]
fn the_table_is_what_the_original_says() {
    let shared = cases().into_iter().filter(|case| case.is_shared);
    compare(&shared.map(|case| (case.expression.to_owned(), case.input)).collect::<Vec<_>>());
}

#[test]
fn expressions_that_nobody_thought_of_give_the_same() {
    let mut runner = TestRunner::deterministic();
    let strategy = expression();
    let input = json(INPUT);
    let one = |_| strategy.new_tree(&mut runner).unwrap().current();
    // The original loses regular expressions on the left of these two, and then never ends.
    let is_fair = |text: &String| !text.contains("$replace") && !text.contains("$match") || !text.contains("?");
    let questions = (0..GENERATED).map(one).filter(is_fair).map(|expression| (expression, input.clone()));
    compare(&questions.collect::<Vec<_>>());
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "s", "e", "t", "n", "m", "x", "y", "o", "l", "w", "k", "z"])
}

/// A path that begins with a name.
fn place() -> impl Strategy<Value = String> {
    prop_oneof![
        name().prop_map(str::to_owned),
        (name(), name()).prop_map(|(left, right)| format!("{left}.{right}")),
        (name(), name()).prop_map(|(left, right)| format!("{left}[{right}]")),
    ]
}

fn leaf() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => name().prop_map(str::to_owned),
        1 => prop::sample::select(vec!["0", "1", "2", "-1", "1.5", "12"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["\"\"", "\"a\"", "\"text\"", "true", "false", "null"]).prop_map(str::to_owned),
        2 => prop::sample::select(vec!["$", "$$", "$v", "*", "**", "[]", "{}", "$sum"]).prop_map(str::to_owned),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let operator = prop::sample::select(vec![
        "+", "-", "*", "/", "%", "=", "!=", "<", "<=", ">", ">=", "&", "and", "or", "in", "??", "?:",
    ]);
    let of_one = prop::sample::select(vec![
        "sum",
        "count",
        "max",
        "min",
        "average",
        "string",
        "length",
        "uppercase",
        "lowercase",
        "trim",
        "number",
        "abs",
        "floor",
        "ceil",
        "round",
        "sqrt",
        "boolean",
        "not",
        "exists",
        "keys",
        "spread",
        "merge",
        "reverse",
        "sort",
        "distinct",
        "type",
        "join",
        "single",
        "zip",
        "base64encode",
        "encodeUrlComponent",
        "clone",
    ]);
    let of_two = prop::sample::select(vec![
        "append",
        "lookup",
        "contains",
        "split",
        "join",
        "substring",
        "substringBefore",
        "substringAfter",
        "pad",
        "round",
        "power",
        "formatBase",
        "zip",
        "map",
        "filter",
        "sift",
        "each",
        "match",
        "formatNumber",
        "sort",
    ]);
    leaf().prop_recursive(5, 40, 4, move |inner| {
        let lambda = (inner.clone(), 1..4usize).prop_map(|(body, count)| {
            format!("function({}){{{body}}}", ["$v", "$v, $i", "$v, $i, $w"][count - 1])
        });
        let lambda = lambda.boxed();
        prop_oneof![
            4 => (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left}.{right}")),
            3 => (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left}[{right}]")),
            2 => (inner.clone(), operator.clone(), inner.clone())
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            1 => (inner.clone(), operator.clone(), inner.clone())
                .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
            1 => inner.clone().prop_map(|inner| format!("{inner}[]")),
            1 => inner.clone().prop_map(|inner| format!("({inner})")),
            1 => inner.clone().prop_map(|inner| format!("-{inner}")),
            1 => (inner.clone(), inner.clone()).prop_map(|(first, second)| format!("($v := {first}; {second})")),
            2 => prop::collection::vec(inner.clone(), 0..4).prop_map(|parts| format!("[{}]", parts.join(", "))),
            1 => (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("[{left}..{right}]")),
            1 => (inner.clone(), inner.clone())
                .prop_map(|(left, right)| format!("{{\"f\": {left}, \"g\": {right}}}")),
            1 => (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(of, key, value)| format!("{of}{{$string({key}): {value}}}")),
            1 => (inner.clone(), inner.clone()).prop_map(|(of, key)| format!("{of}^({key})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(of, key)| format!("{of}^(>{key}, {key})")),
            1 => (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(condition, then, other)| format!("({condition} ? {then} : {other})")),
            2 => (place(), inner.clone()).prop_map(|(left, right)| format!("{left}@$v.{right}")),
            2 => (place(), inner.clone()).prop_map(|(left, right)| format!("{left}#$i.({right} & $i)")),
            1 => (place(), place(), inner.clone())
                .prop_map(|(left, right, last)| format!("{left}@$v#$i.{right}@$w.[$v, $i, {last}]")),
            1 => (inner.clone(), name(), prop::sample::select(vec!["t(e)?", "[a-p]+", "x|(e)", "\\\\w\\\\s?", "^."]))
                .prop_map(|(text, replacement, pattern)| format!("$replace({text}, /{pattern}/, {replacement} & \"<$1>\")")),
            1 => (inner.clone(), prop::sample::select(vec!["t(e)?", "[a-p]+", "x|(e)", " "]))
                .prop_map(|(text, pattern)| format!("$match({text}, /{pattern}/i)")),
            1 => (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left}.{right}.%")),
            1 => (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left}.({right}.%.a)")),
            3 => (of_one.clone(), inner.clone()).prop_map(|(function, inner)| format!("${function}({inner})")),
            2 => (of_two.clone(), inner.clone(), inner.clone())
                .prop_map(|(function, first, second)| format!("${function}({first}, {second})")),
            1 => (prop::sample::select(vec!["map", "filter", "single", "sift", "each", "reduce", "sort"]), inner.clone(), lambda.clone())
                .prop_map(|(function, first, lambda)| format!("${function}({first}, {lambda})")),
            1 => (lambda, inner.clone()).prop_map(|(lambda, argument)| format!("{lambda}({argument})")),
            1 => (inner.clone(), of_one.clone()).prop_map(|(left, function)| format!("{left} ~> ${function}")),
            1 => (inner.clone(), inner.clone())
                .prop_map(|(pattern, update)| format!("$ ~> |{pattern}|{{\"new\": {update}}}|")),
        ]
    })
}
