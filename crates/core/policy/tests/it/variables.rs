//! Policy variables in resources and conditions.

use bongsu_policy::{Request, Verdict};

use crate::{BOTH, DENY_ONLY, NEITHER, applies, parse, principal, request};

const OWN_QUEUES: &str = r#""Resource":"arn:aws:sqs:*:111111111111:${aws:username}-*""#;

#[test]
fn a_variable_stands_for_the_callers_value() {
    let ann = principal("arn:aws:iam::111111111111:user/ann");
    let resource = "arn:aws:sqs:eu-west-1:111111111111:ann-jobs";
    let rows = [
        (OWN_QUEUES, BOTH),
        (r#""Resource":"arn:aws:sqs:*:111111111111:${AWS:UserName}-jobs""#, BOTH),
        (r#""Resource":"arn:aws:sqs:*:111111111111:${aws:userid}-*""#, NEITHER),
        (r#""Resource":"arn:aws:sqs:*:111111111111:${aws:SourceAccount, 'ann'}-jobs""#, BOTH),
        (r#""Resource":"arn:aws:sqs:*:111111111111:ann-${*}""#, NEITHER),
        (r#""Condition":{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::${aws:PrincipalAccount}:user/ann"}}"#, BOTH),
        (r#""Condition":{"StringEqualsIgnoreCase":{"aws:username":"${aws:username}"}}"#, BOTH),
        (r#""Condition":{"StringLike":{"aws:username":"${aws:username}${*}"}}"#, NEITHER),
        (r#""Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:PrincipalAccount}:user/*"}}"#, BOTH),
    ];
    for (members, expected) in rows {
        assert_eq!(applies(members, &Request { resource, ..request(&ann) }), expected, "{members}");
    }
}

#[test]
fn a_variable_without_a_value_keeps_an_allow_out_and_a_deny_in() {
    let session = principal("arn:aws:sts::111111111111:assumed-role/Worker/i-1");
    assert_eq!(applies(OWN_QUEUES, &request(&session)), DENY_ONLY);
    assert_eq!(applies(&OWN_QUEUES.replace("Resource", "NotResource"), &request(&session)), DENY_ONLY);
}

#[test]
fn what_a_variable_stands_for_is_never_a_wildcard() {
    let session = principal("arn:aws:iam::111111111111:user/ann");
    let request = Request { source_arn: Some("*"), ..request(&session) };
    assert_eq!(applies(r#""Condition":{"StringLike":{"aws:username":"${aws:SourceArn}"}}"#, &request), NEITHER);
}

#[test]
fn the_older_version_of_the_language_takes_variables_as_text() {
    let ann = principal("arn:aws:iam::111111111111:user/ann");
    for version in [r#""Version":"2008-10-17","#, ""] {
        let text = format!(
            r#"{{{version}"Statement":{{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*",
                "Condition":{{"StringEquals":{{"aws:username":"${{aws:username}}"}}}}}}}}"#
        );
        assert_eq!(parse(&text).evaluate(&request(&ann)), Verdict::Silent);
    }
}
