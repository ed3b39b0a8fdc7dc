//! Bindings, free variables, and how parsed expressions are used again.

use bongsu_jsonata::{Bindings, Expression, Library, Limits, Outcome, Value};

use crate::{Fixed, evaluate, evaluate_with, json, told};

fn bindings() -> Bindings {
    let mut bindings = Bindings::new(Library::StepFunctions);
    bindings.bind("states", json(r#"{"input":{"a":{"b":[1,2]}},"context":{"Execution":{"Name":"x"}}}"#));
    bindings.bind("count", json("7"));
    bindings
}

#[track_caller]
fn check(expression: &str, expected: &str) {
    let outcome = evaluate_with(expression, None, &bindings(), Limits::default());
    assert_eq!(told(outcome), expected, "{expression}");
}

#[track_caller]
fn check_free(expression: &str, expected: &[&str]) {
    let expression = Expression::parse(expression).expect("it is well formed");
    assert_eq!(expression.free_variables().collect::<Vec<_>>(), expected, "{expression:?}");
}

#[test]
fn variables_of_the_caller_are_read() {
    check("$states.input.a.b[1]", "2");
    check("$states.context.Execution.Name & '!'", r#""x!""#);
    check("$merge([$states.input, {'r': $states.result}])", r#"{"a":{"b":[1,2]}}"#);
    check("$missing", "nothing");
    check("$$", "nothing");
}

#[test]
fn variables_hide_functions_and_are_hidden_by_inner_ones() {
    check("$count", "7");
    check("$count([1])", "!T1006");
    check("($states := 1; $states)", "1");
    check("($f := function($states){$states}; [$f(2), $exists($states.input)])", "[2,true]");
}

#[test]
fn one_evaluation_leaves_nothing_to_the_next() {
    let expression = Expression::parse("($x := $exists($x) ? 2 : 1; $x)").unwrap();
    for _ in 0..2 {
        let outcome = expression.evaluate(None, &bindings(), &mut Fixed, Limits::default());
        assert_eq!(outcome.unwrap(), Outcome::Value(json("1")));
    }
}

#[test]
fn free_variables_are_those_that_nothing_in_the_expression_binds() {
    check_free("$a + $b.c", &["a", "b"]);
    check_free("($a := 1; $a + $b)", &["b"]);
    check_free("($f := function($x){$x = 0 ? 0 : $f($x - $step)}; $f(3))", &["step"]);
    check_free("list@$l#$i.($l.id & $i & $k)", &["k"]);
    check_free("($a := 1); $a".split(';').next().unwrap(), &[]);
    check_free("[($a := 1), $a]", &["a"]);
    check_free("$sum($map(x, function($v){$v * $rate}))", &["map", "rate", "sum"]);
    check_free("$ ~> |$$|{'x': $y}, $z|", &["", "$", "y", "z"]);
    check_free("a.b", &[]);
}

#[test]
fn a_library_says_what_it_contains() {
    assert!(Library::Standard.contains("eval") && !Library::StepFunctions.contains("eval"));
    assert!(!Library::Standard.contains("partition") && Library::StepFunctions.contains("partition"));
    assert!(Library::StepFunctions.contains("sum"));
}

#[test]
fn functions_in_results_are_told_apart() {
    for expression in ["$sum", "function(){1}", "[1, $sum]", "{'f': {'g': $sum}}"] {
        assert_eq!(told(evaluate(expression, None, Library::Standard)), "function");
    }
}

#[test]
fn large_integers_pass_through_unchanged() {
    let input = json(r#"{"id":9007199254740993,"max":18446744073709551615,"z":1,"a":2}"#);
    for (expression, expected) in [
        ("id", "9007199254740993"),
        ("$", r#"{"id":9007199254740993,"max":18446744073709551615,"z":1,"a":2}"#),
        ("[max]", "[18446744073709551615]"),
        ("id + 0", "9007199254740992"),
        ("$string(id)", r#""9007199254740992""#),
        ("$ ~> |$|{}, ['max', 'z']|", r#"{"id":9007199254740993,"a":2}"#),
    ] {
        assert_eq!(told(evaluate(expression, Some(&input), Library::Standard)), expected, "{expression}");
    }
}

#[test]
fn errors_say_what_and_where() {
    let error = |expression: &str| evaluate(expression, Some(&Value::Null), Library::Standard).unwrap_err();
    let parsed = error("1 + )");
    assert_eq!((parsed.code(), parsed.position(), parsed.token()), ("S0211", Some(5), Some(")")));
    assert_eq!(parsed.message(), r#"The symbol ")" cannot be used as a unary operator"#);
    let typed = error("1 + 'x'");
    assert_eq!((typed.code(), typed.position(), typed.token()), ("T2002", Some(3), Some("+")));
    assert_eq!(typed.value(), Some(&json(r#""x""#)));
    let called = error("$uppercase(1)");
    assert_eq!(called.message(), r#"Argument 1 of function "uppercase" does not match function signature"#);
    assert_eq!(error("sum(1)").message(), "Attempted to invoke a non-function. Did you mean $sum?");
    assert_eq!(error("$error('out of stock')").message(), "out of stock");
}
