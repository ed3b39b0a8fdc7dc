//! A message move task that is killed again and again on its way: it goes on, and moves every message once.

use std::collections::BTreeSet;
use std::time::Duration;

use bongsu_testkit::{Server, wait};
use serde_json::{Value, json};

const MESSAGES: usize = 200;
/// Messages a second: slow enough for the kills to fall into the task.
const RATE: u32 = 100;
const KILLS: usize = 5;
const RECEIVES_IN_A_ROW: usize = 3;

#[test]
fn a_redrive_goes_on_after_every_kill_and_moves_each_message_once() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::serve(data.path());
    let dead_arn = "arn:aws:sqs:us-east-1:000000000000:dead";
    let dead = server.sqs().create_queue("dead", &[]).unwrap();
    let redrive = format!(r#"{{"deadLetterTargetArn":"{dead_arn}","maxReceiveCount":1}}"#);
    let attributes = [("RedrivePolicy", redrive.as_str()), ("VisibilityTimeout", "0")];
    let orders = server.sqs().create_queue("orders", &attributes).unwrap();
    for number in 0..MESSAGES {
        server.sqs().send(&orders, &number.to_string()).unwrap();
    }
    // Every message is received once, and dead-lettered by the attempt to receive it again.
    let mut nothing = 0;
    while nothing < RECEIVES_IN_A_ROW {
        nothing = if server.sqs().receive(&orders, 0).unwrap().is_empty() { nothing + 1 } else { 0 };
    }
    assert_eq!(server.sqs().depth(&dead).unwrap(), MESSAGES as u64);

    let start = json!({ "SourceArn": dead_arn, "MaxNumberOfMessagesPerSecond": RATE });
    server.sqs().call("StartMessageMoveTask", &start).unwrap();
    let task = |server: &Server| -> Value {
        let tasks = server.sqs().call("ListMessageMoveTasks", &json!({ "SourceArn": dead_arn })).unwrap();
        tasks["Results"][0].clone()
    };
    let moved = |server: &Server| task(server)["ApproximateNumberOfMessagesMoved"].as_u64().unwrap();
    for _ in 0..KILLS {
        let before = moved(&server);
        let more = wait::until("the task moves on", Duration::from_secs(20), || {
            Some(moved(&server)).filter(|now| *now > before)
        });
        server.kill_nine();
        server.restart().unwrap();
        assert!(moved(&server) >= more, "what was told as moved is moved");
    }
    wait::until("the task ends", Duration::from_secs(60), || (task(&server)["Status"] == "COMPLETED").then_some(()));
    assert_eq!(moved(&server), MESSAGES as u64);
    assert_eq!(server.sqs().depth(&dead).unwrap(), 0);

    let attributes = json!({ "QueueUrl": orders, "Attributes": { "VisibilityTimeout": "600", "RedrivePolicy": "" } });
    server.sqs().call("SetQueueAttributes", &attributes).unwrap();
    let mut bodies = BTreeSet::new();
    let mut received = 0;
    loop {
        let messages = server.sqs().receive(&orders, 0).unwrap();
        if messages.is_empty() {
            break;
        }
        received += messages.len();
        bodies.extend(messages.into_iter().map(|message| message.body));
    }
    assert_eq!((received, bodies.len()), (MESSAGES, MESSAGES), "every message is back, and once");
    assert!(server.stop().success(), "{}", server.output());
}
