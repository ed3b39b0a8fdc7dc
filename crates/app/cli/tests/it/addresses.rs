//! Where the endpoint is reached, what its queue URLs say, and the set-up of an ElasticMQ taken over.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::harness::{Server, exchange, folder, path, refuses};

/// The addresses of the AWS endpoint, in the order of their announcement.
fn apis(server: &Server) -> Vec<SocketAddr> {
    let lines = server.announced.iter().filter_map(|line| line.strip_prefix("API      http://"));
    lines.map(|address| address.parse().expect("an address")).collect()
}

fn queue_url(api: SocketAddr, queue: &str) -> String {
    let body = json!({ "QueueName": queue }).to_string();
    let answer = exchange(api, "POST", "/", &[("x-amz-target", "AmazonSQS.GetQueueUrl")], body.as_bytes());
    let answer: Value = serde_json::from_str(&answer.body).expect("JSON");
    answer["QueueUrl"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[test]
fn further_addresses_serve_the_same_queues() {
    let also = ["--api-also", "127.0.0.1:0", "--api-also", "127.0.0.1:0"];
    let server = Server::start(&[&["serve", "--ephemeral"], also.as_slice()].concat());
    server.sqs("CreateQueue", json!({ "QueueName": "orders" }));
    let apis = apis(&server);
    assert_eq!(apis.len(), 3);
    for api in apis {
        assert_eq!(queue_url(api, "orders"), format!("http://{api}/000000000000/orders"));
    }
    server.stop();
}

#[test]
fn further_addresses_are_as_closed_as_the_first() {
    let said = refuses(&["serve", "--ephemeral", "--api-also", "0.0.0.0:0"]);
    assert!(said.starts_with("0.0.0.0:0 (of --api-also, or of the ElasticMQ configuration) can be reached"), "{said}");
    Server::start(&["serve", "--ephemeral", "--insecure", "--api-also", "0.0.0.0:0"]).stop();
    let five = ["--api-also", "127.0.0.1:0"].repeat(5);
    let said = refuses(&[&["serve", "--ephemeral"], five.as_slice()].concat());
    assert_eq!(said, "--api-also can be given at most 4 times");
}

#[test]
fn a_public_url_begins_queue_urls() {
    let server = Server::start(&["serve", "--ephemeral", "--public-url", "https://sqs.example.com/in/"]);
    let made = server.sqs("CreateQueue", json!({ "QueueName": "orders" }));
    let url = "https://sqs.example.com/in/000000000000/orders";
    assert_eq!(made["QueueUrl"], url);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = b"Action=SendMessage&MessageBody=hello";
    assert_eq!(exchange(server.api, "POST", "/in/000000000000/orders", &[form], body).status, 200);
    assert_eq!(server.receive(url).as_deref(), Some("hello"));
    server.stop();
}

const CONF: &str = r#"
include classpath("application.conf")
node-address { host = queues.internal, port = 9324 }
rest-sqs { bind-port = 0, bind-hostname = localhost }
rest-stats.enabled = true
aws { region = eu-west-1, accountId = 000000000042 }
queues {
  orders {
    defaultVisibilityTimeout = 10 seconds
    receiveMessageWait = 100 millis
    deadLettersQueue { name = "orders-dead", maxReceiveCount = 3 }
    tags { team = shop }
  }
  orders-dead {}
  events { fifo = true, contentBasedDeduplication = true }
}
"#;

#[test]
fn the_set_up_of_an_elasticmq_is_taken_over() {
    let (directory, _) = folder(&[("e.conf", CONF)]);
    let conf = directory.path().join("e.conf");
    let server = Server::start(&["serve", "--ephemeral", "--elasticmq-conf", path(&conf)]);
    let [_, also] = apis(&server)[..] else { panic!("{:?}", server.announced) };
    assert_eq!(queue_url(also, "orders"), "http://queues.internal:9324/000000000042/orders");
    let announced = "Queue    events.fifo  http://queues.internal:9324/000000000042/events.fifo";
    assert!(server.announced.iter().any(|line| line == announced), "{:?}", server.announced);
    let attributes = |queue: &str| {
        let input = json!({ "QueueUrl": queue, "AttributeNames": ["All"] });
        server.sqs("GetQueueAttributes", input)["Attributes"].clone()
    };
    let orders = attributes("orders");
    assert_eq!((&orders["VisibilityTimeout"], &orders["ReceiveMessageWaitTimeSeconds"]), (&json!("10"), &json!("1")));
    let arn = "arn:aws:sqs:eu-west-1:000000000042:orders-dead";
    assert_eq!(orders["RedrivePolicy"], format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":3}}"#));
    assert_eq!(attributes("events.fifo")["ContentBasedDeduplication"], "true");
    let log = server.stop();
    for said in ["e.conf:2: the include is left out", "e.conf:5: rest-stats has no effect", "e.conf:10: queues.orders"]
    {
        assert!(log.contains(said), "{said}: {log}");
    }
}

const TEMPLATE: &str = "Resources: { Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs } } }";

#[test]
fn flags_come_before_the_configuration_file() {
    let (directory, template) = folder(&[("e.conf", CONF), ("template.yaml", TEMPLATE)]);
    let conf = directory.path().join("e.conf");
    let flags = ["--account", "000000000007", "--public-url", "http://flag", "--api-also", "127.0.0.1:0"];
    let up = ["up", path(&template), "--ephemeral", "--elasticmq-conf", path(&conf)];
    let server = Server::start(&[&up, flags.as_slice()].concat());
    let [api, _] = apis(&server)[..] else { panic!("{:?}", server.announced) };
    assert_eq!(queue_url(api, "orders"), "http://flag/000000000007/orders");
    let announced = "Queue    jobs  http://flag/000000000007/jobs";
    assert!(server.announced.iter().any(|line| line == announced), "{:?}", server.announced);
    server.stop();
}

#[test]
fn queues_that_exist_keep_their_messages_and_get_what_the_file_says() {
    let (directory, _) = folder(&[("e.conf", CONF), ("changed.conf", &CONF.replace("10 seconds", "11 seconds"))]);
    let [conf, changed, data] = ["e.conf", "changed.conf", "data"].map(|name| directory.path().join(name));
    let serve = |conf| ["serve", "--data", path(&data), "--elasticmq-conf", conf];
    let server = Server::start(&serve(path(&conf)));
    server.sqs("SendMessage", json!({ "QueueUrl": "orders", "MessageBody": "kept" }));
    server.stop();
    let server = Server::start(&serve(path(&changed)));
    let queue = json!({ "QueueUrl": "orders", "AttributeNames": ["VisibilityTimeout"] });
    assert_eq!(server.sqs("GetQueueAttributes", queue)["Attributes"]["VisibilityTimeout"], "11");
    assert_eq!(server.receive("orders").as_deref(), Some("kept"));
    server.stop();
}

#[test]
fn faults_of_a_configuration_file_name_the_place() {
    for (text, fault) in [
        ("queues {\n orders { moveTo = x } }", "2: queues.orders: moveTo is not supported"),
        ("queues {", "1: the brace that is opened here is never closed"),
        (
            "node-address.host = \"a b\"",
            "1: node-address is http://a b:9324; a public URL is http:// or https://, a host, perhaps a port and a path",
        ),
        (
            "queues { a { deadLettersQueue { name = b, maxReceiveCount = 1 } } }",
            "1: queue a: the redrive policy is refused: Dead letter target does not exist",
        ),
    ] {
        let (directory, _) = folder(&[("e.conf", text)]);
        let conf = directory.path().join("e.conf");
        let said = refuses(&["serve", "--ephemeral", "--elasticmq-conf", path(&conf)]);
        assert_eq!(said, format!("{}:{fault}", conf.display()));
    }
    let said = refuses(&["serve", "--ephemeral", "--elasticmq-conf", "/nowhere/e.conf"]);
    assert!(said.starts_with("/nowhere/e.conf: No such file or directory"), "{said}");
}

#[test]
fn dead_letter_queues_may_form_a_circle_and_queues_have_tags() {
    let text = "queues {
      a { deadLettersQueue { name = b, maxReceiveCount = 1 }, tags { team = orders } }
      b { deadLettersQueue { name = a, maxReceiveCount = 2 } }
    }";
    let (directory, _) = folder(&[("e.conf", text)]);
    let conf = directory.path().join("e.conf");
    let server = Server::start(&["serve", "--ephemeral", "--elasticmq-conf", path(&conf)]);
    for (queue, target) in [("a", "b"), ("b", "a")] {
        let sources = server.sqs("ListDeadLetterSourceQueues", json!({ "QueueUrl": target }));
        assert!(sources["queueUrls"][0].as_str().is_some_and(|url| url.ends_with(&format!("/{queue}"))), "{sources}");
    }
    assert_eq!(server.sqs("ListQueueTags", json!({ "QueueUrl": "a" })), json!({ "Tags": { "team": "orders" } }));
    server.stop();
}
