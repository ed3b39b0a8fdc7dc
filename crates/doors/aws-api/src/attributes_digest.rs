//! The MD5 digests by which clients check that a message arrived as it was sent.

use std::fmt;

use md5::{Digest as _, Md5};
use serde::{Serialize, Serializer};

/// An MD5 digest in lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

/// A message attribute's value, as the digest sees it.
#[derive(Clone, Copy, Debug)]
pub enum DigestValue<'a> {
    /// `String` and `Number`, with or without a label.
    Text(&'a str),
    /// `Binary`, with or without a label: the raw bytes.
    Binary(&'a [u8]),
}

impl Digest {
    /// `MD5OfMessageBody` and `MD5OfBody`.
    pub fn of_body(body: &str) -> Self {
        Digest::finish(Md5::new_with_prefix(body))
    }

    /// `MD5OfMessageAttributes` and `MD5OfMessageSystemAttributes`, over (name, data type, value) sorted by name.
    pub fn of_attributes<'a>(sorted: impl Iterator<Item = (&'a str, &'a str, DigestValue<'a>)>) -> Self {
        let mut md5 = Md5::new();
        for (name, data_type, value) in sorted {
            update_with_length(&mut md5, name.as_bytes());
            update_with_length(&mut md5, data_type.as_bytes());
            let (transport, bytes) = match value {
                DigestValue::Text(text) => (1, text.as_bytes()),
                DigestValue::Binary(bytes) => (2, bytes),
            };
            md5.update([transport]);
            update_with_length(&mut md5, bytes);
        }
        Digest::finish(md5)
    }

    fn finish(md5: Md5) -> Self {
        let mut text = [0; 32];
        hex::encode_to_slice(md5.finalize(), &mut text).expect("16 bytes are 32 digits");
        Digest(text)
    }

    /// The digest as 16 bytes, as it is stored.
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        hex::decode_to_slice(self.0, &mut bytes).expect("32 digits are 16 bytes");
        bytes
    }

    /// The digest that was stored.
    pub fn from_bytes(bytes: [u8; 16]) -> Digest {
        let mut text = [0; 32];
        hex::encode_to_slice(bytes, &mut text).expect("16 bytes are 32 digits");
        Digest(text)
    }

    /// The 32 digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits are ASCII")
    }
}

fn update_with_length(md5: &mut Md5, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("a message is far smaller than 4 GiB");
    md5.update(length.to_be_bytes());
    md5.update(bytes);
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::DigestValue::{Binary, Text};
    use super::*;

    #[test]
    fn bodies_are_digested_as_utf8() {
        assert_eq!(Digest::of_body("message").as_str(), "78e731027d8fd50ed642340b7c9a63b3");
        assert_eq!(Digest::of_body("Zürich").as_str(), "103a821a3a6a0b923c9f74a39662bb51");
    }

    #[test]
    fn attributes_are_digested_as_aws_does() {
        const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        let general = ("General", "String", Text("Kenobi"));
        let hello = ("Hello", "String", Text("There"));
        let amount = ("amount", "Number.int", Text("42"));
        let blob = ("blob", "Binary.png", Binary(&[0, 1, 255]));
        type Attributes<'a> = &'a [(&'a str, &'a str, DigestValue<'a>)];
        let cases: &[(Attributes<'_>, &str)] = &[
            (&[("Foo", "String", Text("Bar"))], "ae7155c6026991b6d54b11589678bf9c"),
            (&[("timestamp", "Number", Text("1493147359900"))], "235c5c510d26fb653d073faed50ae77c"),
            (&[hello], "a311262e065454b75da111d535b8dacd"),
            (&[general, hello], "fca026605781cb4126a1e9044df24232"),
            (&[general, hello, ("Help.Me", "String", Text("Me"))], "4c360f3fdafd970e05fae2f149d997f5"),
            (&[("UserId", "Number.bigint", Text("1234567890123456789012"))], "797ab158d73dcb5242dedc4412c8e855"),
            (
                &[("color", "String", Text("blue")), ("tags", "String.Array", Text(r#"["a","b"]"#))],
                "56a5bee3ed610a27fd04b2b195aee70b",
            ),
            (&[amount, blob, ("city", "String", Text("Zürich"))], "48dc1be2a4ad8137ff1a6fb996cd2479"),
            (&[("AWSTraceHeader", "String", Text(TRACE))], "5ae4d5d7636402d80f4eb6d213245a88"),
        ];
        for (attributes, digest) in cases {
            assert_eq!(Digest::of_attributes(attributes.iter().copied()).as_str(), *digest, "{attributes:?}");
        }
    }
}
