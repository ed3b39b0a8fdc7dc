//! Requests in AWS JSON 1.0 for any operation.
//!
//! An input is a few requests, parted by blank lines: a line with the operation's name, then the body. In it `{handle}`
//! stands for the receipt handle that was given out last.

use bytes::Bytes;
use hyper::Request;

use crate::broker::World;
use crate::http_text;

/// Takes a few requests.
///
/// # Panics
///
/// If a promise of [`World`] is broken.
pub fn json(input: &[u8]) {
    World::run(http_text::parts(input), |part, handle| {
        let (operation, body) = http_text::split_at_line(part);
        request(operation, &replace_handle(body, handle))
    });
}

/// `None` if hyper would not let it through.
pub(crate) fn request(operation: &[u8], body: &[u8]) -> Option<Request<Bytes>> {
    Request::post("/")
        .header("host", "127.0.0.1:4566")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", [b"AmazonSQS.", operation].concat())
        .body(Bytes::copy_from_slice(body))
        .ok()
}

/// Puts the handle where the body says so.
pub(crate) fn replace_handle(body: &[u8], handle: &str) -> Vec<u8> {
    http_text::replace(body, b"{handle}", handle.as_bytes())
}
