//! Reads a pattern from its beginning to its end, a character at a time, and knows where it is.

use super::PatternError;

/// A place in a pattern.
pub(super) struct Reader<'a> {
    rest: &'a str,
    /// Characters before it.
    place: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Reader<'a> {
        Reader { rest: text, place: 0 }
    }

    pub(super) fn place(&self) -> usize {
        self.place
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Takes a character, if there is one.
    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.rest = &self.rest[next.len_utf8()..];
        self.place += 1;
        Some(next)
    }

    /// Takes this, if it comes next.
    pub(super) fn take(&mut self, wanted: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(wanted) else { return false };
        self.rest = rest;
        self.place += wanted.chars().count();
        true
    }

    /// Takes as many characters as are wanted.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|character| !wanted(character)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.place += taken.chars().count();
        taken
    }

    pub(super) fn skip_spaces(&mut self) {
        self.take_while(char::is_whitespace);
    }

    /// Takes what stands between two of these quotation marks, in which `\` gives the next character its plain meaning.
    pub(super) fn take_quoted(&mut self, mark: char) -> Result<String, PatternError> {
        let begin = self.place;
        self.next();
        let mut quoted = String::new();
        loop {
            match self.next() {
                Some(end) if end == mark => return Ok(quoted),
                Some('\\') => quoted.extend(self.next()),
                Some(character) => quoted.push(character),
                None => return Err(PatternError::at(begin, "the quotation has no end")),
            }
        }
    }

    /// What is wrong here.
    pub(super) fn fault(&self, reason: &str) -> PatternError {
        PatternError::at(self.place, reason)
    }
}
