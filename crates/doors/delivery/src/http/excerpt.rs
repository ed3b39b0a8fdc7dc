//! An excerpt of an answer's body that is fit for a log.

/// Bytes of an excerpt.
pub const EXCERPT_BYTES_MAX: usize = 1024;

/// The beginning of a body, with a space for everything that cannot be printed.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut excerpt = String::new();
    for character in text.trim().chars() {
        // A log is read on terminals, and by programs that take a line for an entry.
        let character = if is_printable(character) { character } else { ' ' };
        if excerpt.len() + character.len_utf8() > EXCERPT_BYTES_MAX {
            break;
        }
        excerpt.push(character);
    }
    excerpt
}

fn is_printable(character: char) -> bool {
    let breaks_lines = matches!(character, '\u{2028}' | '\u{2029}');
    let turns_text_around =
        matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !character.is_control() && !breaks_lines && !turns_text_around
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_of_printable_text() {
        assert_eq!(excerpt(b"  {\"error\":\n\t\"no\"}\r\n"), "{\"error\":  \"no\"}");
        assert_eq!(excerpt(b"\x1b[31mred\x00!"), " [31mred !");
        assert_eq!(excerpt("봉수 \u{202e}evil".as_bytes()), "봉수  evil");
        assert_eq!(excerpt(b"half \xe2\x82"), "half \u{fffd}");
        assert_eq!(excerpt(b""), "");
    }

    #[test]
    fn an_excerpt_ends_between_two_characters() {
        let long = excerpt("x수".repeat(4096).as_bytes());
        assert_eq!((long.len(), long.chars().last()), (EXCERPT_BYTES_MAX, Some('수')));
    }
}
