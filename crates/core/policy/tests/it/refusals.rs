//! What is not accepted as a policy, and how far the limits reach.

use bongsu_policy::{Counted, Limits, Policy, PolicyError};

use crate::{WIDE, parse};

/// The sentence with which a policy of one statement with these members is refused.
fn refusal_of_statement(members: &str) -> String {
    refusal(&format!(r#"{{"Version":"2012-10-17","Statement":{{{members}}}}}"#))
}

fn refusal(text: &str) -> String {
    Policy::parse(text, &WIDE).expect_err(text).to_string()
}

#[test]
fn a_text_that_is_no_policy_is_refused_with_a_sentence() {
    let statement = r#"{"Effect":"Allow","Principal":"*","Action":"*"}"#;
    let rows = [
        ("".to_owned(), "The policy is not JSON: EOF while parsing a value at line 1 column 0."),
        ("[]".into(), "A policy must be a JSON object."),
        ("{}".into(), "A policy needs a statement."),
        (r#"{"Statement":[]}"#.into(), "A policy needs a statement."),
        (r#"{"Statement":"x"}"#.into(), "A statement must be a JSON object."),
        (format!(r#"{{"Statement":{statement},"Statment":[]}}"#), "\"Statment\" is not a member of a policy."),
        (format!(r#"{{"Version":"2020-01-01","Statement":{statement}}}"#), "\"2020-01-01\" is not a version of the policy language."),
        (format!(r#"{{"Id":1,"Statement":{statement}}}"#), "Id must be a string."),
        (format!(r#"{{"Statement":{statement},"Statement":{statement}}}"#), "A policy has the key \"Statement\" twice."),
        (
            r#"{"Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":"*"},{"Sid":"a","Effect":"Deny","Principal":"*","Action":"*"}]}"#.into(),
            "Two statements have the Sid \"a\".",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(refusal(&text), expected, "{text}");
    }
}

#[test]
fn a_statement_that_is_not_understood_is_refused_with_a_sentence() {
    let (who, what, both) =
        (r#""Principal":"*""#, r#""Action":"*""#, r#""Effect":"Deny","Principal":"*","Action":"*""#);
    let rows = [
        (format!("{who},{what}"), "A statement lacks its Effect."),
        (format!(r#""Effect":"Deny",{what}"#), "A statement lacks its Principal."),
        (format!(r#""Effect":"Deny",{who}"#), "A statement lacks its Action."),
        (format!(r#""Effect":"deny",{who},{what}"#), "The effect \"deny\" is neither \"Allow\" nor \"Deny\"."),
        (format!(r#"{both},"NotAction":"*""#), "A statement has both Action and NotAction."),
        (format!(r#"{both},"NotPrincipal":"*""#), "A statement has both Principal and NotPrincipal."),
        (format!(r#"{both},"Resource":"*","NotResource":"*""#), "A statement has both Resource and NotResource."),
        (format!(r#"{both},"Conditions":{{}}"#), "\"Conditions\" is not a member of a statement."),
        (format!(r#"{both},"Resource":"orders""#), "The resource \"orders\" is neither an ARN nor \"*\"."),
        (format!(r#"{both},"Resource":"arn:${{aws:x""#), "\"arn:${aws:x\" has a malformed policy variable."),
        (format!(r#"{both},"Resource":"arn:${{}}""#), "\"arn:${}\" has a malformed policy variable."),
        (format!(r#"{both},"Resource":"arn:${{aws:x, y}}""#), "\"arn:${aws:x, y}\" has a malformed policy variable."),
        (
            format!(r#""Effect":"Deny",{who},"Action":"SendMessage""#),
            "The action \"SendMessage\" is not of the form service:name.",
        ),
        (
            format!(r#""Effect":"Deny",{what},"Principal":"x""#),
            "A principal, unless it is \"*\", must be a JSON object.",
        ),
        (format!(r#""Effect":"Deny",{what},"Principal":{{"aws":"*"}}"#), "\"aws\" is not a kind of principal."),
        (format!(r#"{both},"Condition":{{"StringIs":{{"a":"b"}}}}"#), "\"StringIs\" is not a condition operator."),
        (
            format!(r#"{both},"Condition":{{"NullIfExists":{{"a":"b"}}}}"#),
            "\"NullIfExists\" is not a condition operator.",
        ),
        (
            format!(r#"{both},"Condition":{{"ForAllValues:Null":{{"a":"b"}}}}"#),
            "\"ForAllValues:Null\" is not a condition operator.",
        ),
        (
            format!(r#"{both},"Condition":{{"ForSome:Bool":{{"a":"b"}}}}"#),
            "\"ForSome:Bool\" is not a condition operator.",
        ),
        (
            format!(r#"{both},"Condition":{{"Bool":{{"a":"maybe"}}}}"#),
            "The condition value \"maybe\" is not of its operator's type.",
        ),
        (
            format!(r#"{both},"Condition":{{"NumericEquals":{{"a":"NaN"}}}}"#),
            "The condition value \"NaN\" is not of its operator's type.",
        ),
        (
            format!(r#"{both},"Condition":{{"DateEquals":{{"a":"soon"}}}}"#),
            "The condition value \"soon\" is not of its operator's type.",
        ),
        (
            format!(r#"{both},"Condition":{{"IpAddress":{{"a":"10.0.0.0/33"}}}}"#),
            "The condition value \"10.0.0.0/33\" is not of its operator's type.",
        ),
        (
            format!(r#"{both},"Condition":{{"StringEquals":{{"a":null}}}}"#),
            "A condition value must be a string, a number or a boolean.",
        ),
        (
            format!(r#"{both},"Condition":{{"StringEquals":[]}}"#),
            "What follows a condition operator must be a JSON object.",
        ),
    ];
    for (members, expected) in rows {
        assert_eq!(refusal_of_statement(&members), expected, "{members}");
    }
}

#[test]
fn a_principal_that_could_match_nobody_is_refused() {
    for principal in [
        "",
        "1111",
        "ann",
        "AIDAEXAMPLE",
        "arn:aws:iam::111111111111:user/*",
        "arn:aws:iam::111111111111:group/staff",
        "arn:aws:iam::*:root",
        "arn:aws:iam:eu-west-1:111111111111:root",
        "arn:aws:s3::111111111111:root",
        "arn:aws:sts::111111111111:assumed-role/Worker/?",
    ] {
        let sentence =
            refusal_of_statement(&format!(r#""Effect":"Deny","Principal":{{"AWS":"{principal}"}},"Action":"*""#));
        assert!(sentence.starts_with(&format!("The principal {principal:?} is not ")), "{sentence}");
    }
}

#[test]
fn a_policy_may_reach_its_limits_and_not_pass_them() {
    let list = |count: usize, one: &str| vec![one; count].join(",");
    let policy = |statements: usize, principals: usize, conditions: usize, actions: usize| {
        let keys: Vec<String> = (0..conditions).map(|key| format!(r#""k:{key}":"v""#)).collect();
        let first = format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":[{}]}},"Action":[{}],"Condition":{{"StringEquals":{{{}}}}}}}"#,
            list(principals, "\"111111111111\""),
            list(actions, "\"sqs:*\""),
            keys.join(","),
        );
        let more =
            list(statements - 1, r#",{"Effect":"Allow","Principal":{"AWS":[]},"Action":"*"}"#).replace(",,", ",");
        format!(r#"{{"Statement":[{first}{more}]}}"#)
    };
    let refused = |text: String| Policy::parse(&text, &Limits::QUEUE).map(drop);
    let too_many = |counted, found, max| Err(PolicyError::TooMany { counted, found, max });
    assert_eq!(refused(policy(20, 50, 10, 7)), Ok(()));
    assert_eq!(refused(policy(21, 50, 10, 7)), too_many(Counted::Statements, 21, 20));
    assert_eq!(refused(policy(20, 51, 10, 7)), too_many(Counted::Principals, 51, 50));
    assert_eq!(refused(policy(20, 50, 11, 7)), too_many(Counted::Conditions, 11, 10));
    assert_eq!(refused(policy(20, 50, 10, 8)), too_many(Counted::Actions, 8, 7));
    let sentence = refused(policy(1, 1, 1, 8)).unwrap_err().to_string();
    assert_eq!(sentence, "8 Actions were found, maximum allowed is 7.");
    let wide = format!("{}{}", policy(1, 1, 1, 1), " ".repeat(8192));
    assert_eq!(refused(wide.clone()), Err(PolicyError::TooLong { bytes: wide.len(), bytes_max: 8192 }));
    assert!(Policy::parse(&policy(100, 200, 11, 8), &Limits::TOPIC).is_ok());
}

#[test]
fn hostile_nesting_and_long_lists_are_read_without_recursion() {
    let deep = 100_000;
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let nested = format!("{}1{}", open.repeat(deep), close.repeat(deep));
        refusal(&nested);
        refusal(&format!(r#"{{"Statement":{nested}}}"#));
        refusal_of_statement(&format!(r#""Principal":{nested}"#));
        refusal_of_statement(&format!(r#""Condition":{{"StringEquals":{{"a":{nested}}}}}"#));
    }
    let many = vec![r#""sqs:SendMessage""#; 50_000].join(",");
    parse(&format!(r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":[{many}]}}}}"#));
}
