//! `Invoke`: how a function is named, what goes in, what comes out, and what is refused.

use std::sync::{Arc, Mutex};

use bongsu_aws_api::REQUEST_BYTES_MAX;
use bongsu_aws_api::lambda::{self, EVENT_BYTES_MAX, Invocation, InvokeRefusal, Invoked, Invoker, PAYLOAD_BYTES_MAX};
use bongsu_aws_api::sigv4::{AccessKey, Credentials, Principal, Signer, Verifier};
use bongsu_broker::FunctionVersion;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Request;
use serde_json::{Value, json};

use crate::harness::{ACCOUNT, Answer, NOW, REGION, Server, sign};

/// Answers with what it was given: `work` and its versions do; `fails` says why not.
#[derive(Default)]
struct Functions {
    seen: Mutex<Vec<(String, Invocation)>>,
}

impl Invoker for Functions {
    fn invoke(&self, function: &str, invocation: Invocation) -> lambda::Answer<Result<Invoked, InvokeRefusal>> {
        let mut seen = self.seen.lock().expect("a list");
        seen.push((function.to_owned(), invocation.clone()));
        let log_tail = if invocation.wants_log { b"END\n".to_vec() } else { Vec::new() };
        let version = FunctionVersion::Latest;
        let answer = match function {
            "work" | "work:$LATEST" => Ok(Invoked { version, result: Ok(invocation.payload), log_tail }),
            "work:1" | "work:live" => {
                Ok(Invoked { version: FunctionVersion::Number(1), result: Ok(invocation.payload), log_tail })
            }
            "fails" => Ok(Invoked { version, result: Err(r#"{"errorType":"E"}"#.into()), log_tail }),
            "full" => Err(InvokeRefusal::TooManyRunning),
            _ => Err(InvokeRefusal::DoesNotExist),
        };
        Box::pin(async move { answer })
    }

    fn deleted(&self, _: &str, _: Option<FunctionVersion>) {}
}

/// A server with the functions `work`, which has a version and an alias, `fails`, and `full`, which may not run.
async fn server(functions: Arc<Functions>) -> Server {
    let server = Server::with_functions(Verifier::development(ACCOUNT), functions).await;
    make_functions(&server, |request| request).await;
    server
}

async fn make_functions(server: &Server, signed: impl Fn(Request<Bytes>) -> Request<Bytes>) {
    let send = async |method: &str, target: &str, input: Value| {
        let request = Request::builder().method(method).uri(target).header("host", "127.0.0.1:4566");
        let answer = server.send(signed(request.body(input.to_string().into()).expect("a request"))).await;
        assert!(answer.status < 300, "{}", answer.body);
    };
    for name in ["work", "fails", "full"] {
        let role = "arn:aws:iam::000000000000:role/r";
        let code = json!({ "S3Bucket": "hot-reload", "S3Key": "/" });
        let (runtime, handler) = ("python3.13", "app.handler");
        let input = json!({ "FunctionName": name, "Role": role, "Code": code, "Runtime": runtime, "Handler": handler });
        send("POST", "/2015-03-31/functions", input).await;
    }
    send("POST", "/2015-03-31/functions/work/versions", json!({})).await;
    let alias = json!({ "Name": "live", "FunctionVersion": "1" });
    send("POST", "/2015-03-31/functions/work/aliases", alias).await;
    let none = json!({ "ReservedConcurrentExecutions": 0 });
    send("PUT", "/2017-10-31/functions/full/concurrency", none).await;
}

fn request(function: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request<Bytes> {
    let mut request =
        Request::post(format!("/2015-03-31/functions/{function}/invocations")).header("host", "127.0.0.1:4566");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).expect("a request")
}

async fn invoke(function: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    server(Arc::default()).await.send(request(function, headers, body.to_owned())).await
}

fn refusal(answer: &Answer) -> (u16, &str, Value) {
    let kind = answer.headers["x-amzn-errortype"].to_str().expect("text");
    assert_eq!(answer.headers["content-type"], "application/json");
    (answer.status, kind, serde_json::from_str(&answer.body).expect("JSON"))
}

#[tokio::test]
async fn a_function_gets_the_event_and_its_answer_comes_back_byte_by_byte() {
    let functions = Arc::new(Functions::default());
    let server = server(functions.clone()).await;
    let trace = ("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793");
    let answer = server.send(request("work", &[trace], "{ \"a\":1 }")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "{ \"a\":1 }"));
    assert_eq!(answer.headers["x-amz-executed-version"], "$LATEST");
    assert!(!answer.headers.contains_key("x-amz-function-error") && !answer.headers.contains_key("x-amz-log-result"));
    let (_, seen) = functions.seen.lock().unwrap().remove(0);
    assert_eq!(answer.headers["x-amzn-requestid"], seen.request_id.as_str());
    assert_eq!((seen.trace_id.as_deref(), seen.wants_log), (Some(trace.1), false));
    assert!(server.api.requests().iter().any(|requests| requests.operation == "Invoke"));
}

#[tokio::test]
async fn every_way_to_name_the_function_leads_to_it() {
    for name in [
        "work",
        "work:$LATEST",
        "work%3A%24LATEST",
        "000000000000:function:work",
        "arn:aws:lambda:us-east-1:000000000000:function:work",
        "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Awork:$LATEST",
    ] {
        let answer = invoke(name, &[], "").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "{}"), "{name}");
    }
}

