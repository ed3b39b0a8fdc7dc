//! JSON read from front to back, one token at a time.
//!
//! No tree is built: a fault in a policy is told with its place, as AWS does, and of a body only what can be matched is
//! kept. Numbers stay text until somebody asks, so that none is too large to be read.

use std::borrow::Cow;

use crate::fault::Place;

/// What stands in place of half a surrogate pair, which JSON can spell and UTF-8 cannot.
const REPLACEMENT: char = '\u{FFFD}';

/// Reads one JSON text.
pub(crate) struct Reader<'a> {
    text: &'a str,
    /// How many bytes were read.
    at: usize,
}

/// A value, or how one begins.
#[derive(Debug, PartialEq)]
pub(crate) enum Token<'a> {
    /// Members follow: [`Reader::member`].
    Object,
    /// Elements follow: [`Reader::element`].
    Array,
    String(Cow<'a, str>),
    Number(Number<'a>),
    Bool(bool),
    Null,
}

/// A number as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number<'a>(&'a str);

/// Why and where a text is no JSON.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) sentence: String,
    pub(crate) place: Place,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Reader<'a> {
        Reader { text, at: 0 }
    }

    /// The next value. An object or an array is only begun.
    pub(crate) fn value(&mut self) -> Result<Token<'a>, SyntaxError> {
        self.skip_white_space();
        match self.peek() {
            Some(b'{') => Ok(self.begin(Token::Object)),
            Some(b'[') => Ok(self.begin(Token::Array)),
            Some(b'"') => self.string().map(Token::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(Token::Number),
            _ => self.literal(),
        }
    }

    /// The key of the next member, with its colon, or `None` behind the object's end. `first` is true before the first.
    pub(crate) fn member(&mut self, first: &mut bool) -> Result<Option<Cow<'a, str>>, SyntaxError> {
        if !self.goes_on(b'}', first)? {
            return Ok(None);
        }
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("was expecting double-quote to start field name"));
        }
        let key = self.string()?;
        self.skip_white_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("was expecting a colon to separate field name and value"));
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// The next element, or `None` behind the array's end. `first` is true before the first.
    pub(crate) fn element(&mut self, first: &mut bool) -> Result<Option<Token<'a>>, SyntaxError> {
        if self.goes_on(b']', first)? { self.value().map(Some) } else { Ok(None) }
    }

    /// Refuses everything but white space from here on.
    pub(crate) fn end(&mut self) -> Result<(), SyntaxError> {
        self.skip_white_space();
        if self.peek().is_none() { Ok(()) } else { Err(self.unexpected("was expecting the end of the text")) }
    }

    /// Behind what was read last.
    pub(crate) fn place(&self) -> Place {
        let read = &self.text[..self.at];
        let line_begins = read.rfind('\n').map_or(0, |at| at + 1);
        let line = read.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Place { line, column: read[line_begins..].encode_utf16().count() + 1 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn begin(&mut self, token: Token<'a>) -> Token<'a> {
        self.at += 1;
        token
    }

    fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes the comma, if there was something before, or what closes.
    fn goes_on(&mut self, closing: u8, first: &mut bool) -> Result<bool, SyntaxError> {
        self.skip_white_space();
        let is_first = std::mem::take(first);
        match self.peek() {
            Some(byte) if byte == closing => {
                self.at += 1;
                Ok(false)
            }
            _ if is_first => Ok(true),
            Some(b',') => {
                self.at += 1;
                self.skip_white_space();
                Ok(true)
            }
            _ => Err(self.unexpected("was expecting a comma to separate entries")),
        }
    }

    fn literal(&mut self) -> Result<Token<'a>, SyntaxError> {
        let rest = &self.text[self.at..];
        let literals = [("true", Token::Bool(true)), ("false", Token::Bool(false)), ("null", Token::Null)];
        for (word, token) in literals {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(token);
            }
        }
        Err(self.unexpected("was expecting a JSON value"))
    }

    fn number(&mut self) -> Result<Number<'a>, SyntaxError> {
        let start = self.at;
        self.take(b"-");
        if !self.take(b"0") {
            self.digits()?;
        }
        if self.take(b".") {
            self.digits()?;
        }
        if self.take(b"eE") {
            self.take(b"+-");
            self.digits()?;
        }
        Ok(Number(&self.text[start..self.at]))
    }

    /// One of these bytes, if it comes next.
    fn take(&mut self, bytes: &[u8]) -> bool {
        let comes = self.peek().is_some_and(|byte| bytes.contains(&byte));
        self.at += usize::from(comes);
        comes
    }

    /// At least one.
    fn digits(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(self.unexpected("was expecting a digit")) } else { Ok(()) }
    }

    /// From its opening quote; borrowed unless something in it is escaped.
    fn string(&mut self) -> Result<Cow<'a, str>, SyntaxError> {
        self.at += 1;
        let mut unescaped = String::new();
        let mut plain_from = self.at;
        let start = self.at;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
            self.at += rest.iter().position(special).unwrap_or(rest.len());
            let plain = &self.text[plain_from..self.at];
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(if plain_from == start { Cow::Borrowed(plain) } else { Cow::Owned(unescaped + plain) });
                }
                Some(b'\\') => {
                    self.at += 1;
                    unescaped.push_str(plain);
                    unescaped.push(self.escaped()?);
                    plain_from = self.at;
                }
                _ => return Err(self.unexpected("has to be escaped to stand in a string")),
            }
        }
    }

    /// What stands behind a backslash.
    fn escaped(&mut self) -> Result<char, SyntaxError> {
        let char = match self.peek() {
            Some(b'u') => return self.escaped_utf16(),
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return Err(self.unexpected("is no escape")),
        };
        self.at += 1;
        Ok(char)
    }

    fn escaped_utf16(&mut self) -> Result<char, SyntaxError> {
        let unit = self.hex()?;
        if !(0xD800..0xDC00).contains(&unit) || !self.text[self.at..].starts_with("\\u") {
            return Ok(char::from_u32(unit).unwrap_or(REPLACEMENT));
        }
        let before = self.at;
        self.at += 1;
        let low = self.hex()?;
        if (0xDC00..0xE000).contains(&low) {
            let char = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            return Ok(char::from_u32(char).expect("two surrogates are a character"));
        }
        // What follows is a character of its own.
        self.at = before;
        Ok(REPLACEMENT)
    }

    /// The `u` and its four digits.
    fn hex(&mut self) -> Result<u32, SyntaxError> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return Err(self.unexpected("was expecting a hex-digit of a character escape"));
            };
            unit = unit << 4 | digit;
            self.at += 1;
        }
        Ok(unit)
    }

    fn unexpected(&self, expected: &str) -> SyntaxError {
        let sentence = match self.text[self.at..].chars().next() {
            Some(char) => format!("Unexpected character ({char:?} (code {})): {expected}", u32::from(char)),
            None => "Unexpected end-of-input".to_owned(),
        };
        SyntaxError { sentence, place: self.place() }
    }
}

