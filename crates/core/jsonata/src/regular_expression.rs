//! Regular expressions: JavaScript's syntax over an engine whose time is linear in the text.
//!
//! Lookaround and backreferences need time that nobody can bound, and are refused.

use regex::{Regex, RegexBuilder};

use crate::error::Error;

/// How large a compiled expression may be.
const COMPILED_BYTES_MAX: usize = 1024 * 1024;
/// How deep its groups may lie in one another.
const GROUPS_MAX: u32 = 100;

const SPACE: &str =
    r"\t\n\x0B\x0C\r\x20\u{A0}\u{1680}\u{2000}-\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{FEFF}";
const NEW_LINE: &str = r"\n\r\u{2028}\u{2029}";

/// A compiled regular expression.
#[derive(Debug)]
pub(crate) struct Pattern {
    source: String,
    regex: Regex,
}

/// A match: bytes of the text.
pub(crate) struct Found {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Where each group matched, if it did.
    pub(crate) groups: Vec<Option<(usize, usize)>>,
}

impl Pattern {
    /// Compiles an expression with the flags `i` and `m`.
    pub(crate) fn new(source: &str, flags: &str) -> Result<Pattern, Error> {
        let is_multiline = flags.contains('m');
        let translated = Translator { rest: source, is_multiline, text: String::new() }.run()?;
        let regex = RegexBuilder::new(&translated)
            .case_insensitive(flags.contains('i'))
            .size_limit(COMPILED_BYTES_MAX)
            .nest_limit(GROUPS_MAX)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => refusal("it is too large"),
                _ => refusal("it is not well formed"),
            })?;
        Ok(Pattern { source: source.to_owned(), regex })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The first match from a byte on.
    pub(crate) fn find(&self, text: &str, from: usize) -> Option<Found> {
        let captures = self.regex.captures_at(text, from)?;
        let place = |at: usize| captures.get(at).map(|group| (group.start(), group.end()));
        let (start, end) = place(0)?;
        Some(Found { start, end, groups: (1..captures.len()).map(place).collect() })
    }
}

fn refusal(why: &'static str) -> Error {
    Error::new("U1007").saying(why)
}

/// Writes JavaScript's syntax, without its `u` flag, as the engine's.
struct Translator<'a> {
    rest: &'a str,
    is_multiline: bool,
    text: String,
}

