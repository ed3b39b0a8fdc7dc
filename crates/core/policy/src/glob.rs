//! Matches text against `*` (any characters, also none) and `?` (any one character).

use std::str::Chars;

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// Itself and nothing else.
    Char(char),
    /// `?`.
    One,
    /// `*`.
    Many,
}

/// Whether the pattern matches the whole text.
///
/// Takes at most pattern times text steps, whatever the pattern: only the last `*` is ever tried again, because what
/// matched before it, matched at the earliest place that there is.
pub(crate) fn matches(pattern: &[Token], text: &str) -> bool {
    let (mut at, mut rest) = (0, text.chars());
    let mut last_many: Option<(usize, Chars<'_>)> = None;
    loop {
        let before = rest.clone();
        match (pattern.get(at), rest.next()) {
            (Some(Token::Many), _) => {
                at += 1;
                rest = before.clone();
                last_many = Some((at, before));
            }
            (None, None) => return true,
            (Some(_), None) => return false,
            (Some(Token::One), Some(_)) => at += 1,
            (Some(Token::Char(wanted)), Some(char)) if *wanted == char => at += 1,
            (_, Some(_)) => {
                let Some((after, swallowed)) = &mut last_many else { return false };
                swallowed.next();
                (at, rest) = (*after, swallowed.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(pattern: &str) -> Vec<Token> {
        let token = |char| match char {
            '*' => Token::Many,
            '?' => Token::One,
            _ => Token::Char(char),
        };
        pattern.chars().map(token).collect()
    }

    #[test]
    fn stars_and_question_marks_match_as_they_should() {
        let rows = [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything: at/all", true),
            ("?", "", false),
            ("?", "é", true),
            ("?", "ab", false),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "abcd", false),
            ("a*b*c", "a-b-b-c", true),
            ("*ab", "aab", true),
            ("*ab", "aba", false),
            ("a?c*", "abcdef", true),
            ("**", "x", true),
            ("*?", "", false),
            ("*?", "x", true),
            ("abc", "ABC", false),
        ];
        for (pattern, text, expected) in rows {
            assert_eq!(matches(&tokens(pattern), text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_pathological_pattern_takes_no_longer_than_its_length_times_the_text() {
        let text = "a".repeat(2000);
        for pattern in ["*a".repeat(4000), format!("{}b", "*a".repeat(900)), format!("*{}b", "a".repeat(900))] {
            assert!(!matches(&tokens(&pattern), &text));
        }
    }

    /// Obviously right, and exponential.
    fn naive(pattern: &[Token], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((Token::Many, rest)), _) => {
                naive(rest, text) || text.split_first().is_some_and(|(_, after)| naive(pattern, after))
            }
            (Some((Token::One, rest)), Some((_, after))) => naive(rest, after),
            (Some((Token::Char(wanted), rest)), Some((char, after))) => wanted == char && naive(rest, after),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_a_naive_matcher(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(matches(&tokens(&pattern), &text), naive(&tokens(&pattern), &chars));
        }
    }
}
