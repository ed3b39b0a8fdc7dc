//! One HTTP/1.1 connection with at most one request under way.
//!
//! Not hyper's: that holds two buffers of 8 KiB and a task for every connection, also for as long as an endpoint thinks
//! about its answer, which is when thousands of them are open. Here nothing but the socket waits.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf, split};

use super::answer::Answer;

/// Bytes that are read at once.
const READ_BYTES: usize = 4096;

/// A connection. Dropping it closes it at once, whatever is still to come.
pub(crate) struct Line {
    stream: Box<dyn Duplex>,
}

/// A stream of bytes both ways, with or without TLS.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl Line {
    pub(crate) fn new(stream: impl Duplex + 'static) -> Self {
        Self { stream: Box::new(stream) }
    }

    /// The bare stream of a connection on which nothing was sent yet.
    pub(crate) fn into_stream(self) -> Box<dyn Duplex> {
        self.stream
    }

    /// Sends a request, and reads its answer as far as it matters. Fails if there is no whole head of an answer; what
    /// there is of it is in `answer` at any time, also when the exchange is dropped. True if the connection can be used
    /// again.
    pub(crate) async fn exchange(&mut self, head: Bytes, body: Bytes, answer: &mut Answer) -> io::Result<bool> {
        let is_sent = self.ask(head, body, answer).await?;
        while !answer.is_read() {
            // An answer that breaks off has been given all the same.
            if read_some(&mut self.stream, answer).await.is_err() {
                return Ok(false);
            }
        }
        Ok(is_sent && answer.leaves_connection_open())
    }

    /// True if the whole request was sent before its answer began to come.
    async fn ask(&mut self, head: Bytes, body: Bytes, answer: &mut Answer) -> io::Result<bool> {
        let (mut reader, mut writer) = split(&mut self.stream);
        let mut read = pin!(async {
            while answer.head().is_none() {
                read_some(&mut reader, answer).await?;
            }
            io::Result::Ok(())
        });
        let write = async move {
            writer.write_all_buf(&mut head.chain(body)).await?;
            writer.flush().await
        };
        let is_sent = tokio::select! {
            biased;
            written = write => written.is_ok(),
            // Nobody reads the rest of a request that is already answered.
            answered = &mut read => return answered.map(|()| false),
        };
        // Who does not take all of a request may have said why before hanging up.
        read.await.map(|()| is_sent)
    }

    /// True if nothing has come since the last answer, neither bytes nor the end.
    pub(crate) fn is_quiet(&mut self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        let read = Pin::new(&mut self.stream)
            .poll_read(&mut Context::from_waker(Waker::noop()), &mut ReadBuf::uninit(&mut byte));
        read.is_pending()
    }
}

/// Reads at least one byte of an answer.
async fn read_some(stream: &mut (impl AsyncRead + Unpin), answer: &mut Answer) -> io::Result<()> {
    poll_fn(|cx| {
        // On the stack of whoever polls, so that waiting takes no memory.
        let mut bytes = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut bytes = ReadBuf::uninit(&mut bytes);
        ready!(Pin::new(&mut *stream).poll_read(cx, &mut bytes))?;
        if bytes.filled().is_empty() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection was closed")));
        }
        Poll::Ready(answer.take_in(bytes.filled()).map_err(io::Error::other))
    })
    .await
}
