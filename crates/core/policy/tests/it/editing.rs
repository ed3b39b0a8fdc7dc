//! Statements added and removed by label, and the text that is kept.

use bongsu_policy::{Counted, EditError, LabelUnknown, Limits, NewStatement, Policy, PolicyError, Request, Verdict};

use crate::{QUEUE, parse, principal, request};

const ID: &str = "arn:aws:sqs:eu-west-1:111111111111:orders/SQSDefaultPolicy";

fn add(policy: Option<&Policy>, label: &str, accounts: &[&str], actions: &[&str]) -> Result<Policy, EditError> {
    let statement = NewStatement { label, accounts, actions, resource: QUEUE };
    Policy::with_statement(policy, ID, &statement, &Limits::QUEUE)
}

#[test]
fn a_first_permission_makes_a_policy_in_the_words_of_aws() {
    let policy = add(None, "read", &["333333333333"], &["SQS:ReceiveMessage"]).unwrap();
    assert_eq!(
        policy.text(),
        r#"{"Version":"2008-10-17","Id":"arn:aws:sqs:eu-west-1:111111111111:orders/SQSDefaultPolicy","Statement":[{"Sid":"read","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::333333333333:root"},"Action":"SQS:ReceiveMessage","Resource":"arn:aws:sqs:eu-west-1:111111111111:orders"}]}"#
    );
    let stranger = principal("arn:aws:iam::333333333333:user/eve");
    let receive = Request { action: "sqs:ReceiveMessage", ..request(&stranger) };
    assert_eq!(policy.evaluate(&receive), Verdict::Allow);
    assert_eq!(policy.evaluate(&request(&stranger)), Verdict::Silent);
}

#[test]
fn several_accounts_and_actions_become_lists() {
    let policy = add(None, "rw", &["333333333333", "444444444444"], &["SQS:SendMessage", "SQS:DeleteMessage"]).unwrap();
    let expected = r#""Principal":{"AWS":["arn:aws:iam::333333333333:root","arn:aws:iam::444444444444:root"]},"Action":["SQS:SendMessage","SQS:DeleteMessage"],"#;
    assert!(policy.text().contains(expected), "{}", policy.text());
}

#[test]
fn a_permission_is_appended_and_the_rest_stays_as_it_was() {
    let given = parse(
        r#" { "Statement" : { "Action" : "sqs:*", "Effect":"Deny", "Principal":"*", "Sid":"no \" , ] }" },
              "Version" : "2012-10-17" } "#,
    );
    let both = add(Some(&given), "yes", &["333333333333"], &["SQS:SendMessage"]).unwrap();
    assert_eq!(
        both.text(),
        r#"{"Statement":[{"Action":"sqs:*","Effect":"Deny","Principal":"*","Sid":"no \" , ] }"},{"Sid":"yes","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::333333333333:root"},"Action":"SQS:SendMessage","Resource":"arn:aws:sqs:eu-west-1:111111111111:orders"}],"Version":"2012-10-17"}"#
    );
    assert_eq!(both.labels().collect::<Vec<_>>(), ["no \" , ] }", "yes"]);

    let only_yes = both.without_statement("no \" , ] }").unwrap().unwrap();
    assert_eq!(only_yes, parse(only_yes.text()));
    let stranger = principal("arn:aws:iam::333333333333:root");
    assert_eq!(both.evaluate(&request(&stranger)), Verdict::Deny);
    assert_eq!(only_yes.evaluate(&request(&stranger)), Verdict::Allow);
    assert_eq!(only_yes.without_statement("yes"), Ok(None));
}

#[test]
fn labels_are_unique_and_have_to_exist() {
    let policy = add(None, "a", &["333333333333"], &["SQS:SendMessage"]).unwrap();
    assert_eq!(add(Some(&policy), "a", &["444444444444"], &["SQS:*"]), Err(EditError::LabelTaken));
    assert_eq!(policy.without_statement("b"), Err(LabelUnknown));
    assert_eq!(policy.without_statement(""), Err(LabelUnknown));
}

#[test]
fn a_permission_that_passes_a_limit_is_refused() {
    let too_many = |counted, found, max| Err(EditError::Refused(PolicyError::TooMany { counted, found, max }));
    assert_eq!(add(None, "a", &["333333333333"], &["SQS:SendMessage"; 8]), too_many(Counted::Actions, 8, 7));
    let mut policy = None;
    for label in 0..20 {
        policy = Some(add(policy.as_ref(), &label.to_string(), &["333333333333"], &["SQS:SendMessage"]).unwrap());
    }
    let more = add(policy.as_ref(), "20", &["333333333333"], &["SQS:SendMessage"]);
    assert_eq!(more, too_many(Counted::Statements, 21, 20));
    assert!(matches!(
        add(None, "a", &["me"], &["SQS:SendMessage"]),
        Err(EditError::Refused(PolicyError::Malformed(_)))
    ));
}

#[test]
fn policies_are_equal_as_json_values() {
    let policy =
        parse(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":["a:b","a:c"]}]}"#);
    let same =
        r#"{"Statement":[{"Action":["\u0061:b","a:c"],"Effect":"Deny","Principal":"*"}],"Version":"2012-10-17"}"#;
    let other = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":["a:c","a:b"]}]}"#;
    assert_eq!(policy, parse(same));
    assert_ne!(policy, parse(other));
}
