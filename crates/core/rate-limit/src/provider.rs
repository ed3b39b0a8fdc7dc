//! A stand-in for a shop's API, for tests: as its documents have it, a leaky bucket, its level in a header, 429 beyond.

use crate::feedback::Feedback;

/// The API of one shop.
#[derive(Clone, Debug)]
pub struct Provider {
    capacity: u32,
    /// Calls that leak out of its bucket in a second.
    pub leak_per_second: u32,
    /// In thousandths of a call.
    level: u64,
    seen_ms: u64,
}

impl Provider {
    /// One that nobody has called yet.
    pub fn new(capacity: u32, leak_per_second: u32) -> Provider {
        Provider { capacity, leak_per_second, level: 0, seen_ms: 0 }
    }

    /// Takes a call, or refuses it; what the answer says.
    pub fn call(&mut self, now_ms: u64) -> Feedback {
        let leaked = now_ms.saturating_sub(self.seen_ms) * u64::from(self.leak_per_second);
        self.level = self.level.saturating_sub(leaked);
        self.seen_ms = self.seen_ms.max(now_ms);
        let fits = self.level + 1000 <= u64::from(self.capacity) * 1000;
        self.level += if fits { 1000 } else { 0 };
        let told = format!("{}/{}", self.level.div_ceil(1000), self.capacity);
        let status = if fits { 200 } else { 429 };
        Feedback::from_response(status, [("x-api-call-limit", told.as_str())], now_ms)
    }
}
