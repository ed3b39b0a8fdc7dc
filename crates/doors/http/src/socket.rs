//! A connection's socket that gives up on a silent sender, on a reader that reads nothing, and that closes politely.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

use crate::Limits;

/// How long a closed connection still takes in what the client had under way.
const LINGER: Duration = Duration::from_secs(1);
/// How many bytes it takes in meanwhile.
const LINGER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How many requests of a connection have begun and how many were answered. Only the connection's own task touches it.
#[derive(Clone, Default)]
pub(crate) struct Progress(Arc<Counts>);

#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    answered: AtomicUsize,
}

impl Progress {
    pub(crate) fn begin(&self) {
        self.0.begun.fetch_add(1, Relaxed);
    }

    pub(crate) fn answer(&self) {
        self.0.answered.fetch_add(1, Relaxed);
    }

    /// How many requests were answered, or `None` while one is being worked on.
    fn answered(&self) -> Option<usize> {
        let answered = self.0.answered.load(Relaxed);
        (answered == self.0.begun.load(Relaxed)).then_some(answered)
    }
}

/// The stream below one HTTP connection.
pub(crate) struct Socket {
    stream: TcpStream,
    progress: Progress,
    header_timeout: Duration,
    idle_timeout: Duration,
    write_timeout: Duration,
    /// The answered requests when the present wait for a head began; `None` before it begins.
    waiting_since: Option<usize>,
    /// When that wait is over. The timer below is set to it only when there is really nothing to read.
    head_due: Instant,
    head_begun: bool,
    read_timer: Timer,
    write_timer: Option<Timer>,
    lingered_bytes: usize,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, progress: Progress, limits: &Limits) -> Self {
        let head_due = Instant::now() + limits.header_timeout;
        Self {
            stream,
            progress,
            header_timeout: limits.header_timeout,
            idle_timeout: limits.idle_timeout,
            write_timeout: limits.write_timeout,
            waiting_since: Some(0),
            head_due,
            head_begun: false,
            read_timer: Timer::new(head_due),
            write_timer: None,
            lingered_bytes: 0,
        }
    }

    /// Ready once a head is overdue; never while a request is being worked on or its answer waits to be taken.
    fn poll_head_due(&mut self, read: usize, silent: bool, cx: &mut Context<'_>) -> Poll<()> {
        let answered = self.progress.answered();
        if answered.is_none() || self.write_timer.is_some() {
            return Poll::Pending;
        }
        if answered != self.waiting_since {
            self.waiting_since = answered;
            self.head_begun = false;
            self.head_due = Instant::now() + self.idle_timeout;
        }
        if read > 0 && !self.head_begun {
            self.head_begun = true;
            self.head_due = Instant::now() + self.header_timeout;
        }
        if silent { self.read_timer.poll(self.head_due, cx) } else { Poll::Pending }
    }

    /// Whether all that arrived was whole requests, and all of them are answered.
    fn is_idle(&self) -> bool {
        !self.head_begun && self.progress.answered() == self.waiting_since
    }

    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scrap = [0; 8 * 1024];
        while self.lingered_bytes < LINGER_BYTES_MAX {
            let mut scrap = ReadBuf::new(&mut scrap);
            match Pin::new(&mut self.stream).poll_read(cx, &mut scrap) {
                Poll::Ready(Ok(())) if !scrap.filled().is_empty() => self.lingered_bytes += scrap.filled().len(),
                Poll::Ready(_) => return Poll::Ready(()),
                // Nobody waits for an idle client to notice: it has nothing under way.
                Poll::Pending if self.is_idle() && self.lingered_bytes == 0 => return Poll::Ready(()),
                Poll::Pending => {
                    let timer = self.write_timer.get_or_insert_with(|| Timer::new(Instant::now() + LINGER));
                    let due = timer.due;
                    return timer.poll(due, cx);
                }
            }
        }
        Poll::Ready(())
    }

    /// Lets a write wait only so long, and forgets about it once bytes moved.
    fn poll_written<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_timer = None;
            // The client's next turn begins after the last byte of its answer.
            self.waiting_since = None;
            return written;
        }
        let timer = self.write_timer.get_or_insert_with(|| Timer::new(Instant::now() + self.write_timeout));
        let due = timer.due;
        ready!(timer.poll(due, cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let read = buffer.filled().len() - before;
        if self.poll_head_due(read, outcome.is_pending(), cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        outcome
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.poll_written(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.poll_written(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Follows every answer. hyper looks for the next head only when something arrives, so the wait is timed from here.
        if self.poll_head_due(0, true, cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Closes our side, then takes in what the client still had under way. A socket closed with bytes unread resets
    /// the connection, and the client may lose the refusal that it was about to read (RFC 9112, section 9.6).
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        self.poll_linger(cx).map(Ok)
    }
}

/// A deadline that may move; the runtime's timer moves only when the deadline is waited for.
struct Timer {
    due: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    fn new(due: Instant) -> Self {
        Self { due, sleep: None }
    }

    fn poll(&mut self, due: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if self.due != due {
            self.due = due;
            sleep.as_mut().reset(due);
        }
        sleep.as_mut().poll(cx)
    }
}
