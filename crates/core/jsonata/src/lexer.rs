//! From text to tokens.

use std::sync::Arc;

use crate::error::Error;
use crate::number::parse_double;
use crate::regular_expression::Pattern;
use crate::value::Value;

/// The single characters that end a name; most of them are operators.
const SYMBOLS: &str = ".[]{}(),@#;:?+-*/%|=<>^&!~";
const SPACES: &str = " \t\n\r\u{b}";
const OPERATORS_OF_TWO: [&str; 9] = ["..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??"];

/// What a token is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Name(Arc<str>),
    Variable(Arc<str>),
    Operator(&'static str),
    /// A text, a number, `true`, `false` or `null`.
    Literal(Value),
    Regex(Arc<Pattern>),
    End,
}

/// A token, and the place of its end in UTF-16 code units.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) position: usize,
}

impl Token {
    /// The operator, or nothing for other tokens.
    pub(crate) fn operator(&self) -> &'static str {
        if let Kind::Operator(operator) = self.kind { operator } else { "" }
    }

    /// The token as errors show it.
    pub(crate) fn text(&self) -> String {
        match &self.kind {
            Kind::Name(name) | Kind::Variable(name) => name.to_string(),
            Kind::Operator(operator) => (*operator).to_owned(),
            Kind::Literal(Value::String(text)) => text.to_string(),
            Kind::Literal(value) => value.to_string(),
            Kind::Regex(pattern) => pattern.source().to_owned(),
            Kind::End => "(end)".to_owned(),
        }
    }
}

pub(crate) struct Lexer<'a> {
    rest: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Lexer<'a> {
        Lexer { rest: text, position: 0 }
    }

    /// The next token. Where an operator may follow, `/` is a division and no regular expression.
    pub(crate) fn next(&mut self, is_operator_next: bool) -> Result<Token, Error> {
        self.skip_space()?;
        let Some(first) = self.rest.chars().next() else { return Ok(self.token(Kind::End)) };
        if first == '/' && !is_operator_next {
            return self.regex();
        }
        if let Some(operator) = OPERATORS_OF_TWO.iter().find(|operator| self.rest.starts_with(**operator)) {
            self.skip(operator.len());
            return Ok(self.token(Kind::Operator(operator)));
        }
        if let Some(at) = SYMBOLS.find(first) {
            self.skip(1);
            return Ok(self.token(Kind::Operator(&SYMBOLS[at..=at])));
        }
        match first {
            '"' | '\'' => self.string(first),
            '0'..='9' => self.number(),
            '`' => self.quoted_name(),
            _ => Ok(self.name()),
        }
    }

    fn token(&self, kind: Kind) -> Token {
        Token { kind, position: self.position }
    }

    /// Goes on by so many bytes, and returns them.
    fn skip(&mut self, bytes: usize) -> &'a str {
        let (skipped, rest) = self.rest.split_at(bytes);
        self.position += skipped.encode_utf16().count();
        self.rest = rest;
        skipped
    }

    fn skip_space(&mut self) -> Result<(), Error> {
        loop {
            let space = self.rest.len() - self.rest.trim_start_matches(|c| SPACES.contains(c)).len();
            self.skip(space);
            if !self.rest.starts_with("/*") {
                return Ok(());
            }
            let start = self.position;
            let end = self.rest[2..].find("*/").ok_or_else(|| Error::new("S0106").at(start))?;
            self.skip(end + 4);
        }
    }

    fn string(&mut self, quote: char) -> Result<Token, Error> {
        self.skip(1);
        let mut units: Vec<u16> = Vec::new();
        loop {
            let Some(character) = self.rest.chars().next() else { return Err(Error::new("S0101").at(self.position)) };
            self.skip(character.len_utf8());
            match character {
                '\\' => units.push(self.escape()?),
                _ if character == quote => break,
                _ => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
            }
        }
        // Half of a pair, which no Rust string holds, becomes a replacement character.
        Ok(self.token(Kind::Literal(String::from_utf16_lossy(&units).into())))
    }

    fn escape(&mut self) -> Result<u16, Error> {
        let Some(character) = self.rest.chars().next() else {
            return Err(Error::new("S0103").at(self.position).of(""));
        };
        let position = self.position;
        let unit = match character {
            '"' | '\\' | '/' => character,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let digits = self.rest.get(1..5).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
                let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
                let unit = unit.ok_or_else(|| Error::new("S0104").at(position))?;
                self.skip(5);
                return Ok(unit);
            }
            other => return Err(Error::new("S0103").at(position).of(other.to_string())),
        };
        self.skip(character.len_utf8());
        Ok(unit as u16)
    }

    fn number(&mut self) -> Result<Token, Error> {
        let length = number_length(self.rest.as_bytes());
        let start = self.position;
        let digits = self.skip(length);
        let double = parse_double(digits);
        if !double.is_finite() {
            return Err(Error::new("S0102").at(start).of(digits));
        }
        Ok(self.token(Kind::Literal(double.into())))
    }

    fn quoted_name(&mut self) -> Result<Token, Error> {
        self.skip(1);
        let Some(end) = self.rest.find('`') else {
            self.skip(self.rest.len());
            return Err(Error::new("S0105").at(self.position));
        };
        let name = self.skip(end).into();
        self.skip(1);
        Ok(self.token(Kind::Name(name)))
    }

    fn name(&mut self) -> Token {
        let ends = |character| SPACES.contains(character) || SYMBOLS.contains(character);
        let text = self.skip(self.rest.find(ends).unwrap_or(self.rest.len()));
        let kind = match text {
            "or" => Kind::Operator("or"),
            "in" => Kind::Operator("in"),
            "and" => Kind::Operator("and"),
            "true" => Kind::Literal(true.into()),
            "false" => Kind::Literal(false.into()),
            "null" => Kind::Literal(Value::Null),
            _ => match text.strip_prefix('$') {
                Some(variable) => Kind::Variable(variable.into()),
                None => Kind::Name(text.into()),
            },
        };
        self.token(kind)
    }

    fn regex(&mut self) -> Result<Token, Error> {
        self.skip(1);
        let (mut depth, mut escapes, mut previous) = (0i32, 0usize, '/');
        let mut end = None;
        for (at, character) in self.rest.char_indices() {
            match character {
                '/' if depth == 0 && escapes % 2 == 0 => {
                    end = Some(at);
                    break;
                }
                '(' | '[' | '{' if previous != '\\' => depth += 1,
                ')' | ']' | '}' if previous != '\\' => depth -= 1,
                _ => {}
            }
            escapes = if character == '\\' { escapes + 1 } else { 0 };
            previous = character;
        }
        let Some(end) = end else {
            self.skip(self.rest.len());
            return Err(Error::new("S0302").at(self.position));
        };
        if end == 0 {
            return Err(Error::new("S0301").at(self.position));
        }
        let source = self.skip(end);
        self.skip(1);
        let flags = self.skip(self.rest.len() - self.rest.trim_start_matches(['i', 'm']).len());
        let pattern = Pattern::new(source, flags).map_err(|error| error.at(self.position))?;
        Ok(self.token(Kind::Regex(Arc::new(pattern))))
    }
}

