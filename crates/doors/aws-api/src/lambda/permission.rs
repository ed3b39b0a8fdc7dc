//! A function's policy: statements that are kept one by one, and whether they let somebody in.

use std::collections::BTreeMap;

use bongsu_policy::{Limits, Policy, Request, Verdict};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::configuration::revision_id;
use super::function_name::Named;
use super::refusal::not_found;
use crate::error::ApiError;
use crate::operation::Context;

/// The longest policy, in bytes.
pub(super) const POLICY_BYTES_MAX: usize = 20 << 10;

/// What a policy may hold: its bytes alone bound it.
const LIMITS: Limits = Limits {
    bytes: POLICY_BYTES_MAX,
    statements: usize::MAX,
    principals: usize::MAX,
    conditions: usize::MAX,
    actions_per_statement: usize::MAX,
};

/// One statement, in the order in which AWS writes it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Statement {
    pub(super) sid: String,
    pub(super) effect: String,
    pub(super) principal: Principal,
    pub(super) action: String,
    pub(super) resource: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) condition: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum Principal {
    Anybody(String),
    Named(BTreeMap<String, String>),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Whole<'a> {
    version: &'static str,
    id: &'static str,
    statement: &'a [Statement],
}

/// All that is said about one name of a function.
pub(super) struct Statements(Vec<Statement>);

impl Statements {
    pub(super) fn text(&self) -> String {
        let whole = Whole { version: "2012-10-17", id: "default", statement: &self.0 };
        serde_json::to_string(&whole).expect("text is JSON")
    }

    /// Changes whenever the statements do.
    pub(super) fn revision(&self) -> String {
        let digest = Sha256::digest(self.text());
        let bytes = digest[..16].try_into().expect("a digest is longer");
        revision_id(u128::from_be_bytes(bytes))
    }

    pub(super) fn with(mut self, statement: Statement) -> Statements {
        self.0.push(statement);
        self
    }

    pub(super) fn has(&self, sid: &str) -> bool {
        self.0.iter().any(|statement| statement.sid == sid)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where the statements about a name of a function are kept.
pub(super) fn path(function: &str, qualifier: Option<&str>) -> String {
    // What is said without a qualifier holds for what is invoked without one.
    format!("function/{function}/policy/{}", qualifier.unwrap_or_default())
}

impl Context<'_> {
    pub(super) async fn statements(&self, function: &str, qualifier: Option<&str>) -> Result<Statements, ApiError> {
        let kept = self.kept_below::<Statement>(&format!("{}/", path(function, qualifier))).await?;
        Ok(Statements(kept.into_iter().map(|(_, statement)| statement).collect()))
    }

    /// The function that a request is about, if the caller may invoke it: somebody of its account, or whom its policy lets.
    pub(super) async fn invokable(
        &self,
        function: &str,
        qualifier: Option<&str>,
    ) -> Result<bongsu_broker::FunctionRef, ApiError> {
        let named = match self.named(function, qualifier) {
            Ok(named) => named,
            Err(refusal) => return Err(refusal),
        };
        let Named { function, is_own } = named;
        if is_own || self.is_let_in(&function).await? {
            return Ok(function);
        }
        Err(self.denied("InvokeFunction", &self.function_arn(&function.to_string())))
    }

    async fn is_let_in(&self, function: &bongsu_broker::FunctionRef) -> Result<bool, ApiError> {
        let statements = self.statements(&function.name, function.qualifier.as_deref()).await?;
        if statements.is_empty() {
            return Ok(false);
        }
        let policy = Policy::parse(&statements.text(), &LIMITS).map_err(|_| ApiError::internal_failure())?;
        let request = Request {
            principal: &self.caller.client().principal,
            action: "lambda:InvokeFunction",
            resource: &self.function_arn(&function.to_string()),
            source_arn: None,
            source_account: None,
            now_ms: self.config.clock.now().0,
            secure_transport: false,
            source_ip: None,
        };
        Ok(policy.evaluate(&request) == Verdict::Allow)
    }
}

/// The answer where nothing is said about a function.
pub(super) fn no_policy() -> ApiError {
    not_found("The resource you requested does not exist.")
}

/// Whether a statement is one that can be judged.
pub(super) fn is_sound(statement: &Statement) -> bool {
    Policy::parse(&Statements(vec![statement.clone()]).text(), &LIMITS).is_ok()
}
