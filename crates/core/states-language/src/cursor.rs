//! A place in a text that is being read, for paths and intrinsic functions.

/// Reads a text from left to right.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// Why a text could not be read, and the byte at which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) at: usize,
    pub(crate) why: String,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0 }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// What was read since then.
    pub(crate) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    pub(crate) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Steps over the word if it stands here.
    pub(crate) fn eat(&mut self, word: &str) -> bool {
        let here = self.rest().starts_with(word);
        if here {
            self.at += word.len();
        }
        here
    }

    pub(crate) fn skip_spaces(&mut self) {
        self.take_while(|c| c.is_ascii_whitespace());
    }

    pub(crate) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    pub(crate) fn expect(&mut self, word: &str) -> Result<(), Unreadable> {
        if self.eat(word) { Ok(()) } else { Err(self.unreadable(&format!("Expected '{word}'"))) }
    }

    /// A text in quotes of that kind, which was stepped over already; a backslash takes the next character as it is.
    pub(crate) fn quoted(&mut self, quote: char) -> Result<String, Unreadable> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some('\\') => text.extend(self.next()),
                Some(c) if c == quote => return Ok(text),
                Some(c) => text.push(c),
                None => return Err(self.unreadable("Missing closing quote")),
            }
        }
    }

    pub(crate) fn unreadable(&self, why: &str) -> Unreadable {
        Unreadable { at: self.at, why: why.into() }
    }
}
