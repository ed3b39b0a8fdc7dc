//! What there is of an endpoint's answer: its head, and the beginning of its body.
//!
//! Of an HTTP/1.1 answer (RFC 9112) only the status, the challenges of a 401 and an excerpt of the body matter, and
//! whether another answer can follow on the same connection. Whatever leaves that in doubt ends the connection.

use bongsu_rate_limit::Feedback;
use httparse::{EMPTY_HEADER, Header, Response, Status};

use super::challenge::Challenge;

/// Bytes of an answer's status line and headers together. More is no answer.
pub const ANSWER_HEAD_BYTES_MAX: usize = 16 * 1024;
/// Bytes of an answer's body, as transferred, that are read. With more to come the connection is closed.
pub const ANSWER_BODY_BYTES_MAX: usize = 4096;
/// Header lines of an answer. More is no answer.
const ANSWER_HEADERS_MAX: usize = 128;

const SWITCHING_PROTOCOLS: u16 = 101;
const UNAUTHORIZED: u16 = 401;

/// An answer as it comes in.
pub(crate) struct Answer {
    /// What was received and is not a head: first nothing but part of one, then the body.
    received: Vec<u8>,
    head: Option<Head>,
    /// Whether anything came at all.
    is_begun: bool,
    /// Bytes of the body, as transferred, that matter.
    body_bytes_max: usize,
}

/// What matters of a head.
#[derive(Debug, PartialEq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) is_compressed: bool,
    /// Headers that say how often the endpoint may be called.
    pub(crate) limits: Vec<(String, String)>,
    framing: Framing,
    keeps_alive: bool,
}

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Framing {
    Bytes(usize),
    Chunked,
    UntilClose,
}

/// Why what was received is not an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("its head is longer than {ANSWER_HEAD_BYTES_MAX} bytes")]
    TooLong,
    #[error("it is not HTTP/1.1: {0}")]
    Syntax(#[from] httparse::Error),
    #[error("its length is not clear")]
    Length,
}

impl Default for Answer {
    fn default() -> Self {
        Self::up_to(ANSWER_BODY_BYTES_MAX)
    }
}

impl Answer {
    /// An answer of whose body so many bytes matter, as transferred.
    pub(crate) fn up_to(body_bytes_max: usize) -> Self {
        Self { received: Vec::new(), head: None, is_begun: false, body_bytes_max }
    }

    /// Takes in what has been received next.
    pub(crate) fn take_in(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        self.is_begun |= !bytes.is_empty();
        self.received.extend_from_slice(bytes);
        while self.head.is_none() {
            let Some((head, length)) = parse_head(&self.received)? else {
                return if self.received.len() < ANSWER_HEAD_BYTES_MAX { Ok(()) } else { Err(Malformed::TooLong) };
            };
            self.received.drain(..length);
            // An interim answer comes before the answer.
            if head.status >= 200 || head.status == SWITCHING_PROTOCOLS {
                self.head = Some(head);
            }
        }
        Ok(())
    }

    /// Its head, once that is complete.
    pub(crate) fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// False if not one byte came.
    pub(crate) fn is_begun(&self) -> bool {
        self.is_begun
    }

    /// What came of the body.
    pub(crate) fn body(&self) -> Vec<u8> {
        self.head.as_ref().map(|head| head.framing.parse(&self.received).bytes).unwrap_or_default()
    }

    /// The body if all of it is there: up to where its head says that it ends or, where that says nothing, to the end of
    /// the connection.
    pub(crate) fn whole_body(&self) -> Option<Vec<u8>> {
        let framing = self.head.as_ref()?.framing;
        let Body { bytes, end } = framing.parse(&self.received);
        let is_whole = match end {
            End::At(_) => true,
            End::Ahead => framing == Framing::UntilClose && self.received.len() < self.body_bytes_max,
            End::Nowhere => false,
        };
        is_whole.then_some(bytes)
    }

    /// True if there is no more to read, or no more that matters.
    pub(crate) fn is_read(&self) -> bool {
        let is_enough = self.received.len() >= self.body_bytes_max;
        self.head.as_ref().is_some_and(|head| is_enough || head.framing.parse(&self.received).end != End::Ahead)
    }

    /// True if all was read and nothing more, and another request may follow.
    pub(crate) fn leaves_connection_open(&self) -> bool {
        let is_all = |head: &Head| head.framing.parse(&self.received).end == End::At(self.received.len());
        self.head.as_ref().is_some_and(|head| head.keeps_alive && is_all(head))
    }
}

