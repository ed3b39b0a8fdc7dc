//! Policies as their users meet them: texts in, verdicts out.

mod actions;
mod conditions;
mod editing;
mod principals;
mod properties;
mod refusals;
mod resources;
mod variables;

use bongsu_policy::{Limits, Policy, Principal, Request, Verdict};

/// The queue that every policy here belongs to, unless a test says otherwise.
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111111111111:orders";
const TOPIC: &str = "arn:aws:sns:eu-west-1:222222222222:sales";
/// 2026-11-22T20:11:27Z.
const NOW_MS: u64 = 1_795_378_287_000;

/// Limits that nothing here reaches.
const WIDE: Limits = Limits {
    bytes: usize::MAX,
    statements: usize::MAX,
    principals: usize::MAX,
    conditions: usize::MAX,
    actions_per_statement: usize::MAX,
};

fn parse(text: &str) -> Policy {
    Policy::parse(text, &WIDE).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A service by its name, anybody else by the ARN.
fn principal(name: &str) -> Principal {
    match name.split(':').nth(4) {
        Some(account) => {
            Principal::Account { account: account.into(), arn: name.into(), user_id: "AIDAEXAMPLE".into() }
        }
        None => Principal::Service { name: name.into() },
    }
}

/// `sqs:SendMessage` to the queue, from the example network, through TLS.
fn request(principal: &Principal) -> Request<'_> {
    Request {
        principal,
        action: "sqs:SendMessage",
        resource: QUEUE,
        source_arn: None,
        source_account: None,
        now_ms: NOW_MS,
        secure_transport: true,
        source_ip: Some([203, 0, 113, 9].into()),
    }
}

/// A notification of the topic on its way to the queue.
fn notification(principal: &Principal) -> Request<'_> {
    Request { source_arn: Some(TOPIC), source_account: Some("222222222222"), source_ip: None, ..request(principal) }
}

/// A policy of one statement, which lets everybody do everything where `members` say nothing else.
fn one_statement(effect: &str, members: &str) -> Policy {
    let mut statement = format!(r#""Effect":"{effect}""#);
    for (member, default) in [("Principal", "*"), ("Action", "*"), ("Resource", "*")] {
        if !members.contains(&format!("{member}\":")) {
            statement += &format!(r#","{member}":"{default}""#);
        }
    }
    parse(&format!(r#"{{"Version":"2012-10-17","Statement":{{{statement},{members}}}}}"#))
}

/// Whether a statement with these members applies to the request, as an Allow and as a Deny.
fn applies(members: &str, request: &Request<'_>) -> (bool, bool) {
    let allows = one_statement("Allow", members).evaluate(request) == Verdict::Allow;
    let denies = one_statement("Deny", members).evaluate(request) == Verdict::Deny;
    (allows, denies)
}

const BOTH: (bool, bool) = (true, true);
const NEITHER: (bool, bool) = (false, false);
/// What cannot be told, or errs towards less access.
const DENY_ONLY: (bool, bool) = (false, true);
