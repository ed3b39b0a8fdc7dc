//! Executables that speak the Runtime API themselves.

use std::fs;

use bongsu_delivery::fence::Fence;
use bongsu_delivery::{FailureKind, InvocationEnd, Launcher, Runtime};

use crate::support::{Fixture, invocation};

/// The usual loop of a `bootstrap` in shell, around the line that makes `$answer` of `$event`.
fn shell(line: &str) -> String {
    format!(
        "#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
while :; do
    event=$(curl -sS -D headers.$$ $api/next) || exit 1
    id=$(sed -n 's/^lambda-runtime-aws-request-id: *//ip' headers.$$ | tr -d '\\r')
    {line}
    curl -sS -o /dev/null -d \"$answer\" $api/$id/response
done
"
    )
}

#[tokio::test]
async fn a_shell_script_is_a_function() {
    let function = Fixture::provided(&shell(r#"answer="$_HANDLER got $event""#));
    assert_eq!(function.returned("{}").await, "app.handler got {}");
    assert_eq!(function.returned("[1]").await, "app.handler got [1]");
}

#[tokio::test]
async fn a_script_that_ends_fails_its_invocation() {
    let function = Fixture::provided("#!/bin/sh\nexit 127\n");
    let (kind, error) = function.failed("{}").await;
    assert_eq!(kind, FailureKind::Exited);
    assert_eq!(
        error,
        r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: id-1 Error: Runtime exited with error: exit status 127"}"#
    );
}

#[tokio::test]
async fn an_error_with_a_header_of_500_kib_is_passed_on() {
    let function = Fixture::provided(
        "#!/usr/bin/env python3
import http.client, os
connection = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
connection.request('GET', '/2018-06-01/runtime/invocation/next')
reply = connection.getresponse()
reply.read()
path = '/2018-06-01/runtime/invocation/%s/error' % reply.headers['Lambda-Runtime-Aws-Request-Id']
headers = {'Lambda-Runtime-Function-XRay-Error-Cause': 'x' * 500 * 1024}
connection.request('POST', path, '{\"errorType\":\"Big\"}', headers)
connection.getresponse().read()
",
    );
    assert_eq!(function.failed("{}").await, (FailureKind::Handler, r#"{"errorType":"Big"}"#.to_owned()));
}

#[tokio::test]
async fn a_missing_bootstrap_and_one_that_cannot_be_executed_are_invalid_entrypoints() {
    let function = Fixture::new(Runtime::Provided);
    let bootstrap = function.folder.path().canonicalize().unwrap().join("bootstrap");
    let expected = |id| {
        let message = format!("RequestId: {id} Error: Couldn't find valid bootstrap(s): [{}]", bootstrap.display());
        format!(r#"{{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"{message}"}}"#)
    };
    assert_eq!(function.failed("{}").await, (FailureKind::CannotStart, expected("id-1")));
    fs::write(&bootstrap, "#!/bin/sh\n").unwrap();
    assert_eq!(function.failed("{}").await, (FailureKind::CannotStart, expected("id-2")));
}

#[tokio::test]
async fn a_code_directory_that_is_missing_cannot_start() {
    let function = Fixture::python("").change(|spec| spec.code = "/nowhere".into());
    let (kind, error) = function.failed("{}").await;
    assert_eq!(kind, FailureKind::CannotStart);
    assert!(error.contains("/nowhere"), "{error}");
}

#[tokio::test]
async fn the_launcher_stands_in_front_of_the_command_and_is_told_the_fence() {
    let script = "[ \"$1\" = --fence ] && [ \"$3\" = -- ] && export FENCE=\"$2\" && shift 3 && exec \"$@\"";
    let words = ["sh", "-c", script, "launcher"].map(str::to_owned).to_vec();
    let launcher = Launcher { words, ..Launcher::default() };
    let function = Fixture::with_launcher(Runtime::Python { version: "3".to_owned() }, launcher);
    let source = "import os\ndef handler(event, context):\n    return [os.environ['FENCE'], os.environ['TMPDIR']]\n";
    fs::write(function.path("app.py"), source).unwrap();
    let found: Vec<String> = serde_json::from_str(&function.returned("{}").await).unwrap();
    let fence: Fence = serde_json::from_str(&found[0]).unwrap();
    assert!(fence.readable.contains(&function.folder.path().canonicalize().unwrap()));
    assert_eq!(fence.tmp.to_str().unwrap(), found[1]);
    assert_eq!((fence.writable, fence.user), (vec![], None));
    assert_eq!((fence.file_bytes_max, fence.data_bytes_max), (512 << 20, (1024 + 2 * 128) << 20));
}

#[tokio::test]
async fn a_request_id_that_is_no_path_segment_is_refused() {
    let function = Fixture::python("def handler(event, context):\n    pass\n");
    for id in ["", "a/b", "a b", "a\r\nb"] {
        match function.functions.invoke(&function.spec, invocation(id, "{}")).await {
            InvocationEnd::Failed(failure) => assert_eq!(failure.kind, FailureKind::CannotStart),
            InvocationEnd::Returned(_) => panic!("{id:?} was invoked"),
        }
    }
}
