//! The answers that functions return, in the same two formats.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use bongsu_http::Response;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    HeaderMap, StatusCode,
    header::{
        CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING,
        UPGRADE,
    },
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use crate::{PayloadFormat, call::Kind};

/// What stands between the head and the body of a streamed answer.
const STREAM_SEPARATOR: &[u8] = &[0; 8];
/// Headers of one connection alone, which are the listener's business.
const OF_THE_CONNECTION: [HeaderName; 6] = [CONNECTION, CONTENT_LENGTH, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain;charset=UTF-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// An answer in the words of a function.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    status_code: Option<Value>,
    headers: Option<BTreeMap<String, Value>>,
    multi_value_headers: Option<BTreeMap<String, Vec<Value>>>,
    cookies: Option<Vec<String>>,
    body: Option<Value>,
    is_base64_encoded: Option<bool>,
}

/// Whether an object means to be an answer.
#[derive(Deserialize)]
struct Probe {
    #[serde(rename = "statusCode")]
    status_code: Option<IgnoredAny>,
}

/// The answer that a function returned, or what is wrong with it.
pub(crate) fn answer(returned: &Bytes, payload: PayloadFormat, kind: Kind) -> Result<Response, &'static str> {
    if payload == PayloadFormat::V2 && !has_status(returned) {
        return any_json(returned);
    }
    let wire: Wire =
        serde_json::from_slice(returned).map_err(|_| "it is no object with a statusCode, headers and body")?;
    let status = status(wire.status_code.as_ref())?;
    let body = body(wire.body.as_ref(), wire.is_base64_encoded.unwrap_or_default())?;
    let mut headers = headers(wire.headers.unwrap_or_default())?;
    for (name, values) in
        wire.multi_value_headers.unwrap_or_default().into_iter().filter(|_| payload == PayloadFormat::V1)
    {
        let name = header_name(&name)?;
        // Of a name in both maps each value counts once.
        let single: Vec<_> = headers.get_all(&name).iter().cloned().collect();
        headers.remove(&name);
        let values: Vec<_> = values.iter().map(header_value).collect::<Result<_, _>>()?;
        let more = single.into_iter().filter(|value| !values.contains(value)).collect::<Vec<_>>();
        for value in more.into_iter().chain(values) {
            headers.append(&name, value);
        }
    }
    for cookie in wire.cookies.unwrap_or_default().into_iter().filter(|_| payload == PayloadFormat::V2) {
        headers.append(SET_COOKIE, cookie.try_into().map_err(|_| "a cookie is no header")?);
    }
    let unless_told = if kind == Kind::Http && payload == PayloadFormat::V2 { PLAIN } else { JSON };
    Ok(respond(status, headers, unless_told, body))
}

/// The answer of a function that streams, collected: a head in JSON, eight zeros and the body, or the body alone.
pub(crate) fn streamed(returned: &Bytes) -> Result<Response, &'static str> {
    let separator = returned.windows(STREAM_SEPARATOR.len()).position(|window| window == STREAM_SEPARATOR);
    let head = separator.and_then(|at| Some((serde_json::from_slice::<Wire>(&returned[..at]).ok()?, at)));
    let Some((wire, at)) = head else {
        return Ok(respond(StatusCode::OK, HeaderMap::new(), BYTES, returned.clone()));
    };
    let status = wire.status_code.as_ref().map_or(Ok(StatusCode::OK), |code| status(Some(code)))?;
    let mut headers = headers(wire.headers.unwrap_or_default())?;
    for cookie in wire.cookies.unwrap_or_default() {
        headers.append(SET_COOKIE, cookie.try_into().map_err(|_| "a cookie is no header")?);
    }
    Ok(respond(status, headers, BYTES, returned.slice(at + STREAM_SEPARATOR.len()..)))
}

fn has_status(returned: &[u8]) -> bool {
    serde_json::from_slice::<Probe>(returned).is_ok_and(|probe| probe.status_code.is_some())
}

/// A value that means to be no answer is the body of one; a text stands without its quotes.
fn any_json(returned: &Bytes) -> Result<Response, &'static str> {
    serde_json::from_slice::<IgnoredAny>(returned).map_err(|_| "it is no JSON")?;
    let body = match serde_json::from_slice::<String>(returned) {
        Ok(text) => text.into(),
        Err(_) => returned.clone(),
    };
    Ok(respond(StatusCode::OK, HeaderMap::new(), JSON, body))
}

fn status(code: Option<&Value>) -> Result<StatusCode, &'static str> {
    let code = match code {
        Some(Value::Number(number)) => number.as_u64().and_then(|code| u16::try_from(code).ok()),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    // Informational ones end no request.
    let code = code.filter(|code| (200..600).contains(code));
    code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or("its statusCode is no status")
}

fn body(body: Option<&Value>, is_base64: bool) -> Result<Bytes, &'static str> {
    match body {
        None | Some(Value::Null) => Ok(Bytes::new()),
        Some(Value::String(text)) if is_base64 => {
            BASE64_STANDARD.decode(text).map(Bytes::from).map_err(|_| "its body is no base64")
        }
        Some(Value::String(text)) => Ok(Bytes::copy_from_slice(text.as_bytes())),
        Some(_) => Err("its body is no text"),
    }
}

fn headers(wire: BTreeMap<String, Value>) -> Result<HeaderMap, &'static str> {
    wire.iter().map(|(name, value)| Ok((header_name(name)?, header_value(value)?))).collect()
}

fn header_name(name: &str) -> Result<HeaderName, &'static str> {
    name.parse().map_err(|_| "a header's name is none")
}

fn header_value(value: &Value) -> Result<HeaderValue, &'static str> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => return Err("a header's value is no text"),
    };
    HeaderValue::try_from(text).map_err(|_| "a header's value is none")
}

fn respond(status: StatusCode, mut headers: HeaderMap, unless_told: HeaderValue, body: Bytes) -> Response {
    for name in OF_THE_CONNECTION {
        headers.remove(name);
    }
    headers.entry(CONTENT_TYPE).or_insert(unless_told);
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}
