//! Handlers in Node: modules of both kinds, callbacks, streams, and how they fail.

use std::fs;
use std::process::Command;

use bongsu_delivery::{FailureKind, Invocation, InvocationEnd, LogFormat, Runtime, streamed};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::support::{Fixture, invocation};

/// A function whose file is of this name; nothing, said aloud, where Node is missing.
#[expect(clippy::print_stdout, reason = "tests may print, and this is a part of them")]
fn node(file: &str, source: &str) -> Option<Fixture> {
    if Command::new("node").arg("--version").output().is_err() {
        println!("Skipped: node is not installed.");
        return None;
    }
    let fixture = Fixture::new(Runtime::Node { version: "20.x".to_owned() });
    fs::write(fixture.path(file), source).unwrap();
    Some(fixture)
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn handlers_of_both_kinds_of_modules_run() {
    for (file, source) in [
        ("app.js", "exports.handler = async (event) => ({ twice: event.n * 2, text: '봉수' });"),
        ("app.cjs", "module.exports = { handler: async (event) => ({ twice: event.n * 2, text: '봉수' }) };"),
        ("app.mjs", "export const handler = async (event) => ({ twice: event.n * 2, text: '봉수' });"),
        ("app.mjs", "export default { handler: (event) => Promise.resolve({ twice: event.n * 2, text: '봉수' }) };"),
    ] {
        let Some(function) = node(file, source) else { return };
        assert_eq!(json_of(&function.returned(r#"{"n": 21}"#).await), json!({"twice": 42, "text": "봉수"}), "{source}");
    }
}

#[tokio::test]
async fn a_package_says_which_kind_of_module_its_files_are() {
    let source = "import { join } from 'node:path';\nawait null;\nexport const handler = async () => join('a', 'b');";
    let Some(function) = node("app.js", source) else { return };
    fs::write(function.path("package.json"), r#"{"type": "module"}"#).unwrap();
    assert_eq!(function.returned("{}").await, "\"a/b\"");
}

#[tokio::test]
async fn a_handler_may_live_in_a_folder_and_in_an_object() {
    let Some(function) = node("index.js", "") else { return };
    let function = function.change(|spec| spec.handler = "shop/orders.api.create".to_owned());
    fs::create_dir(function.path("shop")).unwrap();
    fs::write(function.path("shop/orders.js"), "exports.api = { create: async () => __filename };").unwrap();
    let file = function.folder.path().canonicalize().unwrap().join("shop/orders.js");
    assert_eq!(json_of(&function.returned("{}").await), json!(file));
}

#[tokio::test]
async fn the_context_describes_the_function_and_the_invocation() {
    let source = "exports.handler = async (event, context) => ({
        ...context, left: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID,
        env: process.env.AWS_EXECUTION_ENV, cwd: process.cwd() });";
    let Some(function) = node("app.js", source) else { return };
    let asked = Invocation {
        trace_id: Some("Root=1-5759e988-bd862e3fe1be46a994272793".to_owned()),
        client_context: Some("{\n\"custom\": {\"name\": \"봉수\"}}".to_owned()),
        invoked_arn: Some("arn:aws:lambda:eu-north-1:123456789012:function:orders:live".to_owned()),
        ..invocation("id-7", "{}")
    };
    let InvocationEnd::Returned(found) = function.functions.invoke(&function.spec, asked).await else {
        panic!("{:#?}", function.lines())
    };
    let mut found: Value = serde_json::from_slice(&found).unwrap();
    assert!((15_000..=20_000).contains(&found["left"].as_u64().unwrap()), "{found}");
    let stream = found["logStreamName"].as_str().unwrap().to_owned();
    assert!(stream.contains("/[$LATEST]"), "{stream}");
    for taken in ["left", "logStreamName"] {
        found.as_object_mut().unwrap().remove(taken);
    }
    let expected = json!({
        "callbackWaitsForEmptyEventLoop": true,
        "functionName": "orders",
        "functionVersion": "$LATEST",
        "invokedFunctionArn": "arn:aws:lambda:eu-north-1:123456789012:function:orders:live",
        "memoryLimitInMB": "128",
        "awsRequestId": "id-7",
        "logGroupName": "/aws/lambda/orders",
        "clientContext": {"custom": {"name": "봉수"}},
        "trace": "Root=1-5759e988-bd862e3fe1be46a994272793",
        "env": "AWS_Lambda_nodejs20.x",
        "cwd": function.folder.path().canonicalize().unwrap(),
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn callbacks_answer_when_nothing_is_left_to_do_unless_told_otherwise() {
    let source = "exports.handler = (event, context, callback) => {
        if (event === 'silent') return;
        if (event === 'fail') return callback(new RangeError('too far'));
        if (event === 'text') return callback('just text');
        if (event === 'succeed') return context.succeed('by the context');
        let late = false;
        setTimeout(() => { late = true; }, 50);
        context.callbackWaitsForEmptyEventLoop = event === 'wait';
        callback(null, { get late() { return late; } });
    };";
    let Some(function) = node("app.js", source) else { return };
    assert_eq!(function.returned("\"wait\"").await, r#"{"late":true}"#);
    assert_eq!(function.returned("\"hurry\"").await, r#"{"late":false}"#);
    assert_eq!(function.returned("\"succeed\"").await, "\"by the context\"");
    assert_eq!(function.returned("\"silent\"").await, "null");
    let (kind, error) = function.failed_json("\"fail\"").await;
    assert_eq!((kind, &error["errorType"]), (FailureKind::Handler, &json!("RangeError")));
    let (_, error) = function.failed_json("\"text\"").await;
    assert_eq!(error, json!({"errorType": "string", "errorMessage": "just text", "trace": []}));
}

#[tokio::test]
async fn an_error_is_described_and_the_process_goes_on() {
    let source = "let count = 0;
exports.handler = async (event) => {
  count += 1;
  if (event === 'throw') throw new TypeError('no such order');
  if (event === 'big') return 1n;
  return count;
};";
    let Some(function) = node("app.js", source) else { return };
    let (kind, error) = function.failed_json("\"throw\"").await;
    assert_eq!(kind, FailureKind::Handler);
    assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!("TypeError"), &json!("no such order")));
    let trace = error["trace"].as_array().unwrap();
    let file = function.folder.path().canonicalize().unwrap().join("app.js");
    assert_eq!(trace[0], "TypeError: no such order");
    assert!(trace[1].as_str().unwrap().contains(&format!("{}:4:", file.display())), "{trace:?}");
    let printed = function.printed("id-1");
    assert_eq!(printed.len(), 1, "{printed:?}");
    let parts: Vec<&str> = printed[0].split('\t').collect();
    assert_eq!((parts[1], parts[2], parts[3]), ("id-1", "ERROR", "Invoke Error "));
    assert_eq!(json_of(parts[4])["errorType"], "TypeError");
    let (_, error) = function.failed_json("\"big\"").await;
    assert_eq!(error["errorMessage"], "Unable to stringify response body");
    let (_, error) = function.failed_json("{").await;
    assert_eq!(error["errorType"], "SyntaxError");
    assert_eq!(function.returned("1").await, "3");
}

#[tokio::test]
async fn what_nobody_catches_fails_the_invocation_and_ends_the_process() {
    let source = "exports.handler = (event) => {
        if (event === 'pid') return Promise.resolve(process.pid);
        if (event === 'reject') Promise.reject(new Error('nobody listens'));
        else setTimeout(() => { throw new Error('nobody catches'); }, 1);
        return new Promise((resolve) => setTimeout(resolve, 60000));
    };";
    let Some(function) = node("app.js", source) else { return };
    let before = function.returned("\"pid\"").await;
    let (kind, error) = function.failed_json("\"reject\"").await;
    assert_eq!(kind, FailureKind::Handler);
    assert_eq!(error["errorType"], "Runtime.UnhandledPromiseRejection");
    assert_eq!(error["errorMessage"], "Error: nobody listens");
    let after = function.returned("\"pid\"").await;
    assert_ne!(before, after);
    let (_, error) = function.failed_json("\"throw\"").await;
    assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!("Error"), &json!("nobody catches")));
    assert_ne!(function.returned("\"pid\"").await, after);
}

#[tokio::test]
async fn a_handler_that_cannot_be_loaded_is_an_init_failure() {
    for (source, handler, error_type, message) in [
        ("require('nope');", "app.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'nope'"),
        ("", "other.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'other'"),
        ("", "app.handler", "Runtime.HandlerNotFound", "app.handler is undefined or not exported"),
        ("exports.handler = 1;", "app.handler", "Runtime.HandlerNotFound", "app.handler is not a function"),
        ("", "app", "Runtime.MalformedHandlerName", "Bad handler"),
        ("const = 1;", "app.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected token '='"),
        ("throw new EvalError('at start');", "app.handler", "EvalError", "at start"),
    ] {
        let Some(function) = node("app.js", source) else { return };
        let function = function.change(|spec| spec.handler = handler.to_owned());
        let (kind, error) = function.failed_json("{}").await;
        assert_eq!((kind, &error["errorType"]), (FailureKind::Init, &json!(error_type)), "{error}");
        assert!(error["errorMessage"].as_str().unwrap().starts_with(message), "{error}");
    }
}

#[tokio::test]
async fn a_streamed_response_is_collected_with_its_prelude() {
    let source = "exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
        if (event === 'early') throw new Error('nothing was written');
        if (event !== 'plain') {
            const head = { statusCode: 201, headers: { 'x-by': context.functionName }, cookies: ['a=b'] };
            stream = awslambda.HttpResponseStream.from(stream, head);
        }
        stream.write('one ');
        await new Promise((resolve) => setTimeout(resolve, 5));
        stream.write(Buffer.from('two'));
        if (event === 'late') throw new Error('something was written');
        stream.end();
    });";
    let Some(function) = node("app.js", source) else { return };
    let whole = Bytes::from(function.returned("{}").await);
    let (prelude, body) = streamed::split(&whole).unwrap();
    assert_eq!(
        (prelude.status_code, &*prelude.headers["x-by"], &*prelude.cookies),
        (201, "orders", &["a=b".to_owned()][..])
    );
    assert_eq!(&*body, b"one two");
    assert_eq!(function.returned("\"plain\"").await, "one two");
    for (event, message) in [("\"early\"", "nothing was written"), ("\"late\"", "something was written")] {
        let (kind, error) = function.failed_json(event).await;
        assert_eq!((kind, &error["errorMessage"]), (FailureKind::Handler, &json!(message)));
    }
    assert_eq!(function.returned("\"plain\"").await, "one two");
}

