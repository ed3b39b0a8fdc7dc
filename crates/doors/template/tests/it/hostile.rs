//! Texts that try to break the reader: too large, too deep, too many, or damaged at random.

use bongsu_template::{DEPTH_MAX, ERRORS_MAX, MAP_ENTRIES_MAX, NODES_MAX, TEMPLATE_BYTES_MAX, parse};
use proptest::prelude::*;

use crate::{inputs, read};

const TEMPLATES: [&str; 8] = [
    include_str!("../../../../../examples/til-challenge/template.yaml"),
    include_str!("../../../../../examples/data-entry/template.yaml"),
    include_str!("templates/fan-out-sam.yaml"),
    include_str!("templates/http-api-sam.yaml"),
    include_str!("templates/rest-api-sam.yaml"),
    include_str!("templates/rest-api-to-sqs.yaml"),
    include_str!("templates/scheduled-sam.yaml"),
    include_str!("templates/storage.yaml"),
];
/// Short pieces that mean something to YAML or to CloudFormation.
const PIECES: [&str; 40] = [
    "!Ref ",
    "!Sub ",
    "!GetAtt ",
    "!If ",
    "!Join ",
    "!Select ",
    "!Split ",
    "!FindInMap ",
    "${",
    "}",
    "{",
    "[",
    "]",
    "- ",
    ": ",
    ",",
    "\n",
    "\n  ",
    "\t",
    "'",
    "\"",
    "|",
    ">",
    "&a ",
    "*a",
    "#",
    "? ",
    "---\n",
    "...\n",
    "%TAG ! !\n",
    "!!str ",
    "<<: ",
    "AWS::NoValue",
    "AWS::Region",
    "null",
    "$request.body.",
    ".fifo",
    "\\u0000",
    "\u{feff}",
    "한글",
];

/// Escapes of JSON, whole ones and halves, and characters of every length.
const JSON_ESCAPES: [&str; 10] = [r"\ud83d", r"\ude00", r"\u0041", r"\\", r"\n", r"\u00", "a", "é", "한", "😀"];

#[test]
fn a_template_that_is_too_large_is_refused() {
    let shown = read(&format!("a: {}", "x".repeat(TEMPLATE_BYTES_MAX)));
    assert_eq!(shown, format!("template.yaml:1: the template is larger than {TEMPLATE_BYTES_MAX} bytes\n"));
}

#[test]
fn a_template_that_is_too_deep_is_refused() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("!Sub [", "]")] {
        let text = format!("a: {}1{}", open.repeat(DEPTH_MAX), close.repeat(DEPTH_MAX));
        assert_eq!(read(&text), format!("template.yaml:1: more than {DEPTH_MAX} levels of nesting\n"));
    }
    assert!(read(&"[".repeat(TEMPLATE_BYTES_MAX)).contains("template.yaml:1: "));
    assert!(read(&"- ".repeat(100_000)).contains("template.yaml:1: "));
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let alias = format!("*a{}", level - 1);
        text += &format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 10].join(", "));
    }
    assert_eq!(
        read(&text),
        format!("template.yaml:5: the template has more than {NODES_MAX} values, aliases followed\n")
    );
}

#[test]
fn aliases_that_nest_are_refused() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..DEPTH_MAX {
        text += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    assert!(read(&text).contains(&format!("more than {DEPTH_MAX} levels of nesting")), "{}", read(&text));
}

#[test]
fn a_map_with_too_many_entries_is_refused() {
    let text: String = (0..=MAP_ENTRIES_MAX).map(|number| format!("k{number}: 1\n")).collect();
    let line = MAP_ENTRIES_MAX + 1;
    assert_eq!(read(&text), format!("template.yaml:{line}: a map with more than {MAP_ENTRIES_MAX} entries\n"));
}