#[tokio::test]
async fn a_functions_error_is_a_success_that_says_so() {
    let answer = invoke("fails", &[("x-amz-log-type", "Tail")], "null").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"errorType":"E"}"#));
    assert_eq!(answer.headers["x-amz-function-error"], "Unhandled");
    assert_eq!(answer.headers["x-amz-log-result"], "RU5ECg==");
}

#[tokio::test]
async fn a_dry_run_runs_nothing() {
    let dry_run = ("x-amz-invocation-type", "DryRun");
    let answer = invoke("work", &[dry_run], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    let answer = invoke("gone", &[dry_run], "").await;
    assert_eq!(refusal(&answer).1, "ResourceNotFoundException");
}

#[tokio::test]
async fn what_does_not_exist_is_told_with_its_arn() {
    for (name, arn) in [
        ("gone", "arn:aws:lambda:us-east-1:000000000000:function:gone"),
        ("work:7", "arn:aws:lambda:us-east-1:000000000000:function:work:7"),
        ("work:dead", "arn:aws:lambda:us-east-1:000000000000:function:work:dead"),
    ] {
        let answer = invoke(name, &[], "").await;
        let expected = json!({ "Type": "User", "Message": format!("Function not found: {arn}") });
        assert_eq!(refusal(&answer), (404, "ResourceNotFoundException", expected));
    }
    let answer = invoke("arn:aws:lambda:eu-west-1:000000000000:function:work", &[], "").await;
    let text = "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')";
    assert_eq!(refusal(&answer).2["Message"], text);
}

#[tokio::test]
async fn a_qualifier_names_a_version_or_an_alias() {
    let functions = Arc::new(Functions::default());
    let server = server(functions.clone()).await;
    for (qualifier, version) in [("%24LATEST", "$LATEST"), ("1", "1"), ("live", "1")] {
        let target = format!("/2015-03-31/functions/work/invocations?Qualifier={qualifier}");
        let answer = server.send(Request::post(target).body("{}").expect("a request")).await;
        assert_eq!((answer.status, &answer.headers["x-amz-executed-version"]), (200, &version.parse().unwrap()));
    }
    let seen: Vec<String> = functions.seen.lock().unwrap().iter().map(|seen| seen.0.clone()).collect();
    assert_eq!(seen, ["work:$LATEST", "work:1", "work:live"]);
    let target = "/2015-03-31/functions/work:live/invocations?Qualifier=$LATEST";
    let answer = server.send(Request::post(target).body("{}").expect("a request")).await;
    assert_eq!(refusal(&answer).1, "InvalidParameterValueException");
}

#[tokio::test]
async fn an_event_is_taken_and_nobody_waits_for_it() {
    let event = ("x-amz-invocation-type", "Event");
    let answer = invoke("work", &[event], "{}").await;
    assert_eq!((answer.status, answer.body.as_str()), (202, ""));
    assert!(!answer.headers.contains_key("x-amz-executed-version"));
    assert_eq!(refusal(&invoke("gone", &[event], "{}").await).1, "ResourceNotFoundException");
    let large = format!("\"{}\"", "x".repeat(EVENT_BYTES_MAX));
    assert_eq!(refusal(&invoke("work", &[event], &large).await).0, 413);
    // However few may run: what is taken waits.
    assert_eq!(invoke("full", &[event], "{}").await.status, 202);
    let server = server(Arc::default()).await;
    let path = "/2014-11-13/functions/work/invoke-async";
    assert_eq!(server.rest("InvokeAsync", "POST", path, json!({ "a": 1 })).await.status, 202);
}

#[tokio::test]
async fn a_client_context_goes_along() {
    let functions = Arc::new(Functions::default());
    let server = server(functions.clone()).await;
    let context = ("x-amz-client-context", "eyJhIjogMX0=");
    assert_eq!(server.send(request("work", &[context], "{}")).await.status, 200);
    assert_eq!(functions.seen.lock().unwrap()[0].1.client_context.as_deref(), Some(r#"{"a":1}"#));
    let answer = server.send(request("work", &[("x-amz-client-context", "*")], "{}")).await;
    assert_eq!(refusal(&answer).1, "InvalidRequestContentException");
}

#[tokio::test]
async fn an_answer_can_come_as_a_stream_of_events() {
    let server = server(Arc::default()).await;
    let path = "/2021-11-15/functions/work/response-streaming-invocations";
    let request = Request::post(path).body(Bytes::from_static(b"[1]")).expect("a request");
    let (head, body) = request.into_parts();
    let answer = server.api.answer(&head, body, std::net::Ipv4Addr::LOCALHOST.into()).await;
    assert_eq!(answer.headers()["content-type"], "application/vnd.amazon.eventstream");
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    let has = |text: &[u8]| body.windows(text.len()).any(|window| window == text);
    assert!(has(b"PayloadChunk") && has(b"[1]") && has(b"InvokeComplete"));
    let dry = Request::post(path).header("x-amz-invocation-type", "DryRun").body("").expect("a request");
    assert_eq!(server.send(dry).await.status, 204);
    // As the table calls it.
    assert!(server.api.requests().iter().any(|requests| requests.operation == "InvokeWithResponseStream"));
}

#[tokio::test]
async fn refusals_are_lambdas() {
    let (not_json, full) = (invoke("work", &[], "{").await, invoke("full", &[], "").await);
    let (status, kind, body) = refusal(&not_json);
    assert_eq!((status, kind, &body["Type"]), (400, "InvalidRequestContentException", &json!("User")));
    let text = body["message"].as_str().expect("text");
    assert!(text.starts_with("Could not parse request body into json: Could not parse payload into json: "), "{text}");
    let reason = "ReservedFunctionConcurrentInvocationLimitExceeded";
    let expected = json!({ "Reason": reason, "Type": "User", "message": "Rate Exceeded." });
    assert_eq!(refusal(&full), (429, "TooManyRequestsException", expected));
    assert_eq!(full.headers["retry-after"], "1");
    for (name, value, kind) in [
        ("x-amz-tenant-id", "t", "InvalidParameterValueException"),
        ("x-amz-invocation-type", "Later", "ValidationException"),
        ("x-amz-log-type", "Head", "ValidationException"),
    ] {
        let answer = invoke("work", &[(name, value)], "").await;
        assert_eq!((refusal(&answer).0, refusal(&answer).1), (400, kind), "{name}: {value}");
    }
    assert_eq!(refusal(&invoke("a%20b", &[], "").await).1, "ValidationException");
}

#[tokio::test]
async fn an_event_has_six_mebibytes_at_most() {
    let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    assert_eq!(invoke("work", &[], &text(PAYLOAD_BYTES_MAX)).await.status, 200);
    let answer = invoke("work", &[], &text(PAYLOAD_BYTES_MAX + 1)).await;
    assert_eq!((answer.status, refusal(&answer).1), (413, "RequestTooLargeException"));
    // As large a body as is not even read.
    let server = Server::start().await;
    let (head, ()) = Request::post("/2015-03-31/functions/work/invocations").body(()).expect("a request").into_parts();
    let (head, body) = server.api.refuse_too_large(&head).into_parts();
    assert_eq!(
        (head.status.as_u16(), &head.headers["x-amzn-errortype"]),
        (413, &"RequestTooLargeException".parse().unwrap())
    );
    assert!(!body.collect().await.expect("a body").to_bytes().is_empty() && REQUEST_BYTES_MAX > PAYLOAD_BYTES_MAX);
}

#[tokio::test]
async fn who_calls_is_known_before_what_is_asked() {
    let alice = Signer { access_key_id: "ALICE", secret: "a", region: REGION, service: "lambda" };
    let bob = Signer { access_key_id: "BOB", secret: "b", ..alice };
    let mut credentials = Credentials::new();
    for (signer, account, name) in [(alice, ACCOUNT, "alice"), (bob, "000000000002", "bob")] {
        let Signer { access_key_id: id, secret, .. } = signer;
        let key = AccessKey { id, secret, session_token: None, account, principal: Principal::User(name) };
        assert!(credentials.add(key));
    }
    let functions = Arc::new(Functions::default());
    let server = Server::with_functions(Verifier::new(credentials, REGION), functions.clone()).await;
    make_functions(&server, |request| sign(alice, request, NOW)).await;
    assert_eq!(server.send(sign(alice, request("work", &[], "{}"), NOW)).await.status, 200);

    for unsigned in [request("gone", &[], "{}"), request("work/x", &[], "{}")] {
        assert_eq!(refusal(&server.send(unsigned).await).0, 403);
    }
    let for_sqs = Signer { service: "sqs", ..alice };
    let answer = server.send(sign(for_sqs, request("work", &[], "{}"), NOW)).await;
    assert_eq!(refusal(&answer).1, "InvalidSignatureException");

    let answer = server.send(sign(bob, request("work", &[], "{}"), NOW)).await;
    let arn = "arn:aws:lambda:us-east-1:000000000002:function:work";
    assert_eq!(refusal(&answer).2["Message"], format!("Function not found: {arn}"));
    let answer = server.send(sign(bob, request("000000000000:function:work", &[], "{}"), NOW)).await;
    assert_eq!((answer.status, refusal(&answer).1), (403, "AccessDeniedException"));
    assert_eq!(functions.seen.lock().unwrap().len(), 1);

    let permission = json!({ "StatementId": "bob", "Action": "lambda:InvokeFunction", "Principal": "000000000002" });
    let path = "/2015-03-31/functions/work/policy";
    let request_of = |method: &str, path: &str, body: String| {
        Request::builder().method(method).uri(path).header("host", "127.0.0.1:4566").body(Bytes::from(body)).unwrap()
    };
    let added = server.send(sign(alice, request_of("POST", path, permission.to_string()), NOW)).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let answer = server.send(sign(bob, request("000000000000:function:work", &[], "{}"), NOW)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    // By this name alone, and nothing else may be done with it.
    let answer = server.send(sign(bob, request("000000000000:function:work:live", &[], "{}"), NOW)).await;
    assert_eq!(refusal(&answer).1, "AccessDeniedException");
    for (method, path) in [
        ("GET", "/2015-03-31/functions/000000000000:function:work"),
        ("DELETE", "/2015-03-31/functions/000000000000:function:work"),
        ("GET", "/2015-03-31/functions"),
        ("GET", "/2015-03-31/event-source-mappings"),
        ("GET", "/2018-10-31/layers"),
        ("GET", "/2016-08-19/account-settings"),
    ] {
        let answer = server.send(sign(bob, request_of(method, path, String::new()), NOW)).await;
        assert_eq!(refusal(&answer).1, "AccessDeniedException", "{method} {path}");
    }
}

#[tokio::test]
async fn what_is_no_operation_is_refused_as_unknown() {
    let server = Server::start().await;
    for (method, target) in [
        ("PATCH", "/2015-03-31/functions"),
        ("GET", "/2015-03-31/functions/work/invocations"),
        ("PUT", "/2015-03-31/functions/work/versions"),
        ("PUT", "/2020-06-30/functions/work/code-signing-config"),
    ] {
        let request = Request::builder().method(method).uri(target).body("").expect("a request");
        assert_eq!(refusal(&server.send(request).await).1, "UnknownOperationException", "{method} {target}");
    }
}
