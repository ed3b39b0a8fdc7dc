//! `AddPermission`: lets an account or a service use a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>

use std::collections::BTreeMap;

use bongsu_broker::{Account, EntryChanges, Rejection};
use bongsu_runtime::Refusal;
use serde::{Deserialize, Serialize};

use super::kept::encode;
use super::permission::{POLICY_BYTES_MAX, Principal, Statement, is_sound, path};
use super::refusal::{conflict, invalid};
use crate::constraints::Constraints;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
    statement_id: Option<String>,
    action: Option<String>,
    principal: Option<String>,
    source_arn: Option<String>,
    source_account: Option<String>,
    event_source_token: Option<String>,
    revision_id: Option<String>,
    #[serde(rename = "PrincipalOrgID")]
    principal_org_id: Option<String>,
    function_url_auth_type: Option<String>,
    invoked_via_function_url: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    /// As JSON.
    statement: String,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<Output, ApiError> {
    let mut constraints = Constraints::default();
    let sid = constraints.required("statementId", input.statement_id.clone());
    let action = constraints.required("action", input.action.clone());
    let principal = constraints.required("principal", input.principal.clone());
    let is_sid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    constraints.length("statementId", input.statement_id.as_deref(), 1..=100);
    constraints.pattern("statementId", &sid, "([a-zA-Z0-9-_]+)", sid.bytes().all(is_sid));
    let is_action = |action: &str| {
        let verb = action.strip_prefix("lambda:").unwrap_or_default();
        action.is_empty()
            || action == "*"
            || verb == "*"
            || (!verb.is_empty() && verb.bytes().all(|byte| byte.is_ascii_alphabetic()))
    };
    constraints.pattern("action", &action, "(lambda:[*]|lambda:[a-zA-Z]+|[*])", is_action(&action));
    constraints.choice("functionUrlAuthType", input.function_url_auth_type.as_deref(), &["AWS_IAM", "NONE"]);
    constraints.check()?;
    let function = cx.own_function(&input.function_name, input.qualifier.as_deref())?;
    cx.described(&function).await?;
    let statement = Statement {
        sid: sid.clone(),
        effect: "Allow".to_owned(),
        principal: named(&principal)?,
        action,
        resource: cx.function_arn(&function.to_string()),
        condition: condition(&input),
    };
    if !is_sound(&statement) {
        return Err(invalid("The provided principal was invalid. Please check the principal and try again."));
    }
    let statements = cx.statements(&function.name, function.qualifier.as_deref()).await?;
    if statements.has(&sid) {
        return Err(taken(&sid));
    }
    if input.revision_id.is_some_and(|revision| revision != statements.revision()) {
        return Err(cx.refused(Refusal::Rejected(Rejection::RevisionChanged)));
    }
    let size = statements.with(statement.clone()).text().len();
    if size > POLICY_BYTES_MAX {
        let text = format!("The final policy size ({size}) is bigger than the limit ({POLICY_BYTES_MAX}).");
        return Err(ApiError::new(ErrorKind::PolicyLengthExceededException, text));
    }
    let place = cx.entry_path(&format!("{}/{sid}", path(&function.name, function.qualifier.as_deref())));
    let changes = EntryChanges {
        expected: vec![(place.clone(), None)],
        put: vec![(place, encode(&statement))],
        ..EntryChanges::default()
    };
    match cx.broker.change_entries(cx.config.account, changes).await {
        Err(Refusal::Rejected(Rejection::EntryChanged)) => return Err(taken(&sid)),
        changed => changed.map_err(|refusal| cx.refused(refusal))?,
    }
    Ok(Output { statement: serde_json::to_string(&statement).expect("text is JSON") })
}

fn taken(sid: &str) -> ApiError {
    conflict(format!(
        "The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing \
         statement."
    ))
}

/// An account, an ARN, a service or everybody.
fn named(principal: &str) -> Result<Principal, ApiError> {
    let of = |kind: &str, value: String| Principal::Named([(kind.to_owned(), value)].into());
    Ok(match principal {
        "*" => Principal::Anybody("*".to_owned()),
        account if account.parse::<Account>().is_ok() => of("AWS", format!("arn:aws:iam::{account}:root")),
        arn if arn.starts_with("arn:") => of("AWS", arn.to_owned()),
        service if service.ends_with(".amazonaws.com") || service.ends_with(".amazon.com") => {
            of("Service", service.to_owned())
        }
        _ => return Err(invalid("The provided principal was invalid. Please check the principal and try again.")),
    })
}

fn condition(input: &Input) -> BTreeMap<String, BTreeMap<String, String>> {
    let via_url = input.invoked_via_function_url.map(|via_url| via_url.to_string());
    let mut condition: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (operator, key, value) in [
        ("ArnLike", "AWS:SourceArn", &input.source_arn),
        ("StringEquals", "AWS:SourceAccount", &input.source_account),
        ("StringEquals", "lambda:EventSourceToken", &input.event_source_token),
        ("StringEquals", "lambda:FunctionUrlAuthType", &input.function_url_auth_type),
        ("StringEquals", "aws:PrincipalOrgID", &input.principal_org_id),
        ("Bool", "lambda:InvokedViaFunctionUrl", &via_url),
    ] {
        if let Some(value) = value {
            condition.entry(operator.to_owned()).or_default().insert(key.to_owned(), value.clone());
        }
    }
    condition
}
