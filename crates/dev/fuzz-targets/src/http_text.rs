//! Requests written down as text, so that seeds can be read and mutations stay requests.

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request};

/// Stands between the parts of an input.
const BLANK_LINE: &[u8] = b"\n\n";

/// The bytes before and behind the first blank line.
pub(crate) fn split_at_blank_line(input: &[u8]) -> (&[u8], &[u8]) {
    match input.windows(BLANK_LINE.len()).position(|window| window == BLANK_LINE) {
        Some(at) => (&input[..at], &input[at + BLANK_LINE.len()..]),
        None => (input, &[]),
    }
}

/// The bytes before and behind the first line's end.
pub(crate) fn split_at_line(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().position(|&byte| byte == b'\n') {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, &[]),
    }
}

/// The parts between blank lines.
pub(crate) fn parts(mut input: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (part, rest) = split_at_blank_line(input);
        input = rest;
        (!part.is_empty()).then_some(part)
    })
}

/// A method, a target, then a line for each header; `None` if hyper would not let it through.
pub(crate) fn request(head: &[u8], body: &[u8]) -> Option<Request<Bytes>> {
    let (line, mut rest) = split_at_line(head);
    let (method, target) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).ok()?).uri(target);
    while !rest.is_empty() {
        let (line, next) = split_at_line(rest);
        rest = next;
        let colon = line.iter().position(|&byte| byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        request = request.header(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?);
    }
    request.body(Bytes::copy_from_slice(body)).ok()
}

/// Puts a value wherever its name stands.
pub(crate) fn replace(text: &[u8], name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(name.len()).position(|window| window == name) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(value);
        rest = &rest[at + name.len()..];
    }
    out.extend_from_slice(rest);
    out
}
