//! Requests in the Query protocol for any operation.
//!
//! An input is a few requests, parted by blank lines: a line with method, target and, if the answer shall be JSON,
//! ` json`; then the form. In it `{handle}` stands for the receipt handle that was given out last.

use bytes::Bytes;
use hyper::{Method, Request};

use crate::broker::World;
use crate::http_text;
use crate::json::replace_handle;

/// Takes a few requests.
///
/// # Panics
///
/// If a promise of [`World`] is broken.
pub fn query(input: &[u8]) {
    World::run(http_text::parts(input), |part, handle| {
        let (line, form) = http_text::split_at_line(part);
        let (line, accept) = line.strip_suffix(b" json").map_or((line, "*/*"), |line| (line, "application/json"));
        let (method, target) = std::str::from_utf8(line).ok()?.split_once(' ')?;
        // Base64 in a form: only these two of its characters mean something else there.
        let handle = handle.replace('+', "%2B").replace('=', "%3D");
        Request::builder()
            .method(Method::from_bytes(method.as_bytes()).ok()?)
            .uri(target)
            .header("host", "127.0.0.1:4566")
            .header("accept", accept)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(replace_handle(form, &handle)))
            .ok()
    });
}
