//! A function in a folder of its own, and what it answers and logs.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bongsu_delivery::{
    FailureKind, FunctionSpec, Functions, FunctionsConfig, Invocation, InvocationEnd, LATEST, Launcher, LogFormat,
    LogLine, LogSink, LogStream, Runtime,
};
use bytes::Bytes;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Fixture {
    pub(crate) functions: Functions,
    pub(crate) spec: Arc<FunctionSpec>,
    pub(crate) folder: TempDir,
    lines: Arc<Lines>,
    invocations: AtomicU64,
}

#[derive(Default)]
struct Lines(Mutex<Vec<LogLine>>);

impl LogSink for Lines {
    fn line(&self, line: LogLine) {
        self.0.lock().unwrap().push(line);
    }
}

impl Fixture {
    /// A function in Python, whose module is `app`.
    pub(crate) fn python(source: &str) -> Fixture {
        let fixture = Fixture::new(Runtime::Python { version: "3".to_owned() });
        fs::write(fixture.folder.path().join("app.py"), source).unwrap();
        fixture
    }

    /// A function that is an executable.
    pub(crate) fn provided(bootstrap: &str) -> Fixture {
        let fixture = Fixture::new(Runtime::Provided);
        write_executable(&fixture.folder.path().join("bootstrap"), bootstrap);
        fixture
    }

    pub(crate) fn new(runtime: Runtime) -> Fixture {
        Fixture::with_launcher(runtime, Launcher::default())
    }

    pub(crate) fn with_launcher(runtime: Runtime, launcher: Launcher) -> Fixture {
        let folder = TempDir::new().unwrap();
        let lines = Arc::new(Lines::default());
        let functions = Functions::new(FunctionsConfig {
            region: "eu-north-1".to_owned(),
            account: "123456789012".to_owned(),
            endpoint_url: "http://127.0.0.1:4566".to_owned(),
            credentials: bongsu_delivery::FunctionCredentials {
                access_key_id: "AKID".to_owned(),
                secret_access_key: "secret".to_owned(),
                session_token: "token".to_owned(),
            },
            launcher,
            logs: lines.clone(),
        });
        let spec = Arc::new(FunctionSpec {
            name: "orders".to_owned(),
            version_name: LATEST.to_owned(),
            version: 1,
            runtime,
            handler: "app.handler".to_owned(),
            code: folder.path().to_owned(),
            layers: Vec::new(),
            timeout: Duration::from_secs(20),
            memory_mb: 128,
            ephemeral_storage_mb: 512,
            concurrency_per_process: 1,
            log_format: LogFormat::Text,
            environment: BTreeMap::new(),
        });
        Fixture { functions, spec, folder, lines, invocations: AtomicU64::new(0) }
    }

    pub(crate) fn change(mut self, change: impl FnOnce(&mut FunctionSpec)) -> Fixture {
        change(Arc::make_mut(&mut self.spec));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Invokes with the ids `id-1`, `id-2` and so on.
    pub(crate) async fn invoke(&self, payload: &str) -> InvocationEnd {
        let number = self.invocations.fetch_add(1, Ordering::Relaxed) + 1;
        self.functions.invoke(&self.spec, invocation(&format!("id-{number}"), payload.to_owned())).await
    }

    /// The text that an invocation returned.
    pub(crate) async fn returned(&self, payload: &str) -> String {
        match self.invoke(payload).await {
            InvocationEnd::Returned(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            InvocationEnd::Failed(failure) => panic!("{failure}\n{:#?}", self.lines.0.lock().unwrap()),
        }
    }

    /// The kind and the text of a failure.
    pub(crate) async fn failed(&self, payload: &str) -> (FailureKind, String) {
        match self.invoke(payload).await {
            InvocationEnd::Returned(bytes) => panic!("returned {}", String::from_utf8_lossy(&bytes)),
            InvocationEnd::Failed(failure) => (failure.kind, String::from_utf8(failure.payload.to_vec()).unwrap()),
        }
    }

    pub(crate) async fn failed_json(&self, payload: &str) -> (FailureKind, Value) {
        let (kind, payload) = self.failed(payload).await;
        (kind, serde_json::from_str(&payload).unwrap())
    }

    /// Every line so far.
    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.lines.0.lock().unwrap().clone()
    }

    /// What the function itself has logged in one invocation.
    pub(crate) fn printed(&self, request_id: &str) -> Vec<String> {
        let lines = self.lines().into_iter();
        lines
            .filter(|line| line.request_id.as_deref() == Some(request_id) && line.stream != LogStream::Platform)
            .map(|line| line.text)
            .collect()
    }
}

pub(crate) fn invocation(request_id: &str, payload: impl Into<Bytes>) -> Invocation {
    Invocation::new(request_id, payload)
}

/// Written by another process: an executable that this one has open for writing could not be started by its siblings.
pub(crate) fn write_executable(path: &Path, source: &str) {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"cat > "$1" && chmod 755 "$1""#, "sh"]).arg(path).stdin(Stdio::piped());
    let mut shell = shell.spawn().unwrap();
    shell.stdin.take().unwrap().write_all(source.as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success());
}

/// Whether a process exists that is not just waiting to be collected.
pub(crate) fn is_alive(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
