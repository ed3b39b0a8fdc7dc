//! Message attributes as the journal keeps them: written once at the send, read back at every receive that asks.
//!
//! The layout is part of the on-disk format (`docs/formats/facts.md`).

use std::fmt;

use super::{MessageAttribute, MessageAttributes, Value};

/// Stored bytes that are no message attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stored message attributes are malformed")
    }
}

impl std::error::Error for Malformed {}

const KIND_TEXT: u8 = 1;
const KIND_BINARY: u8 = 2;

impl MessageAttributes {
    /// Appends the stored form: the count in one byte, then for each attribute the name, the data type, one byte
    /// (1 text, 2 binary) and the value. Name, data type and value follow their length (u8, u8, u32 little-endian).
    pub fn encode(&self, out: &mut Vec<u8>) {
        // Each attribute adds two lengths of one byte, the kind, and a length of four bytes.
        out.reserve(1 + self.size_bytes() + self.sorted.len() * 7);
        out.push(self.sorted.len().try_into().expect("checked against ATTRIBUTES_MAX or PUBLISHED_ATTRIBUTES_MAX"));
        for attribute in &self.sorted {
            for short in [&attribute.name, &attribute.data_type] {
                out.push(short.len().try_into().expect("checked against NAME_BYTES_MAX"));
                out.extend_from_slice(short.as_bytes());
            }
            out.push(match attribute.value {
                Value::Text(_) => KIND_TEXT,
                Value::Binary(_) => KIND_BINARY,
            });
            let value = attribute.value.as_bytes();
            let length = u32::try_from(value.len()).expect("a message is far smaller than 4 GiB");
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(value);
        }
    }

    /// Reads the stored form from the front of `stored` and moves past it.
    ///
    /// # Errors
    ///
    /// [`Malformed`] when the bytes were not written by [`encode`](Self::encode).
    pub fn decode(stored: &mut &[u8]) -> Result<Self, Malformed> {
        let count = take_byte(stored)?;
        let mut sorted = Vec::with_capacity(count.into());
        for _ in 0..count {
            let name = take_short(stored)?;
            let data_type = take_short(stored)?;
            let kind = take_byte(stored)?;
            let length = take(stored, 4)?.try_into().map(u32::from_le_bytes).map_err(|_| Malformed)?;
            let value = take(stored, length.try_into().map_err(|_| Malformed)?)?;
            let value = match kind {
                KIND_TEXT => Value::Text(text(value)?),
                KIND_BINARY => Value::Binary(value.to_vec()),
                _ => return Err(Malformed),
            };
            sorted.push(MessageAttribute { name, data_type, value });
        }
        Ok(MessageAttributes { sorted })
    }
}

fn take<'a>(stored: &mut &'a [u8], length: usize) -> Result<&'a [u8], Malformed> {
    stored.split_off(..length).ok_or(Malformed)
}

fn take_byte(stored: &mut &[u8]) -> Result<u8, Malformed> {
    stored.split_off_first().copied().ok_or(Malformed)
}

fn take_short(stored: &mut &[u8]) -> Result<String, Malformed> {
    let length = take_byte(stored)?;
    text(take(stored, length.into())?)
}

fn text(bytes: &[u8]) -> Result<String, Malformed> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json;

    #[test]
    fn the_bytes_are_pinned() {
        let wire = r#"{"b":{"DataType":"Binary","BinaryValue":"AP8="},"n":{"DataType":"Number","StringValue":"42"}}"#;
        let mut stored = Vec::new();
        MessageAttributes::check(json::decode(wire.as_bytes()).unwrap()).unwrap().encode(&mut stored);
        assert_eq!(stored, b"\x02\x01b\x06Binary\x02\x02\0\0\0\0\xff\x01n\x06Number\x01\x02\0\0\x0042");
    }

    #[test]
    fn the_stored_form_comes_back_and_anything_shorter_is_malformed() {
        let wire = r#"{"city":{"DataType":"String","StringValue":"Zürich"},
                        "blob":{"DataType":"Binary.png","BinaryValue":"AAH/"}}"#;
        let two = MessageAttributes::check(json::decode(wire.as_bytes()).unwrap()).unwrap();
        for attributes in [MessageAttributes::default(), two] {
            let mut stored = Vec::new();
            attributes.encode(&mut stored);
            for cut in 0..stored.len() {
                assert_eq!(MessageAttributes::decode(&mut &stored[..cut]), Err(Malformed));
            }
            stored.extend_from_slice(b"rest");
            let mut rest = stored.as_slice();
            assert_eq!(MessageAttributes::decode(&mut rest), Ok(attributes));
            assert_eq!(rest, b"rest");
        }
    }
}