#[test]
fn a_sub_that_repeats_a_long_parameter_ends() {
    let text = format!(
        "Parameters: {{ P: {{ Type: String }} }}\nResources: {{ Q: {{ Type: AWS::SQS::Queue }} }}\nOutputs: {{ O: {{ Value: !Sub '{}' }} }}",
        "${P}".repeat(100_000)
    );
    let errors = parse(&text, "template.yaml", &inputs(&[("P", &"x".repeat(4096))])).unwrap_err();
    assert!(errors.to_string().starts_with("template.yaml:3: the resolved template is larger than"), "{errors}");
}

#[test]
fn globals_that_multiply_are_refused() {
    let variables: String = (0..900).map(|number| format!("V{number}: x, ")).collect();
    let functions: String =
        (0..450).map(|number| format!("  F{number}: {{ Type: AWS::Serverless::Function }}\n")).collect();
    let text = format!(
        "Transform: AWS::Serverless-2016-10-31\nGlobals: {{ Function: {{ Runtime: provided.al2, CodeUri: ., Environment: {{ Variables: {{ {variables} }} }} }} }}\nResources:\n{functions}"
    );
    let told = format!("the template has more than {NODES_MAX} values once SAM is expanded");
    assert_eq!(read(&text).matches(&told).count(), 1);
}

#[test]
fn only_so_many_faults_are_kept() {
    let resources: String = (0..500).map(|number| format!("  R{number}: {{ Type: X }}\n")).collect();
    let errors = parse(&format!("Resources:\n{resources}"), "template.yaml", &inputs(&[])).unwrap_err();
    assert_eq!(errors.errors().len(), ERRORS_MAX);
}

#[derive(Clone, Debug)]
enum Damage {
    Insert(usize, &'static str),
    Delete(usize, usize),
    Copy(usize, usize, usize),
    Replace(usize, char),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = 0..TEMPLATES[0].len();
    prop_oneof![
        (at.clone(), prop::sample::select(&PIECES[..])).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        (at.clone(), 1..200_usize).prop_map(|(at, length)| Damage::Delete(at, length)),
        (at.clone(), 1..200_usize, at.clone()).prop_map(|(from, length, to)| Damage::Copy(from, length, to)),
        (at, any::<char>()).prop_map(|(at, c)| Damage::Replace(at, c)),
    ]
}

fn damaged(template: &str, damages: &[Damage]) -> String {
    let mut text: Vec<char> = template.chars().collect();
    for damage in damages {
        let length = text.len();
        let span = |from: usize, count: usize| from.min(length)..(from + count).min(length).max(from.min(length));
        match *damage {
            Damage::Insert(at, piece) => drop(text.splice(span(at, 0), piece.chars())),
            Damage::Delete(at, count) => drop(text.drain(span(at, count))),
            Damage::Replace(at, c) => drop(text.splice(span(at, 1), [c])),
            Damage::Copy(from, count, to) => {
                let copied = text[span(from, count)].to_vec();
                text.splice(span(to, 0), copied);
            }
        }
    }
    text.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_template_never_panics(
        template in prop::sample::select(&TEMPLATES[..]),
        damages in prop::collection::vec(damage(), 1..8),
    ) {
        let text = damaged(template, &damages);
        if let Err(errors) = parse(&text, "template.yaml", &inputs(&[])) {
            prop_assert!(!errors.errors().is_empty());
            prop_assert!(!errors.to_string().chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn escapes_of_json_in_any_order_never_panic(
        escapes in prop::collection::vec(prop::sample::select(&JSON_ESCAPES[..]), 0..12)
    ) {
        let text = format!(r#"{{"Resources": {{"Queue": {{"Type": "AWS::SQS::Queue", "{}": 1}}}}}}"#, escapes.concat());
        drop(parse(&text, "template.json", &inputs(&[])));
    }

    #[test]
    fn pieces_in_any_order_never_panic(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..60)) {
        drop(parse(&pieces.concat(), "template.yaml", &inputs(&[])));
        drop(parse(&format!("Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: {}", pieces.concat()), "t", &inputs(&[])));
    }

    #[test]
    fn any_text_never_panics(text in any::<String>()) {
        drop(parse(&text, "template.yaml", &inputs(&[])));
    }
}
