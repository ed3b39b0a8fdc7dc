//! What a test asks of Step Functions: which executions there were, and when.

use std::net::SocketAddr;
use std::time::Duration;

use bongsu_testkit::http::Client;
use serde_json::{Value, json};

const TIMEOUT: Duration = Duration::from_secs(30);

/// One execution of the example's workflow. Times are seconds since 1970, by the server's clock.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) status: String,
    /// Why it failed.
    pub(crate) cause: Value,
    /// The message that started it.
    pub(crate) message_id: String,
    pub(crate) mall: String,
    pub(crate) started: f64,
    pub(crate) stopped: f64,
}

/// A connection to a server's Step Functions.
pub(crate) struct States {
    http: Client,
    machine: String,
}

impl States {
    pub(crate) fn new(api: SocketAddr, machine: &str) -> States {
        let machine = format!("arn:aws:states:us-east-1:000000000000:stateMachine:{machine}");
        States { http: Client::new(api, TIMEOUT), machine }
    }

    /// Whether an execution runs.
    pub(crate) fn is_busy(&mut self) -> bool {
        let input = json!({ "stateMachineArn": self.machine, "statusFilter": "RUNNING", "maxResults": 1 });
        !self.call("ListExecutions", &input)["executions"].as_array().unwrap().is_empty()
    }

    /// All executions, in the order in which they started; none may run.
    pub(crate) fn executions(&mut self) -> Vec<Execution> {
        let (mut found, mut next) = (Vec::new(), Value::Null);
        loop {
            let mut input = json!({ "stateMachineArn": self.machine, "maxResults": 1000 });
            if !next.is_null() {
                input["nextToken"] = next;
            }
            let mut page = self.call("ListExecutions", &input);
            for listed in page["executions"].as_array().unwrap() {
                found.push(self.execution(listed));
            }
            next = page["nextToken"].take();
            if next.is_null() {
                break;
            }
        }
        found.sort_by(|one, other| one.started.total_cmp(&other.started));
        found
    }

    fn execution(&mut self, listed: &Value) -> Execution {
        let told = self.call("DescribeExecution", &json!({ "executionArn": listed["executionArn"] }));
        let input: Value = serde_json::from_str(told["input"].as_str().unwrap()).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Execution {
            status: text(&told["status"]),
            cause: json!([told["error"], told["cause"]]),
            message_id: text(&input[0]["message_id"]),
            mall: text(&input[0]["webhook"]["resource"]["mall_id"]),
            started: told["startDate"].as_f64().unwrap(),
            stopped: told["stopDate"].as_f64().unwrap(),
        }
    }

    fn call(&mut self, operation: &str, input: &Value) -> Value {
        let target = format!("AWSStepFunctions.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target.as_str())];
        let answer = self.http.post("/", &headers, input.to_string().as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}
