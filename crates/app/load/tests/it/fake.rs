//! One standard queue in memory behind real sockets: as much of SQS as a load needs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bongsu_client::{Client, Settings};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What the server holds, and how it behaves.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) state: Mutex<State>,
    /// Every n-th request is answered with a 500, if this is not 0.
    pub(crate) fails_every: usize,
    /// The second entry of every batch fails.
    pub(crate) fails_entries: bool,
}

#[derive(Default)]
pub(crate) struct State {
    visible: VecDeque<String>,
    hidden: BTreeMap<String, String>,
    handles: usize,
    requests: usize,
    queues: Vec<String>,
    deduplication_ids: BTreeSet<String>,
}

impl Fake {
    /// Serves on a port of its own.
    pub(crate) async fn serve(self) -> (Arc<Self>, Client) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let fake = Arc::new(self);
        let serving = fake.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let fake = serving.clone();
                let service = service_fn(move |request| fake.clone().answer(request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        (fake, Client::new(Settings { endpoint, identity: None, ca_bundle: None }).unwrap())
    }

    /// Names of queues that were created and not deleted.
    pub(crate) fn queues(&self) -> Vec<String> {
        self.state.lock().unwrap().queues.clone()
    }

    /// Messages that were not deleted.
    pub(crate) fn messages(&self) -> usize {
        let state = self.state.lock().unwrap();
        state.visible.len() + state.hidden.len()
    }

    /// Different ones that were sent.
    pub(crate) fn deduplication_ids(&self) -> usize {
        self.state.lock().unwrap().deduplication_ids.len()
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let operation = request.headers()["x-amz-target"].to_str().unwrap().replace("AmazonSQS.", "");
        let input = serde_json::from_slice(&request.into_body().collect().await.unwrap().to_bytes()).unwrap();
        let count = {
            let mut state = self.state.lock().unwrap();
            state.requests += 1;
            state.requests
        };
        if self.fails_every > 0 && count.is_multiple_of(self.fails_every) {
            let body = json!({ "__type": "com.amazon.coral.service#InternalFailure", "message": "out of order" });
            return Ok(Response::builder().status(500).body(Full::from(body.to_string())).unwrap());
        }
        let output = self.call(&operation, &input).await;
        Ok(Response::new(Full::from(output.to_string())))
    }

    async fn call(&self, operation: &str, input: &Value) -> Value {
        match operation {
            "CreateQueue" => {
                let name = input["QueueName"].as_str().unwrap();
                self.state.lock().unwrap().queues.push(name.to_owned());
                json!({ "QueueUrl": format!("http://fake/000000000000/{name}") })
            }
            "DeleteQueue" => {
                self.state.lock().unwrap().queues.retain(|name| !input["QueueUrl"].as_str().unwrap().ends_with(name));
                json!({})
            }
            "SendMessage" => {
                self.send(input);
                json!({ "MessageId": "m" })
            }
            "SendMessageBatch" => self.each(input, |entry| self.send(entry)),
            "DeleteMessage" => {
                self.delete(input);
                json!({})
            }
            "DeleteMessageBatch" => self.each(input, |entry| self.delete(entry)),
            "ReceiveMessage" => {
                // Long polls end at once: a test has no time to spend.
                tokio::task::yield_now().await;
                match self.receive(input) {
                    received if received.is_empty() => json!({}),
                    received => json!({ "Messages": received }),
                }
            }
            other => panic!("{other}"),
        }
    }

    fn each(&self, input: &Value, one: impl Fn(&Value)) -> Value {
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for (at, entry) in input["Entries"].as_array().unwrap().iter().enumerate() {
            if self.fails_entries && at == 1 {
                failed.push(json!({ "Id": entry["Id"], "Code": "Unlucky", "SenderFault": false }));
            } else {
                one(entry);
                successful.push(json!({ "Id": entry["Id"] }));
            }
        }
        json!({ "Successful": successful, "Failed": failed })
    }

    fn send(&self, message: &Value) {
        let mut state = self.state.lock().unwrap();
        state.deduplication_ids.extend(message["MessageDeduplicationId"].as_str().map(str::to_owned));
        state.visible.push_back(message["MessageBody"].as_str().unwrap().to_owned());
    }

    fn delete(&self, entry: &Value) {
        self.state.lock().unwrap().hidden.remove(entry["ReceiptHandle"].as_str().unwrap()).unwrap();
    }

    fn receive(&self, input: &Value) -> Vec<Value> {
        let mut state = self.state.lock().unwrap();
        let mut received = Vec::new();
        for _ in 0..input["MaxNumberOfMessages"].as_u64().unwrap() {
            let Some(body) = state.visible.pop_front() else { break };
            state.handles += 1;
            let handle = format!("handle/{}", state.handles);
            received.push(json!({ "MessageId": "m", "ReceiptHandle": handle, "Body": body }));
            state.hidden.insert(handle, body);
        }
        received
    }
}