impl<'a> Number<'a> {
    /// As it was written.
    pub(crate) fn text(self) -> &'a str {
        self.0
    }

    /// The nearest double; an infinity if it is larger than all of them.
    pub(crate) fn value(self) -> f64 {
        self.0.parse().expect("a JSON number is one of Rust's")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Token<'_>>, SyntaxError> {
        let mut reader = Reader::new(text);
        assert_eq!(reader.value()?, Token::Array);
        let (mut first, mut tokens) = (true, Vec::new());
        while let Some(token) = reader.element(&mut first)? {
            tokens.push(token);
        }
        reader.end()?;
        Ok(tokens)
    }

    #[test]
    fn strings_are_borrowed_unless_something_is_escaped() {
        let tokens = read(r#" [ "é x" , "\u00e9\n\"\\\/", "\ud83d\uDE00!", "\ud83d", "\ud83d\u0041", "\udE00", "" ] "#);
        let expected = ["é x", "é\n\"\\/", "😀!", "\u{FFFD}", "\u{FFFD}A", "\u{FFFD}", ""];
        let tokens = tokens.unwrap();
        assert_eq!(tokens, expected.map(|text| Token::String(text.into())));
        assert!(matches!(&tokens[0], Token::String(Cow::Borrowed(_))));
        assert!(matches!(&tokens[6], Token::String(Cow::Borrowed(_))));
    }

    #[test]
    fn numbers_of_any_size_are_read() {
        let tokens = read("[0,-0.5,3.015e2,1E+3,1e-3,123456789012345678901234567890,1e999,-1e999]").unwrap();
        let values = tokens.iter().map(|token| match token {
            Token::Number(number) => number.value(),
            other => panic!("{other:?}"),
        });
        let (least, most) = (f64::NEG_INFINITY, f64::INFINITY);
        assert_eq!(values.collect::<Vec<_>>(), [0.0, -0.5, 301.5, 1e3, 1e-3, 1.2345678901234568e29, most, least]);
    }

    #[test]
    fn what_is_no_json_is_refused_where_it_stops_being_so() {
        let rows = [
            ("[", (1, 2), "Unexpected end-of-input"),
            ("[1 2]", (1, 4), "Unexpected character ('2' (code 50)): was expecting a comma to separate entries"),
            ("[1,]", (1, 4), "Unexpected character (']' (code 93)): was expecting a JSON value"),
            ("[01]", (1, 3), "Unexpected character ('1' (code 49)): was expecting a comma to separate entries"),
            ("[-]", (1, 3), "Unexpected character (']' (code 93)): was expecting a digit"),
            ("[1.]", (1, 4), "Unexpected character (']' (code 93)): was expecting a digit"),
            ("[\n \"é😀\", x]", (2, 9), "Unexpected character ('x' (code 120)): was expecting a JSON value"),
            ("[\"\t\"]", (1, 3), "Unexpected character ('\\t' (code 9)): has to be escaped to stand in a string"),
            (r#"["\x"]"#, (1, 4), "Unexpected character ('x' (code 120)): is no escape"),
            (
                r#"["\u00g0"]"#,
                (1, 7),
                "Unexpected character ('g' (code 103)): was expecting a hex-digit of a character escape",
            ),
            (
                r#"["\ud800\u"]"#,
                (1, 11),
                "Unexpected character ('\"' (code 34)): was expecting a hex-digit of a character escape",
            ),
            (r#"["x"#, (1, 4), "Unexpected end-of-input"),
            ("[nul]", (1, 2), "Unexpected character ('n' (code 110)): was expecting a JSON value"),
            ("[] []", (1, 4), "Unexpected character ('[' (code 91)): was expecting the end of the text"),
        ];
        for (text, (line, column), sentence) in rows {
            let error = read(text).unwrap_err();
            assert_eq!((error.sentence.as_str(), error.place), (sentence, Place { line, column }), "{text}");
        }
    }
}
