//! A function that is asked whether a request may pass.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use regex_lite::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Authorized, AuthorizerQuestion,
    cache::Cache,
    policy::{Policy, Verdict},
    text,
};
use crate::{
    ApiKind, Invocation, InvokeError, Outside, PayloadFormat,
    call::Call,
    event::{Question, question},
    failure::Failure,
};

/// Where an answer names the key that a usage plan counts by.
pub(super) const USAGE_KEY: &str = "usageIdentifierKey";
/// What a function that refuses to answer says instead of failing.
const UNAUTHORIZED: &str = "Unauthorized";
/// How long an HTTP API and a REST API wait for the answer.
const HTTP_TIMEOUT: Duration = Duration::from_secs(10);
const REST_TIMEOUT: Duration = Duration::from_secs(29);

/// A function, and how it is asked.
pub(super) struct FunctionAuthorizer {
    function: String,
    question: AuthorizerQuestion,
    pattern: Option<Regex>,
    timeout: Duration,
    answers: Cache<Answer>,
}

/// What a function answered, understood.
#[derive(Debug)]
enum Answer {
    /// For all routes that ask it.
    Simple {
        is_authorized: bool,
        context: Map<String, Value>,
    },
    Policy {
        policy: Policy,
        principal: Option<String>,
        context: Map<String, Value>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SimpleWire {
    is_authorized: bool,
    #[serde(default)]
    context: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyWire {
    principal_id: Option<Value>,
    policy_document: Policy,
    #[serde(default)]
    context: Option<Map<String, Value>>,
    #[serde(default)]
    usage_identifier_key: Option<String>,
}

/// How a function's error is told.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorWire {
    error_message: String,
}

/// The question of an authorizer of the type `TOKEN`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenQuestion<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    method_arn: &'a str,
    authorization_token: &'a str,
}

impl FunctionAuthorizer {
    pub(super) fn new(
        function: &str,
        question: &AuthorizerQuestion,
        cached_for: Duration,
        kind: ApiKind,
        identities: usize,
    ) -> Result<Self, String> {
        let meant = match question {
            AuthorizerQuestion::Token { .. } | AuthorizerQuestion::Request => ApiKind::Rest,
            AuthorizerQuestion::V1 | AuthorizerQuestion::V2 { .. } => ApiKind::Http,
        };
        if kind != meant {
            return Err(
                "an HTTP API's authorizers are asked in format 1.0 or 2.0, a REST API's by TOKEN or REQUEST".into()
            );
        }
        let pattern = match question {
            AuthorizerQuestion::Token { .. } if identities != 1 => {
                return Err("an authorizer of the type TOKEN has one identity source".into());
            }
            AuthorizerQuestion::Token { pattern: Some(pattern) } => {
                let pattern = Regex::new(&format!("^(?:{pattern})$"));
                Some(pattern.map_err(|fault| format!("the identity's pattern: {fault}"))?)
            }
            _ => None,
        };
        Ok(Self {
            function: function.into(),
            question: question.clone(),
            pattern,
            timeout: if kind == ApiKind::Rest { REST_TIMEOUT } else { HTTP_TIMEOUT },
            answers: Cache::new(cached_for),
        })
    }

    pub(super) async fn ask(
        &self,
        call: &Call<'_>,
        identity: Vec<String>,
        outside: &Outside,
        now_ms: u64,
    ) -> Result<Authorized, Failure> {
        if self.pattern.as_ref().is_some_and(|pattern| !identity.iter().all(|identity| pattern.is_match(identity))) {
            return Err(Failure::Unauthorized { reason: "the token does not look like one", challenge: None });
        }
        let arn = call.arn();
        let answer = match self.answers.get(&identity, now_ms) {
            Some(answer) => answer,
            None => {
                let answer = Arc::new(self.answer(call, &arn, &identity, outside).await?);
                self.answers.keep(identity, answer.clone(), now_ms);
                answer
            }
        };
        answer.judge(&arn)
    }