#[tokio::test]
async fn the_console_writes_lines_of_the_invocation() {
    let source = "console.log('loading');
exports.handler = async () => {
  console.log('on %s\\nlines', 'two'); console.error({ a: 1 }); console.debug('d');
};";
    let Some(function) = node("app.js", source) else { return };
    function.returned("{}").await;
    function.returned("{}").await;
    let printed = function.printed("id-2");
    let words: Vec<Vec<&str>> = printed.iter().map(|line| line.split('\t').skip(1).collect()).collect();
    assert_eq!(words, [["id-2", "INFO", "on two\rlines"], ["id-2", "ERROR", "{ a: 1 }"], ["id-2", "DEBUG", "d"]]);
}

#[tokio::test]
async fn a_json_log_has_an_object_a_line_from_its_level_on() {
    let source = "exports.handler = async () => {
  console.info('kept', 1); console.debug('left out'); console.warn({ order: 7 }); console.error(new Error('e'));
};";
    let Some(function) = node("app.js", source) else { return };
    let function = function.change(|spec| spec.log_format = LogFormat::Json { level: "INFO".to_owned() });
    function.returned("{}").await;
    let lines: Vec<Value> = function.printed("id-1").iter().map(|line| json_of(line)).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(
        (&lines[0]["level"], &lines[0]["message"], &lines[0]["requestId"]),
        (&json!("INFO"), &json!("kept 1"), &json!("id-1"))
    );
    assert_eq!(lines[1]["message"], json!({"order": 7}));
    assert_eq!((&lines[2]["errorType"], &lines[2]["errorMessage"]), (&json!("Error"), &json!("e")));
}

