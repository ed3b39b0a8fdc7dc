//! Filter patterns of logs, and the lines that they are held against.
//!
//! An input is a pattern, a blank line, and a text that is taken as a line.

use bongsu_function_log::{FilterPattern, PATTERN_CHARACTERS_MAX};

use crate::http_text;

/// Takes a pattern and what it may find.
///
/// # Panics
///
/// If a pattern is refused without a reason, finds a line once and not again, or a text in quotes is not found in itself.
pub fn logs(input: &[u8]) {
    let (pattern, text) = http_text::split_at_blank_line(input);
    let (Ok(pattern), Ok(text)) = (std::str::from_utf8(pattern), std::str::from_utf8(text)) else { return };
    match FilterPattern::parse(pattern) {
        Ok(parsed) => {
            let found = parsed.matches(text);
            assert_eq!(parsed.clone().matches(text), found, "{pattern} of {text}");
            assert!(!pattern.trim().is_empty() || found, "without a term everything is found: {text}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let is_plain = !text.contains(['"', '\\']) && !text.is_empty();
    if is_plain && text.chars().count() + 2 <= PATTERN_CHARACTERS_MAX {
        let quoted = FilterPattern::parse(&format!("\"{text}\"")).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(quoted.matches(text), "{text} is not found in itself");
    }
}
