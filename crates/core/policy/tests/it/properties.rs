//! What holds for every policy: no panic, deny wins, an Allow never takes away.

use bongsu_policy::{Limits, Policy, Principal, Request, Verdict};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::{TOPIC, parse, principal, request};

/// Members that policies are made of, with values that are right, wrong or strange.
fn json() -> impl Strategy<Value = String> {
    let words = vec![
        r#""Allow""#,
        r#""Deny""#,
        r#""*""#,
        r#""sqs:*""#,
        r#""2012-10-17""#,
        r#""arn:aws:iam::111111111111:root""#,
        r#""${aws:username}""#,
        r#""arn:*""#,
        r#""true""#,
        r#""\ud800""#,
        "null",
        "1",
        "-1e9",
        "true",
        "[]",
        "{}",
    ];
    let keys = vec![
        "Version",
        "Id",
        "Statement",
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "AWS",
        "Service",
        "StringEquals",
        "NumericLessThan",
        "aws:username",
        "x",
    ];
    let leaf = prop_oneof![select(words).prop_map(str::to_owned), "[ -~]{0,8}".prop_map(|text| format!("{text:?}"))];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let member = (select(keys.clone()), inner.clone()).prop_map(|(key, value)| format!("\"{key}\": {value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|parts| format!("[{}]", parts.join(" , "))),
            prop::collection::vec(member, 0..6).prop_map(|parts| format!("{{{}}}", parts.join(","))),
        ]
    })
}

/// A statement that is right, without its effect and its label.
fn statement() -> impl Strategy<Value = String> {
    let principals = vec![
        r#""Principal":"*""#,
        r#""Principal":{"AWS":"111111111111"}"#,
        r#""NotPrincipal":{"AWS":"222222222222"}"#,
        r#""Principal":{"AWS":"arn:aws:iam::111111111111:user/ann"}"#,
        r#""Principal":{"Service":"sns.amazonaws.com"}"#,
        r#""NotPrincipal":{"AWS":"111111111111"}"#,
    ];
    let actions = vec![r#""Action":"*""#, r#""Action":"sqs:Send*""#, r#""NotAction":"sqs:SendMessageBatch""#];
    let resources = vec!["", r#","Resource":"*:orders""#, r#","NotResource":"arn:aws:sqs:*:${aws:username}""#];
    let conditions = vec![
        "",
        r#""StringEquals":{"aws:username":"ann"}"#,
        r#""StringNotLike":{"aws:SourceArn":"arn:aws:sns:*"}"#,
        r#""NumericLessThan":{"aws:username":5}"#,
        r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#,
        r#""ForAnyValue:StringEquals":{"aws:userid":"${aws:username}"}"#,
        r#""Null":{"aws:SourceArn":true}"#,
    ];
    (select(principals), select(actions), select(resources), select(conditions))
        .prop_map(|(who, what, on, when)| format!(r#"{who},{what}{on},"Condition":{{{when}}}"#))
}

fn caller() -> impl Strategy<Value = Principal> {
    let names = vec![
        "arn:aws:iam::111111111111:user/ann",
        "arn:aws:iam::111111111111:root",
        "sns.amazonaws.com",
        "arn:aws:sts::111111111111:assumed-role/Worker/i-1",
        "arn:aws:iam::222222222222:user/ann",
        "odd:arn:::",
    ];
    select(names).prop_map(principal)
}

fn policy_of(statements: &[(bool, String)]) -> Policy {
    let statement = |(allows, rest): &(bool, String)| {
        format!(r#"{{"Effect":"{}",{rest}}}"#, if *allows { "Allow" } else { "Deny" })
    };
    let statements: Vec<String> = statements.iter().map(statement).collect();
    parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(",")))
}

fn from_topic(principal: &Principal, from_topic: bool) -> Request<'_> {
    Request { source_arn: from_topic.then_some(TOPIC), ..request(principal) }
}

/// What may be done with any text: nothing of it panics, and what is accepted is accepted again.
fn exercise(text: &str, caller: &Principal) {
    let Ok(policy) = Policy::parse(text, &Limits::TOPIC) else { return };
    policy.evaluate(&request(caller));
    let again = parse(policy.text());
    assert_eq!(again.text(), policy.text());
    assert_eq!(again, policy);
    let labels: Vec<String> = policy.labels().map(str::to_owned).collect();
    for label in labels {
        if let Some(rest) = policy.without_statement(&label).expect("it has this label") {
            assert_eq!(rest, parse(rest.text()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_text_never_panics(text in ".{0,200}", caller in caller()) {
        exercise(&text, &caller);
    }

    #[test]
    fn random_json_never_panics(text in json(), caller in caller()) {
        exercise(&text, &caller);
        exercise(&format!(r#"{{"Version":"2012-10-17","Statement":{text}}}"#), &caller);
        for replaced in ["Sid", "Principal", "Action", "Resource", "Condition"] {
            let rest = [("Effect", r#""Deny""#), ("Sid", r#""s""#), ("Principal", r#""*""#), ("Action", r#""*""#)];
            let rest = rest.iter().filter(|(member, _)| *member != replaced);
            let rest: String = rest.map(|(member, value)| format!(r#""{member}":{value},"#)).collect();
            exercise(&format!(r#"{{"Statement":[{{{rest}"{replaced}":{text}}}]}}"#), &caller);
        }
    }

    #[test]
    fn random_patterns_never_panic(pattern in "[*?${}:,' a]{0,20}", caller in caller()) {
        let deny = r#""Effect":"Deny","Principal":"*","Action":"*""#;
        let resource = format!(r#""Resource":"arn:{pattern}""#);
        let condition = format!(r#""Condition":{{"ArnLike":{{"aws:PrincipalArn":"{pattern}"}}}}"#);
        for member in [resource, condition] {
            exercise(&format!(r#"{{"Version":"2012-10-17","Statement":{{{deny},{member}}}}}"#), &caller);
        }
    }

    #[test]
    fn a_deny_that_applies_always_wins(
        statements in prop::collection::vec((any::<bool>(), statement()), 1..6),
        caller in caller(),
        sourced in any::<bool>(),
    ) {
        let request = from_topic(&caller, sourced);
        let alone: Vec<Verdict> =
            statements.iter().map(|one| policy_of(std::slice::from_ref(one)).evaluate(&request)).collect();
        let expected = [Verdict::Deny, Verdict::Allow].into_iter().find(|verdict| alone.contains(verdict));
        prop_assert_eq!(policy_of(&statements).evaluate(&request), expected.unwrap_or(Verdict::Silent));
    }

    #[test]
    fn one_more_allow_takes_nothing_away(
        statements in prop::collection::vec((any::<bool>(), statement()), 1..5),
        added in statement(),
        place in any::<Index>(),
        caller in caller(),
        sourced in any::<bool>(),
    ) {
        let request = from_topic(&caller, sourced);
        let before = policy_of(&statements).evaluate(&request);
        let mut statements = statements;
        statements.insert(place.index(statements.len() + 1), (true, added));
        let after = policy_of(&statements).evaluate(&request);
        prop_assert!(after == before || (before, after) == (Verdict::Silent, Verdict::Allow), "{before:?} {after:?}");
    }

    #[test]
    fn an_allow_that_applies_would_also_deny(members in statement(), caller in caller(), sourced in any::<bool>()) {
        let request = from_topic(&caller, sourced);
        let allows = policy_of(&[(true, members.clone())]).evaluate(&request) == Verdict::Allow;
        let denies = policy_of(&[(false, members)]).evaluate(&request) == Verdict::Deny;
        prop_assert!(denies || !allows);
    }
}
