//! The example's stand-in for the shop's API, as a process.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bongsu_testkit::http::Client;

/// What it is asked to allow: calls of a mall at once, and a second.
pub(crate) const CAPACITY: u32 = 10;
pub(crate) const LEAK_PER_SECOND: f64 = 5.0;
/// How long it takes for an answer.
const LATENCY: &str = "0.1";
const TIMEOUT: Duration = Duration::from_secs(30);

/// One call, as the stand-in saw it.
pub(crate) struct Call {
    pub(crate) mall: String,
    pub(crate) item: String,
    /// The message that it was made for.
    pub(crate) message_id: String,
    pub(crate) refused: bool,
}

/// The running stand-in, killed when dropped.
pub(crate) struct Shop {
    child: Child,
    address: SocketAddr,
    http: Client,
}

pub(crate) fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop-webhooks")
}

impl Shop {
    pub(crate) fn open() -> Shop {
        let mut child = Command::new("python3")
            .arg(example().join("shop_api.py"))
            .args(["--port", "0", "--capacity", &CAPACITY.to_string()])
            .args(["--rate", &LEAK_PER_SECOND.to_string(), "--latency", LATENCY])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python 3 is there");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("Shop on http://").and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("the stand-in says {line:?}"));
        Shop { child, address, http: Client::new(address, TIMEOUT) }
    }

    /// Where the API of a mall is, as the example's parameter has it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/{{mall_id}}", self.address)
    }

    /// How many calls there were.
    pub(crate) fn count(&mut self) -> usize {
        self.get("/_count").as_u64().unwrap() as usize
    }

    /// Every call, in the order in which they came.
    pub(crate) fn calls(&mut self) -> Vec<Call> {
        let calls = self.get("/_calls");
        let text = |call: &serde_json::Value, name: &str| call[name].as_str().unwrap().to_owned();
        let calls = calls.as_array().unwrap().iter().map(|call| Call {
            mall: text(call, "mall"),
            item: text(call, "item"),
            message_id: text(call, "request"),
            refused: call["status"] == 429,
        });
        calls.collect()
    }

    fn get(&mut self, path: &str) -> serde_json::Value {
        self.http.get(path).unwrap().json()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("a child of ours can be killed");
    }
}
