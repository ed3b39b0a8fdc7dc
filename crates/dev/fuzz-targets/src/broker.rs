//! A whole AWS endpoint over a journal in memory, for requests that strangers make up.

use std::pin::pin;
use std::sync::Arc;

use bongsu_aws_api::events::Calls;
use bongsu_aws_api::lambda;
use bongsu_aws_api::sigv4::Verifier;
use bongsu_aws_api::{AwsApi, Config};
use bongsu_broker::{Account, Seconds, Timestamp};
use bongsu_journal::MemoryJournal;
use bongsu_runtime::{Clock, Fatal, ManualClock, Options, Outside};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Request;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinHandle, yield_now};

use crate::stacks::Echo;
use crate::{json, xml};

const ACCOUNT: Account = Account(0);
/// When every input begins, in milliseconds.
const NOW: Timestamp = Timestamp(1_767_323_045_000);
/// Requests of one input; those behind are left out.
const REQUESTS_MAX: usize = 16;
/// How often everything else may go on before a request counts as waiting for time to pass.
const TURNS_BEFORE_WAITING: usize = 64;
/// No receive waits longer.
const WAIT_MAX: Seconds = Seconds(20);
/// An answer must be there after waiting this often.
const WAITS_MAX: usize = 2;
const SUCCESS: u16 = 200;
/// Success, and the statuses of the AWS error table that put the fault on the caller.
const STATUSES: &[u16] = &[SUCCESS, 400, 403, 404, 413];

/// What there is before an input's own requests: a queue of each kind, and a message that was received.
const BEFORE: &[(&str, &str)] = &[
    ("CreateQueue", r#"{"QueueName":"orders"}"#),
    ("CreateQueue", r#"{"QueueName":"orders.fifo","Attributes":{"FifoQueue":"true"}}"#),
    ("SendMessage", r#"{"QueueUrl":"orders","MessageBody":"one"}"#),
    (
        "SendMessage",
        r#"{"QueueUrl":"orders.fifo","MessageBody":"one","MessageGroupId":"g","MessageDeduplicationId":"d"}"#,
    ),
    ("ReceiveMessage", r#"{"QueueUrl":"orders"}"#),
];

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().build().expect("a runtime without drivers");
}

/// An endpoint that begins the same way each time.
pub(crate) struct World {
    journal: MemoryJournal,
    clock: ManualClock,
    api: AwsApi,
    shard: JoinHandle<Result<(), Fatal>>,
    /// The receipt handle that was given out last.
    handle: String,
}

impl World {
    /// Makes each part of an input a request, given the receipt handle that was given out last, and has it answered.
    ///
    /// # Panics
    ///
    /// If an answer says that the fault is ours, is not well-formed, or does not come; or if a restart finds other
    /// queues or other numbers of messages than there were.
    pub(crate) fn run<'a>(
        parts: impl Iterator<Item = &'a [u8]>,
        request: impl Fn(&'a [u8], &str) -> Option<Request<Bytes>>,
    ) {
        RUNTIME.with(|runtime| {
            runtime.block_on(async {
                let clock = ManualClock::starting_at(NOW);
                let mut world = World::start(MemoryJournal::new(), clock).await;
                for (operation, body) in BEFORE {
                    world.ask(operation, body).await;
                }
                let mut is_changed = false;
                for part in parts.take(REQUESTS_MAX) {
                    if let Some(request) = request(part, &world.handle) {
                        is_changed |= world.answer(request).await.0 == SUCCESS;
                    }
                }
                // Most inputs are refused; a restart would take longer than they do.
                if is_changed {
                    let before = world.inventory().await;
                    world = world.restart().await;
                    assert_eq!(world.inventory().await, before, "a restart finds what there was");
                }
                world.shard.abort();
            });
        });
    }

    async fn start(journal: MemoryJournal, clock: ManualClock) -> World {
        let options = Options {
            clock: Clock::Manual(clock.clone()),
            seed: [7; 32],
            recent_bytes_max: 1 << 20,
            faults: false,
            outside: Outside::default(),
        };
        let started = bongsu_runtime::start(Arc::new(journal.reopen()), options).await;
        let (broker, shard) = started.unwrap_or_else(|error| panic!("what was written can be replayed: {error}"));
        let config = Config {
            account: ACCOUNT,
            region: "us-east-1".to_owned(),
            verifier: Verifier::development("000000000000"),
            clock: Clock::Manual(clock.clone()),
            cooldowns: false,
            slow_after: std::time::Duration::MAX,
            spans: None,
            host: "127.0.0.1:4566".to_owned(),
            public_url: None,
            functions: Arc::new(lambda::NoFunctions),
            code: Arc::new(lambda::NoCode),
            code_source: Arc::new(lambda::NoObjects),
            function_urls: Arc::new(lambda::NoUrls),
            function_url_host: "localhost".to_owned(),
            calls: Calls::to_nobody(),
            function_logs: None,
            stacks: Some(Arc::new(Echo)),
        };
        let shard = tokio::spawn(shard.run());
        World { journal, clock, api: AwsApi::new(config, broker), shard, handle: String::new() }
    }

    async fn restart(self) -> World {
        self.shard.abort();
        World::start(self.journal, self.clock).await
    }

    /// Every queue with its attributes, which count its messages.
    async fn inventory(&mut self) -> Vec<Value> {
        let urls = self.ask("ListQueues", "{}").await;
        let mut queues = Vec::new();
        for url in urls["QueueUrls"].as_array().into_iter().flatten() {
            let input = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
            queues.push(self.ask("GetQueueAttributes", &input.to_string()).await);
        }
        queues
    }

    /// Asks in JSON for something that succeeds.
    async fn ask(&mut self, operation: &str, body: &str) -> Value {
        let request = json::request(operation.as_bytes(), body.as_bytes()).expect("a good request");
        let (status, body) = self.answer(request).await;
        assert_eq!(status, SUCCESS, "{operation}: {body}");
        serde_json::from_str(&body).unwrap_or_default()
    }

    /// Has a request answered and looks at the answer's form.
    async fn answer(&mut self, request: Request<Bytes>) -> (u16, String) {
        let (head, body) = request.into_parts();
        let mut answer = pin!(self.api.answer(&head, body, std::net::Ipv4Addr::LOCALHOST.into()));
        let mut turns = 0;
        let answer = loop {
            tokio::select! {
                biased;
                answer = &mut answer => break answer,
                () = yield_now() => turns += 1,
            }
            assert!(turns <= WAITS_MAX * TURNS_BEFORE_WAITING, "an answer comes: {head:?}");
            if turns % TURNS_BEFORE_WAITING == 0 {
                self.clock.advance(WAIT_MAX);
            }
        };
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("a body in memory is whole").to_bytes();
        let body = String::from_utf8(body.to_vec()).expect("every answer is text");
        let status = head.status.as_u16();
        assert!(STATUSES.contains(&status), "{status}: {body}");
        if head.headers.get(CONTENT_TYPE) == Some(&HeaderValue::from_static("text/xml")) {
            xml::check(&body);
        } else if !body.is_empty() {
            let value: Value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
            if let Some(handle) = value.pointer("/Messages/0/ReceiptHandle").and_then(Value::as_str) {
                self.handle = handle.to_owned();
            }
        }
        (status, body)
    }
}
