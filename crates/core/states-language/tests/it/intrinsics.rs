//! The eighteen intrinsic functions, and JSONPath.

use crate::story::{outcome, single};

/// What an entry of Parameters gives for an input.
fn value(expression: &str, input: &str) -> String {
    let pass =
        single(&format!(r#"{{"Type":"Pass","Parameters":{{"v.$":{expression:?}}},"OutputPath":"$.v","End":true}}"#));
    let told = outcome(&pass, input);
    told.replace("An error occurred while executing the state 'S' (entered at the event id #2). ", "")
}

#[test]
fn functions_give_what_aws_recorded() {
    for (expression, input, expected) in [
        ("States.Format('a {} b {} \\{} \\'', $.x, 1)", r#"{"x":"X"}"#, r#""a X b 1 {} '""#),
        ("States.Format('{}', $)", r#"{"k":"v","k2":[],"n":null}"#, r#""{k=v, k2=[], n=null}""#),
        ("States.Format($.t, 2)", r#"{"t":"n = {}"}"#, r#""n = 2""#),
        ("States.StringToJson($.s)", r#"{"s":""}"#, "null"),
        ("States.StringToJson('  ')", "{}", "null"),
        ("States.StringToJson('-0')", "{}", "0"),
        ("States.StringToJson('{\"b\": [1, 2], \"a\": null}')", "{}", r#"{"b":[1,2],"a":null}"#),
        ("States.JsonToString($)", r#"{"b":1, "a":"x"}"#, r#""{\"b\":1,\"a\":\"x\"}""#),
        ("States.Array()", "{}", "[]"),
        ("States.Array($.a, 'x', States.Array(true, null))", r#"{"a":1}"#, r#"[1,"x",[true,null]]"#),
        ("States.ArrayPartition($, 2)", "[1,2,3,4,5]", "[[1,2],[3,4],[5]]"),
        ("States.ArrayPartition($, 2)", "[]", "[]"),
        ("States.ArrayContains($, States.StringToJson('{\"a\":1}'))", r#"[{"a":1}]"#, "true"),
        ("States.ArrayContains($, 4)", "[1,2]", "false"),
        ("States.ArrayRange(1, 9, 2)", "{}", "[1,3,5,7,9]"),
        ("States.ArrayRange(0, 5, 2)", "{}", "[0,2,4]"),
        ("States.ArrayRange(3, 0, -1)", "{}", "[3,2,1,0]"),
        ("States.ArrayGetItem($, 1)", "[1,2]", "2"),
        ("States.ArrayLength($)", "[1,2]", "2"),
        ("States.ArrayUnique($)", r#"[1,2,1,{"a":1},{"a":1},"1"]"#, r#"[1,2,{"a":1},"1"]"#),
        ("States.Base64Encode('Data')", "{}", r#""RGF0YQ==""#),
        ("States.Base64Encode('')", "{}", r#""""#),
        ("States.Base64Decode('RGF0YQ==')", "{}", r#""Data""#),
        ("States.Hash('input', 'MD5')", "{}", r#""a43c1b0aa53a0c908810c06ab1ff3967""#),
        ("States.Hash('input', 'SHA-1')", "{}", r#""140f86aae51ab9e1cda9b4254fe98a74eb54c1a1""#),
        (
            "States.JsonMerge($.a, $.b, false)",
            r#"{"a":{"x":1,"y":{"p":1}},"b":{"y":{"q":2}}}"#,
            r#"{"x":1,"y":{"q":2}}"#,
        ),
        ("States.MathAdd(1.5, 2.5)", "{}", "5"),
        ("States.MathAdd(-1.5, 0)", "{}", "-1"),
        ("States.MathAdd(-1.51, 0)", "{}", "-2"),
        ("States.MathRandom(7, 8)", "{}", "7"),
        ("States.StringSplit('a,b.c', ',.')", "{}", r#"["a","b","c"]"#),
        ("States.StringSplit(',,,,', ',')", "{}", "[]"),
    ] {
        assert_eq!(value(expression, input), expected, "{expression}");
    }
}

#[test]
fn functions_refuse_what_they_cannot_take() {
    for expression in [
        "States.ArrayGetItem($, 2)",
        "States.ArrayPartition($, 0)",
        "States.ArrayRange(0, 2000, 1)",
        "States.ArrayRange(0, 5, 0)",
        "States.Base64Decode('%')",
        "States.Hash('x', 'CRC')",
        "States.JsonMerge($[0], $[0], true)",
        "States.MathAdd('x', 1)",
        "States.MathAdd(2147483647, 1)",
        "States.Format('{} {}', 1)",
        "States.StringToJson('{')",
    ] {
        let told = value(expression, r#"[{},1]"#);
        assert!(told.starts_with("States.IntrinsicFailure: The function '"), "{expression}: {told}");
    }
}

#[test]
fn a_seed_gives_the_same_number_each_time() {
    let first = value("States.MathRandom(1, 1000000, 5)", "{}");
    assert_eq!(first, value("States.MathRandom(1, 1000000, 5)", "[]"));
    assert_ne!(first, value("States.MathRandom(1, 1000000, 6)", "{}"));
    assert_eq!(value("States.UUID()", "{}").len(), 38);
}

#[test]
fn paths_find_what_jayway_finds() {
    let store = r#"{"books":[{"t":"A","p":8,"tags":["x"]},{"t":"B","p":12,"i":1},{"t":"C","p":9.5}],"d":{"books":[{"t":"D"}]},"max":9,"":0}"#;
    for (path, expected) in [
        ("$.books[0].t", r#""A""#),
        ("$['books'][-1]['t']", r#""C""#),
        ("$.books[*].t", r#"["A","B","C"]"#),
        ("$.books[0:2].p", "[8,12]"),
        ("$.books[:-1].t", r#"["A","B"]"#),
        ("$.books[0,2].t", r#"["A","C"]"#),
        ("$..t", r#"["A","B","C","D"]"#),
        ("$..books[0].t", r#"["A","D"]"#),
        ("$.books[?(@.p < $.max)].t", r#"["A"]"#),
        ("$.books[?(@.p > 8 && @.i)].t", r#"["B"]"#),
        ("$.books[?(!(@.p > 8) || @.t == 'C')].t", r#"["A","C"]"#),
        ("$.books[?(@.t in ['A','C'])].p", "[8,9.5]"),
        ("$.books[?(@.tags[0] == 'x')].t", r#"["A"]"#),
        ("$.books[?(@.nothing)]", "[]"),
        ("$.books[0]['t','p']", r#"["A",8]"#),
        ("$.books.length()", "3"),
        ("$.books[*].p.max()", "12"),
        ("$.nothing", "States.Runtime: "),
    ] {
        let told = value(path, store);
        assert!(told == expected || expected.ends_with(": ") && told.starts_with(expected), "{path}: {told}");
    }
}