/// How much of a text that begins with a digit is a number of JSON's form.
fn number_length(text: &[u8]) -> usize {
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut length = if text[0] == b'0' { 1 } else { digits(0) };
    if text.get(length) == Some(&b'.') {
        match digits(length + 1) {
            0 => {}
            fraction => length += 1 + fraction,
        }
    }
    if matches!(text.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(length + 1), Some(b'+' | b'-')));
        if let Some(rest) = text.get(length + 1 + sign..)
            && rest.first().is_some_and(u8::is_ascii_digit)
        {
            length += 1 + sign + digits(length + 1 + sign);
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        let (mut lexer, mut tokens) = (Lexer::new(text), Vec::new());
        loop {
            let token = lexer.next(true).unwrap();
            if matches!(token.kind, Kind::End) {
                return tokens;
            }
            tokens.push(format!("{}@{}", token.text(), token.position));
        }
    }

    #[test]
    fn tokens_end_where_operators_begin() {
        assert_eq!(tokens("a.b[0]"), ["a@1", ".@2", "b@3", "[@4", "0@5", "]@6"]);
        assert_eq!(tokens("1..2 $x:=`a b`"), ["1@1", "..@3", "2@4", "x@7", ":=@9", "a b@14"]);
        assert_eq!(tokens("/* one */ 1.5e3/* two */*2"), ["1500@15", "*@25", "2@26"]);
    }

    #[test]
    fn strings_have_the_escapes_of_json() {
        assert_eq!(tokens(r#""a\n\u00e9\ud83d\ude00'""#), ["a\né😀'@24"]);
        for (text, code) in [("\"a", "S0101"), (r#""\x""#, "S0103"), (r#""\u12""#, "S0104"), ("`a", "S0105")] {
            assert_eq!(Lexer::new(text).next(true).unwrap_err().code(), code, "{text}");
        }
    }
}
