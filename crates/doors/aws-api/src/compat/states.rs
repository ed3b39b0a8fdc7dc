//! What of AWS Step Functions works.

mod deviations;
mod operations;

use expect_test::expect_file;
use serde_json::json;

use super::{Compat, repository};
use crate::error::Namespace;
use crate::states;
use deviations::DEVIATIONS;
use operations::OPERATIONS;

const OPENING: &str = "\
# What of AWS Step Functions works

API version 2016-11-23, AWS JSON 1.0 on the AWS endpoint beside SQS; signatures are for `states`. What machines may say, and what \
their tasks may call, stands in [workflows.md](../workflows.md). What is not on this page behaves as AWS documents it; what \
differs stands under \"Deviations\". The tests named here are modules of `crates/doors/aws-api/tests/it`, or files under `crates`.

This page is written by `UPDATE_EXPECT=1 cargo test --package bongsu-aws-api compat` from the tables in \
`crates/doors/aws-api/src/compat`, and `cargo test` compares it. `tests/conformance` holds the members of every request, the types \
and the errors against the published service model, and runs machines with boto3.
";

const BESIDES: &str = "
SDKs put `sync-` before the host for `StartSyncExecution` and `TestState`, also with an endpoint of one's own. \
[workflows.md](../workflows.md#hosts-with-sync-) says how to have them leave that: the AWS CLI by \
`AWS_DISABLE_HOST_PREFIX_INJECTION=true`.
";

fn compat() -> Compat {
    Compat {
        opening: OPENING,
        operations: OPERATIONS,
        besides: BESIDES,
        attributes: String::new(),
        deviations: DEVIATIONS,
        namespaces: &[Namespace::States],
        inputs: states::inputs(),
    }
}

#[test]
fn the_page_says_what_the_tables_say() {
    expect_file![repository().join("docs/compat/states.md")].assert_eq(&compat().page());
}

#[test]
fn the_description_says_what_the_tables_say() {
    expect_file![repository().join("docs/compat/states.json")].assert_eq(&compat().description(json!({})));
}

#[test]
fn every_operation_has_a_row() {
    compat().has_a_row_for_each(states::NAMES);
}

#[test]
fn every_row_names_a_test_that_exists() {
    compat().names_tests_that_exist();
}

#[test]
fn a_deviation_is_named_once() {
    compat().names_a_deviation_once();
}
