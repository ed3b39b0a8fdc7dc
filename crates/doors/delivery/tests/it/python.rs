//! Handlers in Python: what they get, what they return, how they fail.

use std::fs;
use std::time::Duration;

use bongsu_delivery::{FailureKind, InvocationEnd, Runtime};
use serde_json::{Value, json};

use crate::support::{Fixture, invocation};

#[tokio::test]
async fn a_handler_gets_the_event_and_its_result_comes_back() {
    let function =
        Fixture::python("def handler(event, context):\n    return {'twice': event['n'] * 2, 'text': '봉수'}\n");
    let result: Value = serde_json::from_str(&function.returned(r#"{"n": 21}"#).await).unwrap();
    assert_eq!(result, json!({"twice": 42, "text": "봉수"}));
}

#[tokio::test]
async fn a_handler_that_returns_nothing_returns_null() {
    let function = Fixture::python("def handler(event, context):\n    pass\n");
    assert_eq!(function.returned("null").await, "null");
}

#[tokio::test]
async fn the_context_describes_the_function_and_the_invocation() {
    let function = Fixture::python(
        "def handler(event, context):
    names = ['function_name', 'function_version', 'invoked_function_arn', 'memory_limit_in_mb', 'aws_request_id',
             'log_group_name', 'client_context']
    return {'has': {name: getattr(context, name) for name in names},
            'stream': context.log_stream_name, 'left': context.get_remaining_time_in_millis(),
            'identity': context.identity.cognito_identity_id}
",
    );
    let found: Value = serde_json::from_str(&function.returned("{}").await).unwrap();
    let expected = json!({
        "function_name": "orders",
        "function_version": "$LATEST",
        "invoked_function_arn": "arn:aws:lambda:eu-north-1:123456789012:function:orders",
        "memory_limit_in_mb": "128",
        "aws_request_id": "id-1",
        "log_group_name": "/aws/lambda/orders",
        "client_context": null,
    });
    assert_eq!(found["has"], expected);
    assert!((15_000..=20_000).contains(&found["left"].as_u64().unwrap()), "{found}");
    let (date, id) = found["stream"].as_str().unwrap().split_once("/[$LATEST]").unwrap();
    assert_eq!((date.len(), id.len()), ("2026/01/31".len(), 32));
}

#[tokio::test]
async fn reserved_variables_cannot_be_overridden_and_others_can() {
    let function = Fixture::python(
        "import os, sys
def handler(event, context):
    return {'environment': dict(os.environ), 'cwd': os.getcwd(), 'first': sys.path[0]}
",
    );
    let function = function.change(|spec| {
        for (name, value) in [
            ("AWS_REGION", "mars"),
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"),
            ("_HANDLER", "other.handler"),
            ("TZ", "Asia/Seoul"),
            ("TABLE", "orders"),
        ] {
            spec.environment.insert(name.to_owned(), value.to_owned());
        }
    });
    let found: Value = serde_json::from_str(&function.returned("{}").await).unwrap();
    let environment = &found["environment"];
    for (name, value) in [
        ("AWS_REGION", "eu-north-1"),
        ("AWS_DEFAULT_REGION", "eu-north-1"),
        ("_HANDLER", "app.handler"),
        ("TZ", "Asia/Seoul"),
        ("TABLE", "orders"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
        ("AWS_LAMBDA_FUNCTION_NAME", "orders"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_python3"),
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
    ] {
        assert_eq!(environment[name], value, "{name}");
    }
    assert!(environment.get("HOME").is_none(), "nothing of the server's own environment is handed on");
    let code = function.folder.path().canonicalize().unwrap();
    assert_eq!(environment["LAMBDA_TASK_ROOT"], code.to_str().unwrap());
    assert_eq!((&found["cwd"], &found["first"]), (&environment["LAMBDA_TASK_ROOT"], &environment["LAMBDA_TASK_ROOT"]));
}

#[tokio::test]
async fn a_trace_id_is_there_for_its_invocation_only() {
    let function =
        Fixture::python("import os\ndef handler(event, context):\n    return os.environ.get('_X_AMZN_TRACE_ID')\n");
    let mut traced = invocation("traced", "{}");
    traced.trace_id = Some("Root=1-5759e988-bd862e3fe1be46a994272793".to_owned());
    let end = function.functions.invoke(&function.spec, traced).await;
    assert_eq!(end, InvocationEnd::Returned("\"Root=1-5759e988-bd862e3fe1be46a994272793\"".into()));
    assert_eq!(function.returned("{}").await, "null");
}

#[tokio::test]
async fn an_exception_is_described_and_the_process_goes_on() {
    let function = Fixture::python(
        "count = 0
def handler(event, context):
    global count
    count += 1
    if event == 'raise':
        raise ValueError('no such order')
    return count
",
    );
    let (kind, error) = function.failed_json("\"raise\"").await;
    assert_eq!(kind, FailureKind::Handler);
    let file = function.folder.path().canonicalize().unwrap().join("app.py");
    let frame = format!("  File \"{}\", line 6, in handler\n    raise ValueError('no such order')\n", file.display());
    assert_eq!(
        error,
        json!({"errorMessage": "no such order", "errorType": "ValueError", "requestId": "id-1", "stackTrace": [frame]})
    );
    let printed = function.printed("id-1");
    assert_eq!(printed.len(), 1, "the traceback is one line of the log: {printed:?}");
    assert!(
        printed[0]
            .starts_with("[ERROR] ValueError: no such order\rTraceback (most recent call last):\r\u{a0}\u{a0}File")
    );
    assert_eq!(function.returned("1").await, "2");
}

#[tokio::test]
async fn a_handler_that_hangs_times_out() {
    let function = Fixture::python("import time\ndef handler(event, context):\n    time.sleep(600)\n")
        .change(|spec| spec.timeout = Duration::from_secs(1));
    let (kind, error) = function.failed("{}").await;
    assert_eq!(kind, FailureKind::TimedOut);
    assert_eq!(
        error,
        r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: id-1 Error: Task timed out after 1.00 seconds"}"#
    );
}

#[tokio::test]
async fn a_process_that_ends_says_how() {
    let function = Fixture::python(
        "import os, sys, signal
def handler(event, context):
    if event == 'exit': sys.exit()
    if event == 'exit 7': sys.exit(7)
    if event == '_exit 3': os._exit(3)
    if event == 'kill': os.kill(os.getpid(), signal.SIGKILL)
    return 'alive'
",
    );
    for (number, (event, error)) in [
        ("exit", "Runtime exited without providing a reason"),
        ("exit 7", "Runtime exited with error: exit status 7"),
        ("_exit 3", "Runtime exited with error: exit status 3"),
        ("kill", "Runtime exited with error: signal: killed"),
    ]
    .into_iter()
    .enumerate()
    {
        let (kind, payload) = function.failed(&format!("\"{event}\"")).await;
        assert_eq!(kind, FailureKind::Exited);
        let text = format!("RequestId: id-{} Error: {error}", number + 1);
        assert_eq!(payload, format!(r#"{{"errorType":"Runtime.ExitError","errorMessage":"{text}"}}"#));
    }
    assert_eq!(function.returned("1").await, "\"alive\"");
}

#[tokio::test]
async fn a_result_that_is_not_json_is_a_marshal_error() {
    let function = Fixture::python("def handler(event, context):\n    return {1, 2}\n");
    let (kind, error) = function.failed_json("{}").await;
    assert_eq!(kind, FailureKind::Handler);
    let message = "Unable to marshal response: Object of type set is not JSON serializable";
    assert_eq!(
        error,
        json!({"errorMessage": message, "errorType": "Runtime.MarshalError", "requestId": "id-1", "stackTrace": []})
    );
}

#[tokio::test]
async fn an_event_that_is_not_json_is_an_unmarshal_error() {
    let function = Fixture::python("def handler(event, context):\n    return event\n");
    let (kind, error) = function.failed_json("{").await;
    assert_eq!((kind, &error["errorType"]), (FailureKind::Handler, &json!("Runtime.UnmarshalError")));
}

#[tokio::test]
async fn a_handler_that_cannot_be_loaded_is_an_init_failure() {
    let cases = [
        (
            "import nope",
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'nope'",
        ),
        ("", "other.handler", "Runtime.ImportModuleError", "Unable to import module 'other': No module named 'other'"),
        ("", "app.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        (
            "",
            "app",
            "Runtime.MalformedHandlerName",
            "Bad handler 'app': not enough values to unpack (expected 2, got 1)",
        ),
        (
            "def x(:",
            "app.handler",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'app': invalid syntax (app.py, line 1)",
        ),
        ("1 / 0", "app.handler", "ZeroDivisionError", "division by zero"),
    ];
    for (source, handler, error_type, message) in cases {
        let function = Fixture::python(source).change(|spec| spec.handler = handler.to_owned());
        let (kind, error) = function.failed_json("{}").await;
        assert_eq!(kind, FailureKind::Init, "{error}");
        assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!(error_type), &json!(message)));
        assert_eq!(error["requestId"], "");
        assert_eq!(
            error["stackTrace"].as_array().unwrap().is_empty(),
            error_type.starts_with("Runtime.") && source != "def x(:"
        );
    }
}

#[tokio::test]
async fn a_module_that_exits_while_it_is_imported_is_an_exit() {
    let function = Fixture::python("import os\nos._exit(4)\n");
    let (kind, error) = function.failed("{}").await;
    assert_eq!(kind, FailureKind::Exited);
    assert!(error.contains("exit status 4"), "{error}");
}

#[tokio::test]
async fn a_handler_may_live_in_a_package() {
    let function = Fixture::python("").change(|spec| spec.handler = "shop/orders.handler".to_owned());
    fs::create_dir(function.path("shop")).unwrap();
    fs::write(function.path("shop/orders.py"), "def handler(event, context):\n    return __name__\n").unwrap();
    assert_eq!(function.returned("{}").await, "\"shop.orders\"");
}

#[tokio::test]
async fn code_that_brings_its_own_runtime_client_runs_with_it() {
    let function = Fixture::python("");
    fs::create_dir(function.path("awslambdaric")).unwrap();
    let client = "import os, sys, http.client
connection = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
while True:
    connection.request('GET', '/2018-06-01/runtime/invocation/next')
    reply = connection.getresponse()
    reply.read()
    path = '/2018-06-01/runtime/invocation/%s/response' % reply.headers['Lambda-Runtime-Aws-Request-Id']
    connection.request('POST', path, sys.argv[1])
    connection.getresponse().read()
";
    fs::write(function.path("awslambdaric/__main__.py"), client).unwrap();
    assert_eq!(function.returned("{}").await, "app.handler");
}

#[tokio::test]
async fn a_mebibyte_goes_in_and_comes_out() {
    let function = Fixture::python("def handler(event, context):\n    return event[::-1]\n");
    let payload = format!("\"{}b\"", "a".repeat(1024 * 1024));
    let expected = format!("\"b{}\"", "a".repeat(1024 * 1024));
    assert!(function.returned(&payload).await == expected);
}

#[tokio::test]
async fn a_response_that_is_too_large_fails_and_the_process_goes_on() {
    let function =
        Fixture::python("import os\ndef handler(event, context):\n    return 'x' * event if event else os.getpid()\n");
    let before = function.returned("0").await;
    let (kind, error) = function.failed("7000000").await;
    assert_eq!(kind, FailureKind::TooLarge);
    assert_eq!(
        error,
        r#"{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}"#
    );
    assert_eq!(function.returned("0").await, before);
}

#[tokio::test]
async fn a_python_that_is_not_installed_is_replaced_by_the_default_one() {
    let function =
        Fixture::python("import os\ndef handler(event, context):\n    return os.environ['AWS_EXECUTION_ENV']\n")
            .change(|spec| spec.runtime = Runtime::Python { version: "3.999".to_owned() });
    assert_eq!(function.returned("{}").await, "\"AWS_Lambda_python3.999\"");
}
