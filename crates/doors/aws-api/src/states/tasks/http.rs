//! `http:invoke`: a call of somebody else's HTTP API, as a connection says.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html>

mod asked;
mod traced;

use std::collections::BTreeMap;

use bongsu_broker::{LimitKey, TaskCall, TaskWork};
use bongsu_rate_limit::Limit;
use bongsu_runtime::{Handle, TaskStep};
use bongsu_states_language::Resource;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::fault::Fault;
use super::{limited, succeeded};
use crate::events::calls::{ApiAnswer, ApiFault, Limits, connection_of, origin, send};
use crate::service::{AwsApi, Config};
use asked::Asked;
pub(in crate::states) use traced::trace;

/// What a task may get; more is more than a state may have.
const ANSWER_BYTES_MAX: usize = 256 << 10;
/// What a cause may hold.
const CAUSE_CHARS_MAX: usize = 32_768;

const SOCKET: &str = "States.Http.Socket";
const DATA_LIMIT: &str = "States.DataLimitExceeded";

/// Makes the call. With a rule for the state, one that came too early is made again when the limits let it, for as long as
/// anybody waits for the task; without one it is the task's error, as with AWS.
pub(super) async fn invoke(door: &AwsApi, call: &TaskCall, input: &str) -> Result<TaskStep, Fault> {
    let asked = Asked::read(input, &door.config.region)?;
    let limit = limited::limit(door, call).await;
    // One that is tried by itself has no state, and is no task of anybody's.
    let task = (!call.state.is_empty()).then_some(call);
    loop {
        let answer = asked.send(limit.clone(), task, &door.config, &door.broker).await;
        let answer = answer_of(answer).await?;
        if limit.is_none() || !answer.feedback(door.config.clock.now().0).refused {
            return result(&answer).map(|answered| succeeded(&answered));
        }
    }
}

/// Whether a task is such a call.
pub(super) fn is_asked(call: &TaskCall) -> bool {
    matches!(&call.work, TaskWork::Call { resource, .. } if is_http(resource))
}

/// Whether it is what such calls are asked for by.
pub(in crate::states) fn is_http(resource: &Resource) -> bool {
    matches!(resource, Resource::Service { service, action, .. } if (&**service, &**action) == ("http", "invoke"))
}

impl Asked {
    /// Makes the call, once. What the API says of its limits is learned in any case.
    async fn send(
        &self,
        limit: Option<(LimitKey, Option<Limit>)>,
        task: Option<&TaskCall>,
        config: &Config,
        broker: &Handle,
    ) -> Result<ApiAnswer, ApiFault> {
        let connection = connection_of(&self.connection, config, broker).await?;
        let scope = format!("http/{}/{}", connection.name, origin(&self.request.url)).into();
        let own = (LimitKey { scope, key: "".into() }, None);
        let turn = task.map_or("", |task| &task.execution_arn).into();
        let limits = Limits { limits: limit.into_iter().chain([own]).collect(), turn, task };
        send(self.request.clone(), &connection, &limits, config, broker).await
    }
}

/// The answer, or the error that its absence is.
async fn answer_of(answer: Result<ApiAnswer, ApiFault>) -> Result<ApiAnswer, Fault> {
    let fault = match answer {
        Ok(answer) => return Ok(answer),
        Err(fault) => fault,
    };
    let cause = fault.to_string();
    Err(match fault {
        ApiFault::NoSuchConnection(_) => Fault::new("Events.ConnectionResource.NotFound", cause),
        ApiFault::Deauthorized(_) => Fault::new("Events.ConnectionResource.InvalidConnectionState", cause),
        ApiFault::NotAuthorized(_) => Fault::new("Events.ConnectionResource.AuthInProgress", cause),
        ApiFault::NoSuchDestination(_) | ApiFault::Unusable(_) => Fault::runtime(cause),
        ApiFault::TooManyWait => Fault::new("States.TaskFailed", cause),
        // Nobody hears it.
        ApiFault::Abandoned => Fault::runtime(cause),
        ApiFault::Forbidden(_) | ApiFault::Socket(_) | ApiFault::TimedOut => Fault::new(SOCKET, cause),
        ApiFault::AnswerTooLong => Fault::new(
            DATA_LIMIT,
            "The state/task 'http' returned a result with a size exceeding the maximum number of bytes service limit.",
        ),
        // The task is done after the next start.
        ApiFault::Stopping => std::future::pending().await,
    })
}

/// The result of a task.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answered {
    headers: BTreeMap<String, Vec<String>>,
    response_body: Box<RawValue>,
    status_code: u16,
    status_text: &'static str,
}

fn result(answer: &ApiAnswer) -> Result<Answered, Fault> {
    let text = String::from_utf8_lossy(&answer.body);
    let status_text = answer.status.canonical_reason().unwrap_or_default();
    if !answer.status.is_success() {
        let cause = if text.is_empty() { status_text } else { &text };
        let cause: String = cause.chars().take(CAUSE_CHARS_MAX).collect();
        return Err(Fault::new(format!("States.Http.StatusCode.{}", answer.status.as_u16()), cause));
    }
    let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &answer.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        headers.entry(name.as_str().to_owned()).or_default().push(value);
    }
    let as_text = |_| to_raw_value(&text).expect("a text is JSON");
    let response_body = RawValue::from_string(text.trim().to_owned()).unwrap_or_else(as_text);
    Ok(Answered { headers, response_body, status_code: answer.status.as_u16(), status_text })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::StatusCode;
    use hyper::header::{HeaderMap, HeaderValue, SET_COOKIE};

    use super::*;

    fn answer(status: u16, body: &'static str) -> ApiAnswer {
        let mut headers = HeaderMap::new();
        headers.append(SET_COOKIE, HeaderValue::from_static("a"));
        headers.append(SET_COOKIE, HeaderValue::from_static("b"));
        ApiAnswer { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn a_result_has_the_body_as_json_if_it_is_json() {
        let told = |body| serde_json::to_string(&result(&answer(201, body)).unwrap()).unwrap();
        let expected = |body: &str| {
            format!(
                r#"{{"Headers":{{"set-cookie":["a","b"]}},"ResponseBody":{body},"StatusCode":201,"StatusText":"Created"}}"#
            )
        };
        assert_eq!(told(r#" {"b":1.0,"a":[]} "#), expected(r#"{"b":1.0,"a":[]}"#));
        assert_eq!(told("<p>"), expected(r#""<p>""#));
        assert_eq!(told(""), expected(r#""""#));
    }

    #[test]
    fn every_other_status_is_an_error_of_its_own() {
        for (status, body, cause) in [(429, "", "Too Many Requests"), (500, "why", "why"), (302, "", "Found")] {
            let fault = result(&answer(status, body)).err().unwrap();
            assert_eq!(fault, Fault::new(format!("States.Http.StatusCode.{status}"), cause));
        }
    }
}
