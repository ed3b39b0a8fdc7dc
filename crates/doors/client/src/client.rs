//! A client of one endpoint: opens connections, and makes single calls through serde.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::connection::{Connection, Stream};
use crate::error::excerpt;
use crate::{CallError, ConnectError, Endpoint, Identity, Request, Settings, request, tls};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// No single call waits for messages, so that one without an answer for this long has none.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A client of one endpoint; clones share what they know.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
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
        Ok(Self { shared: Arc::new(Shared { endpoint, identity, tls }) })
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

    /// Calls an operation once, over a connection of its own.
    pub async fn call<O: DeserializeOwned>(&self, operation: &str, input: &impl Serialize) -> Result<O, CallError> {
        let mut request = self.request(operation);
        serde_json::to_writer(request.body(), input).map_err(io::Error::from)?;
        let body = self.exchange(request.finish()).await?;
        // Operations without output may answer with nothing at all.
        read(if body.is_empty() { b"{}" } else { &body })
    }

    /// Gets a JSON document. The query's names must be in their order, or the signature will be wrong.
    pub async fn get<O: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<O, CallError> {
        let request = request::get(&self.shared.endpoint, self.shared.identity.as_ref(), path, query);
        read(&self.exchange(&request).await?)
    }

    async fn exchange(&self, request: &[u8]) -> Result<Vec<u8>, CallError> {
        let mut connection = self.connect().await?;
        timeout(ANSWER_WITHIN, connection.call(request))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(connection.body().to_vec())
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
