//! Which resources a statement is about.

use crate::{BOTH, NEITHER, QUEUE, applies, parse, principal, request};
use bongsu_policy::Verdict;

#[test]
fn resources_match_by_wildcard_and_with_regard_to_case() {
    let user = principal("arn:aws:iam::111111111111:user/ann");
    let rows = [
        (format!(r#""Resource":"{QUEUE}""#), true),
        (r#""Resource":"*""#.into(), true),
        (r#""Resource":"arn:aws:sqs:*:111111111111:or?ers""#.into(), true),
        (r#""Resource":"arn:aws:sqs:*""#.into(), true),
        (r#""Resource":"arn:aws:sqs:eu-west-1:111111111111:Orders""#.into(), false),
        (r#""Resource":"arn:aws:sqs:eu-west-1:111111111111:order""#.into(), false),
        (format!(r#""Resource":["arn:aws:sqs:eu-west-1:111111111111:bills","{QUEUE}"]"#), true),
        (r#""Resource":[]"#.into(), false),
        (format!(r#""NotResource":"{QUEUE}""#), false),
        (r#""NotResource":["arn:aws:sqs:eu-west-1:111111111111:bills"]"#.into(), true),
        (r#""NotResource":"*:orders""#.into(), false),
    ];
    for (members, expected) in rows {
        assert_eq!(applies(&members, &request(&user)), if expected { BOTH } else { NEITHER }, "{members}");
    }
}

#[test]
fn a_statement_without_a_resource_is_about_the_queue_itself() {
    let policy = parse(r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*"}}"#);
    assert_eq!(policy.evaluate(&request(&principal("sns.amazonaws.com"))), Verdict::Allow);
}
