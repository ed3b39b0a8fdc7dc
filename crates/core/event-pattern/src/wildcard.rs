//! Texts with gaps: `a*b`.

/// Gaps of one text. What a match costs grows with them.
pub(crate) const WILDCARDS_MAX: usize = 30;

/// What stands between the gaps; at least one piece, and all of a text if there is only one.
#[derive(Clone, Debug)]
pub(crate) struct Wildcard(Box<[Box<str>]>);

impl Wildcard {
    /// `*` is any text, an empty one as well; `\*` and `\\` are the characters themselves.
    pub(crate) fn parse(text: &str) -> Result<Wildcard, String> {
        let (mut pieces, mut piece) = (Vec::new(), String::new());
        let mut chars = text.chars().enumerate();
        let mut after_gap = false;
        while let Some((at, char)) = chars.next() {
            if char == '*' {
                if after_gap {
                    return Err(format!("Consecutive wildcard characters at pos {}", at - 1));
                }
                pieces.push(std::mem::take(&mut piece).into());
            } else if char == '\\' {
                match chars.next() {
                    Some((_, escaped @ ('*' | '\\'))) => piece.push(escaped),
                    _ => return Err(format!("Invalid escape character at pos {at}")),
                }
            } else {
                piece.push(char);
            }
            after_gap = char == '*';
        }
        pieces.push(piece.into());
        if pieces.len() > WILDCARDS_MAX + 1 {
            return Err("Rule is too complex - try using fewer wildcard characters".to_owned());
        }
        Ok(Wildcard(pieces.into()))
    }

    /// The first place for each piece will do: what is left is longest then.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let [first, rest @ ..] = &*self.0 else { return false };
        let Some((last, middle)) = rest.split_last() else { return text == &**first };
        let text = text.strip_prefix(&**first).and_then(|text| text.strip_suffix(&**last));
        let mut pieces = middle.iter().map(|piece| &**piece);
        text.is_some_and(|text| pieces.try_fold(text, |text, piece| Some(text.split_once(piece)?.1)).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_takes_any_text() {
        let rows = [
            ("a*b", &["ab", "axb", "a*b", "abab"][..], &["a", "b", "ba", "abx", "xab"][..]),
            ("*", &["", "x"], &[]),
            ("", &[""], &["x"]),
            ("*a*", &["a", "xa", "ax", "xaxax"], &["", "b"]),
            ("ab*ba", &["abba", "ab ba"], &["aba"]),
            ("a*bc*c", &["abcc", "axbcbcxc"], &["abc", "abcb"]),
            (r"a\*b", &["a*b"], &["ab", "axb", r"a\*b"]),
            (r"\\*", &[r"\", r"\x"], &["", "x"]),
            ("가*힣", &["가힣", "가나힣"], &["가"]),
        ];
        for (pattern, matching, other) in rows {
            let wildcard = Wildcard::parse(pattern).unwrap();
            matching.iter().for_each(|text| assert!(wildcard.matches(text), "{pattern} {text}"));
            other.iter().for_each(|text| assert!(!wildcard.matches(text), "{pattern} {text}"));
        }
    }

    #[test]
    fn what_is_no_wildcard_is_refused() {
        for (pattern, sentence) in [
            ("a**", "Consecutive wildcard characters at pos 1"),
            (r"a\b", "Invalid escape character at pos 1"),
            ("*\\", "Invalid escape character at pos 1"),
        ] {
            assert_eq!(Wildcard::parse(pattern).unwrap_err(), sentence, "{pattern}");
        }
        assert!(Wildcard::parse(&"*a".repeat(WILDCARDS_MAX)).is_ok());
        assert!(Wildcard::parse(&"*a".repeat(WILDCARDS_MAX + 1)).is_err());
        assert!(Wildcard::parse(r"\**\*").is_ok());
    }
}
