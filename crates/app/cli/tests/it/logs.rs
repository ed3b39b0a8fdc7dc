//! `bongsu logs` over the real binary: lines of real functions, before and after `kill -9`.

use serde_json::{Value, json};

use crate::fake::ask;
use crate::harness::{Server, exchange, folder, path};

const HANDLER: &str = r#"
import json

def works(event, context):
    print(json.dumps({"level": event["level"], "order": event["order"]}))
"#;

const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  Works:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: works, Runtime: python3.11, Handler: app.works, CodeUri: ./code, Timeout: 30 }
";

fn invoke(server: &Server, event: &Value) {
    let target = "/2015-03-31/functions/works/invocations";
    let answer = exchange(server.api, "POST", target, &[], event.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn url(server: &Server) -> String {
    format!("http://{}", server.api)
}

#[test]
fn the_failure_is_found_also_after_the_server_was_killed() {
    let (directory, file) = folder(&[("template.yaml", TEMPLATE), ("code/app.py", HANDLER)]);
    let data = directory.path().join("data");
    let arguments = ["up", path(&file), "--data", path(&data)];
    let mut server = Server::start(&arguments);
    for order in 0..5 {
        invoke(&server, &json!({ "level": if order == 3 { "ERROR" } else { "INFO" }, "order": order }));
    }
    let filter = r#"{ $.level = "ERROR" }"#;
    let (code, stdout, stderr) = ask(&url(&server), &["logs", "works", "--filter", filter]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains(r#" {"level": "ERROR", "order": 3}"#) && stdout.lines().count() == 1, "{stdout}");
    let id = stdout.split(' ').nth(2).expect("time, function, invocation").to_owned();
    server.child.kill().expect("a process");
    server.child.wait().expect("its end");

    let server = Server::start(&arguments);
    let (code, stdout, _) = ask(&url(&server), &["logs", "--request", &id, "--since", "1h", "--json"]);
    let lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let texts: Vec<&str> = lines.iter().map(|line| line["text"].as_str().expect("text")).collect();
    assert_eq!((code, texts.len()), (0, 4), "{stdout}");
    assert!(
        texts[0].starts_with("START ") && texts[1].contains("ERROR") && texts[3].starts_with("REPORT "),
        "{texts:?}"
    );
    assert_eq!((&lines[1]["stream"], &lines[1]["version"]), (&json!("stdout"), &json!("$LATEST")));
    let (code, stdout, _) = ask(&url(&server), &["logs", "--limit", "3"]);
    assert_eq!((code, stdout.lines().count()), (0, 3));
}

#[test]
fn following_goes_on_with_new_lines() {
    let (_directory, file) = folder(&[("template.yaml", TEMPLATE), ("code/app.py", HANDLER)]);
    let server = Server::up(&file);
    let url = url(&server);
    let following = std::thread::spawn(move || {
        ask(&url, &["logs", "--follow", "--limit", "2", "--filter", "?\"order\\\": 1\" ?\"order\\\": 2\""])
    });
    for order in 0..3 {
        invoke(&server, &json!({ "level": "INFO", "order": order }));
    }
    let (code, stdout, stderr) = following.join().expect("its end");
    assert_eq!((code, stdout.lines().count()), (0, 2), "{stdout}{stderr}");
}

#[test]
fn nothing_found_and_nothing_asked_end_differently() {
    let server = Server::start(&["serve", "--ephemeral", "--function-logs", "1"]);
    let (code, stdout, stderr) = ask(&url(&server), &["logs", "works", "--filter", "ERROR"]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (1, "", "No lines.\n"));
    let (code, _, stderr) = ask(&url(&server), &["logs", "--filter", "{ $.level }"]);
    assert!(code == 2 && stderr.contains("character 11: =, !="), "{stderr}");
    let off = Server::start(&["serve", "--ephemeral", "--function-logs", "0"]);
    let (code, _, stderr) = ask(&url(&off), &["logs"]);
    assert!(code == 2 && stderr.contains("keeps no log of functions"), "{stderr}");
}
