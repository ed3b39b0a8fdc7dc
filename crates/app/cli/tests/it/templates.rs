//! `bongsu up`: what a template leads to, and what is wrong with one.

use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::harness::{Server, exchange, folder, path, refuses};

const QUEUE: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: { QueueName: orders, VisibilityTimeout: 5 }
";

/// An HTTP API of this name that puts the bodies of `POST /hook` into the queue.
fn api(name: &str, webhook: &str) -> String {
    format!(
        "
  {name}:
    Type: AWS::ApiGatewayV2::Api
    Properties: {{ Name: {name}, ProtocolType: HTTP }}
  {name}ToQueue:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref {name}
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      PayloadFormatVersion: \"1.0\"
      RequestParameters: {{ QueueUrl: !Ref Queue, MessageBody: $request.body }}
  {name}Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {{ ApiId: !Ref {name}, RouteKey: POST /hook, Target: !Sub \"integrations/${{{name}ToQueue}}\" }}
{webhook}"
    )
}

fn webhook(settings: &str) -> String {
    format!("    Metadata: {{ Bongsu: {{ Webhook: {{ {settings} }} }} }}\n")
}

/// What `up` says about a template that must be refused, without the template's name.
fn refuses_template(template: &str, more: &[&str]) -> String {
    let (_directory, file) = folder(&[("template.yaml", template)]);
    let said = refuses(&[&["up", path(&file), "--ephemeral"], more].concat());
    said.replace(path(&file), "T")
}

#[test]
fn faults_of_a_template_name_line_and_reason() {
    for (template, line, reason) in [
        ("Resources:\n  Bus:\n    Type: AWS::Events::EventBus\n".to_owned(), "T:3:", "AWS::Events::EventBus"),
        ("Parameters:\n  Secret: { Type: String }\n".to_owned() + QUEUE, "T:2:", "Secret"),
        ("Resources:\n  Queue:\n  - [".to_owned(), "T:", ""),
        (QUEUE.replace("VisibilityTimeout: 5", "VisibilityTimeout: 99999"), "T:5:", "from 0 to 43200, not 99999"),
        (QUEUE.replace("QueueName: orders", "QueueName: a b"), "T:5:", "alphanumeric"),
        (
            QUEUE.replace("VisibilityTimeout: 5", "DeduplicationScope: queue"),
            "T:5:",
            "You can specify the DeduplicationScope only when FifoQueue is set to true.",
        ),
        (
            format!("{QUEUE}{}", api("Shop", &webhook("Provider: carrier-pigeon, Secrets: [s]"))),
            "T:18:",
            "there is no provider `carrier-pigeon`, only",
        ),
        (
            format!("{QUEUE}{}{}", api("Shop", &webhook("Provider: none")), api("Mall", &webhook("Provider: none"))),
            "T:34:",
            "two routes claim POST /hook: ShopRoute (API Shop) and MallRoute (API Mall)",
        ),
        (
            format!(
                "{QUEUE}  Worker:\n    Type: AWS::Serverless::Function\n    Properties: {{ Runtime: python3.11, Handler: \
                 app.handler, CodeUri: ./nowhere }}\n"
            ),
            "T:6:",
            "is not a directory; code comes from a directory",
        ),
    ] {
        let said = refuses_template(&template, &[]);
        assert!(said.contains(reason) && said.starts_with(line), "{reason}: {said}");
        assert!(!said.contains("{ ") && !said.contains("Some("), "no Rust in front of people: {said}");
    }
    let said = refuses(&["up", "/nowhere/template.yaml", "--ephemeral"]);
    assert!(said.starts_with("/nowhere/template.yaml: No such file or directory"), "{said}");
}

#[test]
fn parameters_are_given_on_the_command_line() {
    let template = "Parameters:\n  Name: { Type: String }\n".to_owned() + &QUEUE.replace("orders", "!Ref Name");
    let (_directory, file) = folder(&[("template.yaml", &template)]);
    let server = Server::start(&["up", path(&file), "--ephemeral", "--parameter", "Name=invoices"]);
    assert!(server.announced[0].starts_with("Queue    invoices  http://127.0.0.1:"), "{:?}", server.announced);
    server.sqs("GetQueueUrl", json!({ "QueueName": "invoices" }));
    server.stop();
    let said = refuses(&["up", path(&file), "--ephemeral", "--parameter", "Name=a", "--parameter", "Nmae=b"]);
    assert!(said.contains("Nmae"), "{said}");
}

#[test]
fn a_queue_that_exists_differently_gets_the_attributes_of_the_template() {
    let (directory, file) = folder(&[("template.yaml", QUEUE)]);
    let data = directory.path().join("data");
    let up = |file: &Path| ["up".to_owned(), path(file).to_owned(), "--data".to_owned(), path(&data).to_owned()];
    let start = |file: &Path| {
        let arguments = up(file);
        Server::start(&arguments.each_ref().map(String::as_str))
    };
    start(&file).stop();
    start(&file).stop();
    let changed = directory.path().join("changed.yaml");
    std::fs::write(&changed, QUEUE.replace("VisibilityTimeout: 5", "VisibilityTimeout: 6")).unwrap();
    let server = start(&changed);
    assert!(server.announced[0].starts_with("Changed  orders  http://127.0.0.1:"), "{:?}", server.announced);
    let queue = json!({ "QueueUrl": "orders", "AttributeNames": ["VisibilityTimeout"] });
    assert_eq!(server.sqs("GetQueueAttributes", queue)["Attributes"]["VisibilityTimeout"], "6");
    server.stop();
}

#[test]
fn what_a_template_no_longer_names_is_told() {
    let worker = "  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: worker
      Runtime: python3.11
      Handler: app.handler
      CodeUri: .
      Events: { Messages: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn } } }
";
    let (directory, file) = folder(&[("template.yaml", &format!("{QUEUE}{worker}"))]);
    let data = directory.path().join("data");
    let arguments = ["up", path(&file), "--data", path(&data)];
    let removed = |server: &Server| -> Vec<String> {
        server.announced.iter().filter(|line| line.starts_with("Removed")).cloned().collect()
    };
    let server = Server::start(&arguments);
    assert!(removed(&server).is_empty());
    server.stop();
    std::fs::write(&file, QUEUE).unwrap();
    let server = Server::start(&arguments);
    assert_eq!(removed(&server), ["Removed  mapping orders -> worker", "Removed  function worker"]);
    server.stop();
    let server = Server::start(&arguments);
    assert!(removed(&server).is_empty());
    server.stop();
}

