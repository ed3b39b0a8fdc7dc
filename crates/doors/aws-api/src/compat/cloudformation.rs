//! What of AWS CloudFormation works.

mod deviations;
mod operations;

use expect_test::expect_file;
use serde_json::json;

use super::{Compat, repository};
use crate::cloudformation;
use crate::error::Namespace;
use deviations::DEVIATIONS;
use operations::OPERATIONS;

const OPENING: &str = "\
# What of AWS CloudFormation works

API version 2010-05-15, AWS Query (answers in XML, or in JSON with `Accept: application/json`), Signature Version 4 in the \
`Authorization` header or the query string. Which resources, functions and sections templates may have stands in \
[templates.md](../templates.md). What is not on this page behaves as AWS documents it; what differs stands under \
\"Deviations\". The tests named here are modules of `crates/doors/aws-api/tests/it`, or files under `crates`.

This page is written by `UPDATE_EXPECT=1 cargo test --package bongsu-aws-api compat` from the tables in \
`crates/doors/aws-api/src/compat`, and `cargo test` compares it. `tests/conformance` holds the members of every request, \
the types and the errors against the published service model, and deploys with the AWS CLI and boto3.
";

const BESIDES: &str = "
## Tools

`aws cloudformation deploy`, `create-stack`, `update-stack`, `delete-stack` and their waiters work; a deployment that is done \
within a second is done when it is answered, so that no tool waits for its next look. Templates, and the code of functions \
and layers, are read from buckets of this server, so that what `aws cloudformation package` writes can be deployed; code of \
functions comes inline (`ZipFile`) too. Directories beside a template are for `bongsu up` alone. The CDK looks for its \
bootstrap in SSM and assumes roles; neither is served here: let `cdk synth` write the template, and deploy that.

`cdk deploy`, `diff` and `destroy` work where the application says who deploys and where its assets go, and the SAM CLI's \
`deploy` and what belongs to it do: [stacks](../stacks.md) shows how. `tests/conformance` runs both (`cdk.sh`, `sam.sh`), and \
deploys three templates in the patterns of AWS's documentation as they are (`deployed.py`).
";

fn compat() -> Compat {
    Compat {
        opening: OPENING,
        operations: OPERATIONS,
        besides: BESIDES,
        attributes: String::new(),
        deviations: DEVIATIONS,
        namespaces: &[Namespace::CloudFormation, Namespace::Validation],
        inputs: cloudformation::inputs(),
    }
}

#[test]
fn the_page_says_what_the_tables_say() {
    expect_file![repository().join("docs/compat/cloudformation.md")].assert_eq(&compat().page());
}

#[test]
fn the_description_says_what_the_tables_say() {
    expect_file![repository().join("docs/compat/cloudformation.json")].assert_eq(&compat().description(json!({})));
}

#[test]
fn every_operation_has_a_row() {
    compat().has_a_row_for_each(cloudformation::NAMES);
}

#[test]
fn every_row_names_a_test_that_exists() {
    compat().names_tests_that_exist();
}

#[test]
fn a_deviation_is_named_once() {
    compat().names_a_deviation_once();
}
