//! Authorizers: who is asked whether a request may pass, and what is then known of its sender.

mod cache;
mod function;
mod keys;
mod policy;
mod token;

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value};

use crate::{ApiKind, Outside, call::Call, failure::Failure, mapping::Mapping};

pub use cache::CACHED_ANSWERS_MAX;
use function::FunctionAuthorizer;
use token::TokenAuthorizer;

/// The longest that an answer may be kept.
const CACHED_FOR_MAX: Duration = Duration::from_secs(3600);

/// Who is asked before a route's integration is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizer {
    /// By which routes name it.
    pub name: String,
    /// Where a request says who sends it: `$request.header.Authorization`, of REST APIs
    /// `method.request.header.Authorization`. A request without one of them is 401, and nobody is asked.
    pub identity: Vec<String>,
    /// Who.
    pub kind: AuthorizerKind,
}

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizerKind {
    /// A function of the server's account.
    Function {
        /// The function's name, `name:version` or `name:alias`.
        function: String,
        /// What it is told, and how it answers.
        question: AuthorizerQuestion,
        /// How long its answer is good for the same identity; zero to an hour.
        cached_for: Duration,
    },
    /// Of HTTP APIs: the token itself, which its issuer has signed.
    Token {
        /// Whose: `https://example.com`.
        issuer: String,
        /// For whom tokens must be, one of them at least.
        audience: Vec<String>,
        /// The issuer's keys as a JSON Web Key Set; without it they are fetched from where the issuer says.
        keys: Option<String>,
    },
}

/// What a function is asked, in which words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizerQuestion {
    /// Of REST APIs, `TOKEN`: the one identity. Identities that the regular expression does not match as a whole are 401.
    Token {
        /// `IdentityValidationExpression`.
        pattern: Option<String>,
    },
    /// Of REST APIs, `REQUEST`: everything but the body.
    Request,
    /// Of HTTP APIs, format 1.0; the answer is a policy.
    V1,
    /// Of HTTP APIs, format 2.0.
    V2 {
        /// Whether the answer is `isAuthorized` and not a policy.
        simple: bool,
    },
}

/// What is known of a sender who may.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Authorized {
    /// In the function's words.
    ByFunction { principal: Option<String>, context: Map<String, Value> },
    /// The token's claims as text, and its scopes where the route asks for some.
    ByToken { claims: BTreeMap<String, String>, scopes: Option<Vec<String>> },
}

impl Authorized {
    /// `$context.authorizer.<name>`.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        match self {
            Self::ByFunction { principal, .. } if name == "principalId" => principal.clone(),
            Self::ByFunction { context, .. } => context.get(name).map(text),
            Self::ByToken { claims, .. } => claims.get(name.strip_prefix("claims.")?).cloned(),
        }
    }

    /// What REST APIs call `usageIdentifierKey`.
    pub(crate) fn usage_key(&self) -> Option<String> {
        match self {
            Self::ByFunction { context, .. } => context.get(function::USAGE_KEY).map(text),
            Self::ByToken { .. } => None,
        }
    }
}

/// A value as texts show it: a JSON text without its quotes.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An authorizer, ready to be asked.
pub(crate) struct ReadyAuthorizer {
    identity: Vec<Mapping>,
    asked: Asked,
}

enum Asked {
    Function(FunctionAuthorizer),
    Token(TokenAuthorizer),
}

impl ReadyAuthorizer {
    /// Compiles an authorizer of an API of this kind.
    pub(crate) fn new(authorizer: &Authorizer, kind: ApiKind) -> Result<Self, String> {
        let identity = authorizer.identity.iter().map(|text| source(text, kind)).collect::<Result<Vec<_>, _>>()?;
        let asked = match &authorizer.kind {
            AuthorizerKind::Function { function, question, cached_for } => {
                if *cached_for > CACHED_FOR_MAX {
                    return Err(format!("an answer is kept for at most {} seconds", CACHED_FOR_MAX.as_secs()));
                }
                if !cached_for.is_zero() && identity.is_empty() {
                    return Err("without an identity source no answer can be kept: its time to live is 0".into());
                }
                Asked::Function(FunctionAuthorizer::new(function, question, *cached_for, kind, identity.len())?)
            }
            AuthorizerKind::Token { .. } if kind == ApiKind::Rest => {
                return Err("only an HTTP API has authorizers of tokens".into());
            }
            AuthorizerKind::Token { issuer, audience, keys } => {
                if identity.len() != 1 {
                    return Err("a token has one identity source".into());
                }
                Asked::Token(TokenAuthorizer::new(issuer, audience, keys.as_deref())?)
            }
        };
        Ok(Self { identity, asked })
    }

    /// Whether routes may ask it for scopes.
    pub(crate) fn knows_scopes(&self) -> bool {
        matches!(self.asked, Asked::Token(_))
    }

    /// What is known of a request's sender, if the request may pass at this time.
    pub(crate) async fn ask(
        &self,
        call: &Call<'_>,
        scopes: &[String],
        outside: &Outside,
        now_ms: u64,
    ) -> Result<Authorized, Failure> {
        let identity: Option<Vec<String>> = self.identity.iter().map(|source| source.value(call)).collect();
        match &self.asked {
            Asked::Function(function) => {
                let missing = Failure::Unauthorized { reason: "an identity source is missing", challenge: None };
                function.ask(call, identity.ok_or(missing)?, outside, now_ms).await
            }
            Asked::Token(token) => {
                let sent = identity.as_deref().and_then(<[String]>::first);
                token.admit(sent.map(String::as_str), scopes, &*outside.fetch, now_ms).await
            }
        }
    }
}

/// A body is not read before it is known who sends it.
fn source(text: &str, kind: ApiKind) -> Result<Mapping, String> {
    let mapping = match kind {
        ApiKind::Http => Mapping::parse(text),
        ApiKind::Rest => Mapping::parse_rest(text),
    };
    let mapping = mapping.map_err(|reason| format!("identity source: {reason}"))?;
    match text.contains("request.body") {
        true => Err(format!("`{text}` is no identity source: nobody is known by a body")),
        false => Ok(mapping),
    }
}
