//! One HTTP/1.1 connection, and whether the other end has said anything since the last request.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::JoinHandle;

/// Bytes of an answer's status line and headers together. More is no answer.
pub const ANSWER_HEAD_BYTES_MAX: usize = 16 * 1024;

/// A connection that serves one request at a time. Dropping it closes it at once, whatever is still to come.
pub(crate) struct Line {
    sender: SendRequest<Full<Bytes>>,
    heard: Arc<AtomicBool>,
    driver: JoinHandle<()>,
}

/// Why a request got no answer.
pub(crate) struct NoAnswer {
    pub(crate) error: hyper::Error,
    /// True if the connection ended without one byte in reply.
    pub(crate) is_silent: bool,
}

impl Line {
    pub(crate) async fn open(stream: impl Duplex + 'static) -> hyper::Result<Self> {
        let heard = Arc::new(AtomicBool::new(false));
        let wire = Wire { stream: Box::new(stream), heard: heard.clone() };
        let (sender, connection) = Builder::new()
            .max_buf_size(ANSWER_HEAD_BYTES_MAX)
            .max_header_size(ANSWER_HEAD_BYTES_MAX)
            .handshake(TokioIo::new(wire))
            .await?;
        let driver = tokio::spawn(async move {
            // Whoever sends a request is told what broke; between two requests nobody needs to know.
            connection.await.unwrap_or_default();
        });
        Ok(Self { sender, heard, driver })
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, NoAnswer> {
        self.heard.store(false, Ordering::Relaxed);
        let answer = match self.sender.ready().await {
            Ok(()) => self.sender.send_request(request).await,
            Err(closed) => Err(closed),
        };
        answer.map_err(|error| NoAnswer { error, is_silent: !self.heard.load(Ordering::Relaxed) })
    }

    /// True if the last answer was read to its end and nothing forbids another request.
    pub(crate) fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// A stream of bytes both ways, with or without TLS.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A stream that notes that something came.
struct Wire {
    stream: Box<dyn Duplex>,
    heard: Arc<AtomicBool>,
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, into))?;
        if into.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
