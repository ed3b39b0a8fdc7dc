//! One keep-alive connection with at most one request under way.

use std::io;
use std::ops::Range;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::error::refusal;
use crate::reply::{Body, Chunks, Head, parse_chunks, parse_head, within_limit};
use crate::{CallError, Client};

const RESPONSE_BYTES: usize = 16 * 1024;

/// A connection that is made again when it has broken.
pub struct Connection {
    client: Client,
    /// `None` while a call is under way and after one that broke, so that nobody reads the end of an older answer.
    stream: Option<Stream>,
    reply: Reply,
}

/// An answer, read whole.
pub(crate) struct Reply {
    bytes: Vec<u8>,
    head_bytes: usize,
    body: Range<usize>,
}

pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    pub(crate) fn new(client: Client, stream: Stream) -> Self {
        Self {
            client,
            stream: Some(stream),
            reply: Reply { bytes: Vec::with_capacity(RESPONSE_BYTES), head_bytes: 0, body: 0..0 },
        }
    }

    /// Sends a finished request and reads the whole answer. Waits as long as that takes; a call that is dropped before
    /// closes the connection.
    pub async fn call(&mut self, request: &[u8]) -> Result<(), CallError> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.client.open().await?,
        };
        self.reply.clear();
        stream.write_all(request).await?;
        let head = self.read_reply(&mut stream).await?;
        if head.keeps_alive {
            self.stream = Some(stream);
        }
        self.reply.head_bytes = head.bytes;
        match head.status {
            200..300 => Ok(()),
            status => Err(refusal(status, self.reply.header("x-amzn-errortype"), self.body())),
        }
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        self.reply.body()
    }

    /// The value of a header of the last answer, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.reply.header(name)
    }

    /// The last answer, and the connection if it can be used again.
    pub(crate) fn into_parts(self) -> (Reply, Option<Stream>) {
        (self.reply, self.stream)
    }

    async fn read_reply(&mut self, stream: &mut Stream) -> Result<Head, CallError> {
        let head = loop {
            stream.read_more(&mut self.reply.bytes).await?;
            if let Some(head) = parse_head(&self.reply.bytes)? {
                break head;
            }
        };
        let end = match head.body {
            Body::Bytes(bytes) => self.read_bytes(stream, head.bytes + bytes).await?,
            Body::Chunked => self.read_chunks(stream, head.bytes).await?,
            Body::UntilClose => self.read_until_close(stream).await?,
        };
        if self.reply.bytes.len() > end {
            return Err(CallError::NotUnderstood(format!("{} bytes follow it", self.reply.bytes.len() - end)));
        }
        if head.body != Body::Chunked {
            self.reply.body = head.bytes..end;
        }
        Ok(head)
    }

    async fn read_bytes(&mut self, stream: &mut Stream, end: usize) -> io::Result<usize> {
        self.reply.bytes.reserve(end.saturating_sub(self.reply.bytes.len()));
        while self.reply.bytes.len() < end {
            stream.read_more(&mut self.reply.bytes).await?;
        }
        Ok(end)
    }

    /// Moves the pieces together, where the body is then found.
    async fn read_chunks(&mut self, stream: &mut Stream, begin: usize) -> Result<usize, CallError> {
        let Chunks { pieces, end } = loop {
            if let Some(found) = parse_chunks(&self.reply.bytes[begin..])? {
                break found;
            }
            stream.read_more(&mut self.reply.bytes).await?;
        };
        self.reply.body = begin..begin;
        for piece in pieces {
            let bytes = piece.len();
            self.reply.bytes.copy_within(begin + piece.start..begin + piece.end, self.reply.body.end);
            self.reply.body.end += bytes;
        }
        Ok(begin + end)
    }

    async fn read_until_close(&mut self, stream: &mut Stream) -> Result<usize, CallError> {
        while stream.read(&mut self.reply.bytes).await? > 0 {
            within_limit(self.reply.bytes.len())?;
        }
        Ok(self.reply.bytes.len())
    }
}

impl Reply {
    fn clear(&mut self) {
        self.bytes.clear();
        (self.head_bytes, self.body) = (0, 0..0);
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.bytes[self.body.clone()]
    }

    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let head = std::str::from_utf8(&self.bytes[..self.head_bytes]).ok()?;
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(named, _)| named.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

impl Stream {
    async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes).await,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    /// Whether the connection still stands, and nothing was said since the last answer.
    pub(crate) fn is_quiet(&self) -> bool {
        let tcp = match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        };
        // What is read here is lost; but then the connection is not used again.
        matches!(tcp.try_read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// At least one byte.
    async fn read_more(&mut self, into: &mut Vec<u8>) -> io::Result<()> {
        match self.read(into).await? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection was closed")),
            _ => Ok(()),
        }
    }

    async fn read(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read_buf(into).await,
            Self::Tls(stream) => stream.read_buf(into).await,
        }
    }
}
