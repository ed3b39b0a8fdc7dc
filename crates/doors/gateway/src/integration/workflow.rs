//! `StepFunctions-…` of HTTP APIs: a request starts or stops an execution, and the service's answer is the caller's. What
//! REST APIs ask of the same service is asked here, too.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html>

use std::{collections::BTreeMap, time::Duration};

use bongsu_http::Response;
use bytes::Bytes;
use hyper::{
    HeaderMap,
    header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde_json::{Map, Value};

use super::{mappings, message::value, response::ResponseChanges};
use crate::{
    ForwardError, Outside, Service, ServiceRequest, WorkflowAction, answer::JSON, call::Call, failure::Failure,
    mapping::Mapping,
};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const SERVICE_TYPE: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");

/// The request parameters of an action and the members that they become; the first is needed. `Region` only says again
/// where the server is.
fn parameters_of(action: WorkflowAction) -> &'static [(&'static str, &'static str)] {
    match action {
        WorkflowAction::StartExecution => {
            &[("StateMachineArn", "stateMachineArn"), ("Input", "input"), ("Name", "name"), ("Region", "")]
        }
        WorkflowAction::StartSyncExecution => &[
            ("StateMachineArn", "stateMachineArn"),
            ("Input", "input"),
            ("Name", "name"),
            ("TraceHeader", "traceHeader"),
            ("Region", ""),
        ],
        WorkflowAction::StopExecution => {
            &[("ExecutionArn", "executionArn"), ("Cause", "cause"), ("Error", "error"), ("Region", "")]
        }
    }
}

/// How a request becomes one of the service's.
pub(crate) struct Workflow {
    action: WorkflowAction,
    parameters: BTreeMap<String, Mapping>,
    responses: ResponseChanges,
    timeout: Duration,
}

impl Workflow {
    pub(super) fn new(
        action: WorkflowAction,
        parameters: &BTreeMap<String, String>,
        responses: &BTreeMap<u16, BTreeMap<String, String>>,
        timeout: Duration,
    ) -> Result<Self, String> {
        let known = parameters_of(action);
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let parameters = mappings(parameters, &names)?;
        if !parameters.contains_key(names[0]) {
            return Err(format!("the request parameter {} is missing", names[0]));
        }
        Ok(Self { action, parameters, responses: ResponseChanges::of_http(responses)?, timeout })
    }

    pub(super) async fn run(&self, call: &Call<'_>, outside: &Outside) -> Result<Response, Failure> {
        let mut members = Map::new();
        for (name, member) in parameters_of(self.action).iter().filter(|(_, member)| !member.is_empty()) {
            if let Some(text) = value(&self.parameters, name, call)? {
                members.insert((*member).to_owned(), Value::from(text));
            }
        }
        let body = Value::from(members).to_string().into();
        let headers = [(ACCEPT, JSON)].into_iter().collect();
        let mut answer = ask(self.action.name(), headers, body, self.timeout, outside).await?;
        self.responses.apply(call, &mut answer)?;
        Ok(answer)
    }
}

impl WorkflowAction {
    /// The service's operation.
    fn name(self) -> &'static str {
        match self {
            Self::StartExecution => "StartExecution",
            Self::StartSyncExecution => "StartSyncExecution",
            Self::StopExecution => "StopExecution",
        }
    }
}

/// Asks the service for an operation; its answer is JSON for whoever is told.
pub(super) async fn ask(
    operation: &str,
    mut headers: HeaderMap,
    body: Bytes,
    timeout: Duration,
    outside: &Outside,
) -> Result<Response, Failure> {
    let target = HeaderValue::try_from(format!("AWSStepFunctions.{operation}"));
    headers.insert(TARGET, target.map_err(|_| Failure::Integration(format!("{operation} is no operation")))?);
    headers.insert(CONTENT_TYPE, SERVICE_TYPE);
    let request = ServiceRequest { service: Service::States, target: "/".into(), headers, body };
    let asked = tokio::time::timeout(timeout, outside.services.ask(request));
    let mut answer = asked.await.map_err(|_| ForwardError::TimedOut)?;
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    Ok(answer)
}