/// The head and its length, once it is complete.
fn parse_head(bytes: &[u8]) -> Result<Option<(Head, usize)>, Malformed> {
    let mut headers = [EMPTY_HEADER; ANSWER_HEADERS_MAX];
    let mut response = Response::new(&mut headers);
    let Status::Complete(length) = response.parse(bytes)? else { return Ok(None) };
    if length > ANSWER_HEAD_BYTES_MAX {
        return Err(Malformed::TooLong);
    }
    let status = response.code.expect("a complete head has a status");
    let is_http_1_1 = response.version == Some(1);
    let headers = &*response.headers;
    let is_unauthorized = status == UNAUTHORIZED;
    let head = Head {
        status,
        challenge: is_unauthorized.then(|| Challenge::strongest(values(headers, "www-authenticate"))).flatten(),
        is_compressed: values(headers, "content-encoding").next().is_some(),
        limits: limits(headers),
        framing: framing(status, headers)?,
        keeps_alive: is_http_1_1 && status != SWITCHING_PROTOCOLS && !has_word(headers, "connection", "close"),
    };
    Ok(Some((head, length)))
}

/// RFC 9112, section 6.3.
fn framing(status: u16, headers: &[Header<'_>]) -> Result<Framing, Malformed> {
    let mut lengths = values(headers, "content-length");
    let length = lengths.next();
    let mut codings = values(headers, "transfer-encoding").peekable();
    if matches!(status, 100..=199 | 204 | 304) {
        return Ok(Framing::Bytes(0));
    }
    if codings.peek().is_some() {
        // With a length besides, somebody tries to have the body measured in two ways.
        let is_chunked =
            length.is_none() && codings.next().is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        return Ok(if is_chunked && codings.next().is_none() { Framing::Chunked } else { Framing::UntilClose });
    }
    match length {
        None => Ok(Framing::UntilClose),
        Some(length) if lengths.all(|other| other == length) => decimal(length).map(Framing::Bytes),
        Some(_) => Err(Malformed::Length),
    }
}

fn decimal(length: &str) -> Result<usize, Malformed> {
    let is_number = length.bytes().all(|byte| byte.is_ascii_digit());
    length.parse().ok().filter(|_| is_number).ok_or(Malformed::Length)
}

fn values<'a>(headers: &'a [Header<'_>], name: &'static str) -> impl Iterator<Item = &'a str> {
    let named = headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
    named.map(|header| std::str::from_utf8(header.value).unwrap_or("\u{fffd}").trim())
}

