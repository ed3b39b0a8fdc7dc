//! What of Amazon EventBridge works.

mod deviations;
mod operations;

use expect_test::expect_file;
use serde_json::json;

use super::{Compat, repository};
use crate::error::Namespace;
use crate::events;
use deviations::DEVIATIONS;
use operations::OPERATIONS;

const OPENING: &str = "\
# What of Amazon EventBridge works

API version 2015-10-07, AWS JSON 1.1 on the AWS endpoint beside SQS; signatures are for `events`. Of EventBridge there is what \
other people's HTTP APIs are called with, from [workflows](../workflows.md) and pipes: connections and API destinations, and \
`TestEventPattern`. [http-calls.md](../http-calls.md) says what is sent. What is not on this page behaves as AWS documents it; \
what differs stands under \"Deviations\". The tests named here are modules of `crates/doors/aws-api/tests/it`, or files under \
`crates`.

This page is written by `UPDATE_EXPECT=1 cargo test --package bongsu-aws-api compat` from the tables in \
`crates/doors/aws-api/src/compat`, and `cargo test` compares it. `tests/conformance` holds the members of every request, the types \
and the errors against the published service model, and calls an API with boto3 and the AWS CLI.
";

const BESIDES: &str = "
Buses, rules, archives, replays, endpoints, partners' sources, and tags, which EventBridge has for buses and rules alone, are not \
here: an operation on them is refused with its name.
";

fn compat() -> Compat {
    Compat {
        opening: OPENING,
        operations: OPERATIONS,
        besides: BESIDES,
        attributes: String::new(),
        deviations: DEVIATIONS,
        namespaces: &[Namespace::Events],
        inputs: events::inputs(),
    }
}

#[test]
fn the_page_says_what_the_tables_say() {
    expect_file![repository().join("docs/compat/events.md")].assert_eq(&compat().page());
}

#[test]
fn the_description_says_what_the_tables_say() {
    expect_file![repository().join("docs/compat/events.json")].assert_eq(&compat().description(json!({})));
}

#[test]
fn every_operation_has_a_row() {
    compat().has_a_row_for_each(events::NAMES);
}

#[test]
fn every_row_names_a_test_that_exists() {
    compat().names_tests_that_exist();
}

#[test]
fn a_deviation_is_named_once() {
    compat().names_a_deviation_once();
}
