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
    response: Vec<u8>,
    body: Range<usize>,
}

pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    pub(crate) fn new(client: Client, stream: Stream) -> Self {
        Self { client, stream: Some(stream), response: Vec::with_capacity(RESPONSE_BYTES), body: 0..0 }
    }

    /// Sends a finished request and reads the whole answer. Waits as long as that takes; a call that is dropped before
    /// closes the connection.
    pub async fn call(&mut self, request: &[u8]) -> Result<(), CallError> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.client.open().await?,
        };
        self.response.clear();
        self.body = 0..0;
        stream.write_all(request).await?;
        let head = self.read_reply(&mut stream).await?;
        if head.keeps_alive {
            self.stream = Some(stream);
        }
        if head.status == 200 { Ok(()) } else { Err(refusal(head.status, self.body())) }
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        &self.response[self.body.clone()]
    }

    async fn read_reply(&mut self, stream: &mut Stream) -> Result<Head, CallError> {
        let head = loop {
            stream.read_more(&mut self.response).await?;
            if let Some(head) = parse_head(&self.response)? {
                break head;
            }
        };
        let end = match head.body {
            Body::Bytes(bytes) => self.read_bytes(stream, head.bytes + bytes).await?,
            Body::Chunked => self.read_chunks(stream, head.bytes).await?,
            Body::UntilClose => self.read_until_close(stream).await?,
        };
        if self.response.len() > end {
            return Err(CallError::NotUnderstood(format!("{} bytes follow it", self.response.len() - end)));
        }
        if head.body != Body::Chunked {
            self.body = head.bytes..end;
        }
        Ok(head)
    }

    async fn read_bytes(&mut self, stream: &mut Stream, end: usize) -> io::Result<usize> {
        self.response.reserve(end.saturating_sub(self.response.len()));
        while self.response.len() < end {
            stream.read_more(&mut self.response).await?;
        }
        Ok(end)
    }

    /// Moves the pieces together, where the body is then found.
    async fn read_chunks(&mut self, stream: &mut Stream, begin: usize) -> Result<usize, CallError> {
        let Chunks { pieces, end } = loop {
            if let Some(found) = parse_chunks(&self.response[begin..])? {
                break found;
            }
            stream.read_more(&mut self.response).await?;
        };
        self.body = begin..begin;
        for piece in pieces {
            let bytes = piece.len();
            self.response.copy_within(begin + piece.start..begin + piece.end, self.body.end);
            self.body.end += bytes;
        }
        Ok(begin + end)
    }

    async fn read_until_close(&mut self, stream: &mut Stream) -> Result<usize, CallError> {
        while stream.read(&mut self.response).await? > 0 {
            within_limit(self.response.len())?;
        }
        Ok(self.response.len())
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