/// A runtime client that answers every event with what it was told to run.
const CLIENT: &str = "import http from 'node:http';
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const base = '/2018-06-01/runtime/invocation/';
http.get({ host, port, path: base + 'next' }, (event) => {
  const path = base + event.headers['lambda-runtime-aws-request-id'] + '/response';
  event.resume().on('end', () => http.request({ host, port, path, method: 'POST' }).end(process.argv[2]));
});";

#[tokio::test]
async fn code_that_brings_its_own_runtime_client_runs_with_it() {
    for program in ["bin/index.mjs", "index.mjs"] {
        let Some(function) = node("app.js", "") else { return };
        let program = function.path("node_modules/aws-lambda-ric").join(program);
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::write(program, CLIENT).unwrap();
        assert_eq!(function.returned("{}").await, "app.handler");
    }
}

#[tokio::test]
async fn one_process_works_on_as_many_invocations_as_it_may() {
    let source = "let here = 0, all = [];
exports.handler = async (event, context) => {
  here += 1;
  await new Promise((resolve) => { all.push(resolve); if (here === 3) all.forEach((go) => go()); });
  console.log('with', here);
  return [process.pid, context.awsRequestId, process.env.AWS_LAMBDA_MAX_CONCURRENCY];
};";
    let Some(function) = node("app.js", source) else { return };
    let function = function.change(|spec| spec.concurrency_per_process = 3);
    let (one, two, three) = tokio::join!(function.returned("1"), function.returned("2"), function.returned("3"));
    let all = [one, two, three].map(|text| json_of(&text));
    assert!(all.iter().all(|found| found[0] == all[0][0] && found[2] == "3"), "{all:?}");
    for found in all {
        let id = found[1].as_str().unwrap();
        let printed = function.printed(id);
        assert_eq!(printed.len(), 1, "{printed:?}");
        assert!(printed[0].contains(id), "{printed:?}");
    }
    assert_eq!(function.functions.counts()["orders"].cold_starts, 1);
}
