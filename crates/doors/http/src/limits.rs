//! The bounds of a listener, each with the answer it gives when it is reached.

use std::time::Duration;

/// What one listener allows. The default suits a door that takes one SQS message a request.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections served at once. Further ones wait unaccepted in the kernel's backlog until one ends.
    pub connections_max: usize,
    /// Request line and headers together. More is answered 431. At most [`Limits::HEADER_BYTES_CEILING`].
    pub header_bytes_max: usize,
    /// Header lines of a request. More is answered 431.
    pub headers_max: usize,
    /// How long a head may take from its first byte, and how long a new connection may take to that byte; then
    /// disconnected.
    pub header_timeout: Duration,
    /// How long a connection may stay silent between two requests; then disconnected.
    pub idle_timeout: Duration,
    /// How long a whole body may take; [`collect_body`](crate::collect_body) then gives up.
    pub body_timeout: Duration,
    /// How long a client may send nothing of a body that is read piece by piece; [`Pieces`](crate::Pieces) then gives up.
    pub body_silence: Duration,
    /// Bytes of a body; [`collect_body`](crate::collect_body) refuses more, before reading if the length is announced.
    pub body_bytes_max: usize,
    /// How long a client may take none of its answer; then disconnected.
    pub write_timeout: Duration,
    /// How long requests in flight may still take once the listener is told to stop; then disconnected.
    pub grace: Duration,
}

impl Limits {
    /// The largest useful `header_bytes_max`: the size of a connection's read buffer.
    pub const HEADER_BYTES_CEILING: usize = 256 * 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            header_bytes_max: 64 * 1024,
            headers_max: 100,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            body_timeout: Duration::from_secs(30),
            body_silence: Duration::from_secs(30),
            body_bytes_max: 1024 * 1024,
            write_timeout: Duration::from_secs(30),
            grace: Duration::from_secs(10),
        }
    }
}
