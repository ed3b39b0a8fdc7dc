//! `Range`: one stretch of an object's bytes.
//!
//! <https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2>

use std::ops::Range;

/// What a header asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteRange {
    /// From this byte to that one, both included; to the end without the second.
    From(u64, Option<u64>),
    /// So many of the last bytes.
    Last(u64),
}

impl ByteRange {
    /// `None`: nothing that one can follow. Then S3 sends the whole object, as the RFC has it, and so for several
    /// ranges.
    pub(crate) fn parse(header: &str) -> Option<ByteRange> {
        let (first, last) = header.trim().strip_prefix("bytes=")?.split_once('-')?;
        if first.is_empty() {
            return number(last).map(ByteRange::Last);
        }
        let first = number(first)?;
        let last = if last.is_empty() { None } else { Some(number(last)?) };
        (last.is_none_or(|last| first <= last)).then_some(ByteRange::From(first, last))
    }

    /// The bytes of an object of this size; `None` if it has none of them.
    pub(crate) fn of(self, size: u64) -> Option<Range<u64>> {
        let range = match self {
            ByteRange::From(first, last) => first..last.map_or(size, |last| last.saturating_add(1).min(size)),
            ByteRange::Last(bytes) => size.saturating_sub(bytes)..size,
        };
        (!range.is_empty()).then_some(range)
    }
}

/// Digits alone: a sign would pass otherwise.
fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_of_bytes_that_there_are() {
        for (header, size, expected) in [
            ("bytes=0-9", 10, Some(0..10)),
            ("bytes=0-99", 10, Some(0..10)),
            ("bytes=3-3", 10, Some(3..4)),
            ("bytes=3-", 10, Some(3..10)),
            ("bytes=-3", 10, Some(7..10)),
            ("bytes=-30", 10, Some(0..10)),
            ("bytes=10-", 10, None),
            ("bytes=-0", 10, None),
            ("bytes=0-", 0, None),
            ("bytes=-1", 0, None),
            ("bytes=1-18446744073709551615", 10, Some(1..10)),
        ] {
            assert_eq!(ByteRange::parse(header).unwrap().of(size), expected, "{header} of {size}");
        }
    }

    #[test]
    fn anything_else_is_no_range() {
        for header in
            ["", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-3", "bytes=+1-2", "items=0-1", "bytes=0-1,3-4", "0-1"]
        {
            assert_eq!(ByteRange::parse(header), None, "{header}");
        }
    }
}
