//! Events of a stream on the wire: lengths, headers and checksums around a payload.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html>

/// The lengths at the beginning with their checksum, and the checksum at the end.
const FRAME_BYTES: usize = 16;
/// The type of a header's value that is text.
const TEXT: u8 = 7;

/// Appends one event.
pub(super) fn put_event(kind: &str, content_type: &str, payload: &[u8], out: &mut Vec<u8>) {
    let mut headers = Vec::new();
    for (name, value) in [(":event-type", kind), (":content-type", content_type), (":message-type", "event")] {
        headers.push(u8::try_from(name.len()).expect("names of headers are short"));
        headers.extend_from_slice(name.as_bytes());
        headers.push(TEXT);
        headers.extend_from_slice(&u16::try_from(value.len()).expect("values of headers are short").to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let begin = out.len();
    let length = |bytes: usize| u32::try_from(bytes).expect("an answer is far smaller").to_be_bytes();
    out.extend_from_slice(&length(FRAME_BYTES + headers.len() + payload.len()));
    out.extend_from_slice(&length(headers.len()));
    out.extend_from_slice(&crc32fast::hash(&out[begin..]).to_be_bytes());
    out.extend_from_slice(&headers);
    out.extend_from_slice(payload);
    out.extend_from_slice(&crc32fast::hash(&out[begin..]).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_lengths_headers_and_checksums() {
        let mut event = Vec::new();
        put_event("PayloadChunk", "a/b", b"hi", &mut event);
        let headers = b"\x0b:event-type\x07\x00\x0cPayloadChunk\x0d:content-type\x07\x00\x03a/b\x0d:message-type\x07\x00\x05event";
        let length = (16 + headers.len() + 2) as u32;
        assert_eq!(event[..4], length.to_be_bytes());
        assert_eq!(event[4..8], (headers.len() as u32).to_be_bytes());
        assert_eq!(event[8..12], crc32fast::hash(&event[..8]).to_be_bytes());
        assert_eq!(event[12..12 + headers.len()], headers[..]);
        assert!(event[12 + headers.len()..].starts_with(b"hi"));
        let whole = event.len();
        assert_eq!(
            (whole as u32, &event[whole - 4..]),
            (length, &crc32fast::hash(&event[..whole - 4]).to_be_bytes()[..])
        );
    }
}
