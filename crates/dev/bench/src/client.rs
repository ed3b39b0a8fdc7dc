//! A minimal HTTP/1.1 keep-alive client, cheap enough to share two cores with the server it measures.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::signer::Signer;

const HEAD_BYTES_MAX: usize = 16 * 1024;
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// What of a refusal's body is worth showing.
const EXCERPT_BYTES_MAX: usize = 400;

/// Where requests go, and whether they are signed.
#[derive(Clone)]
pub struct Endpoint {
    /// The server's socket.
    pub address: SocketAddr,
    /// Signs every request, if there is one.
    pub signer: Option<Signer>,
}

impl Endpoint {
    /// Opens one keep-alive connection.
    pub async fn connect(&self) -> Result<Connection> {
        let stream = TcpStream::connect(self.address).await.context("cannot connect to the server")?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, response: Vec::with_capacity(HEAD_BYTES_MAX), body_at: 0 })
    }

    /// Prepares the request of one operation; only its body changes from call to call.
    pub fn request(&self, operation: &str) -> Request {
        Request::new(&self.address.to_string(), operation, self.signer.as_ref())
    }
}

/// One keep-alive connection with at most one request under way.
pub struct Connection {
    stream: TcpStream,
    response: Vec<u8>,
    body_at: usize,
}

impl Connection {
    /// Sends a finished request and reads the whole reply. Anything but a 200 is an error that shows the reply.
    pub async fn call(&mut self, request: &[u8]) -> Result<()> {
        self.response.clear();
        self.stream.write_all(request).await?;
        let head = loop {
            self.read_some().await?;
            if let Some(head) = parse_head(&self.response)? {
                break head;
            }
        };
        let bytes = head.head_bytes + head.body_bytes;
        self.response.reserve(bytes.saturating_sub(self.response.len()));
        while self.response.len() < bytes {
            self.read_some().await?;
        }
        ensure!(self.response.len() == bytes, "{} bytes follow a reply", self.response.len() - bytes);
        self.body_at = head.head_bytes;
        if head.status != 200 {
            let excerpt = &self.body()[..head.body_bytes.min(EXCERPT_BYTES_MAX)];
            bail!("status {}: {}", head.status, String::from_utf8_lossy(excerpt));
        }
        Ok(())
    }

    /// The body of the last reply.
    pub fn body(&self) -> &[u8] {
        &self.response[self.body_at..]
    }

    async fn read_some(&mut self) -> Result<()> {
        ensure!(self.stream.read_buf(&mut self.response).await? > 0, "the server closed the connection");
        Ok(())
    }
}

/// What the client needs of a reply's head.
#[derive(Debug, PartialEq)]
struct Head {
    status: u16,
    head_bytes: usize,
    body_bytes: usize,
}

/// `None` until the head is complete. Only replies with a `Content-Length` are understood.
fn parse_head(bytes: &[u8]) -> Result<Option<Head>> {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else {
        ensure!(bytes.len() < HEAD_BYTES_MAX, "the head of a reply is longer than {HEAD_BYTES_MAX} bytes");
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end]).context("the head of a reply is not text")?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 "))
        .and_then(|rest| rest.get(..3))
        .and_then(|digits| digits.parse().ok())
        .with_context(|| format!("not an HTTP/1.1 reply: {head:?}"))?;
    let body_bytes = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .with_context(|| format!("a reply without a Content-Length: {head:?}"))?;
    ensure!(body_bytes <= BODY_BYTES_MAX, "a reply of {body_bytes} bytes");
    Ok(Some(Head { status, head_bytes: end + 4, body_bytes }))
}

/// The bytes of one operation's request: a fixed head with two places to patch, then a body.
pub struct Request {
    bytes: Vec<u8>,
    content_length_at: usize,
    body_at: usize,
    signature: Option<Signature>,
}

struct Signature {
    at: usize,
    signer: Signer,
    /// The canonical request up to the hash of the body.
    canonical: String,
}

/// Room for a patched `Content-Length`; padded on the left with the spaces that HTTP allows there.
const CONTENT_LENGTH_DIGITS: usize = 8;
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
const SIGNED_HEADERS: &str = "content-type;host;x-amz-date;x-amz-target";
const SIGNATURE_DIGITS: usize = 64;

