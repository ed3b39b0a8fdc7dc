//! Request ids: unique UUIDs without a random number a request.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes the ids of one server.
#[derive(Debug)]
pub struct RequestIds {
    start: u64,
    count: AtomicU64,
}

/// The id of one request, as `x-amzn-RequestId` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(u128);

impl Default for RequestIds {
    /// Begins anywhere, so that ids of two servers differ.
    fn default() -> RequestIds {
        let random = RandomState::new();
        RequestIds { start: random.hash_one(0u8), count: AtomicU64::new(random.hash_one(1u8)) }
    }
}

impl RequestIds {
    /// The next id.
    pub fn next(&self) -> RequestId {
        // An odd factor spreads consecutive counts over all digits and never maps two of them to one.
        let count = self.count.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let bits = u128::from(self.start) << 64 | u128::from(count);
        RequestId((bits & !(0xf << 76) & !(0b11 << 62)) | 0x4 << 76 | 0b10 << 62)
    }
}

impl RequestId {
    /// The UUID as a number.
    pub fn number(self) -> u128 {
        self.0
    }

    /// The id that a UUID in its usual form is; nothing if that is another text.
    pub fn of_uuid(text: &str) -> Option<RequestId> {
        let id = RequestId(u128::from_str_radix(&text.replace('-', ""), 16).ok()?);
        (id.to_string() == text).then_some(id)
    }

    /// The 36 characters.
    pub fn text(self) -> [u8; 36] {
        uuid_text(self.0)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).expect("digits and hyphens are ASCII"))
    }
}

/// A UUID in its usual form of 36 characters.
pub fn uuid_text(uuid: u128) -> [u8; 36] {
    let mut digits = [0; 32];
    hex::encode_to_slice(uuid.to_be_bytes(), &mut digits).expect("16 bytes are 32 digits");
    let mut text = [b'-'; 36];
    for (to, from) in [(0..8, 0..8), (9..13, 8..12), (14..18, 12..16), (19..23, 16..20), (24..36, 20..32)] {
        text[to].copy_from_slice(&digits[from]);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_uuids_and_differ() {
        let ids = RequestIds::default();
        let texts: BTreeSet<String> = (0..1000).map(|_| ids.next().to_string()).collect();
        assert_eq!(texts.len(), 1000);
        for text in texts {
            assert_eq!(text.len(), 36);
            assert_eq!(text.as_bytes()[14], b'4');
            assert_eq!(RequestId::of_uuid(&text).map(|id| id.to_string()), Some(text.clone()));
            assert!(matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        }
    }
}
