//! The policy that a function answers: which requests its sender may make.
//!
//! Fails closed: what is not understood is refused as a whole, conditions among it.

use serde::Deserialize;

/// What every request for an API is, in the words of policies.
const INVOKE: &str = "execute-api:invoke";
/// Statements of a policy, and actions or resources of a statement.
const LISTED_MAX: usize = 1000;

/// `policyDocument`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Policy {
    #[serde(rename = "Version")]
    _version: Option<String>,
    #[serde(rename = "Id")]
    _id: Option<String>,
    statement: OneOrMany<Statement>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

/// What a policy says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Allow,
    /// A statement says so.
    Deny,
    /// No statement is about it.
    Silent,
}

impl<T> OneOrMany<T> {
    fn all(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Policy {
    /// Whether it is of a size that can be looked through for every request.
    pub(super) fn is_bounded(&self) -> bool {
        let statements = self.statement.all();
        let is_short = |one: &Statement| one.action.all().len().max(one.resource.all().len()) <= LISTED_MAX;
        statements.len() <= LISTED_MAX && statements.iter().all(is_short)
    }

    /// A deny wins over every allow.
    pub(super) fn judge(&self, arn: &str) -> Verdict {
        let mut verdict = Verdict::Silent;
        for statement in self.statement.all().iter().filter(|statement| statement.is_about(arn)) {
            match statement.effect {
                Effect::Deny => return Verdict::Deny,
                Effect::Allow => verdict = Verdict::Allow,
            }
        }
        verdict
    }
}

impl Statement {
    fn is_about(&self, arn: &str) -> bool {
        self.action.all().iter().any(|action| matches(&action.to_ascii_lowercase(), INVOKE))
            && self.resource.all().iter().any(|resource| matches(resource, arn))
    }
}

/// Whether a pattern with `*` and `?` matches a whole text. Only the last `*` is ever tried again: what matched before it
/// did so at the earliest place that there is.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut pos) = (0, 0);
    let mut last_many: Option<(usize, usize)> = None;
    while pos < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                at += 1;
                last_many = Some((at, pos));
            }
            Some(byte) if *byte == b'?' || *byte == text[pos] => (at, pos) = (at + 1, pos + 1),
            _ => {
                let Some((after, swallowed)) = &mut last_many else { return false };
                *swallowed += 1;
                (at, pos) = (*after, *swallowed);
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:000000000042:a1/prod/GET/pets/7";

    fn judge(statements: &str) -> Verdict {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#);
        serde_json::from_str::<Policy>(&text).unwrap().judge(ARN)
    }

    fn statement(effect: &str, action: &str, resource: &str) -> String {
        format!(r#"{{"Effect":"{effect}","Action":{action},"Resource":{resource}}}"#)
    }

    #[test]
    fn a_policy_says_which_requests_may_pass() {
        let invoke = r#""execute-api:Invoke""#;
        for (statements, verdict) in [
            (statement("Allow", invoke, &format!("\"{ARN}\"")), Verdict::Allow),
            (statement("Allow", invoke, "\"*\""), Verdict::Allow),
            (statement("Allow", invoke, r#""arn:aws:execute-api:*:*:a1/prod/*/pets/*""#), Verdict::Allow),
            (statement("Allow", invoke, r#""arn:aws:execute-api:*:*:a1/*/?ET/pets/7""#), Verdict::Allow),
            (statement("Allow", invoke, r#""arn:aws:execute-api:*:*:a1/prod/POST/*""#), Verdict::Silent),
            (statement("Allow", r#"["s3:Get*","EXECUTE-API:*"]"#, r#"["a","*/7"]"#), Verdict::Allow),
            (statement("Allow", r#""s3:*""#, "\"*\""), Verdict::Silent),
            (statement("Deny", invoke, "\"*\""), Verdict::Deny),
            ("[]".to_owned(), Verdict::Silent),
        ] {
            assert_eq!(judge(&statements), verdict, "{statements}");
        }
        let both = [statement("Allow", invoke, "\"*\""), statement("Deny", invoke, "\"*/7\"")];
        assert_eq!(judge(&format!("[{}]", both.join(","))), Verdict::Deny);
    }

    #[test]
    fn what_is_not_understood_is_refused_as_a_whole() {
        for statement in [
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a":"b"}}}"#,
            r#"{"Effect":"Allow","NotAction":"*","Resource":"*"}"#,
            r#"{"Effect":"allow","Action":"*","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"*"}"#,
            "\"*\"",
        ] {
            let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
            assert!(serde_json::from_str::<Policy>(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn stars_match_as_they_should() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("a*c", "abcd", false),
            ("a*b*c", "a-b-b-c", true),
            ("*ab", "aab", true),
            ("*?", "", false),
            ("**", "x", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
