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

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    /// `status; header: value; …; body`, or what is wrong.
    async fn told(answer: Result<Response, &'static str>) -> String {
        let (head, body) = match answer {
            Err(reason) => return reason.to_owned(),
            Ok(answer) => answer.into_parts(),
        };
        let Ok(body) = body.collect().await;
        let headers = head.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
        let mut parts: Vec<_> = headers.collect();
        parts.sort();
        parts.insert(0, head.status.as_u16().to_string());
        parts.push(String::from_utf8_lossy(&body.to_bytes()).into_owned());
        parts.join("; ")
    }

    async fn answered(returned: &'static str, payload: PayloadFormat, kind: Kind) -> String {
        told(answer(&Bytes::from_static(returned.as_bytes()), payload, kind)).await
    }

    const CASES_1_0: [(&str, &str); 17] = [
        (r#"{"statusCode":200,"body":"hi"}"#, "200; content-type: application/json; hi"),
        (r#"{"statusCode":"204"}"#, "204; content-type: application/json; "),
        (
            r#"{"statusCode":200,"headers":null,"multiValueHeaders":null,"body":null}"#,
            "200; content-type: application/json; ",
        ),
        (
            r#"{"statusCode":302,"headers":{"Location":"/x","X-Number":7,"X-Truth":true,"Content-Type":"text/html"}}"#,
            "302; content-type: text/html; location: /x; x-number: 7; x-truth: true; ",
        ),
        (
            r#"{"statusCode":200,"headers":{"A":"1"},"multiValueHeaders":{"a":["2","1"],"Set-Cookie":["x=1","y=2"]}}"#,
            "200; a: 1; a: 2; content-type: application/json; set-cookie: x=1; set-cookie: y=2; ",
        ),
        (
            r#"{"statusCode":200,"headers":{"A":"0"},"multiValueHeaders":{"a":["1"]}}"#,
            "200; a: 0; a: 1; content-type: application/json; ",
        ),
        (r#"{"statusCode":200,"body":"aGk=","isBase64Encoded":true}"#, "200; content-type: application/json; hi"),
        (
            r#"{"statusCode":200,"headers":{"Content-Length":"99","Connection":"close","Transfer-Encoding":"x"}}"#,
            "200; content-type: application/json; ",
        ),
        (r#"{"statusCode":200,"cookies":["a=b"]}"#, "200; content-type: application/json; "),
        (r#"{"body":"hi"}"#, "its statusCode is no status"),
        (r#"{"statusCode":101}"#, "its statusCode is no status"),
        (r#"{"statusCode":200,"body":{"a":1}}"#, "its body is no text"),
        (r#"{"statusCode":200,"body":"%","isBase64Encoded":true}"#, "its body is no base64"),
        (r#"{"statusCode":200,"headers":{"a b":"1"}}"#, "a header's name is none"),
        (r#"{"statusCode":200,"headers":{"a":"\n"}}"#, "a header's value is none"),
        (r#""hi""#, "it is no object with a statusCode, headers and body"),
        ("null", "it is no object with a statusCode, headers and body"),
    ];

    const CASES_2_0: [(&str, &str); 15] = [
        (r#"{"statusCode":201,"body":"hi"}"#, "201; content-type: text/plain;charset=UTF-8; hi"),
        (
            r#"{"statusCode":200,"headers":{"content-type":"text/html"},"cookies":["a=b; Secure","c=d"],"body":"x"}"#,
            "200; content-type: text/html; set-cookie: a=b; Secure; set-cookie: c=d; x",
        ),
        (r#"{"statusCode":200,"multiValueHeaders":{"a":["1"]}}"#, "200; content-type: text/plain;charset=UTF-8; "),
        (
            r#"{"statusCode":200,"body":"/w==","isBase64Encoded":true}"#,
            "200; content-type: text/plain;charset=UTF-8; \u{fffd}",
        ),
        (r#"{"message": "hi"}"#, r#"200; content-type: application/json; {"message": "hi"}"#),
        (
            r#"{"statusCode": null, "a": 1e999}"#,
            r#"200; content-type: application/json; {"statusCode": null, "a": 1e999}"#,
        ),
        (r#""Hello from Lambda!""#, "200; content-type: application/json; Hello from Lambda!"),
        (r#""q\"\n""#, "200; content-type: application/json; q\"\n"),
        ("[1, 2]", "200; content-type: application/json; [1, 2]"),
        ("7", "200; content-type: application/json; 7"),
        ("null", "200; content-type: application/json; null"),
        (r#"{"statusCode":"no"}"#, "its statusCode is no status"),
        (r#"{"statusCode":200,"body":7}"#, "its body is no text"),
        (r#"{"statusCode":200,"cookies":["\n"]}"#, "a cookie is no header"),
        ("no json", "it is no JSON"),
    ];

    #[tokio::test]
    async fn answers_in_format_1_0_become_responses() {
        for (returned, expected) in CASES_1_0 {
            for kind in [Kind::Rest, Kind::Http] {
                assert_eq!(answered(returned, PayloadFormat::V1, kind).await, expected, "{returned}");
            }
        }
    }

    #[tokio::test]
    async fn answers_in_format_2_0_become_responses_and_so_does_any_other_json() {
        for (returned, expected) in CASES_2_0 {
            assert_eq!(answered(returned, PayloadFormat::V2, Kind::Http).await, expected, "{returned}");
            let of_url = expected.replace("text/plain;charset=UTF-8", "application/json");
            assert_eq!(answered(returned, PayloadFormat::V2, Kind::FunctionUrl).await, of_url, "{returned}");
        }
    }

    #[tokio::test]
    async fn a_streamed_answer_begins_with_its_head_or_is_a_body() {
        for (returned, expected) in [
            (
                &b"{\"statusCode\":201,\"headers\":{\"a\":\"b\"},\"cookies\":[\"c=d\"]}\0\0\0\0\0\0\0\0x\0y"[..],
                "201; a: b; content-type: application/octet-stream; set-cookie: c=d; x\0y",
            ),
            (b"{}\0\0\0\0\0\0\0\0", "200; content-type: application/octet-stream; "),
            (b"plain", "200; content-type: application/octet-stream; plain"),
            (b"a\0\0\0\0\0\0\0\0b", "200; content-type: application/octet-stream; a\0\0\0\0\0\0\0\0b"),
            (b"{\"statusCode\":7}\0\0\0\0\0\0\0\0", "its statusCode is no status"),
        ] {
            assert_eq!(told(streamed(&Bytes::from_static(returned))).await, expected);
        }
    }
}