fn limits(headers: &[Header<'_>]) -> Vec<(String, String)> {
    let text = |header: &Header<'_>| Some((header.name.to_owned(), std::str::from_utf8(header.value).ok()?.to_owned()));
    headers.iter().filter(|header| Feedback::reads(header.name)).filter_map(text).collect()
}

fn has_word(headers: &[Header<'_>], name: &'static str, word: &str) -> bool {
    values(headers, name).flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(word))
}

/// A body, as far as it was received.
struct Body {
    bytes: Vec<u8>,
    end: End,
}

/// Where a body ends in what was received.
#[derive(PartialEq)]
enum End {
    At(usize),
    /// Not yet.
    Ahead,
    /// Nobody can tell.
    Nowhere,
}

impl Framing {
    fn parse(self, received: &[u8]) -> Body {
        match self {
            Self::Bytes(length) => match received.get(..length) {
                Some(all) => Body { bytes: all.to_vec(), end: End::At(length) },
                None => Body { bytes: received.to_vec(), end: End::Ahead },
            },
            Self::Chunked => parse_chunks(received),
            Self::UntilClose => Body { bytes: received.to_vec(), end: End::Ahead },
        }
    }
}

/// RFC 9112, section 7.1. Trailers are left unread, which ends the connection.
fn parse_chunks(received: &[u8]) -> Body {
    let mut bytes = Vec::new();
    let mut rest = received;
    let end = loop {
        let (length, line) = match httparse::parse_chunk_size(rest) {
            Ok(Status::Complete((line, length))) => (usize::try_from(length).unwrap_or(usize::MAX), line),
            Ok(Status::Partial) => break End::Ahead,
            Err(_) => break End::Nowhere,
        };
        rest = &rest[line..];
        bytes.extend_from_slice(&rest[..length.min(rest.len())]);
        rest = rest.get(length..).unwrap_or_default();
        match rest {
            [b'\r', b'\n', after @ ..] if length == 0 => break End::At(received.len() - after.len()),
            [b'\r', b'\n', after @ ..] => rest = after,
            [] | [b'\r'] => break End::Ahead,
            _ => break End::Nowhere,
        }
    };
    Body { bytes, end }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_that_an_endpoint_sends_causes_a_panic(
            parts in prop::collection::vec(
                prop_oneof![
                    prop::sample::select(&[
                        "HTTP/1.1 ", "200", " OK", "401", "100", "\r\n", "\r\n\r\n", "content-length: ", "0", "7",
                        "transfer-encoding: chunked", "www-authenticate: Digest ", "qop=auth, nonce=\"", "realm=\\", "ffff",
                    ][..]).prop_map(|part| part.as_bytes().to_vec()),
                    prop::collection::vec(any::<u8>(), 0..8),
                ],
                0..24,
            )
        ) {
            let mut answer = Answer::default();
            let is_understood = parts.iter().all(|part| answer.take_in(part).is_ok());
            if is_understood && answer.leaves_connection_open() {
                prop_assert!(answer.is_read());
            }
            prop_assert!(answer.body().len() <= parts.concat().len());
        }
    }

    /// The answer after each of its bytes came by itself.
    fn dripped(text: &str) -> Result<Answer, Malformed> {
        let mut answer = Answer::default();
        text.bytes().try_for_each(|byte| answer.take_in(&[byte])).map(|()| answer)
    }

    fn answer(text: &str) -> Answer {
        let mut answer = Answer::default();
        answer.take_in(text.as_bytes()).unwrap();
        answer
    }

    #[test]
    fn an_answer_is_the_same_however_it_is_cut() {
        for text in [
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\nHTTP/1.1 200\r\ncontent-length: 5\r\n\r\nhello",
        ] {
            for answer in [answer(text), dripped(text).unwrap()] {
                assert_eq!(answer.head().unwrap().status, 200, "{text}");
                assert_eq!(answer.body(), b"hello", "{text}");
                assert!(answer.is_read() && answer.leaves_connection_open(), "{text}");
            }
        }
    }

    #[test]
    fn headers_about_limits_are_kept_and_no_others() {
        let answer = answer("HTTP/1.1 429 No\r\nRetry-After: 7\r\nServer: s\r\nx-ratelimit-remaining: 0\r\n\r\n");
        let limits = answer.head().map(|head| head.limits.clone()).unwrap_or_default();
        let expected = [("Retry-After", "7"), ("x-ratelimit-remaining", "0")];
        assert_eq!(limits, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn an_answer_is_read_once_its_end_is_there() {
        for (text, is_read) in [
            ("", false),
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n", false),
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na", false),
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab", true),
            ("HTTP/1.1 200 OK\r\n\r\nab", false),
            ("HTTP/1.1 204 No Content\r\n\r\n", true),
            ("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n", false),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n", false),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", true),
        ] {
            assert_eq!(answer(text).is_read(), is_read, "{text}");
        }
        let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(ANSWER_BODY_BYTES_MAX));
        assert!(answer(&long).is_read());
    }

    #[test]
    fn a_body_is_whole_once_its_end_is_there_or_its_connection_is_closed() {
        for (text, body) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab", Some("ab")),
            ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab", None),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", Some("ab")),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n", None),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", None),
            ("HTTP/1.1 200 OK\r\n\r\nab", Some("ab")),
            ("HTTP/1.1 200 OK\r\n\r\nabcd", None),
            ("HTTP/1.1 200 OK\r\n", None),
        ] {
            let mut answer = Answer::up_to(4);
            answer.take_in(text.as_bytes()).unwrap();
            assert_eq!(answer.whole_body().as_deref(), body.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn a_connection_is_used_again_only_if_the_end_of_the_answer_is_beyond_doubt() {
        for text in [
            "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nab",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nConnection: x, Close\r\n\r\nab",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nabHTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\n\r\nab",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: trailer\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nab",
        ] {
            let answer = answer(text);
            assert!(answer.head().is_some(), "{text}");
            assert!(!answer.leaves_connection_open(), "{text}");
        }
    }

    #[test]
    fn what_is_no_answer_is_refused_at_its_first_wrong_byte() {
        for text in ["SSH-2.0", "HTTP/2 200 OK\r\n", "HTTP/1.1 2x", "HTTP/1.1 200 OK\r\na b\r\n", "\0"] {
            assert!(matches!(dripped(text).err(), Some(Malformed::Syntax(_))), "{text}");
        }
        for lengths in ["-1", "+1", "1, 1", "x", "", "99999999999999999999999", "1\r\ncontent-length: 2"] {
            let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {lengths}\r\n\r\n");
            assert_eq!(dripped(&text).err(), Some(Malformed::Length), "{lengths}");
        }
        let long = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(ANSWER_HEAD_BYTES_MAX));
        assert_eq!(dripped(&long).err(), Some(Malformed::TooLong));
        let many = format!("HTTP/1.1 200 OK\r\n{}", "x: y\r\n".repeat(ANSWER_HEADERS_MAX + 1));
        assert_eq!(dripped(&many).err(), Some(Malformed::Syntax(httparse::Error::TooManyHeaders)));
    }

    #[test]
    fn the_challenges_of_a_401_are_found() {
        let text = "HTTP/1.1 401 No\r\nwww-authenticate: Bearer\r\nWWW-Authenticate: Basic realm=r\r\n\r\n";
        assert_eq!(answer(text).head().unwrap().challenge, Some(Challenge::Basic));
        assert_eq!(answer(&text.replace("401", "403")).head().unwrap().challenge, None);
    }
}
