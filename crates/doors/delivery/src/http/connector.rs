//! Makes connections: resolves, asks the guard, connects to what it let through, and secures it.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::guard::Admitted;
use super::line::Line;
use super::lookups::Lookups;
use super::{AddressGuard, Endpoint, Fault, HttpSettings, tls};

/// Addresses of one name that are tried, each for an equal share of the time that is left.
const ADDRESSES_TRIED_MAX: usize = 8;

pub(crate) struct Connector {
    guard: AddressGuard,
    lookups: Lookups,
    tls: TlsConnector,
    timeout: Duration,
}

impl Connector {
    pub(crate) fn new(settings: &HttpSettings) -> io::Result<Self> {
        Ok(Self {
            guard: settings.guard.clone(),
            lookups: Lookups::new(settings.resolver.clone(), settings.connect_timeout),
            tls: tls::connector(settings.ca_bundle.as_deref())?,
            timeout: settings.connect_timeout,
        })
    }

    /// A fresh connection, ready for a request.
    pub(crate) async fn open(&self, endpoint: &Endpoint) -> Result<Line, Fault> {
        let deadline = Instant::now() + self.timeout;
        timeout_at(deadline, self.open_by(deadline, endpoint)).await.unwrap_or(Err(Fault::TimedOut))
    }

    async fn open_by(&self, deadline: Instant, endpoint: &Endpoint) -> Result<Line, Fault> {
        let admitted = self.addresses(endpoint).await?;
        let stream = connect(&admitted, endpoint.port(), deadline).await?;
        // A request is written at once; nothing is gained by waiting for more.
        stream.set_nodelay(true).map_err(|error| Fault::Unreachable(error.to_string()))?;
        if !endpoint.is_tls() {
            return Ok(Line::new(stream));
        }
        let name = ServerName::try_from(endpoint.host().to_owned()).map_err(|error| Fault::Tls(error.to_string()))?;
        let stream = self.tls.connect(name, stream).await.map_err(|error| Fault::Tls(error.to_string()))?;
        Ok(Line::new(stream))
    }

    /// The addresses that may be connected to. What is checked here is what is connected to: the name is not asked again,
    /// so it cannot be bound to another address in between.
    async fn addresses(&self, endpoint: &Endpoint) -> Result<Vec<Admitted>, Fault> {
        if let Some(address) = endpoint.address() {
            return Ok(vec![self.guard.admit(address)?]);
        }
        let resolved = self.lookups.resolve(endpoint.host()).await.map_err(Fault::Unresolved)?;
        let mut forbidden = None;
        let mut admitted = Vec::new();
        for address in resolved.iter() {
            match self.guard.admit(*address) {
                Ok(address) => admitted.push(address),
                Err(refused) => forbidden = Some(refused),
            }
        }
        match forbidden {
            Some(forbidden) if admitted.is_empty() => Err(forbidden.into()),
            _ => Ok(admitted),
        }
    }
}

async fn connect(admitted: &[Admitted], port: u16, deadline: Instant) -> Result<TcpStream, Fault> {
    let mut fault = Fault::Unresolved("it has no address".to_owned());
    let tried = &admitted[..admitted.len().min(ADDRESSES_TRIED_MAX)];
    for (left, address) in (1..=tried.len() as u32).rev().zip(tried) {
        let share = deadline.saturating_duration_since(Instant::now()) / left;
        fault = match timeout(share, TcpStream::connect(address.at(port))).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => Fault::Unreachable(error.to_string()),
            Err(_) => Fault::TimedOut,
        };
    }
    Err(fault)
}
