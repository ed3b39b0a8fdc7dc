//! Whom a statement is about.

use crate::{BOTH, DENY_ONLY, NEITHER, applies, principal, request};

const ANN: &str = "arn:aws:iam::111111111111:user/staff/ann";
const BOB: &str = "arn:aws:iam::111111111111:user/bob";
const ROOT: &str = "arn:aws:iam::111111111111:root";
const STRANGER: &str = "arn:aws:iam::333333333333:user/staff/ann";
const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/Worker/i-1";
const SNS: &str = "sns.amazonaws.com";

#[test]
fn principals_match_by_account_arn_role_and_service() {
    let rows: &[(&str, &[&str], &[&str])] = &[
        (r#""*""#, &[ANN, ROOT, STRANGER, SESSION, SNS], &[]),
        (r#"{"AWS":"*"}"#, &[ANN, ROOT, STRANGER, SESSION, SNS], &[]),
        (r#"{"AWS":"111111111111"}"#, &[ANN, BOB, ROOT, SESSION], &[STRANGER, SNS]),
        (r#"{"AWS":"arn:aws:iam::111111111111:root"}"#, &[ANN, BOB, ROOT, SESSION], &[STRANGER, SNS]),
        (r#"{"AWS":"arn:aws:iam::111111111111:user/staff/ann"}"#, &[ANN], &[BOB, ROOT, STRANGER, SESSION, SNS]),
        (r#"{"AWS":"arn:aws:iam::111111111111:user/ann"}"#, &[], &[ANN]),
        (r#"{"AWS":"arn:aws:iam::111111111111:role/Worker"}"#, &[SESSION], &[ANN, ROOT, SNS]),
        (r#"{"AWS":"arn:aws:iam::111111111111:role/of/a/team/Worker"}"#, &[SESSION], &[ANN, ROOT]),
        (r#"{"AWS":"arn:aws:iam::333333333333:role/Worker"}"#, &[], &[SESSION]),
        (r#"{"AWS":"arn:aws:iam::111111111111:role/Work"}"#, &[], &[SESSION]),
        (r#"{"AWS":"arn:aws:sts::111111111111:assumed-role/Worker/i-1"}"#, &[SESSION], &[ANN, ROOT]),
        (r#"{"AWS":"arn:aws:sts::111111111111:assumed-role/Worker/i-2"}"#, &[], &[SESSION]),
        (r#"{"AWS":["333333333333","arn:aws:iam::111111111111:user/bob"]}"#, &[STRANGER, BOB], &[ANN, ROOT]),
        (r#"{"AWS":[]}"#, &[], &[ANN, SNS]),
        (r#"{"Service":"sns.amazonaws.com"}"#, &[SNS], &[ANN, ROOT, "s3.amazonaws.com"]),
        (r#"{"Service":["s3.amazonaws.com","sns.amazonaws.com"],"AWS":"333333333333"}"#, &[SNS, STRANGER], &[ANN]),
        (r#"{"Federated":"accounts.example.com","CanonicalUser":"79a59d"}"#, &[], &[ANN, ROOT, SNS]),
    ];
    for (named, inside, outside) in rows {
        let members = format!(r#""Principal":{named}"#);
        for caller in *inside {
            assert_eq!(applies(&members, &request(&principal(caller))), BOTH, "{named} {caller}");
        }
        for caller in *outside {
            assert_eq!(applies(&members, &request(&principal(caller))), NEITHER, "{named} {caller}");
        }
    }
}

#[test]
fn not_principal_spares_only_those_who_are_named_in_full() {
    let rows = [
        (r#"{"AWS":"333333333333"}"#, ANN, BOTH),
        (r#"{"AWS":"333333333333"}"#, SNS, BOTH),
        // Ann is named, her account is not, and the other way round.
        (r#"{"AWS":"arn:aws:iam::111111111111:user/staff/ann"}"#, ANN, DENY_ONLY),
        (r#"{"AWS":"111111111111"}"#, ANN, DENY_ONLY),
        (r#"{"AWS":["111111111111","arn:aws:iam::111111111111:user/staff/ann"]}"#, ANN, NEITHER),
        (r#"{"AWS":["111111111111","arn:aws:iam::111111111111:user/staff/ann"]}"#, BOB, DENY_ONLY),
        (r#"{"AWS":"111111111111"}"#, ROOT, NEITHER),
        (r#"{"AWS":["111111111111","arn:aws:iam::111111111111:role/Worker"]}"#, SESSION, DENY_ONLY),
        (
            r#"{"AWS":["111111111111","arn:aws:iam::111111111111:role/Worker","arn:aws:sts::111111111111:assumed-role/Worker/i-1"]}"#,
            SESSION,
            NEITHER,
        ),
        (r#"{"Service":"sns.amazonaws.com"}"#, SNS, NEITHER),
        (r#"{"Federated":"accounts.example.com"}"#, ANN, BOTH),
        (r#""*""#, ANN, NEITHER),
    ];
    for (named, caller, expected) in rows {
        let members = format!(r#""NotPrincipal":{named}"#);
        assert_eq!(applies(&members, &request(&principal(caller))), expected, "{named} {caller}");
    }
}