    async fn answer(
        &self,
        call: &Call<'_>,
        arn: &str,
        identity: &[String],
        outside: &Outside,
    ) -> Result<Answer, Failure> {
        let payload = self.payload(call, arn, identity);
        let (function, timeout) = (self.function.clone(), Some(self.timeout));
        let invocation = Invocation { function, payload, timeout, trace_id: call.trace_id() };
        match outside.functions.invoke(invocation).await {
            Ok(returned) => {
                let wants_simple = self.question == AuthorizerQuestion::V2 { simple: true };
                let answer = if wants_simple { Answer::simple(&returned) } else { Answer::policy(&returned) };
                let answer = answer.map_err(|reason| Failure::Authorizer(format!("its answer is wrong: {reason}")))?;
                answer.checked(matches!(self.question, AuthorizerQuestion::Token { .. } | AuthorizerQuestion::Request))
            }
            Err(InvokeError::FunctionError(error)) if is_refusal(&error) => {
                Err(Failure::Unauthorized { reason: "the authorizer says so", challenge: None })
            }
            Err(error) => Err(Failure::Authorizer(error.to_string())),
        }
    }

    fn payload(&self, call: &Call<'_>, arn: &str, identity: &[String]) -> Bytes {
        let asked = Question { arn, identity };
        match self.question {
            AuthorizerQuestion::Token { .. } => {
                let authorization_token = identity.first().map_or("", String::as_str);
                let question = TokenQuestion { kind: "TOKEN", method_arn: arn, authorization_token };
                serde_json::to_vec(&question).expect("texts under fixed names always serialise").into()
            }
            AuthorizerQuestion::Request | AuthorizerQuestion::V1 => question(call, PayloadFormat::V1, asked),
            AuthorizerQuestion::V2 { .. } => question(call, PayloadFormat::V2, asked),
        }
    }
}

fn is_refusal(error: &Bytes) -> bool {
    serde_json::from_slice::<ErrorWire>(error).is_ok_and(|error| error.error_message == UNAUTHORIZED)
}

impl Answer {
    fn simple(returned: &Bytes) -> Result<Self, serde_json::Error> {
        let SimpleWire { is_authorized, context } = serde_json::from_slice(returned)?;
        Ok(Self::Simple { is_authorized, context: context.unwrap_or_default() })
    }

    fn policy(returned: &Bytes) -> Result<Self, serde_json::Error> {
        let PolicyWire { principal_id, policy_document, context, usage_identifier_key } =
            serde_json::from_slice(returned)?;
        let mut context = context.unwrap_or_default();
        context.extend(usage_identifier_key.map(|key| (USAGE_KEY.to_owned(), Value::from(key))));
        let principal = principal_id.filter(|id| !id.is_null()).map(|id| text(&id));
        Ok(Self::Policy { policy: policy_document, principal, context })
    }

    /// Of REST APIs, whose context holds texts, numbers and truth values alone, and who must be named.
    fn checked(self, is_rest: bool) -> Result<Self, Failure> {
        let wrong = |reason: &str| Err(Failure::Authorizer(format!("its answer is wrong: {reason}")));
        match &self {
            Self::Policy { policy, .. } if !policy.is_bounded() => wrong("the policy is too long"),
            Self::Policy { principal: None, .. } if is_rest => wrong("it has no principalId"),
            Self::Policy { context, .. }
                if is_rest && context.values().any(|value| value.is_object() || value.is_array()) =>
            {
                wrong("its context holds an object or a list")
            }
            _ => Ok(self),
        }
    }

    fn judge(&self, arn: &str) -> Result<Authorized, Failure> {
        match self {
            Self::Simple { is_authorized: true, context } => {
                Ok(Authorized::ByFunction { principal: None, context: context.clone() })
            }
            Self::Simple { .. } => Err(Failure::Denied { is_explicit: true }),
            Self::Policy { policy, principal, context } => match policy.judge(arn) {
                Verdict::Allow => Ok(Authorized::ByFunction { principal: principal.clone(), context: context.clone() }),
                verdict => Err(Failure::Denied { is_explicit: verdict == Verdict::Deny }),
            },
        }
    }
}