impl Translator<'_> {
    fn run(mut self) -> Result<String, Error> {
        while let Some(character) = self.next() {
            match character {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group()?,
                '.' => self.push(&format!("[^{NEW_LINE}]")),
                // Lines end at `\n` alone: the engine knows no others.
                '^' if self.is_multiline => self.push("(?m:^)"),
                '$' if self.is_multiline => self.push("(?m:$)"),
                '{' if !is_quantifier(self.rest) => self.push(r"\{"),
                '}' if !self.ends_quantifier() => self.push(r"\}"),
                ']' => self.push(r"\]"),
                other => self.text.push(other),
            }
        }
        Ok(self.text)
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let character = characters.next();
        self.rest = characters.as_str();
        character
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn group(&mut self) -> Result<(), Error> {
        self.push("(");
        if let Some(rest) = self.rest.strip_prefix('?') {
            let is_named = rest.starts_with('<') && !rest.starts_with("<=") && !rest.starts_with("<!");
            if !rest.starts_with(':') && !is_named {
                return Err(refusal("lookahead and lookbehind take unbounded time"));
            }
        }
        Ok(())
    }

    /// Whether the `}` that was just taken closes a quantifier.
    fn ends_quantifier(&self) -> bool {
        let Some(open) = self.text.rfind('{') else { return false };
        !self.text[..open].ends_with('\\') && is_quantifier(&format!("{}}}", &self.text[open + 1..]))
    }

    fn class(&mut self) -> Result<(), Error> {
        let is_negated = self.rest.starts_with('^');
        if is_negated {
            self.next();
        }
        if self.rest.starts_with(']') {
            self.next();
            self.push(if is_negated { r"(?s:.)" } else { r"[^\x00-\u{10FFFF}]" });
            return Ok(());
        }
        self.push(if is_negated { "[^" } else { "[" });
        loop {
            match self.next() {
                None => return Err(refusal("a class of characters is not closed")),
                Some(']') => break,
                Some('\\') => self.escape(true)?,
                Some(special @ ('[' | '&' | '~' | '^')) => {
                    self.text.push('\\');
                    self.text.push(special);
                }
                // A hyphen is literal at either end and beside a class such as `\d`, which cannot bound a range.
                Some('-') if self.is_range() => self.text.push('-'),
                Some('-') => self.push(r"\-"),
                Some(other) => self.text.push(other),
            }
        }
        self.push("]");
        Ok(())
    }

    fn is_range(&self) -> bool {
        let is_class = |text: &str| ["d", "D", "w", "W", "s", "S"].iter().any(|class| text.starts_with(class));
        let before = !self.text.ends_with('[') && !self.text.ends_with("[^") && !self.text.ends_with(']');
        let after = !self.rest.starts_with(']') && !self.rest.strip_prefix('\\').is_some_and(is_class);
        before && after
    }

    fn escape(&mut self, in_class: bool) -> Result<(), Error> {
        let Some(character) = self.next() else { return Err(refusal("it ends with a backslash")) };
        match character {
            'd' => self.push("[0-9]"),
            'D' => self.push("[^0-9]"),
            'w' => self.push("[0-9A-Za-z_]"),
            'W' => self.push("[^0-9A-Za-z_]"),
            's' => self.push(&format!("[{SPACE}]")),
            'S' => self.push(&format!("[^{SPACE}]")),
            'b' if in_class => self.push(r"\x08"),
            'b' => self.push(r"(?-u:\b)"),
            'B' if !in_class => self.push(r"(?-u:\B)"),
            'n' | 'r' | 't' => self.text.extend(['\\', character]),
            'v' => self.push(r"\x0B"),
            'f' => self.push(r"\x0C"),
            '0' => self.push(r"\x00"),
            '1'..='9' if !in_class => return Err(refusal("backreferences take unbounded time")),
            'k' if self.rest.starts_with('<') => return Err(refusal("backreferences take unbounded time")),
            'x' => self.code(2, 'x'),
            'u' => self.code(4, 'u'),
            'c' if self.rest.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                let letter = self.next().expect("it was just seen");
                self.push(&format!(r"\x{:02X}", letter as u32 % 32));
            }
            other if other.is_ascii_punctuation() => self.text.extend(['\\', other]),
            other => self.text.push(other),
        }
        Ok(())
    }

    /// A character by its hexadecimal code, or the letter itself if none follows.
    fn code(&mut self, digits: usize, letter: char) {
        let code = self.rest.get(..digits).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match code {
            Some(code) => {
                self.text.push_str(&format!(r"\x{{{code}}}"));
                self.rest = &self.rest[digits..];
            }
            None => self.text.push(letter),
        }
    }
}

/// Whether this follows the `{` of a quantifier.
fn is_quantifier(text: &str) -> bool {
    let Some((inside, _)) = text.split_once('}') else { return false };
    let (min, max) = inside.split_once(',').unwrap_or((inside, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !min.is_empty() && is_number(min) && is_number(max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, text: &str, expected: Option<&str>) {
        let pattern = Pattern::new(source, "").unwrap();
        let found = pattern.find(text, 0).map(|found| &text[found.start..found.end]);
        assert_eq!(found, expected, "{source} in {text}");
    }

    #[test]
    fn the_syntax_is_that_of_javascript() {
        check(r"a.c", "xabc", Some("abc"));
        check(r"a.c", "a\u{2028}c", None);
        check(r"\d+", "x٣42", Some("42"));
        check(r"[\w-]+", "%a-b%", Some("a-b"));
        check(r"[a-c\d-]+", "zb-2z", Some("b-2"));
        check(r"a{2}", "caab", Some("aa"));
        check(r"a{,2}", "a{,2}", Some("a{,2}"));
        check(r"\u0041\x42", "xAB", Some("AB"));
        check(r"[[]", "a[b", Some("["));
        check(r"[^]", "\n", Some("\n"));
        check(r"[]", "a", None);
        check(r"x$", "x\n", None);
        check(r"\$\/", "a$/", Some("$/"));
        check(r"\s", "a\u{feff}", Some("\u{feff}"));
        check(r"(?<year>\d{4})-", "in 2024-", Some("2024-"));
    }

    #[test]
    fn what_takes_unbounded_time_is_refused() {
        for source in [r"(?=a)", r"(?!a)", r"(?<=a)b", r"(a)\1", r"(?<a>b)\k<a>", "(", "a{1000}{1000}", "[a"] {
            assert_eq!(Pattern::new(source, "").unwrap_err().code(), "U1007", "{source}");
        }
    }

    #[test]
    fn groups_that_did_not_take_part_are_absent() {
        let found = Pattern::new("(a)|(b)", "").unwrap().find("xb", 0).unwrap();
        assert_eq!(found.groups, [None, Some((1, 2))]);
    }
}
