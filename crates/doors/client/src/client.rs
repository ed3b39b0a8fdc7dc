//! A client of one endpoint: opens connections, and makes single calls through serde.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::connection::{Connection, Reply, Stream};
use crate::error::excerpt;
use crate::{CallError, ConnectError, Endpoint, Identity, Request, Settings, request, tls};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Longer than any single call waits for messages.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A connection that was idle for longer is not used again: servers close them after some seconds.
const IDLE_MAX: Duration = Duration::from_secs(5);
/// Idle connections that are kept; more are closed.
const IDLE_CONNECTIONS_MAX: usize = 100;

/// A client of one endpoint; clones share what they know.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    /// Where single calls leave their connections, if they do.
    idle: Option<Arc<Mutex<Vec<Idle>>>>,
}

struct Idle {
    since: Instant,
    stream: Stream,
}

struct Shared {
    endpoint: Endpoint,
    identity: Option<Identity>,
    tls: Option<TlsConnector>,
}

impl Client {
    /// A client with these settings. Nothing is connected yet; fails only if the certificates cannot be read.
    pub fn new(settings: Settings) -> Result<Self, ConnectError> {
        let Settings { endpoint, identity, ca_bundle } = settings;
        let failed = |reason| ConnectError { endpoint: endpoint.to_string(), reason };
        let tls = endpoint.is_tls().then(|| tls::connector(ca_bundle.as_deref())).transpose().map_err(failed)?;
        Ok(Self { shared: Arc::new(Shared { endpoint, identity, tls }), idle: None })
    }

    /// The client of another service, by its name in signatures.
    pub fn of_service(&self, service: &str) -> Self {
        let Shared { endpoint, identity, tls } = &*self.shared;
        let shared = Shared { endpoint: endpoint.of_service(service), identity: identity.clone(), tls: tls.clone() };
        Self { shared: Arc::new(shared), idle: self.idle.as_ref().map(|_| Arc::default()) }
    }

    /// The same client, for many single calls: it and its clones use connections again instead of making one a call.
    pub fn keeping_connections(&self) -> Self {
        Self { shared: self.shared.clone(), idle: Some(Arc::default()) }
    }

    /// Where requests go.
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    /// Opens a connection.
    pub async fn connect(&self) -> Result<Connection, ConnectError> {
        Ok(Connection::new(self.clone(), self.open().await?))
    }

    /// Prepares the request of one operation.
    pub fn request(&self, operation: &str) -> Request {
        Request::new(&self.shared.endpoint, self.shared.identity.as_ref(), operation)
    }

    /// Calls an operation once.
    pub async fn call<O: DeserializeOwned>(&self, operation: &str, input: &impl Serialize) -> Result<O, CallError> {
        let mut request = self.request(operation);
        serde_json::to_writer(request.body(), input).map_err(io::Error::from)?;
        let body = self.exchange(request.finish(), ANSWER_WITHIN).await?.body().to_vec();
        // Operations without output may answer with nothing at all.
        read(if body.is_empty() { b"{}" } else { &body })
    }

    /// Gets a JSON document. The query's names must be in their order, or the signature will be wrong.
    pub async fn get<O: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<O, CallError> {
        let request = request::get(&self.shared.endpoint, self.shared.identity.as_ref(), path, query);
        read(self.exchange(&request, ANSWER_WITHIN).await?.body())
    }

    /// Gets a document of any kind, waiting so long for it. The query's names must be in their order.
    pub async fn get_bytes(
        &self,
        path: &str,
        query: &[(&str, &str)],
        answer_within: Duration,
    ) -> Result<Vec<u8>, CallError> {
        let request = request::get(&self.shared.endpoint, self.shared.identity.as_ref(), path, query);
        Ok(self.exchange(&request, answer_within).await?.body().to_vec())
    }

    /// Posts a body to another service than SQS, by its name in signatures. The path is encoded already.
    pub(crate) async fn post(
        &self,
        (service, path): (&str, &str),
        content_type: &str,
        body: &[u8],
        answer_within: Duration,
    ) -> Result<Reply, CallError> {
        let Shared { endpoint, identity, .. } = &*self.shared;
        let request = request::post(endpoint, identity.as_ref(), service, path, content_type, body);
        self.exchange(&request, answer_within).await
    }

    async fn exchange(&self, request: &[u8], answer_within: Duration) -> Result<Reply, CallError> {
        let mut connection = match self.idle_stream() {
            Some(stream) => Connection::new(self.clone(), stream),
            None => self.connect().await?,
        };
        let called = timeout(answer_within, connection.call(request)).await;
        let outcome = called.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()));
        let (reply, stream) = connection.into_parts();
        if let Some(stream) = stream {
            self.put_by(stream);
        }
        outcome.map(|()| reply)
    }

    fn idle_stream(&self) -> Option<Stream> {
        let mut idle = self.idle.as_ref()?.lock().expect("nothing panics while it holds this lock");
        // The one that was used last is the likeliest to stand.
        std::iter::from_fn(|| idle.pop())
            .find(|idle| idle.since.elapsed() < IDLE_MAX && idle.stream.is_quiet())
            .map(|idle| idle.stream)
    }

    fn put_by(&self, stream: Stream) {
        let Some(idle) = &self.idle else { return };
        let mut idle = idle.lock().expect("nothing panics while it holds this lock");
        if idle.len() < IDLE_CONNECTIONS_MAX {
            idle.push(Idle { since: Instant::now(), stream });
        }
    }

    pub(crate) async fn open(&self) -> Result<Stream, ConnectError> {
        let opened = timeout(CONNECT_WITHIN, self.shared.open()).await;
        let opened = opened.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        opened.map_err(|reason| ConnectError { endpoint: self.shared.endpoint.to_string(), reason })
    }
}

impl Shared {
    async fn open(&self) -> io::Result<Stream> {
        let (host, port) = (self.endpoint.host(), self.endpoint.port());
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(Stream::Plain(stream)) };
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(Stream::Tls(Box::new(tls.connect(name, stream).await?)))
    }
}

fn read<O: DeserializeOwned>(body: &[u8]) -> Result<O, CallError> {
    serde_json::from_slice(body).map_err(|_| CallError::NotUnderstood(excerpt(body)))
}
