//! What HOCON means, line by line, and that no text brings the reader down.

use proptest::prelude::*;

use super::{DEPTH_MAX, Document, FILE_BYTES_MAX, Node, Value, parse};
use crate::error::Fault;

fn environment(name: &str) -> Option<String> {
    (name == "PORT").then(|| "9999".to_owned())
}

fn read(text: &str) -> Result<Document, Fault> {
    parse(text, &environment)
}

/// The document on one line: `key=text`, `{…}`, `[…]`.
fn shown(text: &str) -> String {
    match read(text) {
        Ok(document) => show(&Value::Object(document.root)),
        Err(Fault { line, reason }) => format!("{line}: {reason}"),
    }
}

fn show(value: &Value) -> String {
    let list = |items: Vec<String>| items.join(" ");
    match value {
        Value::Null => "null".to_owned(),
        Value::Text(text) => format!("<{text}>"),
        Value::List(items) => format!("[{}]", list(items.iter().map(|node| show(&node.value)).collect())),
        Value::Object(members) => {
            format!("{{{}}}", list(members.iter().map(|(key, node)| format!("{key}={}", show(&node.value))).collect()))
        }
    }
}

#[test]
fn values_are_read_as_hocon_means_them() {
    for (text, expected) in [
        ("", "{}"),
        ("{}", "{}"),
        ("\u{feff}{ \"a\": 1 }\r\n", "{a=<1>}"),
        ("a = 10 seconds // a comment\nb: true # another\n// and one more", "{a=<10 seconds> b=<true>}"),
        ("a=1, b=2,\n c=3", "{a=<1> b=<2> c=<3>}"),
        ("a =\n  1\nb\t=  x y  ", "{a=<1> b=<x y>}"),
        ("a { b { c = 1 } }", "{a={b={c=<1>}}}"),
        ("a.b.c = 1\na.b.d = 2", "{a={b={c=<1> d=<2>}}}"),
        ("\"a.b\".c = 1\n\"\" = 2\na b.c = 3", "{=<2> a b={c=<3>} a.b={c=<1>}}"),
        ("a = \"x // # ${y}\" ", "{a=<x // # ${y}>}"),
        (r#"a = "\"\\\/\b\f\n\r\t\u0041\ud83d\ude00""#, "{a=<\"\\/\u{8}\u{c}\n\r\tA😀>}"),
        ("a = \"\"\"x\n\"y\"\"\"\"\nb = 1", "{a=<x\n\"y\"> b=<1>}"),
        ("a = [1, 2\n3, [4], { b = 5 }]", "{a=[<1> <2> <3> [<4>] {b=<5>}]}"),
        ("a = http://host:1", "1: ':' must stand in quotes, or a line break is missing"),
        ("a = null, b = null x", "{a=null b=<null x>}"),
        ("a = \"x\" y \"z\"", "{a=<x y z>}"),
        ("include = 1\nincluded = 2", "{include=<1> included=<2>}"),
    ] {
        assert_eq!(shown(text), expected, "{text:?}");
    }
}

#[test]
fn a_later_value_wins_and_objects_are_merged() {
    for (text, expected) in [
        ("a = 1, a = 2", "{a=<2>}"),
        ("a { b = 1, c = 1 }, a { c = 2 }, a.d = 3", "{a={b=<1> c=<2> d=<3>}}"),
        ("a { b = 1 }, a = 2", "{a=<2>}"),
        ("a = 1, a { b = 2 }", "{a={b=<2>}}"),
        ("a { b = 1 }, a = null, a { c = 2 }", "{a={c=<2>}}"),
    ] {
        assert_eq!(shown(text), expected, "{text:?}");
    }
}

#[test]
fn substitutions_read_the_whole_file_and_then_the_environment() {
    for (text, expected) in [
        ("a = ${b}, b = 1", "{a=<1> b=<1>}"),
        ("a = x ${b}\".\"${b} y, b = 1", "{a=<x 1.1 y> b=<1>}"),
        ("port = 1, port = ${?PORT}", "{port=<9999>}"),
        ("port = 1, port = ${?NOWHERE}", "{port=<1>}"),
        ("a = ${?NOWHERE}, b = [${?NOWHERE}], c = x${?NOWHERE}", "{b=[] c=<x>}"),
        ("PORT = 1, a = ${PORT}", "{PORT=<1> a=<1>}"),
        (
            "d { x = 1, y { z = 2 } }, a = ${d} { x = 3 }, b = ${d.y}",
            "{a={x=<3> y={z=<2>}} b={z=<2>} d={x=<1> y={z=<2>}}}",
        ),
        ("d { x = 1 }, a = ${d}, a { y = 2 }, b = ${a.x}${a.y}", "{a={x=<1> y=<2>} b=<12> d={x=<1>}}"),
        ("q { a { v = 1 }, b { v = ${q.a.v} } }", "{q={a={v=<1>} b={v=<1>}}}"),
        ("a = 1\nb = ${c}", "2: ${c} is neither in the file nor in the environment; ${?c} may be missing"),
        ("a = ${a}", "1: substitutions lead deeper than 64: do they go in a circle?"),
        ("a = 1\nb = ${c}\nc = ${?b}", "2: substitutions lead deeper than 64: do they go in a circle?"),
        ("a = ${b} {}, b = 1", "1: only texts or only objects can stand side by side"),
        ("a = [1] [2]", "1: only texts or only objects can stand side by side"),
    ] {
        assert_eq!(shown(text), expected, "{text:?}");
    }
}

#[test]
fn the_one_include_that_brings_in_defaults_is_left_out() {
    let document = read("# first\ninclude classpath(\"application.conf\") // defaults\na = 1").unwrap();
    assert_eq!(document.default_includes, [2]);
    assert_eq!(document.root.len(), 1);
    for what in ["\"other.conf\"", "file(\"/etc/other.conf\")", "classpath(\"other.conf\")", "required(\"x\")"] {
        let expected = format!("2: include {what} is not supported: put what it includes into this file");
        assert_eq!(shown(&format!("a = 1\ninclude {what}\nb = 2")), expected);
    }
}

#[test]
fn a_fault_names_its_line() {
    for (text, expected) in [
        ("a = 1\nb", "2: b has no value: write b = … or b { … }"),
        ("a = 1\nb =", "2: b has no value"),
        ("a = 1\n\nb += 2", "3: b += is not supported: give the whole value with ="),
        ("a = {\n b = 1\n", "1: the brace that is opened here is never closed"),
        ("{\n b = 1\n", "1: the brace that is opened here is never closed"),
        ("{}\nx", "2: nothing can come after the last brace, but 'x' does"),
        ("a = 1\n}", "2: a key is expected here, but '}' follows"),
        ("a = 1,,b = 2", "1: a key is expected here, but ',' follows"),
        ("a.=1", "1: a key is expected here, but '=' follows"),
        (".a=1", "1: a key is missing before the dot"),
        ("a = [1\n, 2", "1: the bracket that is opened here is never closed"),
        ("a = [,]", "1: an item of the list is missing here"),
        ("a = [1}", "1: an item of the list is missing here"),
        ("a = \"x\ny\"", "1: a quoted text does not end on its line"),
        ("\na = \"\"\"x\n\n", "2: the text in three quotes never ends"),
        ("a = \"\\x\"", "1: only JSON's escapes are known in quotes, such as \\\\ and \\\""),
        ("a = \"\\ud800\"", "1: \\u names half a character"),
        ("a = \"\\u12\"", "1: \\u needs four hexadecimal digits"),
        ("a = $x", "1: '$' must stand in quotes; a substitution is ${name} or ${?name}"),
        ("a = ${x", "1: the substitution of x is never closed"),
        ("a = x @ y", "1: '@' must stand in quotes, or a line break is missing"),
        ("a = { b = 1 } c = 2", "1: '=' must stand in quotes, or a line break is missing"),
    ] {
        assert_eq!(shown(text), expected, "{text:?}");
    }
}

#[test]
fn a_value_knows_its_line() {
    let document = read("a {\n  b = \"\"\"1\n2\"\"\"\n  c = 3 }\nd = x").unwrap();
    let line = |node: &Node| node.line;
    let Value::Object(a) = &document.root["a"].value else { panic!("{document:?}") };
    assert_eq!([line(&document.root["a"]), line(&a["b"]), line(&a["c"]), line(&document.root["d"])], [1, 2, 4, 5]);
}

#[test]
fn what_grows_without_bound_is_refused() {
    let deep = |open: &str, n: usize| shown(&format!("a = {}", open.repeat(n)));
    assert_eq!(deep("[", 100_000), format!("1: nested deeper than {DEPTH_MAX}"));
    assert_eq!(deep("{a=", 100_000), format!("1: nested deeper than {DEPTH_MAX}"));
    assert_eq!(shown(&format!("a{} = 1", ".a".repeat(DEPTH_MAX))), format!("1: nested deeper than {DEPTH_MAX}"));
    assert!(shown(&"#".repeat(FILE_BYTES_MAX + 1)).starts_with("1: the file is larger"));
    let mut bomb = "a0 = xxxxxxxx\n".to_owned();
    for n in 1..40 {
        bomb += &format!("a{n} = ${{a{0}}}${{a{0}}}\n", n - 1);
    }
    assert!(shown(&bomb).ends_with("substitutions make too much of the file"));
    // The longest way round a circle.
    let path = vec!["a"; DEPTH_MAX - 1].join(".");
    assert!(shown(&format!("{path} = ${{{path}}}")).contains("circle"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_brings_the_reader_down(text in "\\PC{0,80}") {
        prop_assert!(read(&text).map_or_else(|fault| fault.line > 0, |_| true));
    }

    #[test]
    fn no_mixture_of_tokens_brings_the_reader_down(tokens in prop::collection::vec(prop::sample::select(vec![
        "a", "b", "a.b", ".", "=", ":", "{", "}", "[", "]", ",", "\n", " ", "${a}", "${?b}", "${a.b}", "$", "\"", "\"\"\"",
        "\"x\"", "#", "//", "/", "\\", "\\u", "+=", "null", "10 seconds", "include ", "classpath(\"application.conf\")", "é",
    ]), 0..40)) {
        let text = tokens.concat();
        prop_assert!(read(&text).map_or_else(|fault| fault.line > 0, |_| true));
    }
}
