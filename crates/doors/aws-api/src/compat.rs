//! What of Amazon SQS works: `docs/compat/sqs.md` for people and `docs/compat/sqs.json` for tests, both made of the tables
//! that the code itself is made of.

mod attributes;
mod deviations;
mod operations;
pub(crate) mod shapes;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use bongsu_broker::QueueAttributes;
use expect_test::expect_file;
use serde_json::json;

use crate::error::{ErrorKind, Namespace};
use crate::received::SYSTEM_ATTRIBUTES;
use crate::sqs;
use attributes::ATTRIBUTES;
use deviations::DEVIATIONS;
use operations::{OPERATIONS, Operation};

const OPENING: &str = "\
# What of Amazon SQS works

API version 2012-11-05, AWS JSON 1.0 and AWS Query (answers in XML, or in JSON with `Accept: application/json`), Signature \
Version 4 in the `Authorization` header or the query string. What is not on this page behaves as AWS documents it; what \
differs stands under \"Deviations\". The tests named here are modules of `crates/doors/aws-api/tests/it`, or files under \
`crates`.

This page is written by `UPDATE_EXPECT=1 cargo test --package bongsu-aws-api compat` from the tables in \
`crates/doors/aws-api/src/compat`, and `cargo test` compares it. `tests/conformance` holds the members of every request and \
answer, what is required, the types and the errors against the published service model.
";

const BESIDES: &str = "
Both protocols, forms of queue URLs and type errors: `protocols`. Signatures: `identity`; every operation under every kind \
of caller: `access`. `GetCallerIdentity` of AWS STS on the same port: `sts`. Malformed, huge and random requests: `strangers`.
";

/// The page, from all tables.
fn page() -> String {
    let mut page = OPENING.to_owned();
    page += "\n## Operations\n\n| operation | works | exercised by |\n| --- | --- | --- |\n";
    for Operation { name, works, modules, .. } in OPERATIONS {
        writeln!(page, "| {name} | {works} | {} |", listed(modules)).unwrap();
    }
    page += BESIDES;
    page += "\n## Queue attributes\n\nThe default is that of a standard queue.\n\n";
    page += "| attribute | default | here |\n| --- | --- | --- |\n";
    let defaults = QueueAttributes::default();
    for (name, here) in ATTRIBUTES {
        writeln!(page, "| {name} | {} | {here} |", defaults.get(name, "").unwrap_or_default()).unwrap();
    }
    let system: Vec<&str> = SYSTEM_ATTRIBUTES.iter().map(|row| row.0).collect();
    writeln!(page, "\nMessages have the system attributes {}.", listed(&system)).unwrap();
    page += "\n## Errors\n\n| error | code | status | answered by |\n| --- | --- | --- | --- |\n";
    for kind in kinds() {
        writeln!(page, "| {kind:?} | {} | {} | {} |", kind.code(), kind.status(), answered_by(kind)).unwrap();
    }
    page += "\n## Deviations\n\n| name | deviation | shown by |\n| --- | --- | --- |\n";
    for deviation in DEVIATIONS {
        writeln!(page, "| {} | {} | `{}` |", deviation.id, deviation.text, deviation.shown_by).unwrap();
    }
    page
}

/// The errors that SQS may answer.
fn kinds() -> impl Iterator<Item = ErrorKind> {
    let is_answered = |kind: &ErrorKind| matches!(kind.namespace(), Namespace::Sqs | Namespace::Coral);
    ErrorKind::ALL.iter().copied().filter(is_answered)
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn answered_by(kind: ErrorKind) -> String {
    if kind.namespace() != Namespace::Sqs {
        return "all, as all AWS services do".to_owned();
    }
    let operations = OPERATIONS.iter().filter(|operation| operation.errors.contains(&kind));
    let names: Vec<&str> = operations.map(|operation| operation.name).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The same for programs: what every operation takes and which errors it answers, and what errors look like.
fn description() -> String {
    let inputs: BTreeMap<_, _> = sqs::inputs().into_iter().collect();
    let operation = |row: &Operation| {
        let errors: Vec<String> = row.errors.iter().map(|kind| format!("{kind:?}")).collect();
        (row.name, json!({ "input": inputs[row.name], "errors": errors }))
    };
    let operations: BTreeMap<_, _> = OPERATIONS.iter().map(operation).collect();
    let error = |kind: ErrorKind| {
        let of_sqs = kind.namespace() == Namespace::Sqs;
        (format!("{kind:?}"), json!({ "code": kind.code(), "status": kind.status(), "ofTheService": of_sqs }))
    };
    let errors: BTreeMap<_, _> = kinds().map(error).collect();
    let system: Vec<&str> = SYSTEM_ATTRIBUTES.iter().map(|row| row.0).collect();
    let attributes: Vec<&str> = ATTRIBUTES.iter().map(|row| row.0).collect();
    let whole = json!({
        "operations": operations, "errors": errors, "queueAttributes": attributes, "systemAttributes": system,
    });
    format!("{whole:#}\n")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

#[test]
fn the_page_says_what_the_tables_say() {
    expect_file![repository().join("docs/compat/sqs.md")].assert_eq(&page());
}

#[test]
fn the_description_says_what_the_tables_say() {
    expect_file![repository().join("docs/compat/sqs.json")].assert_eq(&description());
}

#[test]
fn every_operation_has_a_row() {
    let rows: Vec<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
    assert_eq!(rows, sqs::NAMES);
}

#[test]
fn every_attribute_has_a_row() {
    let names: Vec<&str> = ATTRIBUTES.iter().map(|row| row.0).collect();
    assert_eq!(names, sqs::attribute_names().collect::<Vec<_>>());
}

#[test]
fn every_row_names_a_test_that_exists() {
    let source = |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let module = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/{name}.rs"));
    for Operation { name, modules, .. } in OPERATIONS {
        for tests in *modules {
            let calls = [format!("\"{name}\""), format!("Action={name}&")];
            let source = source(module(tests));
            assert!(calls.iter().any(|call| source.contains(call)), "{tests} does not call {name}");
        }
    }
    for deviation in DEVIATIONS {
        let (place, test) = deviation.shown_by.rsplit_once("::").expect("a file and a test");
        let path = if place.contains('/') { repository().join("crates").join(place) } else { module(place) };
        let found = source(path).contains(&format!("fn {test}()"));
        assert!(found, "{}: there is no {}", deviation.id, deviation.shown_by);
    }
}

#[test]
fn a_deviation_is_named_once() {
    let mut ids: Vec<&str> = DEVIATIONS.iter().map(|deviation| deviation.id).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
}
