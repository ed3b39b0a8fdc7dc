//! Accepts connections and serves each in a task of its own until told to stop.

use std::{convert::Infallible, error::Error, future::Future, io, net::SocketAddr, pin::pin, time::Duration};

use bytes::Bytes;
use hyper::{body::Body, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{debug, warn};

use crate::{
    Limits, Request,
    socket::{Progress, Socket},
};

/// How long to wait after an accept that failed for want of file descriptors or memory.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);
/// hyper's own default, for which it needs no allocation a request.
const HEADERS_ON_STACK: usize = 100;

/// A bound socket that will speak HTTP/1.1.
pub struct Listener {
    socket: TcpListener,
    limits: Limits,
}

impl Listener {
    /// Binds; from here on connections gather in the backlog, so that a client started before `serve` only waits.
    pub async fn bind(address: SocketAddr, limits: Limits) -> io::Result<Self> {
        Ok(Self { socket: TcpListener::bind(address).await?, limits })
    }

    /// The address bound, with the port that was chosen for port 0.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Answers every request with `service`, which also learns the client's address, until `stop` resolves. Then no
    /// connection is accepted and no further request taken; those in flight may end within the limits' grace time.
    pub async fn serve<S, F, B>(self, service: S, stop: impl Future<Output = ()>)
    where
        S: Fn(Request, SocketAddr) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = hyper::Response<B>> + Send + 'static,
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let (stopping, stopped) = watch::channel(());
        let mut connections = JoinSet::new();
        let http = protocol(&self.limits);
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(_) = connections.join_next() => {}
                accepted = self.socket.accept(), if connections.len() < self.limits.connections_max => match accepted {
                    Ok((stream, peer)) => {
                        let progress = Progress::default();
                        let socket = Socket::new(no_delay(stream), progress.clone(), &self.limits);
                        connections.spawn(converse(http.clone(), socket, progress, peer, service.clone(), stopped.clone()));
                    }
                    Err(error) if concerns_one_connection(&error) => debug!(%error, "connection lost before accept"),
                    Err(error) => {
                        warn!(%error, connections = connections.len(), "accept failed");
                        sleep(ACCEPT_BACKOFF).await;
                    }
                },
            }
        }
        let Self { socket, limits } = self;
        drop((socket, stopping, stopped));
        let all_ended = async { while connections.join_next().await.is_some() {} };
        if timeout(limits.grace, all_ended).await.is_err() {
            warn!(connections = connections.len(), "requests cut off at the end of the grace time");
            connections.shutdown().await;
        }
    }
}

fn protocol(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    // The socket itself times heads, with one timer a connection instead of one a request.
    http.header_read_timeout(None);
    http.max_buf_size(Limits::HEADER_BYTES_CEILING).max_header_size(limits.header_bytes_max);
    if limits.headers_max != HEADERS_ON_STACK {
        http.max_headers(limits.headers_max);
    }
    http
}

fn no_delay(stream: TcpStream) -> TcpStream {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "connection lost before its first request");
    }
    stream
}

/// Errors that Linux reports through accept but that leave the listening socket as it was.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn converse<S, F, B>(
    http: http1::Builder,
    socket: Socket,
    progress: Progress,
    peer: SocketAddr,
    service: S,
    mut stopped: watch::Receiver<()>,
) where
    S: Fn(Request, SocketAddr) -> F,
    F: Future<Output = hyper::Response<B>>,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    let service = service_fn(|request| {
        progress.begin();
        let answer = service(request, peer);
        let progress = &progress;
        async move {
            let answer = answer.await;
            progress.answer();
            Ok::<_, Infallible>(answer)
        }
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(socket), service));
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        // Resolves when the sender is dropped.
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%peer, %error, "connection ended early");
    }
}
