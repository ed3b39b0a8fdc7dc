//! What of AWS Lambda works.

mod deviations;
mod operations;

use std::collections::BTreeMap;

use expect_test::expect_file;
use serde_json::json;

use super::{Compat, repository};
use crate::error::Namespace;
use crate::lambda::{self, UNAVAILABLE};
use deviations::DEVIATIONS;
use operations::OPERATIONS;

const OPENING: &str = "\
# What of AWS Lambda works

API version 2015-03-31, REST with JSON, on the AWS endpoint beside SQS; signatures are for `lambda`. Queues feed functions, and \
[the events that they get](https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html) are AWS's. What is not on this page \
behaves as AWS documents it; what differs stands under \"Deviations\". The tests named here are modules of \
`crates/doors/aws-api/tests/it`, or files under `crates`.

This page is written by `UPDATE_EXPECT=1 cargo test --package bongsu-aws-api compat` from the tables in \
`crates/doors/aws-api/src/compat`, and `cargo test` compares it. `tests/conformance` holds the members of every request, what \
is required, the types and the errors against the published service model, and runs programs of boto3, the AWS CLI and \
Terraform's steps.
";

const BESIDES: &str = "
Events that nobody waits for are retried and told of as AWS does it: `clients/events.py` of `tests/conformance`. Filters, \
partial failures, groups: `clients/mappings.py`.
";

fn compat() -> Compat {
    Compat {
        opening: OPENING,
        operations: OPERATIONS,
        besides: BESIDES,
        attributes: refused_members(),
        deviations: DEVIATIONS,
        namespaces: &[Namespace::Lambda],
        inputs: lambda::inputs(),
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
    expect_file![repository().join("docs/compat/lambda.md")].assert_eq(&compat().page());
}

#[test]
fn the_description_says_what_the_tables_say() {
    let refused: BTreeMap<_, _> = UNAVAILABLE.iter().map(|(member, operations, _)| (member, operations)).collect();
    let description = compat().description(json!({ "refusedMembers": refused }));
    expect_file![repository().join("docs/compat/lambda.json")].assert_eq(&description);
}

#[test]
fn every_operation_has_a_row() {
    compat().has_a_row_for_each(lambda::NAMES);
}

#[test]
fn every_row_names_a_test_that_exists() {
    compat().names_tests_that_exist();
}

#[test]
fn a_deviation_is_named_once() {
    compat().names_a_deviation_once();
}
