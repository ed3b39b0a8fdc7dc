//! Filter policies and event patterns as their users meet them: texts in, verdicts out.

mod bounds;
mod event_properties;
mod events;
mod mappings;
mod naive;
mod naive_events;
mod operators;
mod properties;
mod refusals;
mod semantics;
mod verdicts;

use bongsu_event_pattern::{Attribute, Attributes, Body, FilterPolicy, Kind, Scope, Verdict};

#[track_caller]
fn parse(text: &str, scope: Scope) -> FilterPolicy {
    FilterPolicy::parse(text, scope).unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

#[track_caller]
fn refusal(text: &str) -> String {
    FilterPolicy::parse(text, Scope::MessageBody).expect_err(text).to_string()
}

/// Whether a policy of one key `k` with these alternatives admits a body with this value there.
#[track_caller]
fn admits_value(alternatives: &str, value: &str) -> bool {
    admits_body(&format!(r#"{{"k":[{alternatives}]}}"#), &format!(r#"{{"k":{value}}}"#))
}

#[track_caller]
fn admits_body(policy: &str, body: &str) -> bool {
    parse(policy, Scope::MessageBody).admits_body(&Body::read(body)) == Verdict::Admitted
}

#[track_caller]
fn on_attributes(policy: &str, attributes: &[(&str, Kind, &str)]) -> Verdict {
    let attributes: Vec<Attribute<'_>> =
        attributes.iter().map(|&(name, kind, value)| Attribute { name, kind, value }).collect();
    parse(policy, Scope::MessageAttributes).admits_attributes(&Attributes::read(&attributes))
}

#[track_caller]
fn admits_attributes(policy: &str, attributes: &[(&str, Kind, &str)]) -> bool {
    on_attributes(policy, attributes) == Verdict::Admitted
}
