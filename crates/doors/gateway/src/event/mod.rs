//! The events that functions get for requests, in API Gateway's payload formats.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

mod v1;
mod v2;

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use hyper::header::CONTENT_TYPE;

use crate::{
    PayloadFormat,
    call::{Call, Kind, text_of},
};

/// What an authorizer is asked about, besides the request itself.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    /// The ARN of what is asked for.
    pub(crate) arn: &'a str,
    /// The values of its identity sources.
    pub(crate) identity: &'a [String],
}

/// The event of a request, as JSON.
pub(crate) fn event(call: &Call<'_>, payload: PayloadFormat) -> Bytes {
    written(call, payload, None)
}

/// What an authorizer is asked of a request: its event without a body.
pub(crate) fn question(call: &Call<'_>, payload: PayloadFormat, question: Question<'_>) -> Bytes {
    written(call, payload, Some(question))
}

fn written(call: &Call<'_>, payload: PayloadFormat, question: Option<Question<'_>>) -> Bytes {
    let event = match payload {
        PayloadFormat::V1 => v1::event(call, question),
        PayloadFormat::V2 => v2::event(call, question),
    };
    event.into()
}

/// The body as an event carries it, and whether that is base64.
fn body<'a>(call: &Call<'a>) -> (Option<Cow<'a, str>>, bool) {
    if call.body.is_empty() {
        return (None, false);
    }
    // Text that is none would be lost as text.
    match str::from_utf8(call.body) {
        Ok(text) if !is_binary(call) => (Some(Cow::Borrowed(text)), false),
        _ => (Some(Cow::Owned(BASE64_STANDARD.encode(call.body))), true),
    }
}

