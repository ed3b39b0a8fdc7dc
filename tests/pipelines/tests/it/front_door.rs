//! The front door, from a template: who is asked before a function is, other servers, secrets that are being replaced; and
//! what the object store and schedules tell.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bongsu_testkit::Server;
use bongsu_testkit::endpoint::{Answer, Arrival, Endpoint};
use bongsu_testkit::http::{Client, Response};
use bongsu_testkit::wait::until;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::til_challenge::copy;

const TIMEOUT: Duration = Duration::from_secs(30);
const KEY: &str = "twenty-letters-at-least";
/// What GitHub sends, signed with the old secret and the new one.
const HOOK: &[u8] = b"Hello, World!";
const BY_OLD: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
const BY_NEW: &str = "sha256=7c5ff3474f220ca4a166e3e7f96ce24009eda3c0069b09b812eb2ae4b5275b4b";
/// A token of <https://issuer.example> that is over, and the issuer's key.
const KEY_SET: &str = include_str!("../../../../crates/doors/gateway/src/authorizer/recorded/rsa.jwks.json");
const TOKEN: &str = include_str!("../../../../crates/doors/gateway/src/authorizer/recorded/rs256.jwt");

struct World {
    server: Server,
    folder: TempDir,
    _back: Endpoint,
    /// What the other server was asked.
    asked: Arc<Mutex<Vec<String>>>,
}

impl World {
    fn up() -> World {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("front_door");
        copy(&source, &folder.path().join("front_door"));
        let log = folder.path().join("log");
        fs::create_dir(&log).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let back = Endpoint::start({
            let asked = asked.clone();
            move |arrival| answer(arrival, &asked)
        });
        let template = folder.path().join("front_door/template.yaml");
        let mut arguments: Vec<OsString> = vec!["up".into(), template.into(), "--data".into()];
        arguments.extend([folder.path().join("data").into(), "--test-clock".into()]);
        for (name, value) in [
            ("Log", log.to_str().unwrap()),
            ("Back", back.url("").trim_end_matches('/')),
            ("NewSecret", "the next secret"),
            ("OldSecret", "It's a Secret to Everybody"),
            ("Key", KEY),
            ("KeySet", KEY_SET),
        ] {
            arguments.extend(["--parameter".into(), format!("{name}={value}").into()]);
        }
        let server = Server::start(arguments).unwrap_or_else(|refused| panic!("{refused:?}"));
        World { server, folder, _back: back, asked }
    }

    fn get(&self, target: &str, headers: &[(&str, &str)]) -> Response {
        Client::new(self.server.ingress(), TIMEOUT).request("GET", target, headers, b"").unwrap()
    }

    fn told(&self, target: &str, headers: &[(&str, &str)]) -> String {
        let answer = self.get(target, headers);
        format!("{} {}", answer.status, answer.text())
    }

    fn queue_url(&self, name: &str) -> String {
        format!("{}/000000000000/{name}", self.server.api_url())
    }

    /// What the function heard of the bucket, once it has.
    fn heard(&self) -> Value {
        until("the function to hear of it", TIMEOUT, || {
            let heard = fs::read_dir(self.folder.path().join("log")).unwrap().flatten();
            let mut heard = heard.filter(|entry| entry.file_name().to_string_lossy().starts_with("heard-"));
            let found = heard.next()?;
            assert!(heard.next().is_none(), "it hears once");
            serde_json::from_slice(&fs::read(found.path()).unwrap()).ok()
        })
    }
}

/// The other server never answers what is slow.
fn answer(arrival: &Arrival, asked: &Mutex<Vec<String>>) -> Answer {
    let route = arrival.headers.get("x-route").cloned().unwrap_or_default();
    asked.lock().unwrap().push(format!("{} {route} {}", arrival.target, String::from_utf8_lossy(&arrival.body)));
    if arrival.target.ends_with("/slow") { Answer::Never } else { Answer::Status(203) }
}

