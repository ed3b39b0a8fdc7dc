//! `Invoke`: how a function is named, what goes in, what comes out, and what is refused.

use std::sync::{Arc, Mutex};

use bongsu_aws_api::REQUEST_BYTES_MAX;
use bongsu_aws_api::lambda::{self, Invocation, InvokeRefusal, Invoked, Invoker, PAYLOAD_BYTES_MAX};
use bongsu_aws_api::sigv4::{AccessKey, Credentials, Principal, Signer, Verifier};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Request;
use serde_json::{Value, json};

use crate::harness::{ACCOUNT, Answer, NOW, REGION, Server, sign};

/// One function, `work`, which answers with what it was given; `fails` and `full` say what they are.
#[derive(Default)]
struct Functions {
    seen: Mutex<Vec<Invocation>>,
}

impl Invoker for Functions {
    fn exists(&self, function: &str) -> lambda::Answer<Result<bool, InvokeRefusal>> {
        let exists = function == "work";
        Box::pin(async move { Ok(exists) })
    }

    fn invoke(&self, function: &str, invocation: Invocation) -> lambda::Answer<Result<Invoked, InvokeRefusal>> {
        self.seen.lock().expect("a list").push(invocation.clone());
        let log_tail = if invocation.wants_log { b"END\n".to_vec() } else { Vec::new() };
        let answer = match function {
            "work" => Ok(Invoked { result: Ok(invocation.payload), log_tail }),
            "fails" => Ok(Invoked { result: Err(r#"{"errorType":"E"}"#.into()), log_tail }),
            "full" => Err(InvokeRefusal::TooManyRunning),
            _ => Err(InvokeRefusal::DoesNotExist),
        };
        Box::pin(async move { answer })
    }
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
    let functions = Arc::new(Functions::default());
    let server = Server::with_functions(Verifier::development(ACCOUNT), functions).await;
    server.send(request(function, headers, body.to_owned())).await
}

fn refusal(answer: &Answer) -> (u16, &str, Value) {
    let kind = answer.headers["x-amzn-errortype"].to_str().expect("text");
    assert_eq!(answer.headers["content-type"], "application/json");
    (answer.status, kind, serde_json::from_str(&answer.body).expect("JSON"))
}

#[tokio::test]
async fn a_function_gets_the_event_and_its_answer_comes_back_byte_by_byte() {
    let functions = Arc::new(Functions::default());
    let server = Server::with_functions(Verifier::development(ACCOUNT), functions.clone()).await;
    let trace = ("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793");
    let answer = server.send(request("work", &[trace], "{ \"a\":1 }")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "{ \"a\":1 }"));
    assert_eq!(answer.headers["x-amz-executed-version"], "$LATEST");
    assert!(!answer.headers.contains_key("x-amz-function-error") && !answer.headers.contains_key("x-amz-log-result"));
    let seen = functions.seen.lock().unwrap().remove(0);
    assert_eq!(answer.headers["x-amzn-requestid"], seen.request_id.as_str());
    assert_eq!((seen.trace_id.as_deref(), seen.wants_log), (Some(trace.1), false));
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
async fn a_qualifier_is_that_of_the_one_version() {
    let functions = Arc::new(Functions::default());
    let server = Server::with_functions(Verifier::development(ACCOUNT), functions).await;
    for (qualifier, status) in [("%24LATEST", 200), ("live", 404)] {
        let target = format!("/2015-03-31/functions/work/invocations?Qualifier={qualifier}");
        let answer = server.send(Request::post(target).body("{}").expect("a request")).await;
        assert_eq!(answer.status, status, "{qualifier}: {}", answer.body);
    }
    let target = "/2015-03-31/functions/work:live/invocations?Qualifier=$LATEST";
    let answer = server.send(Request::post(target).body("{}").expect("a request")).await;
    assert_eq!(refusal(&answer).1, "InvalidParameterValueException");
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
    for (name, value, kind) in [
        ("x-amz-invocation-type", "Event", "InvalidParameterValueException"),
        ("x-amz-client-context", "e30=", "InvalidParameterValueException"),
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
}

#[tokio::test]
async fn other_operations_of_lambda_are_refused_as_unknown() {
    let server = Server::start().await;
    for (method, target) in [
        ("GET", "/2015-03-31/functions"),
        ("GET", "/2015-03-31/functions/work"),
        ("GET", "/2015-03-31/functions/work/invocations"),
        ("POST", "/2015-03-31/functions/work/versions"),
    ] {
        let request = Request::builder().method(method).uri(target).body("").expect("a request");
        assert_eq!(refusal(&server.send(request).await).1, "UnknownOperationException", "{method} {target}");
    }
}
