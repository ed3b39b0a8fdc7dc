//! Where an HTTP/1.1 reply ends, and what of it matters.

use std::ops::Range;

use memchr::memmem;

use crate::CallError;

const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Ten messages of a receive, 1 MiB together, with every character escaped.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What the client needs of a reply's head.
#[derive(Debug, PartialEq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Where the body begins.
    pub(crate) bytes: usize,
    pub(crate) body: Body,
    /// False if the server will close the connection.
    pub(crate) keeps_alive: bool,
}

/// How long a body is.
#[derive(Debug, PartialEq)]
pub(crate) enum Body {
    Bytes(usize),
    Chunked,
    UntilClose,
}

/// `None` until the head is complete.
pub(crate) fn parse_head(bytes: &[u8]) -> Result<Option<Head>, CallError> {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else {
        return if bytes.len() < HEAD_BYTES_MAX { Ok(None) } else { Err(wrong("its head is too long")) };
    };
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| wrong("its head is not text"))?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 "))
        .and_then(|rest| rest.get(..3))
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| wrong("it is not HTTP/1.1"))?;
    let mut parsed = Head { status, bytes: end + 4, body: Body::UntilClose, keeps_alive: true };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            parsed.body = Body::Bytes(value.parse().map_err(|_| wrong("its Content-Length is no number"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            parsed.body = Body::Chunked;
        } else if name.eq_ignore_ascii_case("connection") {
            parsed.keeps_alive = !value.eq_ignore_ascii_case("close");
        }
    }
    match parsed.body {
        Body::Bytes(bytes) if bytes > BODY_BYTES_MAX => return Err(wrong("its body is too long")),
        Body::UntilClose => parsed.keeps_alive = false,
        _ => {}
    }
    Ok(Some(parsed))
}

/// A chunked body, all there.
#[derive(Debug, PartialEq)]
pub(crate) struct Chunks {
    /// Where the pieces of what was meant lie.
    pub(crate) pieces: Vec<Range<usize>>,
    /// Where the reply ends.
    pub(crate) end: usize,
}

/// `None` until the body is complete.
pub(crate) fn parse_chunks(body: &[u8]) -> Result<Option<Chunks>, CallError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    loop {
        let Some(end) = memmem::find(&body[at..], b"\r\n").map(|length| at + length) else { return incomplete(body) };
        let line = std::str::from_utf8(&body[at..end]).ok();
        let digits = line.and_then(|line| line.split(';').next()).map(str::trim);
        let bytes =
            digits.and_then(|digits| usize::from_str_radix(digits, 16).ok()).filter(|&bytes| bytes <= BODY_BYTES_MAX);
        let bytes = bytes.ok_or_else(|| wrong("a chunk has no length"))?;
        let begin = end + 2;
        if bytes == 0 {
            // Trailers may follow, each on a line; an empty line ends them.
            let rest = &body[end..];
            return Ok(memmem::find(rest, b"\r\n\r\n").map(|length| Chunks { pieces, end: end + length + 4 }));
        }
        if body.len() < begin + bytes + 2 {
            return incomplete(body);
        }
        pieces.push(begin..begin + bytes);
        at = begin + bytes + 2;
    }
}

fn incomplete<T>(body: &[u8]) -> Result<Option<T>, CallError> {
    within_limit(body.len()).map(|()| None)
}

/// A body that does not say its length is measured as it comes.
pub(crate) fn within_limit(body_bytes: usize) -> Result<(), CallError> {
    if body_bytes <= 2 * BODY_BYTES_MAX { Ok(()) } else { Err(wrong("its body is too long")) }
}

fn wrong(what: &str) -> CallError {
    CallError::NotUnderstood(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-LENGTH:  5\r\n\r\nhello";

    fn head(reply: &str) -> Head {
        parse_head(reply.as_bytes()).unwrap().unwrap()
    }

    #[test]
    fn a_whole_reply_is_understood() {
        let expected = Head { status: 200, bytes: REPLY.len() - 5, body: Body::Bytes(5), keeps_alive: true };
        assert_eq!(head(REPLY), expected);
    }

    #[test]
    fn a_head_cut_anywhere_is_waited_for() {
        for end in 0..REPLY.len() - 5 {
            assert_eq!(parse_head(&REPLY.as_bytes()[..end]).unwrap(), None, "cut at {end}");
        }
    }

    #[test]
    fn a_reply_says_how_it_ends() {
        let closing = head("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nConnection: Close\r\n\r\n");
        assert_eq!((closing.status, closing.body, closing.keeps_alive), (503, Body::Bytes(0), false));
        let chunked = head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert_eq!((chunked.body, chunked.keeps_alive), (Body::Chunked, true));
        let silent = head("HTTP/1.1 200 OK\r\n\r\n");
        assert_eq!((silent.body, silent.keeps_alive), (Body::UntilClose, false));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for reply in [
            "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 2\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n",
        ] {
            assert!(parse_head(reply.as_bytes()).is_err(), "{reply:?}");
        }
        assert!(parse_head(&[b'x'; HEAD_BYTES_MAX]).is_err());
    }

    #[test]
    fn chunks_are_found_once_all_are_there() {
        let body = b"5\r\nhello\r\n6;note=x\r\n world\r\n0\r\nTrailer: x\r\n\r\n";
        for end in 0..body.len() {
            assert_eq!(parse_chunks(&body[..end]).unwrap(), None, "cut at {end}");
        }
        let Chunks { pieces, end } = parse_chunks(body).unwrap().unwrap();
        let text: Vec<_> = pieces.into_iter().map(|piece| &body[piece]).collect();
        assert_eq!((text, end), (vec![&b"hello"[..], b" world"], body.len()));
        assert_eq!(parse_chunks(b"0\r\n\r\n").unwrap(), Some(Chunks { pieces: vec![], end: 5 }));
        for wrong in ["x\r\n", "\r\n", "ffffffffff\r\n"] {
            assert!(parse_chunks(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }
}
