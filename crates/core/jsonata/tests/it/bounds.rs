//! Whatever the expression is, it ends, with an error if it goes too far.

use proptest::prelude::*;

use bongsu_jsonata::{Bindings, DEPTH_MAX, EXPRESSION_BYTES_MAX, Expression, Library, Limits, NESTING_MAX};

use crate::{evaluate, evaluate_with, told};

#[track_caller]
fn check(expression: &str, expected: &str) {
    assert_eq!(told(evaluate(expression, None, Library::Standard)), expected);
}

#[test]
fn recursion_ends_at_a_depth() {
    check("($f := function($n){1 + $f($n)}; $f(1))", "!U1001");
    check("($f := function($n){$map([1], function($x){$f($x) + 1})}; $f(1))", "!U1001");
    check("($f := function($n){$n = 0 ? 0 : 1 + $f($n - 1)}; $f(1000))", "1000");
}

#[test]
fn calls_at_the_end_of_a_function_go_no_deeper() {
    check("($f := function($n){$n = 0 ? 'done' : $f($n - 1)}; $f(100000))", r#""done""#);
    check("($f := function($n){($m := $n - 1; $m > 0 ? $g($m) : $m)}; $g := function($n){$f($n)}; $f(10000))", "0");
}

#[test]
fn loops_end_after_a_number_of_steps() {
    check("($f := function($n){$f($n + 1)}; $f(1))", "!U1002");
    check("($r := [1..9999]; $reduce($r, function($a, $b){$count($r[$ = $b])}))", "!U1002");
}

#[test]
fn values_end_at_a_size() {
    check("($f := function($s){$f($s & $s)}; $f('ab'))", "!U1003");
    check("($f := function($s){$f([$s, $s])}; $f('ab'))", "!U1003");
    check("$pad('', 1e12)", "!U1003");
    check("[1..1e7]", "!U1003");
    check("$join([1..100000].$pad('', 10000))", "!U1003");
    let limits = Limits { size: 1000, ..Limits::default() };
    let outcome = evaluate_with("[1..100]", None, &Bindings::default(), limits);
    assert_eq!(told(outcome), "!U1003");
}

#[test]
fn values_end_at_a_depth() {
    check("($f := function($n, $v){$n = 0 ? 1 : $f($n - 1, {'v': $v})}; $f(10000, 1))", "!U1004");
    check("($f := function($n, $v){$n = 0 ? 1 : $f($n - 1, $v ~> $string)}; $f(10000, $string))", "!U1004");
    check("($f := function($n, $v){$n = 0 ? 1 : $f($n - 1, $v(?))}; $f(10000, $string))", "!U1004");
}

#[test]
fn functions_that_hold_each_other_are_no_problem() {
    check("($f := function($n, $g){$n = 0 ? $g() : $f($n - 1, function(){$g()})}; $f(5000, function(){7}))", "7");
    check("($f := function(){$g}; $g := function(){$f}; 1)", "1");
}

#[test]
fn texts_nest_only_so_deep() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{'a':", "}"), ("-", ""), ("a[", "]"), ("function(){", "}"), ("a ? ", "")]
    {
        for count in [50, NESTING_MAX / 2 - 10] {
            let text = format!("{}1{}", open.repeat(count), close.repeat(count));
            let parsed = Expression::parse(&text).unwrap();
            let outcome = parsed.evaluate(None, &Bindings::default(), &mut crate::Fixed, Limits::default());
            assert!(
                outcome.is_ok() || outcome.is_err_and(|error| ["U1004", "D1002"].contains(&error.code())),
                "{open}"
            );
        }
        let text = format!("{}1{}", open.repeat(60_000), close.repeat(60_000));
        let code = Expression::parse(&text).unwrap_err().code();
        assert!(["U1005", "U1006"].contains(&code), "{open}: {code}");
    }
    let chain = |count| format!("1{}", " + 1".repeat(count));
    check(&chain(NESTING_MAX - 1), &NESTING_MAX.to_string());
    check(&chain(NESTING_MAX), "!U1005");
    check(&"a.".repeat(EXPRESSION_BYTES_MAX), "!U1006");
}

