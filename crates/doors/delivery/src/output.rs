//! Turns what a process prints into log lines of the invocation it printed them in.

use std::collections::HashSet;
use std::io;
use std::io::PipeReader;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use tokio::net::unix::pipe::Receiver;
use tokio::sync::{mpsc, oneshot};

use crate::{LogLine, LogSink, LogStream};

/// The longest log line in bytes; a longer one is split.
pub const LOG_LINE_BYTES_MAX: usize = 64 * 1024;
/// What one invocation may print in bytes; the rest is read and dropped, and a line of the log says so.
pub const INVOCATION_LOG_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most a pipe can hold for an unprivileged process, so the most that can have been printed before a mark.
const PIPE_BYTES_MAX: usize = 1024 * 1024;
const READ_BYTES: usize = 16 * 1024;

/// The two streams of one process, read until both are closed and this is dropped.
pub(crate) struct Output {
    marks: mpsc::Sender<Mark>,
}

/// Separates what was printed before it from what is printed after it.
struct Mark {
    what: What,
    request_id: Arc<str>,
    passed: oneshot::Sender<()>,
}

#[derive(Clone, Copy)]
enum What {
    Begins,
    Ends,
}

impl Output {
    pub(crate) fn read(
        function: Arc<str>,
        version: Arc<str>,
        sink: Arc<dyn LogSink>,
        stdout: PipeReader,
        stderr: PipeReader,
    ) -> io::Result<Output> {
        let (sender, marks) = mpsc::channel(1);
        let reader = Reader {
            stdout: Stream::new(LogStream::Stdout, stdout)?,
            stderr: Stream::new(LogStream::Stderr, stderr)?,
            log: Log {
                function,
                version,
                sink,
                open: HashSet::new(),
                bytes_left: INVOCATION_LOG_BYTES_MAX,
                noted: false,
            },
            buffer: vec![0; READ_BYTES],
        };
        tokio::spawn(reader.run(marks));
        Ok(Output { marks: sender })
    }

    /// What is printed from now on may belong to this invocation.
    pub(crate) async fn begin(&self, request_id: &Arc<str>) {
        self.mark(What::Begins, request_id).await;
    }

    /// Everything printed until now has been given to the sink when this returns, half a line at the end included.
    pub(crate) async fn end(&self, request_id: &Arc<str>) {
        self.mark(What::Ends, request_id).await;
    }

    async fn mark(&self, what: What, request_id: &Arc<str>) {
        let (passed, wait) = oneshot::channel();
        if self.marks.send(Mark { what, request_id: request_id.clone(), passed }).await.is_ok() {
            // An error means that the reader is gone, and with it everything there was to wait for.
            wait.await.ok();
        }
    }
}

struct Reader {
    stdout: Stream,
    stderr: Stream,
    log: Log,
    buffer: Vec<u8>,
}

impl Reader {
    async fn run(mut self, mut marks: mpsc::Receiver<Mark>) {
        loop {
            tokio::select! {
                biased;
                mark = marks.recv() => {
                    self.stdout.drain(&mut self.buffer, &mut self.log);
                    self.stderr.drain(&mut self.buffer, &mut self.log);
                    let Some(mark) = mark else { return };
                    self.log.mark(mark.what, mark.request_id);
                    // The waiter may have been cancelled.
                    mark.passed.send(()).ok();
                }
                () = self.stdout.readable() => self.stdout.read(&mut self.buffer, &mut self.log),
                () = self.stderr.readable() => self.stderr.read(&mut self.buffer, &mut self.log),
            }
        }
    }
}

/// One pipe and the line that has been read from it so far.
struct Stream {
    stream: LogStream,
    /// None once its writers are gone.
    pipe: Option<Receiver>,
    lines: Lines,
}

impl Stream {
    fn new(stream: LogStream, pipe: PipeReader) -> io::Result<Stream> {
        let pipe = Some(Receiver::from_owned_fd(OwnedFd::from(pipe))?);
        Ok(Stream { stream, pipe, lines: Lines::default() })
    }

    async fn readable(&self) {
        match &self.pipe {
            // A pipe that cannot be waited for is found out by the read that follows.
            Some(pipe) => drop(pipe.readable().await),
            None => std::future::pending().await,
        }
    }

    fn read(&mut self, buffer: &mut [u8], log: &mut Log) {
        let Some(pipe) = &self.pipe else { return };
        match pipe.try_read(buffer) {
            Ok(0) => self.close(log),
            Ok(read) => self.take(&buffer[..read], log),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.close(log),
        }
    }

