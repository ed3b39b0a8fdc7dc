//! Ids of requests, in the two forms that AWS shows.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use base64::{Engine, prelude::BASE64_URL_SAFE};

/// API Gateway's own request ids are that many bytes in base64: sixteen characters.
const SHORT_BYTES: usize = 11;

/// Names requests: unique, and unrelated to anything a client could guess from.
pub(crate) struct RequestIds {
    keys: [RandomState; 2],
    next: AtomicU64,
}

/// One request's name.
pub(crate) struct RequestId([u8; 16]);

impl RequestIds {
    pub(crate) fn new() -> Self {
        Self { keys: [RandomState::new(), RandomState::new()], next: AtomicU64::new(0) }
    }

    pub(crate) fn draw(&self) -> RequestId {
        let number = self.next.fetch_add(1, Relaxed);
        let [high, low] = self.keys.each_ref().map(|key| u128::from(key.hash_one(number)));
        RequestId((high << 64 | low).to_be_bytes())
    }
}

impl RequestId {
    /// As most services write it: a random UUID.
    pub(crate) fn as_uuid(&self) -> String {
        let mut bytes = self.0;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let digits = hex::encode(bytes);
        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
    }

    /// As HTTP APIs write it: sixteen characters.
    pub(crate) fn short(&self) -> String {
        BASE64_URL_SAFE.encode(&self.0[..SHORT_BYTES])
    }

    /// A trace that begins here, as X-Ray writes it.
    pub(crate) fn as_trace(&self, now_ms: u64) -> String {
        let seconds = u32::try_from(now_ms / 1000).unwrap_or(u32::MAX);
        format!("Root=1-{seconds:08x}-{}", hex::encode(&self.0[..12]))
    }
}