#[test]
fn the_data_entry_example_subscribes_a_function_and_a_queue() {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/data-entry/template.yaml");
    let server = Server::up(&template);
    let told = |beginning: &str| -> Vec<&String> {
        server.announced.iter().filter(|line| line.starts_with(beginning)).collect()
    };
    assert_eq!(told("Topic"), ["Topic    data-entry  arn:aws:sns:us-east-1:000000000000:data-entry"]);
    assert_eq!(
        told("Delivery"),
        [
            "Delivery data-entry -> sqs arn:aws:sqs:us-east-1:000000000000:data-entry-emergency",
            "Delivery data-entry -> lambda arn:aws:lambda:us-east-1:000000000000:function:data-entry",
        ]
    );
    let queue = json!({ "QueueUrl": "data-entry-emergency", "AttributeNames": ["Policy", "MessageRetentionPeriod"] });
    let attributes = &server.sqs("GetQueueAttributes", queue)["Attributes"];
    assert_eq!(attributes["MessageRetentionPeriod"], "86400");
    assert!(attributes["Policy"].as_str().is_some_and(|policy| policy.contains("sns.amazonaws.com")), "{attributes}");
    server.stop();
}

#[test]
fn unsigned_routes_stay_on_loopback_without_a_word() {
    let template = format!("{QUEUE}{}", api("Shop", &webhook("Provider: none")));
    let said = refuses_template(&template, &["--ingress", "0.0.0.0:0"]);
    let text = "T:18: resource ShopRoute: route POST /hook takes unsigned requests of strangers: say --insecure";
    assert!(said.starts_with(text), "{said}");
    let (_directory, file) = folder(&[("template.yaml", &template)]);
    Server::start(&["up", path(&file), "--ephemeral", "--ingress", "0.0.0.0:0", "--insecure"]).stop();
}

#[test]
fn an_unsigned_route_takes_requests_of_anybody() {
    let template = format!("{QUEUE}{}", api("Shop", &webhook("Provider: none")));
    let (_directory, file) = folder(&[("template.yaml", &template)]);
    let server = Server::up(&file);
    for target in ["/hook", "/_api/Shop/hook"] {
        let answer = exchange(server.ingress, "POST", target, &[("content-type", "text/plain")], b"any text");
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body.contains("MessageId"), "{}", answer.body);
        assert_eq!(server.receive("orders").as_deref(), Some("any text"));
    }
    assert_eq!(exchange(server.ingress, "GET", "/hook", &[], b"").status, 404);
    server.stop();
}

#[test]
fn a_signed_route_takes_what_its_secret_signed() {
    let settings = "Provider: hmac, Secrets: [s3cr3t], SignatureHeader: X-Signature, Prefix: sha256=";
    let template = format!("{QUEUE}{}", api("Shop", &webhook(settings)));
    let (_directory, file) = folder(&[("template.yaml", &template)]);
    let server = Server::up(&file);
    let body = br#"{"order":1}"#;
    let signed = |secret: &[u8]| {
        let mac = Hmac::<Sha256>::new_from_slice(secret).unwrap().chain_update(body);
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    };
    let post = |signature: &str| exchange(server.ingress, "POST", "/hook", &[("x-signature", signature)], body).status;
    for bad in [signed(b"guessed"), "sha256=".to_owned(), "nonsense".to_owned()] {
        assert_eq!(post(&bad), 401, "{bad}");
    }
    assert_eq!(exchange(server.ingress, "POST", "/hook", &[], body).status, 401);
    assert_eq!(post(&signed(b"s3cr3t")), 200);
    assert_eq!(server.receive("orders").as_deref(), Some(r#"{"order":1}"#));
    let left = server.sqs("ReceiveMessage", json!({ "QueueUrl": "orders" }));
    assert_eq!(left, json!({}));
    let log = server.stop();
    assert!(!log.contains("s3cr3t"), "{log}");
}
