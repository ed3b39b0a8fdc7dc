//! What of Amazon SNS works.

mod attributes;
mod deviations;
mod operations;

use std::fmt::Write;

use bongsu_broker::{Account, Protocol, Rejection, Subscriber, SubscriptionAttributes, TopicAttributes, TopicName};
use expect_test::expect_file;
use serde_json::json;

use super::{Compat, repository};
use crate::error::Namespace;
use crate::sns;
use attributes::{SUBSCRIPTION_ATTRIBUTES, TOLD, TOPIC_ATTRIBUTES};
use deviations::DEVIATIONS;
use operations::OPERATIONS;

const OPENING: &str = "\
# What of Amazon SNS works

API version 2010-03-31, AWS Query (answers in XML, or in JSON with `Accept: application/json`), Signature Version 4 in the \
`Authorization` header or the query string. What is not on this page behaves as AWS documents it; what differs stands under \
\"Deviations\". The tests named here are modules of `crates/doors/aws-api/tests/it`, or files under `crates`.

This page is written by `UPDATE_EXPECT=1 cargo test --package bongsu-aws-api compat` from the tables in \
`crates/doors/aws-api/src/compat`, and `cargo test` compares it. `tests/conformance` holds the members of every request, what \
is required, the types and the errors against the published service model.
";

const BESIDES: &str = "
ConfirmSubscription and Unsubscribe are taken without a signature, as the links in messages need it: `subscriptions`. Who may \
do what with a topic: `topic_access`. Refusals, text by text: `topics`, `subscriptions`, `publishing`. From one topic to \
queues that filter: `fan_out`. Telephones and apps on them get nothing: `text_messages`, `mobile_push`.
";

fn compat() -> Compat {
    Compat {
        opening: OPENING,
        operations: OPERATIONS,
        besides: BESIDES,
        attributes: attributes(),
        deviations: DEVIATIONS,
        namespaces: &[Namespace::Sns, Namespace::Validation],
        inputs: sns::inputs(),
    }
}

fn attributes() -> String {
    let mut section = String::new();
    for (title, rows) in [("Topic", TOPIC_ATTRIBUTES), ("Subscription", SUBSCRIPTION_ATTRIBUTES)] {
        writeln!(section, "\n## {title} attributes\n\n| attribute | here |\n| --- | --- |").unwrap();
        rows.iter().for_each(|(name, here)| writeln!(section, "| {name} | {here} |").unwrap());
    }
    section
}

#[test]
fn the_page_says_what_the_tables_say() {
    expect_file![repository().join("docs/compat/sns.md")].assert_eq(&compat().page());
}

#[test]
fn the_description_says_what_the_tables_say() {
    let names = |rows: &[(&'static str, &str)]| rows.iter().map(|row| row.0).collect::<Vec<_>>();
    let description = compat().description(json!({
        "topicAttributes": names(TOPIC_ATTRIBUTES),
        "subscriptionAttributes": names(SUBSCRIPTION_ATTRIBUTES),
    }));
    expect_file![repository().join("docs/compat/sns.json")].assert_eq(&description);
}

#[test]
fn every_operation_has_a_row() {
    compat().has_a_row_for_each(sns::NAMES);
}

#[test]
fn every_attribute_that_has_a_row_can_be_set_or_is_only_told() {
    let account = Account(0);
    let topic = TopicName { account, name: "t.fifo".into() };
    let fifo = TopicAttributes::parse(&[("FifoTopic".to_owned(), "true".to_owned())].into(), &topic).unwrap();
    let endpoint = "arn:aws:sqs:us-east-1:000000000000:q";
    let subscriber =
        Subscriber { owner: account, protocol: Protocol::Sqs, endpoint, of_fifo: true, region: "us-east-1" };
    let unknown = || Some(Rejection::InvalidParameter("AttributeName".into()));
    for (name, _) in TOPIC_ATTRIBUTES {
        assert_eq!(fifo.with(name, "-").err() == unknown(), TOLD.contains(name), "{name}");
    }
    for (name, _) in SUBSCRIPTION_ATTRIBUTES {
        let refused = SubscriptionAttributes::default().with(name, "-", &subscriber).err();
        assert_eq!(refused == unknown(), TOLD.contains(name), "{name}");
    }
}

#[test]
fn every_row_names_a_test_that_exists() {
    compat().names_tests_that_exist();
}

#[test]
fn a_deviation_is_named_once() {
    compat().names_a_deviation_once();
}
