//! Which characters a message may hold: those of XML 1.0.

/// Whether every character is one of #x9 | #xA | #xD | #x20–#xD7FF | #xE000–#xFFFD | #x10000–#x10FFFF.
pub fn are_valid(text: &str) -> bool {
    // One pass without branches, which the compiler turns into vector instructions; nearly every body ends here.
    let suspicious = text.bytes().fold(false, |found, byte| found | is_suspicious(byte));
    !suspicious || text.chars().all(is_valid)
}

/// A control character, or the first byte of U+F000–U+FFFF (the surrogates cannot occur in a `str`).
fn is_suspicious(byte: u8) -> bool {
    (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r') | (byte == 0xef)
}

pub(crate) fn is_valid(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_judged_as_the_rule_says() {
        for character in '\0'..=char::MAX {
            let allowed = matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
                || character >= '\u{10000}';
            let mut buffer = [0; 4];
            assert_eq!(are_valid(character.encode_utf8(&mut buffer)), allowed, "{character:?}");
        }
    }

    #[test]
    fn a_bad_character_is_found_anywhere() {
        let mut text = "봉수 beacon ".repeat(100);
        assert!(are_valid(&text));
        assert!(are_valid(""));
        text.insert(50 * "봉수 beacon ".len(), '\u{0}');
        assert!(!are_valid(&text));
    }
}
