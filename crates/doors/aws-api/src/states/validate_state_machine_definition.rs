//! `ValidateStateMachineDefinition`: what is wrong with a definition, without making a machine of it.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html>

use bongsu_states_language::{Diagnostic, Kind, Severity, validate};
use serde::{Deserialize, Serialize};

use super::machines::check_definition_length;
use super::parameters::{invalid, one_of, required};
use super::resources;
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::operation::Context;

const RESULTS_MAX: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    definition: Option<Text<'a>>,
    #[serde(borrow)]
    r#type: Option<Text<'a>>,
    #[serde(borrow)]
    severity: Option<Text<'a>>,
    max_results: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    result: &'static str,
    diagnostics: Vec<Told>,
    truncated: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    severity: &'static str,
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
}

pub(super) async fn call(input: Input<'_>, _: &Context<'_>) -> Result<Output, ApiError> {
    let definition = required(input.definition, "definition")?;
    check_definition_length(&definition)?;
    let kind = one_of(input.r#type.as_deref(), "type", &[("STANDARD", Kind::Standard), ("EXPRESS", Kind::Express)])?;
    let warnings_too =
        one_of(input.severity.as_deref(), "severity", &[("ERROR", false), ("WARNING", true)])?.unwrap_or(false);
    let max = match input.max_results {
        None | Some(Integer(0)) => RESULTS_MAX,
        Some(Integer(max)) => usize::try_from(max).ok().filter(|max| *max <= RESULTS_MAX).ok_or_else(|| {
            invalid(format!("1 validation error detected: Value '{max}' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to {RESULTS_MAX}"))
        })?,
    };
    let kind = kind.unwrap_or(Kind::Standard);
    let mut found = validate(&definition, kind);
    found.extend(resources::unknown(&definition, kind));
    let is_ok = !found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    found.retain(|diagnostic| warnings_too || diagnostic.severity == Severity::Error);
    let truncated = found.len() > max;
    found.truncate(max);
    let result = if is_ok { "OK" } else { "FAIL" };
    Ok(Output { result, diagnostics: found.into_iter().map(Told::from).collect(), truncated })
}

impl From<Diagnostic> for Told {
    fn from(diagnostic: Diagnostic) -> Told {
        let severity = match diagnostic.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
        };
        let Diagnostic { code, message, location, .. } = diagnostic;
        Told { severity, code, message, location }
    }
}
