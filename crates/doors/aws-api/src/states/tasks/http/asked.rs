//! What a task asks for: an endpoint, a method, a connection, and what is sent.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, RANGE, USER_AGENT};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::ANSWER_BYTES_MAX;
use crate::events::calls::{ApiRequest, ArrayFormat, RequestBody, check_header, check_url};
use crate::states::tasks::fault::Fault;
use crate::states::tasks::parameters::members;

/// How long one call may take, whatever the state's timeout.
const TIMEOUT: Duration = Duration::from_secs(60);
const RANGE_OF_ANSWERS: &str = "bytes=0-262144";
const JSON: &str = "application/json";
const METHODS: [Method; 7] =
    [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::HEAD];
const ARRAYS: [(&str, ArrayFormat); 4] = [
    ("INDICES", ArrayFormat::Indices),
    ("REPEAT", ArrayFormat::Repeat),
    ("COMMAS", ArrayFormat::Commas),
    ("BRACKETS", ArrayFormat::Brackets),
];

/// One call, and whose connection it is made with.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The connection's ARN.
    pub(super) connection: String,
    pub(super) request: ApiRequest,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ConnectionNamed {
    connection_arn: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Transform {
    request_body_encoding: Option<String>,
    request_encoding_options: Encoding,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Encoding {
    array_format: Option<String>,
}

impl Asked {
    pub(super) fn read(input: &str, region: &str) -> Result<Asked, Fault> {
        let mut members = members(input)?;
        let mut take = |name: &str| members.remove(name);
        let endpoint: String = required(read(take("ApiEndpoint"), "ApiEndpoint")?, "ApiEndpoint")?;
        check_url(&endpoint).map_err(|fault| Fault::runtime(format!("ApiEndpoint: {fault}.")))?;
        let method: String = required(read(take("Method"), "Method")?, "Method")?;
        let method = METHODS.into_iter().find(|known| known.as_str() == method);
        let method = method.ok_or_else(|| Fault::runtime("The Method is none that can be called with."))?;
        let authentication: Option<ConnectionNamed> = read(take("Authentication"), "Authentication")?;
        let invocation: Option<ConnectionNamed> = read(take("InvocationConfig"), "InvocationConfig")?;
        let connection = required(authentication.or(invocation), "Authentication.ConnectionArn")?.connection_arn;
        let headers = headers(take("Headers"), region)?;
        let query = query(take("QueryParameters"))?;
        let transform: Option<Transform> = read(take("Transform"), "Transform")?;
        let body = body(take("RequestBody"), transform.unwrap_or_default())?;
        if let Some(unknown) = members.keys().next() {
            return Err(Fault::runtime(format!("http:invoke has no parameter '{unknown}'.")));
        }
        let request = ApiRequest {
            method,
            url: endpoint,
            query,
            headers,
            body,
            timeout: TIMEOUT,
            answer_bytes_max: ANSWER_BYTES_MAX,
        };
        Ok(Asked { connection, request })
    }
}

fn read<T: for<'de> Deserialize<'de>>(value: Option<Box<RawValue>>, name: &str) -> Result<Option<T>, Fault> {
    let value = value.map(|value| serde_json::from_str(value.get())).transpose();
    value.map_err(|_| Fault::runtime(format!("The parameter '{name}' is not what http:invoke takes.")))
}

fn required<T>(value: Option<T>, name: &str) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::runtime(format!("The parameter '{name}' is required but was missing.")))
}

/// The names of an object, each with one value or, of a list, several.
fn pairs(value: Option<Box<RawValue>>, name: &str) -> Result<Vec<(String, String)>, Fault> {
    let object: Option<serde_json::Map<String, Value>> = read(value, name)?;
    let mut pairs = Vec::new();
    for (key, value) in object.into_iter().flatten() {
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            let value = match value {
                Value::String(text) => text,
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                _ => return Err(Fault::runtime(format!("'{key}' of {name} is neither a text nor a list of texts."))),
            };
            pairs.push((key.clone(), value));
        }
    }
    Ok(pairs)
}

fn query(value: Option<Box<RawValue>>) -> Result<Vec<(String, String)>, Fault> {
    pairs(value, "QueryParameters")
}

fn headers(value: Option<Box<RawValue>>, region: &str) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    let agent = HeaderValue::try_from(format!("Amazon|StepFunctions|HttpInvoke|{region}"));
    headers.extend(agent.ok().map(|agent| (USER_AGENT, agent)));
    headers.insert(RANGE, HeaderValue::from_static(RANGE_OF_ANSWERS));
    let mut given = HeaderMap::new();
    for (name, value) in pairs(value, "Headers")? {
        let (name, value) = check_header(&name, &value).map_err(|fault| Fault::runtime(format!("{fault}.")))?;
        if name == AUTHORIZATION {
            return Err(Fault::runtime("The header 'Authorization' is the connection's and cannot be set."));
        }
        given.append(name, value);
    }
    // In place of the usual ones of the same name.
    for name in given.keys() {
        headers.remove(name);
    }
    headers.extend(given);
    Ok(headers)
}

