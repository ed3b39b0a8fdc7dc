//! A call that somebody looks at, for `TestState`: the request and the answer as they went over the wire.

use bongsu_runtime::TaskEnd;
use hyper::header::HeaderMap;
use serde_json::{Map, Value, json};

use super::asked::Asked;
use super::{answer_of, result};
use crate::events::calls::{ApiAnswer, ApiFault, HttpRequest, connection_of, shown};
use crate::operation::Context;
use crate::states::tasks::fault::Fault;
use crate::states::tasks::{TaskStep, succeeded};

/// How a call ended, and what of it can be inspected.
pub(in crate::states) struct Traced {
    pub(in crate::states) end: TaskEnd,
    pub(in crate::states) inspection: Map<String, Value>,
}

/// Makes the call of a task with this input. What the connection says is shown only to whoever may see secrets.
pub(in crate::states) async fn trace(input: &str, reveals_secrets: bool, cx: &Context<'_>) -> Traced {
    let mut inspection = Map::new();
    let end = match traced(input, reveals_secrets, cx, &mut inspection).await {
        Ok(TaskStep::End(end)) => end,
        Ok(TaskStep::Ask(_)) => unreachable!("a call is made here"),
        Err(fault) => fault.into(),
    };
    Traced { end, inspection }
}

async fn traced(
    input: &str,
    reveals_secrets: bool,
    cx: &Context<'_>,
    inspection: &mut Map<String, Value>,
) -> Result<TaskStep, Fault> {
    let asked = Asked::read(input, &cx.config.region)?;
    let request = shown_to(&asked, reveals_secrets, cx).await;
    if let Ok(request) = &request {
        inspection.insert("request".to_owned(), told_request(request));
    }
    let protocol = protocol(&asked.request.url);
    let answer = answer_of(asked.send(None, None, cx.config, &cx.broker).await).await?;
    inspection.insert("response".to_owned(), told_answer(&answer, &protocol));
    result(&answer).map(|answered| succeeded(&answered))
}

async fn shown_to(asked: &Asked, reveals_secrets: bool, cx: &Context<'_>) -> Result<HttpRequest, ApiFault> {
    let connection = match reveals_secrets {
        true => Some(connection_of(&asked.connection, cx.config, &cx.broker).await?),
        false => None,
    };
    shown(asked.request.clone(), connection.as_ref(), cx.config).await
}

fn told_request(request: &HttpRequest) -> Value {
    json!({
        "protocol": protocol(&request.url),
        "method": request.method.as_str(),
        "url": request.url,
        "headers": told_headers(&request.headers),
        "body": String::from_utf8_lossy(&request.body),
    })
}

fn told_answer(answer: &ApiAnswer, protocol: &str) -> Value {
    json!({
        "protocol": protocol,
        "statusCode": answer.status.as_u16().to_string(),
        "statusMessage": answer.status.canonical_reason().unwrap_or_default(),
        "headers": told_headers(&answer.headers),
        "body": String::from_utf8_lossy(&answer.body),
    })
}

fn told_headers(headers: &HeaderMap) -> String {
    let told = headers.iter().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    format!("[{}]", told.collect::<Vec<_>>().join(", "))
}

fn protocol(url: &str) -> String {
    url.split("://").next().unwrap_or_default().to_ascii_lowercase()
}
