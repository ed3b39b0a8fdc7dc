//! What of Amazon SQS works.

mod attributes;
mod deviations;
mod operations;

use std::fmt::Write;

use bongsu_broker::QueueAttributes;
use expect_test::expect_file;
use serde_json::json;

use super::{Compat, listed, repository};
use crate::error::Namespace;
use crate::received::SYSTEM_ATTRIBUTES;
use crate::sqs;
use attributes::ATTRIBUTES;
use deviations::DEVIATIONS;
use operations::OPERATIONS;

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

fn compat() -> Compat {
    Compat {
        opening: OPENING,
        operations: OPERATIONS,
        besides: BESIDES,
        attributes: attributes(),
        deviations: DEVIATIONS,
        namespaces: &[Namespace::Sqs],
        inputs: sqs::inputs(),
    }
}

fn attributes() -> String {
    let mut section = "\n## Queue attributes\n\nThe default is that of a standard queue.\n\n".to_owned();
    section += "| attribute | default | here |\n| --- | --- | --- |\n";
    let defaults = QueueAttributes::default();
    for (name, here) in ATTRIBUTES {
        writeln!(section, "| {name} | {} | {here} |", defaults.get(name, "").unwrap_or_default()).unwrap();
    }
    let system: Vec<&str> = SYSTEM_ATTRIBUTES.iter().map(|row| row.0).collect();
    writeln!(section, "\nMessages have the system attributes {}.", listed(&system)).unwrap();
    section
}

#[test]
fn the_page_says_what_the_tables_say() {
    expect_file![repository().join("docs/compat/sqs.md")].assert_eq(&compat().page());
}

#[test]
fn the_description_says_what_the_tables_say() {
    let system: Vec<&str> = SYSTEM_ATTRIBUTES.iter().map(|row| row.0).collect();
    let attributes: Vec<&str> = ATTRIBUTES.iter().map(|row| row.0).collect();
    let description = compat().description(json!({ "queueAttributes": attributes, "systemAttributes": system }));
    expect_file![repository().join("docs/compat/sqs.json")].assert_eq(&description);
}

#[test]
fn every_operation_has_a_row() {
    compat().has_a_row_for_each(sqs::NAMES);
}

#[test]
fn every_attribute_has_a_row() {
    let names: Vec<&str> = ATTRIBUTES.iter().map(|row| row.0).collect();
    assert_eq!(names, sqs::attribute_names().collect::<Vec<_>>());
}

#[test]
fn every_row_names_a_test_that_exists() {
    compat().names_tests_that_exist();
}

#[test]
fn a_deviation_is_named_once() {
    compat().names_a_deviation_once();
}
