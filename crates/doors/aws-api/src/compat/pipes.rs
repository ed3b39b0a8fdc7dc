//! What of Amazon EventBridge Pipes works.

mod deviations;
mod operations;

use std::collections::BTreeMap;

use expect_test::expect_file;
use serde_json::json;

use super::{Compat, repository};
use crate::error::Namespace;
use crate::pipes::{self, UNAVAILABLE};
use deviations::DEVIATIONS;
use operations::OPERATIONS;

const OPENING: &str = "\
# What of Amazon EventBridge Pipes works

API version 2015-10-07, REST with JSON, on the AWS endpoint beside SQS; signatures are for `pipes`. How pipes work stands in \
[pipes.md](../pipes.md). What is not on this page behaves as AWS documents it; what differs stands under \"Deviations\". The \
tests named here are modules of `crates/doors/aws-api/tests/it`, or files under `crates`.

This page is written by `UPDATE_EXPECT=1 cargo test --package bongsu-aws-api compat` from the tables in \
`crates/doors/aws-api/src/compat`, and `cargo test` compares it. `tests/conformance` holds the members of every request, the \
types and the errors against the published service model, and runs pipes with boto3 and the AWS CLI.
";

const BESIDES: &str = "
| part | what can be there |
| --- | --- |
| source | an SQS queue, standard or FIFO, with filters, batch size and batching window |
| enrichment | a Lambda function, an EXPRESS state machine, an API destination |
| target | a Lambda function and an EXPRESS state machine (`REQUEST_RESPONSE`, `FIRE_AND_FORGET`), a STANDARD state machine \
(`FIRE_AND_FORGET`), an SQS queue, a standard SNS topic, an API destination |
";

fn compat() -> Compat {
    Compat {
        opening: OPENING,
        operations: OPERATIONS,
        besides: BESIDES,
        attributes: refused_members(),
        deviations: DEVIATIONS,
        namespaces: &[Namespace::Pipes],
        inputs: pipes::inputs(),
    }
}

fn refused_members() -> String {
    let mut section =
        "\n## Members that are refused\n\nUnless they are empty.\n\n| member | of |\n| --- | --- |\n".to_owned();
    for (member, operations, _) in UNAVAILABLE {
        section += &format!("| {member} | {} |\n", operations.join(", "));
    }
    section
}

#[test]
fn the_page_says_what_the_tables_say() {
    expect_file![repository().join("docs/compat/pipes.md")].assert_eq(&compat().page());
}

#[test]
fn the_description_says_what_the_tables_say() {
    let refused: BTreeMap<_, _> = UNAVAILABLE.iter().map(|(member, operations, _)| (member, operations)).collect();
    let description = compat().description(json!({ "refusedMembers": refused }));
    expect_file![repository().join("docs/compat/pipes.json")].assert_eq(&description);
}

#[test]
fn every_operation_has_a_row() {
    compat().has_a_row_for_each(pipes::NAMES);
}

#[test]
fn every_row_names_a_test_that_exists() {
    compat().names_tests_that_exist();
}

#[test]
fn a_deviation_is_named_once() {
    compat().names_a_deviation_once();
}