#[test]
fn deep_recursion_fits_on_a_small_stack() {
    let run = || check("($f := function($n){$n = 0 ? 0 : 1 + $f($n - 1)}; $f(1500))", "1500");
    let depth = Limits { depth: DEPTH_MAX * 4, ..Limits::default() };
    let deeper = move || {
        let text = "($f := function($n){$n = 0 ? 0 : 1 + $f($n - 1)}; $f(6000))";
        assert_eq!(told(evaluate_with(text, None, &Bindings::default(), depth)), "6000");
    };
    run();
    deeper();
}

#[test]
fn large_arrays_are_no_problem() {
    check("$count($distinct([1..50000].($ % 20000 & '')))", "20000");
    check("$count($distinct([1..50000].($ % 20000)))", "20000");
    check("$count($sort([1..20000], function($a, $b){$a < $b}))", "20000");
    check("$count($keys([1..20000]{'k' & ($ % 5000): $count($)}))", "5000");
}

/// Pieces of expressions, put together at random.
fn soup() -> impl Strategy<Value = String> {
    let pieces = vec![
        "a",
        "$x",
        "$",
        "%",
        "*",
        "**",
        "1",
        "-",
        "\"s\"",
        "'",
        "/a/",
        "/",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ".",
        "..",
        ",",
        ":",
        ";",
        "?",
        "??",
        "?:",
        ":=",
        "@",
        "#",
        "^",
        "<",
        ">",
        "=",
        "~>",
        "|",
        "&",
        "and",
        "in",
        "function(",
        "$sum(",
        "$map(",
        "$v",
        "$i",
        " ",
        "é",
        "😀",
        "`",
        "\\",
        "null",
        "<s-:n>",
        "!",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..25).prop_map(|pieces| pieces.concat())
}

/// Pieces of pictures, put together at random.
fn picture() -> impl Strategy<Value = String> {
    let pieces = vec![
        "0",
        "#",
        ",",
        ".",
        "e",
        "%",
        "\u{2030}",
        ";",
        "-",
        "x",
        "[Y]",
        "[M01]",
        "[MNn,3-3]",
        "[D1o]",
        "[",
        "]",
        "[F",
        "[Z]",
        "[z",
        "01:01",
        "t",
        "[P]",
        "[h#1]",
        "w",
        "Ww",
        "A",
        "i",
        "I",
        ";o",
        "é",
        "٠",
        "[[",
        "]]",
        "*",
        ",2-2",
        "[f001]",
        "[X]",
        "[d]",
        "9999",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_an_expression_or_an_error(text in soup()) {
        let input = crate::json(r#"{"a":[1,{"a":"s"}],"s":{"a":null}}"#);
        let _: String = told(evaluate(&text, Some(&input), Library::Standard));
    }

    #[test]
    fn any_picture_is_followed_or_refused(picture in picture(), number in any::<f64>(), text in "[0-9a-zA-Z :+-]{0,12}") {
        let mut bindings = Bindings::default();
        bindings.bind("p", picture.as_str().into());
        bindings.bind("n", number.into());
        bindings.bind("t", text.as_str().into());
        for call in [
            "$formatNumber($n, $p)",
            "$formatNumber($n % 100000, $p)",
            "$formatInteger($n, $p)",
            "$formatInteger($n % 100000, $p)",
            "$parseInteger($t, $p)",
            "$fromMillis($n, $p, $t)",
            "$fromMillis($n % 1e13, $p)",
            "$toMillis($t, $p)",
            "$toMillis($fromMillis($n % 1e13, $p), $p)",
            "$toMillis($t)",
            "$replace($t, $p, $p)",
            "$match($t, /[a-z]+/)",
        ] {
            let _: String = told(evaluate_with(call, None, &bindings, Limits::default()));
        }
    }
}
