//! `TestState`: tries one state, with what it calls or with an answer that is pretended.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html>

use bongsu_broker::{ExecutionId, TaskCall, TaskToken, TaskWork};
use bongsu_runtime::TaskEnd;
use bongsu_states_language::{
    Mock, Resource, StateTest, TestStatus, Tested, Timestamp, Untestable, invalid_definition, test_state,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::executions::NO_INPUT;
use super::machines::check_definition_length;
use super::parameters::{invalid, one_of, required};
use super::tasks::http;
use crate::codec::{Integer, Text};
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    definition: Option<Text<'a>>,
    /// Nothing depends on it, as with machines.
    #[serde(borrow)]
    role_arn: Option<Text<'a>>,
    #[serde(borrow)]
    input: Option<Text<'a>>,
    #[serde(borrow)]
    inspection_level: Option<Text<'a>>,
    /// Those of an HTTP call's connection, at level TRACE.
    reveal_secrets: Option<bool>,
    #[serde(borrow)]
    variables: Option<Text<'a>>,
    #[serde(borrow)]
    state_name: Option<Text<'a>>,
    #[serde(borrow)]
    mock: Option<Pretended<'a>>,
    #[serde(borrow)]
    context: Option<Text<'a>>,
    #[serde(borrow)]
    state_configuration: Option<Configuration<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Pretended<'a> {
    #[serde(borrow)]
    result: Option<Text<'a>>,
    #[serde(borrow)]
    error_output: Option<PretendedError<'a>>,
    #[serde(borrow)]
    field_validation_mode: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PretendedError<'a> {
    #[serde(borrow)]
    error: Option<Text<'a>>,
    #[serde(borrow)]
    cause: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Configuration<'a> {
    retrier_retry_count: Option<Integer>,
    #[serde(borrow)]
    error_caused_by_state: Option<Text<'a>>,
    map_iteration_failure_count: Option<Integer>,
    #[serde(borrow)]
    map_item_reader_data: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    inspection_data: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_state: Option<String>,
    status: &'static str,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let definition = required(input.definition, "definition")?;
    check_definition_length(&definition)?;
    let levels = [("INFO", Level::Info), ("DEBUG", Level::Debug), ("TRACE", Level::Trace)];
    let level = one_of(input.inspection_level.as_deref(), "inspectionLevel", &levels)?.unwrap_or(Level::Info);
    if input.state_configuration.as_ref().is_some_and(Configuration::says_something) {
        return Err(invalid("stateConfiguration is not available here"));
    }
    let mock = input.mock.as_ref().map(Pretended::answer).transpose()?;
    let test = StateTest {
        definition: &definition,
        state: input.state_name.as_deref(),
        input: input.input.as_deref().unwrap_or(NO_INPUT),
        variables: input.variables.as_deref(),
        context: input.context.as_deref(),
        mock,
    };
    let mut tested = tried(&test, cx)?;
    let mut traced = Map::new();
    if let (TestStatus::Asks, Some((resource, asked))) = (tested.status, tested.call.take()) {
        let end = match http::is_http(&resource) && level == Level::Trace {
            true => {
                let told = http::trace(&asked, input.reveal_secrets.unwrap_or(false), cx).await;
                traced = told.inspection;
                told.end
            }
            false => cx.broker.run_task(task_call(resource, &asked, cx)).await,
        };
        let mock = match &end {
            TaskEnd::Succeeded(result) => Mock::Result(result),
            TaskEnd::Failed { error, cause } => Mock::Error { error: Some(error), cause: Some(cause) },
        };
        tested = tried(&StateTest { mock: Some(mock), ..test }, cx)?;
    }
    Ok(told(tested, level, traced))
}

/// How much of a test is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Info,
    Debug,
    Trace,
}

fn task_call(resource: Resource, input: &str, cx: &Context<'_>) -> TaskCall {
    let id = ExecutionId(cx.request_id.number());
    TaskCall {
        execution: id,
        task: 0,
        execution_arn: "".into(),
        machine: "".into(),
        state: "".into(),
        work: TaskWork::Call { resource, input: input.into() },
        token: TaskToken::new(id, 0, 0),
        deadline: None,
        trace_header: cx.trace_header(),
    }
}

fn tried(test: &StateTest<'_>, cx: &Context<'_>) -> Result<Tested, ApiError> {
    let now = Timestamp(cx.config.clock.now().0);
    // Chance by the request's id, and the same again with the answer.
    let mut chance = cx.request_id.number() as u64;
    let mut random = || {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        chance
    };
    test_state(test, now, &mut random).map_err(|untestable| match untestable {
        Untestable::Definition(diagnostics) => {
            ApiError::new(ErrorKind::InvalidDefinition, invalid_definition(&diagnostics))
        }
        Untestable::Json("input") => ApiError::new(
            ErrorKind::InvalidExecutionInput,
            "Invalid State Machine Execution Input: 'Invalid execution input.'",
        ),
        Untestable::Json(what) => invalid(format!("{what} is not the JSON that it has to be")),
        Untestable::NoSuchState => invalid("State not found in definition"),
        Untestable::NeedsMock => invalid("A mock is required to test a state of this kind"),
    })
}

fn told(tested: Tested, level: Level, traced: Map<String, Value>) -> Output {
    let status = match tested.status {
        TestStatus::Succeeded => "SUCCEEDED",
        TestStatus::Failed | TestStatus::Asks => "FAILED",
        TestStatus::Retriable => "RETRIABLE",
        TestStatus::CaughtError => "CAUGHT_ERROR",
    };
    let inspection = tested.inspection.into_iter().filter(|_| level != Level::Info);
    let inspection = inspection.map(|(name, value)| (name.to_owned(), Value::String(value)));
    Output {
        output: tested.output,
        error: tested.problem.error.as_deref().map(str::to_owned),
        cause: tested.problem.cause.as_deref().map(str::to_owned),
        inspection_data: inspection.chain(traced).collect(),
        next_state: tested.next.as_deref().map(str::to_owned),
        status,
    }
}

impl Pretended<'_> {
    fn answer(&self) -> Result<Mock<'_>, ApiError> {
        // Shapes of other services are not known here: nothing is held against them, whatever is asked for.
        let modes = [("STRICT", ()), ("PRESENT", ()), ("NONE", ())];
        one_of(self.field_validation_mode.as_deref(), "fieldValidationMode", &modes)?;
        match (&self.result, &self.error_output) {
            (Some(result), None) => Ok(Mock::Result(result)),
            (None, Some(PretendedError { error, cause })) => {
                Ok(Mock::Error { error: error.as_deref(), cause: cause.as_deref() })
            }
            _ => Err(invalid("A mock has either a result or an errorOutput")),
        }
    }
}

impl Configuration<'_> {
    fn says_something(&self) -> bool {
        self.retrier_retry_count.is_some()
            || self.error_caused_by_state.is_some()
            || self.map_iteration_failure_count.is_some()
            || self.map_item_reader_data.is_some()
    }
}