fn body(value: Option<Box<RawValue>>, transform: Transform) -> Result<RequestBody, Fault> {
    let text = value.map(|value| Bytes::from(value.get().to_owned()));
    match transform.request_body_encoding.as_deref() {
        None | Some("NONE") => Ok(match text {
            None => RequestBody::Nothing,
            Some(text) => RequestBody::Json { text, content_type: JSON },
        }),
        Some("URL_ENCODED") => {
            let arrays = transform.request_encoding_options.array_format;
            let arrays = arrays.as_deref().unwrap_or("INDICES");
            let known = ARRAYS.iter().find(|(name, _)| *name == arrays);
            let arrays = known.ok_or_else(|| Fault::runtime(format!("'{arrays}' is no ArrayFormat.")))?.1;
            Ok(RequestBody::Form { text: text.unwrap_or_else(|| Bytes::from_static(b"{}")), arrays })
        }
        Some(other) => Err(Fault::runtime(format!("'{other}' is no RequestBodyEncoding."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECTION: &str = r#""Authentication":{"ConnectionArn":"arn"},"Method":"POST""#;

    fn asked(more: &str) -> Result<Asked, String> {
        let input = format!(r#"{{"ApiEndpoint":"https://a.example/p",{CONNECTION}{more}}}"#);
        Asked::read(&input, "us-east-1").map_err(|fault| fault.cause)
    }

    #[test]
    fn a_call_is_read_with_all_its_parts() {
        let read = asked(
            r#","Headers":{"x-a":["1","2"],"Range":"bytes=0-1"},"QueryParameters":{"a":["b",1,true],"c":"d"},
               "RequestBody":{"b":1.0,"a":2},"InvocationConfig":{"ConnectionArn":"other"}"#,
        )
        .unwrap();
        assert_eq!((read.connection.as_str(), &read.request.method), ("arn", &Method::POST));
        let query: Vec<(&str, &str)> =
            read.request.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(query, [("a", "b"), ("a", "1"), ("a", "true"), ("c", "d")]);
        assert_eq!(read.request.headers.get_all("x-a").iter().count(), 2);
        assert_eq!(read.request.headers["range"], "bytes=0-1");
        assert_eq!(read.request.headers["user-agent"], "Amazon|StepFunctions|HttpInvoke|us-east-1");
        assert!(matches!(&read.request.body, RequestBody::Json { text, .. } if text == r#"{"b":1.0,"a":2}"#));
        assert!(matches!(asked("").unwrap().request.body, RequestBody::Nothing));
    }

    #[test]
    fn a_body_can_be_a_form() {
        let form = |options: &str| {
            asked(&format!(
                r#","RequestBody":{{"a":[1]}},"Transform":{{"RequestBodyEncoding":"URL_ENCODED"{options}}}"#
            ))
        };
        for (options, expected) in
            [("", ArrayFormat::Indices), (r#","RequestEncodingOptions":{"ArrayFormat":"COMMAS"}"#, ArrayFormat::Commas)]
        {
            assert!(
                matches!(form(options).unwrap().request.body, RequestBody::Form { arrays, .. } if arrays == expected)
            );
        }
        assert!(form(r#","RequestEncodingOptions":{"ArrayFormat":"DOTS"}"#).is_err());
    }

    #[test]
    fn what_cannot_be_called_says_why() {
        for (input, cause) in [
            (r#"{"Method":"GET"}"#.to_owned(), "'ApiEndpoint' is required"),
            (r#"{"ApiEndpoint":"https://a"}"#.to_owned(), "'Method' is required"),
            (r#"{"ApiEndpoint":"https://a","Method":"GET"}"#.to_owned(), "'Authentication.ConnectionArn' is required"),
            (format!(r#"{{"ApiEndpoint":"http://a.example",{CONNECTION}}}"#), "https://"),
            (format!(r#"{{"ApiEndpoint":"https://a",{CONNECTION},"Bodi":1}}"#), "no parameter 'Bodi'"),
            (
                format!(r#"{{"ApiEndpoint":"https://a",{CONNECTION},"Headers":{{"Authorization":"x"}}}}"#),
                "the connection's",
            ),
            (format!(r#"{{"ApiEndpoint":"https://a",{CONNECTION},"Headers":{{"Host":"x"}}}}"#), "'Host' cannot be set"),
            (
                format!(r#"{{"ApiEndpoint":"https://a",{CONNECTION},"Headers":{{"a":{{}}}}}}"#),
                "neither a text nor a list",
            ),
            (
                format!(r#"{{"ApiEndpoint":"https://a",{CONNECTION},"Transform":{{"RequestBodyEncoding":"XML"}}}}"#),
                "XML",
            ),
            (
                r#"{"ApiEndpoint":"https://a","Method":"TRACE","Authentication":{"ConnectionArn":"a"}}"#.to_owned(),
                "Method is none",
            ),
        ] {
            let fault = Asked::read(&input, "us-east-1").unwrap_err();
            assert!(fault.cause.contains(cause), "{input}: {}", fault.cause);
            assert_eq!(fault.error, "States.Runtime");
        }
    }
}
