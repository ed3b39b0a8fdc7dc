//! Makes any text a valid `MessageGroupId` or `MessageDeduplicationId`.

use sha2::{Digest, Sha256};

/// SQS takes one to so many characters, each alphanumeric or punctuation.
const LENGTH_MAX: usize = 128;

/// The text itself where SQS allows it, else the hexadecimal SHA-256 of it: equal texts stay equal, different ones
/// different, and no webhook is refused for the spaces or the Hangul in a channel's name.
pub(crate) fn identifier(text: String) -> String {
    if is_identifier(&text) { text } else { digest(text.as_bytes()) }
}

/// Whether SQS allows the text.
pub(crate) fn is_identifier(text: &str) -> bool {
    (1..=LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The hexadecimal SHA-256 of the bytes.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sqs_allows_is_kept() {
        for id in ["C123", "a", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", &"x".repeat(128)] {
            assert_eq!(identifier(id.into()), id);
        }
    }

    #[test]
    fn what_sqs_forbids_is_hashed() {
        for id in ["", "a b", "봉수", "tab\t", "\u{7f}", &"x".repeat(129)] {
            assert_eq!(identifier(id.into()), digest(id.as_bytes()));
        }
        assert_eq!(digest(b"same"), "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5");
    }
}