/// Whether bodies of this request's type go in base64: with REST APIs those that the API names, else all that are no
/// text.
fn is_binary(call: &Call<'_>) -> bool {
    let content_type = call.head.headers.get(CONTENT_TYPE).map(text_of).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (main, sub) = essence.split_once('/').unwrap_or((&essence, ""));
    match call.place.kind {
        Kind::Rest => call.place.binary_media_types.iter().any(|named| {
            let (named_main, named_sub) = named.split_once('/').unwrap_or((named, ""));
            (named_main == "*" || named_main.eq_ignore_ascii_case(main))
                && (named_sub == "*" || named_sub.eq_ignore_ascii_case(sub))
        }),
        Kind::FunctionUrl if essence == "application/x-www-form-urlencoded" => false,
        Kind::Http | Kind::FunctionUrl => {
            let is_text = main == "text" || ["json", "xml", "javascript"].contains(&sub);
            let is_of_text = sub.ends_with("+json") || sub.ends_with("+xml");
            !(essence.is_empty() || is_text || is_of_text)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{Identity, authorizer::Authorized, sample::Sample};

    const TRACE: &str = "Root=1-5ebe2f36-0123456789abcdef01234567";

    #[track_caller]
    fn assert_event(sample: Sample, payload: PayloadFormat, recorded: &str) {
        sample.header("x-amzn-trace-id", TRACE).call(|call| {
            let event = String::from_utf8(event(call, payload).into()).unwrap();
            let event = event.replace(&call.id.short(), "SHORT").replace(&call.id.as_uuid(), "REQUEST-ID");
            let [event, recorded] = [&event, recorded].map(|text| serde_json::from_str::<Value>(text).unwrap());
            assert_eq!(event, recorded, "{event:#}");
        });
    }

    #[test]
    fn a_rest_apis_event_is_as_recorded() {
        let target = "/prod/hello/w%C3%B6rld?a=1&a=2&b+c";
        let sample = Sample::new("POST", "/{proxy+}", target, r#"{"가": "\n"}"#)
            .kind(Kind::Rest)
            .stage("prod", &[("table", "orders")])
            .header("host", "a1.execute-api.us-east-1.localhost:8080")
            .header("content-type", "application/json")
            .header("user-agent", "curl/8.5.0")
            .header("x-many", "a")
            .header("x-many", "b");
        assert_event(sample, PayloadFormat::V1, include_str!("recorded/rest.json"));
    }

    #[test]
    fn an_http_apis_event_1_0_is_as_recorded_with_null_for_nothing() {
        let sample = Sample::new("GET", "/hook", "/hook", "").header("host", "localhost");
        assert_event(sample, PayloadFormat::V1, include_str!("recorded/http_v1.json"));
    }

    #[test]
    fn an_http_apis_event_2_0_is_as_recorded() {
        let sample = Sample::new("POST", "/pa2%Fth/{id}", "/dev/pa2%Fth/1?a=1&a=2&b%20c", "")
            .stage("dev", &[("table", "orders")])
            .header("host", "localhost:8080")
            .header("user-agent", "curl/8.5.0")
            .header("content-type", "image/png")
            .header("cookie", "c1=v; c2=w")
            .header("cookie", "c3=x;")
            .header("x-forwarded-for", "198.51.100.1")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-port", "443")
            .header("x-many", "a")
            .header("x-many", "b")
            .body(b"\x89PNG");
        assert_event(sample, PayloadFormat::V2, include_str!("recorded/http_v2.json"));
    }

    #[test]
    fn a_functions_own_event_is_as_recorded_without_what_is_not_there() {
        let identity = Identity {
            access_key_id: "AKID".into(),
            account: "000000000042".into(),
            arn: "arn:aws:iam::000000000042:user/orders".into(),
            user_id: "AIDA1".into(),
        };
        let sample = Sample::new("GET", "$default", "/", "")
            .kind(Kind::FunctionUrl)
            .header("host", "abc.lambda-url.us-east-1.localhost")
            .signed_by(identity);
        assert_event(sample, PayloadFormat::V2, include_str!("recorded/function_url.json"));
    }

    fn asked(sample: Sample, payload: PayloadFormat) -> Value {
        let identity = ["secret".to_owned(), "7".to_owned()];
        sample.header("authorization", "secret").call(|call| {
            let question = Question { arn: &call.arn(), identity: &identity };
            serde_json::from_slice(&super::question(call, payload, question)).unwrap()
        })
    }

    #[test]
    fn an_authorizer_is_asked_in_the_words_of_events_without_a_body() {
        let sample = || Sample::new("POST", "/pets/{id}", "/dev/pets/7?a=1", "body").stage("dev", &[]);
        let arn = "arn:aws:execute-api:us-east-1:000000000042:api1/dev/POST/pets/7";
        let rest = asked(sample().kind(Kind::Rest), PayloadFormat::V1);
        assert_eq!((&rest["type"], &rest["methodArn"]), (&"REQUEST".into(), &arn.into()));
        assert_eq!((&rest["headers"]["Authorization"], &rest["path"]), (&"secret".into(), &"/pets/7".into()));
        let v1 = asked(sample(), PayloadFormat::V1);
        assert_eq!((&v1["version"], &v1["type"], &v1["methodArn"]), (&"1.0".into(), &"REQUEST".into(), &arn.into()));
        for name in ["identitySource", "authorizationToken"] {
            assert_eq!(v1[name], "secret,7");
            assert!(rest.get(name).is_none());
        }
        let v2 = asked(sample(), PayloadFormat::V2);
        assert_eq!((&v2["version"], &v2["type"], &v2["routeArn"]), (&"2.0".into(), &"REQUEST".into(), &arn.into()));
        assert_eq!(v2["identitySource"], serde_json::json!(["secret", "7"]));
        assert_eq!(v2["requestContext"]["http"]["method"], "POST");
        for event in [rest, v1, v2] {
            assert!(event.get("body").is_none() && event.get("isBase64Encoded").is_none(), "{event}");
        }
    }

    #[test]
    fn an_event_says_what_its_authorizer_said() {
        let said = || {
            let context = serde_json::json!({"n": 7, "flag": true, "name": "x"}).as_object().unwrap().clone();
            Authorized::ByFunction { principal: Some("jane".into()), context }
        };
        let token = || {
            let claims = [("sub".to_owned(), "jane".to_owned())].into();
            Authorized::ByToken { claims, scopes: Some(vec!["read".into()]) }
        };
        let told = |kind, payload, authorized| {
            let sample = Sample::new("GET", "/", "/", "").kind(kind).authorized(authorized);
            let event: Value = sample.call(|call| serde_json::from_slice(&event(call, payload)).unwrap());
            event["requestContext"]["authorizer"].to_string()
        };
        let (v1, v2) = (PayloadFormat::V1, PayloadFormat::V2);
        for (kind, payload, authorized, expected) in [
            (Kind::Rest, v1, said(), r#"{"flag":"true","n":"7","name":"x","principalId":"jane"}"#),
            (Kind::Http, v1, said(), r#"{"flag":true,"n":7,"name":"x","principalId":"jane"}"#),
            (Kind::Http, v2, said(), r#"{"lambda":{"flag":true,"n":7,"name":"x"}}"#),
            (Kind::Http, v1, token(), r#"{"claims":{"sub":"jane"},"scopes":["read"]}"#),
            (Kind::Http, v2, token(), r#"{"jwt":{"claims":{"sub":"jane"},"scopes":["read"]}}"#),
        ] {
            assert_eq!(told(kind, payload, authorized), expected);
        }
    }

    #[test]
    fn a_trace_begins_where_none_came_that_is_one() {
        let sample = || Sample::new("GET", "/", "/", "");
        for sample in [sample(), sample().header("x-amzn-trace-id", "nonsense")] {
            sample.call(|call| {
                let event: Value = serde_json::from_slice(&event(call, PayloadFormat::V2)).unwrap();
                let trace = event["headers"]["x-amzn-trace-id"].as_str().unwrap();
                assert!(trace.starts_with("Root=1-5ebe3025-") && trace.len() == TRACE.len(), "{trace}");
                assert_eq!(trace, call.trace_id());
            });
        }
    }

    #[test]
    fn where_a_request_came_from_is_told_whatever_its_sender_says() {
        let sample = Sample::new("GET", "/", "/", "").raw_header("x-forwarded-for", b"\xff");
        sample.call(|call| {
            let event: Value = serde_json::from_slice(&event(call, PayloadFormat::V2)).unwrap();
            assert_eq!(event["headers"]["x-forwarded-for"], "\u{fffd}, 192.0.2.7");
        });
    }

    #[test]
    fn a_body_is_text_or_base64_by_its_type() {
        let sample = |kind, content_type: &str, body: &[u8]| {
            let sample = Sample::new("POST", "/", "/", "").kind(kind).body(body).binary(&["image/png", "audio/*"]);
            if content_type.is_empty() { sample } else { sample.header("content-type", content_type) }
        };
        for (kind, content_type, body, expected) in [
            (Kind::Http, "application/json; charset=utf-8", &b"{}"[..], "{}"),
            (Kind::Http, "TEXT/csv", b"a", "a"),
            (Kind::Http, "application/problem+json", b"{}", "{}"),
            (Kind::Http, "application/javascript", b"x", "x"),
            (Kind::Http, "", b"x", "x"),
            (Kind::Http, "", b"\xff", "/w== in base64"),
            (Kind::Http, "application/x-www-form-urlencoded", b"a=b", "YT1i in base64"),
            (Kind::Http, "multipart/form-data; boundary=x", b"--x", "LS14 in base64"),
            (Kind::Http, "application/octet-stream", b"x", "eA== in base64"),
            (Kind::Http, "application/json", b"\xff", "/w== in base64"),
            (Kind::FunctionUrl, "application/x-www-form-urlencoded", b"a=b", "a=b"),
            (Kind::FunctionUrl, "image/png", b"x", "eA== in base64"),
            (Kind::Rest, "application/octet-stream", b"x", "x"),
            (Kind::Rest, "image/png", b"x", "eA== in base64"),
            (Kind::Rest, "audio/mpeg", b"x", "eA== in base64"),
            (Kind::Rest, "image/gif", b"x", "x"),
        ] {
            sample(kind, content_type, body).call(|call| {
                let (text, is_base64) = super::body(call);
                let told = format!("{}{}", text.unwrap(), if is_base64 { " in base64" } else { "" });
                assert_eq!(told, expected, "{kind:?} {content_type}");
            });
        }
    }
}