#[test]
fn whoever_may_passes_and_others_are_told_so_in_the_words_of_aws() {
    let world = World::up();
    let (http, rest) = (r#"401 {"message":"Unauthorized"}"#, r#"401 {"message":"Unauthorized"}"#);
    for (target, headers, expected) in [
        ("/open", &[][..], "200 null"),
        ("/gated", &[], http),
        ("/gated", &[("x-token", "nonsense")], http),
        ("/gated", &[("x-token", "guess")], r#"403 {"message":"Forbidden"}"#),
        ("/gated", &[("x-token", "secret")], r#"200 {"lambda": {"who": "jane"}}"#),
        ("/v1/gated", &[], rest),
        (
            "/v1/gated",
            &[("authorization", "guess")],
            r#"403 {"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}"#,
        ),
        ("/v1/gated", &[("authorization", "secret")], r#"200 {"n": "7", "principalId": "jane"}"#),
        ("/v1/keyed", &[], r#"403 {"message":"Forbidden"}"#),
        ("/v1/keyed", &[("x-api-key", KEY)], "200 {}"),
        ("/v1/keyed", &[("x-api-key", KEY)], "200 {}"),
        ("/v1/keyed", &[("x-api-key", KEY)], r#"429 {"message":"Limit Exceeded"}"#),
        ("/v1/nothing", &[], r#"403 {"message":"Missing Authentication Token"}"#),
    ] {
        assert_eq!(world.told(target, headers), expected, "{target} {headers:?}");
    }
    let bearer = format!("Bearer {}", TOKEN.trim());
    let answer = world.get("/token", &[("authorization", &bearer)]);
    let challenge = answer.header("www-authenticate").unwrap();
    assert_eq!(answer.status, 401);
    assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
}

#[test]
fn another_server_answers_behind_a_route() {
    let world = World::up();
    let mut client = Client::new(world.server.ingress(), TIMEOUT);
    let answer = client.post("/back/a/b%20c?q=1", &[], b"body").unwrap();
    assert_eq!(answer.status, 203);
    assert_eq!(*world.asked.lock().unwrap(), ["/v1/a/b%20c?q=1 ANY /back/{proxy+} body"]);
    assert_eq!(world.told("/back/slow", &[]), r#"504 {"message":"Gateway Timeout"}"#);
    assert_eq!(world.told("/nobody", &[]), r#"503 {"message":"Service Unavailable"}"#);
}

#[test]
fn webhooks_of_both_secrets_pass_while_one_replaces_the_other() {
    let world = World::up();
    let mut client = Client::new(world.server.ingress(), TIMEOUT);
    let mut status = |path: &str, signature: &str, id: &str| {
        let headers = [("x-hub-signature-256", signature), ("x-github-delivery", id), ("x-github-event", "push")];
        client.post(path, &headers, HOOK).unwrap().status
    };
    assert_eq!(status("/github", BY_OLD, "1"), 200);
    assert_eq!(status("/github", BY_NEW, "2"), 200);
    assert_eq!(status("/github", "sha256=00", "3"), 401);
    assert_eq!(status("/sns", BY_OLD, "4"), 400, "a topic needs no secret, and sends something else");
    assert_eq!(world.server.sqs().depth(&world.queue_url("hooks")).unwrap(), 2);
}

#[test]
fn a_function_hears_of_the_objects_that_its_filter_names() {
    let world = World::up();
    let mut client = Client::new(world.server.api(), TIMEOUT);
    for key in ["out/a.txt", "in/a.png", "in/h%C3%A9llo%20w.txt"] {
        let put = client.request("PUT", &format!("/front-door-files/{key}"), &[], b"hello").unwrap();
        assert_eq!(put.status, 200, "{}", put.text());
    }
    let mut heard = world.heard();
    let record = &mut heard["Records"][0];
    let variable = [
        "/eventTime",
        "/requestParameters/sourceIPAddress",
        "/responseElements/x-amz-request-id",
        "/responseElements/x-amz-id-2",
        "/s3/configurationId",
        "/s3/object/sequencer",
        "/userIdentity/principalId",
        "/s3/bucket/ownerIdentity/principalId",
    ];
    for place in variable {
        let value = record.pointer_mut(place).unwrap_or_else(|| panic!("{place} is missing"));
        assert!(value.take().as_str().is_some_and(|text| !text.is_empty()), "{place}");
    }
    let expected = json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": null,
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": null },
        "requestParameters": { "sourceIPAddress": null },
        "responseElements": { "x-amz-request-id": null, "x-amz-id-2": null },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": null,
            "bucket": {
                "name": "front-door-files",
                "ownerIdentity": { "principalId": null },
                "arn": "arn:aws:s3:::front-door-files",
            },
            "object": {
                "key": "in/h%C3%A9llo+w.txt",
                "size": 5,
                "eTag": "5d41402abc4b2a76b9719d911017c592",
                "sequencer": null,
            },
        },
    }]});
    assert_eq!(heard, expected, "{heard:#}");
}

#[test]
fn what_a_schedule_could_not_send_ends_in_its_dead_letter_queue_with_the_reason() {
    let mut world = World::up();
    let dead = world.queue_url("dead-letters");
    // The time, its window, and the one time that it is tried again.
    world.server.advance(Duration::from_secs(3600 + 300));
    world.server.kill_nine();
    world.server.restart().unwrap();
    world.server.advance(Duration::from_secs(3600 + 300 + 10));
    let mut sqs = world.server.sqs();
    until("the dead letter", TIMEOUT, || (sqs.depth(&dead).unwrap() > 0).then_some(()));
    let input = json!({ "QueueUrl": dead, "MessageAttributeNames": ["All"] });
    let received = sqs.call("ReceiveMessage", &input).unwrap();
    let message = &received["Messages"][0];
    assert_eq!(message["Body"], r#"{"tick":1}"#);
    for (name, value) in [
        ("ERROR_CODE", "AWS.SimpleQueueService.NonExistentQueue"),
        ("EXHAUSTED_RETRY_CONDITION", "MaximumRetryAttempts"),
        ("RETRY_ATTEMPTS", "1"),
        ("SCHEDULE_ARN", "arn:aws:scheduler:us-east-1:000000000000:schedule/default/lost"),
        ("TARGET_ARN", "arn:aws:sqs:us-east-1:000000000000:nowhere"),
    ] {
        assert_eq!(message["MessageAttributes"][name]["StringValue"], value, "{message:#}");
    }
}