impl Request {
    fn new(host: &str, operation: &str, signer: Option<&Signer>) -> Self {
        let target = format!("AmazonSQS.{operation}");
        let mut head =
            format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {CONTENT_TYPE}\r\nX-Amz-Target: {target}\r\n");
        let signature = signer.map(|signer| {
            let (date, credential) = (signer.date(), signer.credential());
            head += &format!(
                "X-Amz-Date: {date}\r\nAuthorization: AWS4-HMAC-SHA256 Credential={credential}, \
                 SignedHeaders={SIGNED_HEADERS}, Signature="
            );
            let at = head.len();
            head += &format!("{:SIGNATURE_DIGITS$}\r\n", "");
            let canonical = format!(
                "POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\nx-amz-date:{date}\nx-amz-target:{target}\n\n\
                 {SIGNED_HEADERS}\n"
            );
            Signature { at, signer: signer.clone(), canonical }
        });
        head += "Content-Length: ";
        let content_length_at = head.len();
        head += &format!("{:CONTENT_LENGTH_DIGITS$}\r\n\r\n", "");
        Self { body_at: head.len(), bytes: head.into_bytes(), content_length_at, signature }
    }

    /// Starts a new body; append to what this returns, then `finish`.
    pub fn body(&mut self) -> &mut Vec<u8> {
        self.bytes.truncate(self.body_at);
        &mut self.bytes
    }

    /// Patches the length and, if there is a signer, the signature.
    pub fn finish(&mut self) -> &[u8] {
        let (head, body) = self.bytes.split_at_mut(self.body_at);
        let mut rest = body.len();
        for digit in head[self.content_length_at..][..CONTENT_LENGTH_DIGITS].iter_mut().rev() {
            *digit = if rest == 0 { b' ' } else { b'0' + (rest % 10) as u8 };
            rest /= 10;
        }
        if let Some(Signature { at, signer, canonical }) = &self.signature {
            head[*at..][..SIGNATURE_DIGITS].copy_from_slice(&signer.sign(canonical, body));
        }
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-LENGTH:  5\r\n\r\nhello";

    #[test]
    fn a_whole_reply_is_understood() {
        let head = parse_head(REPLY.as_bytes()).unwrap();
        assert_eq!(head, Some(Head { status: 200, head_bytes: REPLY.len() - 5, body_bytes: 5 }));
    }

    #[test]
    fn a_head_cut_anywhere_is_waited_for() {
        for end in 0..REPLY.len() - 5 {
            assert_eq!(parse_head(&REPLY.as_bytes()[..end]).unwrap(), None, "cut at {end}");
        }
    }

    #[test]
    fn a_refusal_keeps_its_status() {
        let head = parse_head(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").unwrap().unwrap();
        assert_eq!((head.status, head.body_bytes), (503, 0));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for reply in [
            "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 2\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n",
        ] {
            assert!(parse_head(reply.as_bytes()).is_err(), "{reply:?}");
        }
        assert!(parse_head(&[b'x'; HEAD_BYTES_MAX]).is_err());
    }

    #[test]
    fn a_request_is_patched_for_each_body() {
        let mut request = Request::new("127.0.0.1:4566", "SendMessage", None);
        request.body().extend_from_slice(b"a much longer body");
        request.finish();
        request.body().extend_from_slice(b"{}");
        let expected = "POST / HTTP/1.1\r\nHost: 127.0.0.1:4566\r\nContent-Type: application/x-amz-json-1.0\r\n\
                        X-Amz-Target: AmazonSQS.SendMessage\r\nContent-Length:        2\r\n\r\n{}";
        assert_eq!(std::str::from_utf8(request.finish()).unwrap(), expected);
    }

    #[test]
    fn a_signed_request_carries_the_signature_of_its_body() {
        let signer = Signer::new("AKIDEXAMPLE", "secret", "us-east-1", "sqs", 1_440_938_160);
        let mut request = Request::new("127.0.0.1:4566", "SendMessage", Some(&signer));
        let mut signature = |body: &[u8]| {
            request.body().extend_from_slice(body);
            let text = std::str::from_utf8(request.finish()).unwrap().to_owned();
            assert!(text.contains(
                "X-Amz-Date: 20150830T123600Z\r\nAuthorization: AWS4-HMAC-SHA256 \
                 Credential=AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request, \
                 SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
            ));
            text.split_once("Signature=").unwrap().1[..SIGNATURE_DIGITS].to_owned()
        };
        let (one, other) = (signature(b"{}"), signature(b"{ }"));
        assert!(one.bytes().all(|digit| digit.is_ascii_hexdigit()));
        assert_ne!(one, other);
    }
}