    /// Takes what is in the pipe at this moment, then the unfinished line, unless it may be another invocation's.
    fn drain(&mut self, buffer: &mut [u8], log: &mut Log) {
        let mut drained = 0;
        while drained < PIPE_BYTES_MAX
            && let Some(pipe) = &self.pipe
        {
            // Asked of the system, because the pipe's cached readiness may not know of the latest bytes yet.
            match rustix::io::read(pipe, &mut *buffer) {
                Ok(0) => self.pipe = None,
                Ok(read) => {
                    drained += read;
                    self.take(&buffer[..read], log);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => break,
            }
        }
        if log.open.len() <= 1 {
            self.lines.finish(|line| log.write(self.stream, line));
        }
    }

    fn take(&mut self, bytes: &[u8], log: &mut Log) {
        self.lines.take(log.within_budget(bytes), |line| log.write(self.stream, line));
        if log.bytes_left == 0 && !log.noted {
            self.lines.finish(|line| log.write(self.stream, line));
            log.note_dropped_output();
        }
    }

    fn close(&mut self, log: &mut Log) {
        self.pipe = None;
        self.lines.finish(|line| log.write(self.stream, line));
    }
}

/// The sink, and whom the lines belong to.
struct Log {
    function: Arc<str>,
    version: Arc<str>,
    sink: Arc<dyn LogSink>,
    /// The invocations that go on.
    open: HashSet<Arc<str>>,
    bytes_left: usize,
    noted: bool,
}

impl Log {
    fn mark(&mut self, what: What, request_id: Arc<str>) {
        match what {
            What::Begins => self.open.insert(request_id),
            What::Ends => self.open.remove(&request_id),
        };
        self.bytes_left = INVOCATION_LOG_BYTES_MAX;
        self.noted = false;
    }

    fn within_budget<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let kept = bytes.len().min(self.bytes_left);
        self.bytes_left -= kept;
        &bytes[..kept]
    }

    fn note_dropped_output(&mut self) {
        self.noted = true;
        let text = format!("Output beyond {INVOCATION_LOG_BYTES_MAX} bytes of one invocation is not logged.");
        self.write(LogStream::Platform, text.as_bytes());
    }

    fn write(&self, stream: LogStream, line: &[u8]) {
        let text = String::from_utf8_lossy(line).into_owned();
        let request_id = self.owner(&text).cloned();
        let (function, version) = (self.function.clone(), self.version.clone());
        self.sink.line(LogLine { function, version, request_id, stream, text });
    }

    /// The invocation that a line belongs to: the only one, or else the one that the line names.
    fn owner(&self, text: &str) -> Option<&Arc<str>> {
        if self.open.len() == 1 {
            return self.open.iter().next();
        }
        // A thousand may be open: each word is looked up, not each of them looked for.
        let mut words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '-');
        words.find_map(|word| self.open.get(word))
    }
}

/// Cuts a stream of bytes into lines of at most [`LOG_LINE_BYTES_MAX`].
#[derive(Default)]
struct Lines {
    unfinished: Vec<u8>,
}

impl Lines {
    fn take(&mut self, bytes: &[u8], mut emit: impl FnMut(&[u8])) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.unfinished.extend_from_slice(piece);
            if self.unfinished.ends_with(b"\n") {
                self.unfinished.pop();
                self.split_long(&mut emit);
                emit(self.unfinished.strip_suffix(b"\r").unwrap_or(&self.unfinished));
                self.unfinished.clear();
            } else {
                self.split_long(&mut emit);
            }
        }
    }

    fn finish(&mut self, emit: impl FnOnce(&[u8])) {
        if !self.unfinished.is_empty() {
            emit(&self.unfinished);
            self.unfinished.clear();
        }
    }

    fn split_long(&mut self, emit: &mut impl FnMut(&[u8])) {
        while self.unfinished.len() > LOG_LINE_BYTES_MAX {
            let end = character_start(&self.unfinished, LOG_LINE_BYTES_MAX);
            emit(&self.unfinished[..end]);
            self.unfinished.drain(..end);
        }
    }
}

/// The last place at or before `end` that is not inside a UTF-8 character.
fn character_start(bytes: &[u8], end: usize) -> usize {
    (end - 3..=end).rev().find(|at| bytes[*at] & 0b1100_0000 != 0b1000_0000).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let mut found = Vec::new();
        let mut lines = Lines::default();
        for piece in pieces {
            lines.take(piece, |line| found.push(String::from_utf8(line.to_vec()).unwrap()));
        }
        lines.finish(|line| found.push(String::from_utf8(line.to_vec()).unwrap()));
        found
    }

    #[test]
    fn a_line_may_arrive_in_pieces_and_end_without_a_newline() {
        assert_eq!(lines(&[b"on", b"e\ntwo\r\n\nth", b"ree"]), ["one", "two", "", "three"]);
    }

    #[test]
    fn a_long_line_is_split_between_characters() {
        let long = "é".repeat(LOG_LINE_BYTES_MAX) + "\n";
        let shifted = format!("x{long}");
        for text in [&long, &shifted] {
            let found = lines(&[text.as_bytes()]);
            assert!(found.iter().all(|line| line.len() <= LOG_LINE_BYTES_MAX));
            assert_eq!(found.concat(), text.trim_end());
        }
    }

    #[test]
    fn a_line_of_exactly_the_limit_is_one_line() {
        let text = "x".repeat(LOG_LINE_BYTES_MAX) + "\n";
        assert_eq!(lines(&[text.as_bytes()]), [text.trim_end()]);
    }
}
