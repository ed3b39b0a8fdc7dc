//! Under which conditions a statement applies.

use bongsu_policy::{Principal, Request, Verdict};

use crate::{BOTH, DENY_ONLY, NEITHER, TOPIC, applies, notification, parse, principal, request};

fn check(callers_request: &Request<'_>, rows: &[(&str, (bool, bool))]) {
    for (condition, expected) in rows {
        let members = format!(r#""Condition":{{{condition}}}"#);
        assert_eq!(applies(&members, callers_request), *expected, "{condition}");
    }
}

fn ann() -> Principal {
    principal("arn:aws:iam::111111111111:user/staff/ann")
}

#[test]
fn strings_are_compared_exactly_folded_or_by_wildcard() {
    check(
        &request(&ann()),
        &[
            (r#""StringEquals":{"aws:username":"ann"}"#, BOTH),
            (r#""StringEquals":{"AWS:UserName":["bob","ann"]}"#, BOTH),
            (r#""StringEquals":{"aws:username":"Ann"}"#, NEITHER),
            (r#""StringEquals":{"aws:username":"a*"}"#, NEITHER),
            (r#""StringEquals":{"aws:username":[]}"#, NEITHER),
            (r#""StringNotEquals":{"aws:username":["bob","ann"]}"#, NEITHER),
            (r#""StringNotEquals":{"aws:username":["bob","eve"]}"#, BOTH),
            (r#""StringNotEquals":{"aws:username":[]}"#, BOTH),
            (r#""StringEqualsIgnoreCase":{"aws:username":"ANN"}"#, BOTH),
            (r#""StringNotEqualsIgnoreCase":{"aws:username":"ANN"}"#, NEITHER),
            (r#""StringLike":{"aws:username":["b*","?nn"]}"#, BOTH),
            (r#""StringLike":{"aws:username":"A*"}"#, NEITHER),
            (r#""StringNotLike":{"aws:username":"a*"}"#, NEITHER),
            (r#""StringEquals":{"aws:username":"ann","aws:PrincipalAccount":"111111111111"}"#, BOTH),
            (r#""StringEquals":{"aws:username":"ann","aws:PrincipalAccount":"2"}"#, NEITHER),
            (r#""StringEquals":{"aws:username":"ann"},"Bool":{"aws:SecureTransport":"false"}"#, NEITHER),
            (r#""StringEquals":{}"#, BOTH),
            ("", BOTH),
        ],
    );
}

#[test]
fn arns_are_compared_part_by_part() {
    let sns = principal("sns.amazonaws.com");
    check(
        &notification(&sns),
        &[
            (&format!(r#""ArnEquals":{{"aws:SourceArn":"{TOPIC}"}}"#), BOTH),
            (&format!(r#""StringEquals":{{"aws:SourceArn":"{TOPIC}"}}"#), BOTH),
            (r#""ArnEquals":{"aws:SourceArn":"arn:aws:sns:*:222222222222:sal*"}"#, BOTH),
            (r#""ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:*"}"#, BOTH),
            (r#""ArnLike":{"aws:SourceArn":"arn:aws:*:sales:x:y"}"#, NEITHER),
            (r#""ArnLike":{"aws:SourceArn":"arn:aws:s3:*:*:*"}"#, NEITHER),
            (r#""ArnLike":{"aws:SourceArn":"arn:*:sales"}"#, BOTH),
            (r#""ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:*:222222222222:sales"}"#, NEITHER),
            (r#""ArnNotLike":{"aws:SourceArn":"arn:aws:sns:*:222222222222:other"}"#, BOTH),
        ],
    );
}

#[test]
fn a_wildcard_reaches_beyond_a_colon_only_in_the_last_part_of_an_arn() {
    let events = principal("events.amazonaws.com");
    let source_arn = Some("arn:aws:logs:eu-west-1:222222222222:log-group:sales");
    check(
        &Request { source_arn, ..notification(&events) },
        &[
            (r#""ArnLike":{"aws:SourceArn":"arn:aws:logs:*:log-group:sales"}"#, NEITHER),
            (r#""StringLike":{"aws:SourceArn":"arn:aws:logs:*:log-group:sales"}"#, BOTH),
            (r#""ArnLike":{"aws:SourceArn":"arn:aws:logs:*:*:*sales"}"#, BOTH),
        ],
    );
}

#[test]
fn every_key_has_its_value() {
    let sns = principal("sns.amazonaws.com");
    check(
        &notification(&sns),
        &[
            (r#""StringEquals":{"aws:SourceAccount":"222222222222"}"#, BOTH),
            (r#""StringEquals":{"aws:SourceOwner":222222222222}"#, BOTH),
            (r#""StringEquals":{"aws:PrincipalServiceName":"sns.amazonaws.com"}"#, BOTH),
            (r#""Bool":{"aws:PrincipalIsAWSService":true}"#, BOTH),
            (r#""Null":{"aws:PrincipalArn":"true","aws:PrincipalAccount":"true","aws:PrincipalType":"true"}"#, BOTH),
            (r#""Null":{"aws:userid":"true","aws:username":"true","aws:SourceIp":"true"}"#, BOTH),
        ],
    );
    check(
        &request(&ann()),
        &[
            (r#""StringEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:user/staff/ann"}"#, BOTH),
            (r#""StringEquals":{"aws:PrincipalType":"User","aws:userid":"AIDAEXAMPLE"}"#, BOTH),
            (r#""StringEquals":{"aws:SourceOwner":"111111111111"}"#, BOTH),
            (r#""StringEquals":{"aws:CurrentTime":"2026-11-22T20:11:27Z","aws:EpochTime":"1795378287"}"#, BOTH),
            (r#""Bool":{"aws:PrincipalIsAWSService":"FALSE","aws:SecureTransport":"true"}"#, BOTH),
            (r#""Null":{"aws:SourceArn":"true","aws:SourceAccount":true,"aws:PrincipalServiceName":true}"#, BOTH),
        ],
    );
    check(
        &request(&principal("arn:aws:sts::111111111111:assumed-role/Worker/i-1")),
        &[
            (r#""ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/Worker"}"#, BOTH),
            (r#""StringEquals":{"aws:PrincipalType":"AssumedRole"},"Null":{"aws:username":"true"}"#, BOTH),
        ],
    );
    check(
        &request(&principal("arn:aws:iam::111111111111:root")),
        &[(r#""StringEquals":{"aws:PrincipalType":"Account"},"Null":{"aws:username":"true"}"#, BOTH)],
    );
}

#[test]
fn numbers_and_dates_are_compared_by_size() {
    check(
        &request(&ann()),
        &[
            (r#""NumericEquals":{"aws:EpochTime":1795378287}"#, BOTH),
            (r#""NumericEquals":{"aws:EpochTime":"1795378287.0"}"#, BOTH),
            (r#""NumericNotEquals":{"aws:EpochTime":"1795378287"}"#, NEITHER),
            (r#""NumericLessThan":{"aws:EpochTime":"1795378287"}"#, NEITHER),
            (r#""NumericLessThanEquals":{"aws:EpochTime":"1795378287"}"#, BOTH),
            (r#""NumericGreaterThan":{"aws:EpochTime":"1795378286"}"#, BOTH),
            (r#""NumericGreaterThanEquals":{"aws:EpochTime":"1795378288"}"#, NEITHER),
            (r#""DateEquals":{"aws:CurrentTime":"2026-11-22T21:11:27+01:00"}"#, BOTH),
            (r#""DateNotEquals":{"aws:CurrentTime":1795378287}"#, NEITHER),
            (r#""DateLessThan":{"aws:CurrentTime":"2026-11-23"}"#, BOTH),
            (r#""DateLessThan":{"aws:CurrentTime":"2026-11-22"}"#, NEITHER),
            (r#""DateLessThanEquals":{"aws:EpochTime":"1795378287"}"#, BOTH),
            (r#""DateGreaterThan":{"aws:CurrentTime":"2026"}"#, BOTH),
            (r#""DateGreaterThanEquals":{"aws:EpochTime":"2026-11-22T20:11:28Z"}"#, NEITHER),
        ],
    );
}

#[test]
fn addresses_are_compared_by_range() {
    let user = ann();
    check(
        &request(&user),
        &[
            (r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#, BOTH),
            (r#""IpAddress":{"aws:SourceIp":["10.0.0.0/8","203.0.113.9"]}"#, BOTH),
            (r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#, NEITHER),
            (r#""NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","203.0.113.0/24"]}"#, NEITHER),
            (r#""NotIpAddress":{"aws:SourceIp":"2001:db8::/32"}"#, BOTH),
        ],
    );
    let mapped = Request { source_ip: Some("::ffff:203.0.113.9".parse().unwrap()), ..request(&user) };
    check(&mapped, &[(r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#, BOTH)]);
    let v6 = Request { source_ip: Some("2001:db8::7".parse().unwrap()), ..request(&user) };
    check(&v6, &[(r#""IpAddress":{"aws:SourceIp":"2001:db8::/32"}"#, BOTH)]);
}

#[test]
fn an_absent_key_fails_positive_operators_and_passes_negated_ones() {
    check(
        &request(&ann()),
        &[
            (r#""StringEquals":{"aws:SourceAccount":"1"}"#, NEITHER),
            (r#""StringLike":{"aws:PrincipalTag/team":"*"}"#, NEITHER),
            (r#""ArnLike":{"aws:SourceArn":"*"}"#, NEITHER),
            (r#""Bool":{"unknown:flag":"false"}"#, NEITHER),
            (r#""NumericLessThan":{"unknown:n":1}"#, NEITHER),
            (r#""DateLessThan":{"unknown:d":"2030"}"#, NEITHER),
            (r#""IpAddress":{"aws:VpcSourceIp":"0.0.0.0/0"}"#, NEITHER),
            (r#""StringNotEquals":{"aws:SourceAccount":"1"}"#, BOTH),
            (r#""StringNotEqualsIgnoreCase":{"aws:SourceAccount":"1"}"#, BOTH),
            (r#""StringNotLike":{"unknown":"*"}"#, BOTH),
            (r#""ArnNotEquals":{"aws:SourceArn":"*"}"#, BOTH),
            (r#""ArnNotLike":{"aws:SourceArn":"*"}"#, BOTH),
            (r#""NumericNotEquals":{"unknown:n":1}"#, BOTH),
            (r#""DateNotEquals":{"unknown:d":"2030"}"#, BOTH),
            (r#""NotIpAddress":{"aws:VpcSourceIp":"0.0.0.0/0"}"#, BOTH),
            (r#""StringEqualsIfExists":{"aws:SourceAccount":"1"}"#, BOTH),
            (r#""StringEqualsIfExists":{"aws:username":"bob"}"#, NEITHER),
            (r#""BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}"#, BOTH),
            (r#""Null":{"aws:SourceArn":"false"}"#, NEITHER),
            (r#""Null":{"aws:username":"false"}"#, BOTH),
            (r#""Null":{"aws:username":["true","false"]}"#, BOTH),
        ],
    );
}

#[test]
fn a_set_prefix_says_what_an_absent_key_means() {
    check(
        &request(&ann()),
        &[
            (r#""ForAllValues:StringEquals":{"aws:username":["ann","bob"]}"#, BOTH),
            (r#""ForAllValues:StringEquals":{"aws:username":"bob"}"#, NEITHER),
            (r#""ForAllValues:StringEquals":{"aws:TagKeys":"x"}"#, BOTH),
            (r#""ForAnyValue:StringLike":{"aws:username":"a*"}"#, BOTH),
            (r#""ForAnyValue:StringEquals":{"aws:TagKeys":"x"}"#, NEITHER),
            (r#""ForAnyValue:StringNotEquals":{"aws:TagKeys":"x"}"#, NEITHER),
            (r#""ForAnyValue:StringNotEquals":{"aws:username":"bob"}"#, BOTH),
            (r#""ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"x"}"#, BOTH),
        ],
    );
}

#[test]
fn what_cannot_be_evaluated_keeps_an_allow_out_and_a_deny_in() {
    check(
        &request(&ann()),
        &[
            (r#""NumericEquals":{"aws:username":1}"#, DENY_ONLY),
            (r#""NumericNotEquals":{"aws:username":1}"#, DENY_ONLY),
            (r#""DateGreaterThan":{"aws:username":"2000"}"#, DENY_ONLY),
            (r#""NotIpAddress":{"aws:username":"10.0.0.0/8"}"#, DENY_ONLY),
            (r#""Bool":{"aws:username":"true"}"#, DENY_ONLY),
            (r#""ArnNotLike":{"aws:username":"arn:aws:iam::*:user/x"}"#, DENY_ONLY),
            (r#""StringEquals":{"aws:username":"${aws:SourceAccount}"}"#, DENY_ONLY),
            (r#""StringNotEquals":{"aws:username":"${aws:SourceAccount}"}"#, DENY_ONLY),
            // One value that matches is enough, whatever the others would have been.
            (r#""StringEquals":{"aws:username":["${aws:SourceAccount}","ann"]}"#, BOTH),
        ],
    );
}

#[test]
fn a_topic_is_let_in_by_the_policy_of_the_documentation() {
    let policy = parse(
        r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage",
            "Resource":"arn:aws:sqs:eu-west-1:111111111111:orders",
            "Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:eu-west-1:222222222222:sales"}}}]}"#,
    );
    let (sns, user) = (principal("sns.amazonaws.com"), ann());
    assert_eq!(policy.evaluate(&notification(&sns)), Verdict::Allow);
    let other = "arn:aws:sns:eu-west-1:222222222222:other";
    assert_eq!(policy.evaluate(&Request { source_arn: Some(other), ..notification(&sns) }), Verdict::Silent);
    assert_eq!(policy.evaluate(&request(&sns)), Verdict::Silent);
    assert_eq!(policy.evaluate(&notification(&user)), Verdict::Silent);
    assert_eq!(policy.evaluate(&Request { action: "sqs:ReceiveMessage", ..notification(&sns) }), Verdict::Silent);
}
