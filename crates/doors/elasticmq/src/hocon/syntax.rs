//! From text to values as they are written, substitutions included.

use std::collections::BTreeMap;

use super::DEPTH_MAX;
use crate::error::Fault;

/// What ElasticMQ's own files begin with: it brings in nothing but defaults.
const DEFAULT_INCLUDE: &str = "classpath(\"application.conf\")";
/// What an unquoted text cannot contain.
const RESERVED: &str = "$\"{}[]:=,+#`^?!@*&\\";

/// The values given to each key, in the order of the file. What a later one hides for certain is gone.
pub(super) type RawObject = BTreeMap<String, Vec<Raw>>;

/// A value as it is written: pieces side by side, at least one.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) line: u32,
    pub(super) pieces: Vec<Piece>,
}

#[derive(Debug)]
pub(super) enum Piece {
    Unquoted(String),
    Quoted(String),
    /// Between two other pieces.
    Space(String),
    Substitution(Substitution),
    List(Vec<Raw>),
    Object(RawObject),
}

/// `${path}` or `${?path}`.
#[derive(Debug)]
pub(super) struct Substitution {
    pub(super) path: Vec<String>,
    pub(super) optional: bool,
}

impl Raw {
    /// The object that the value is, if nothing stands beside it.
    pub(super) fn as_object(&self) -> Option<&RawObject> {
        match self.pieces.as_slice() {
            [Piece::Object(object)] => Some(object),
            _ => None,
        }
    }

    /// Whether it hides what was given before, whatever the substitutions turn out to be.
    fn is_settled(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Unquoted(_) | Piece::Quoted(_) | Piece::Space(_)))
    }
}

/// The root object, and the lines of includes that can be left out.
pub(super) fn parse(text: &str) -> Result<(RawObject, Vec<u32>), Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser { rest: text, line: 1, default_includes: Vec::new() };
    parser.skip_lines();
    let root = if parser.eat('{') {
        let root = parser.members(Some(parser.line), 1)?;
        parser.skip_lines();
        match parser.peek() {
            Some(c) => return Err(parser.fault(format!("nothing can come after the last brace, but {c:?} does"))),
            None => root,
        }
    } else {
        parser.members(None, 1)?
    };
    Ok((root, parser.default_includes))
}

struct Parser<'a> {
    rest: &'a str,
    line: u32,
    default_includes: Vec<u32>,
}

impl<'a> Parser<'a> {
    /// The members of an object, up to its brace, which was opened on the line given, or to the end of the file.
    fn members(&mut self, opened: Option<u32>, depth: usize) -> Result<RawObject, Fault> {
        self.check_depth(depth)?;
        let mut members = RawObject::new();
        loop {
            self.skip_lines();
            match (self.peek(), opened) {
                (None, None) => return Ok(members),
                (None, Some(line)) => return Err(Fault::new(line, "the brace that is opened here is never closed")),
                (Some('}'), Some(_)) => {
                    self.bump();
                    return Ok(members);
                }
                _ if self.at_include() => self.include()?,
                _ => self.member(&mut members, depth)?,
            }
            self.skip_lines();
            self.eat(',');
        }
    }

    fn member(&mut self, members: &mut RawObject, depth: usize) -> Result<(), Fault> {
        let line = self.line;
        let path = self.path()?;
        let depth = depth + path.len();
        self.check_depth(depth)?;
        let key = path.join(".");
        if self.rest.starts_with("+=") {
            return Err(self.fault(format!("{key} += is not supported: give the whole value with =")));
        }
        if self.eat('=') || self.eat(':') {
            self.skip_lines();
        } else if self.peek() != Some('{') {
            return Err(Fault::new(line, format!("{key} has no value: write {key} = … or {key} {{ … }}")));
        }
        let value = self.value(depth)?;
        let value = value.ok_or_else(|| Fault::new(line, format!("{key} has no value")))?;
        insert(members, path, value);
        Ok(())
    }

    /// Whether an include stands here, and not a key of that name.
    fn at_include(&self) -> bool {
        let after = self.rest.strip_prefix("include").map(|rest| rest.trim_start_matches(is_space));
        after.is_some_and(|after| after.starts_with(|c: char| c == '"' || c.is_ascii_alphabetic()))
            && self.rest["include".len()..].starts_with(|c| is_space(c) || c == '"')
    }

    fn include(&mut self) -> Result<(), Fault> {
        self.rest = self.rest["include".len()..].trim_start_matches(is_space);
        let end = self.rest.find(['\n', '#', ',']).unwrap_or(self.rest.len());
        let what = self.rest[..end].split("//").next().unwrap_or_default().trim_end();
        if what != DEFAULT_INCLUDE {
            let reason = format!("include {what} is not supported: put what it includes into this file");
            return Err(self.fault(reason));
        }
        self.default_includes.push(self.line);
        self.rest = &self.rest[what.len()..];
        Ok(())
    }

    /// A key: elements between dots, each quoted, unquoted or both.
    fn path(&mut self) -> Result<Vec<String>, Fault> {
        let mut path = Vec::new();
        let mut element: Option<String> = None;
        let mut space = "";
        loop {
            let part = match self.peek() {
                Some('"') => self.quoted()?,
                Some('.') => {
                    path.push(element.take().ok_or_else(|| self.fault("a key is missing before the dot"))?);
                    self.bump();
                    continue;
                }
                Some(c) if is_space(c) => {
                    space = self.take_while(is_space);
                    continue;
                }
                _ => match self.unquoted(|c| c == '.') {
                    "" => break,
                    text => text.to_owned(),
                },
            };
            // Space counts between two parts of an element, not around it.
            let element = element.get_or_insert_default();
            if !element.is_empty() {
                element.push_str(space);
            }
            element.push_str(&part);
            space = "";
        }
        let found = self.peek().map_or_else(|| "the end of the file".to_owned(), |c| format!("{c:?}"));
        path.push(element.ok_or_else(|| self.fault(format!("a key is expected here, but {found} follows")))?);
        Ok(path)
    }

    /// The pieces up to the end of the line, a comma or the end of what is around; none if nothing stands there.
    fn value(&mut self, depth: usize) -> Result<Option<Raw>, Fault> {
        let line = self.line;
        let mut pieces = Vec::new();
        let mut space = "";
        loop {
            let piece = match self.peek() {
                None | Some('\n' | ',' | '}' | ']') => break,
                _ if self.at_comment() => break,
                Some(c) if is_space(c) => {
                    space = self.take_while(is_space);
                    continue;
                }
                Some('"') => Piece::Quoted(self.quoted()?),
                Some('{') => {
                    self.bump();
                    Piece::Object(self.members(Some(self.line), depth + 1)?)
                }
                Some('[') => {
                    self.bump();
                    Piece::List(self.items(depth + 1)?)
                }
                Some('$') => Piece::Substitution(self.substitution()?),
                Some(c) => match self.unquoted(|_| false) {
                    "" => return Err(self.fault(format!("{c:?} must stand in quotes, or a line break is missing"))),
                    text => Piece::Unquoted(text.to_owned()),
                },
            };
            if !pieces.is_empty() && !space.is_empty() {
                pieces.push(Piece::Space(space.to_owned()));
            }
            pieces.push(piece);
            space = "";
        }
        Ok((!pieces.is_empty()).then_some(Raw { line, pieces }))
    }

    /// The items of a list, after its bracket.
    fn items(&mut self, depth: usize) -> Result<Vec<Raw>, Fault> {
        self.check_depth(depth)?;
        let line = self.line;
        let mut items = Vec::new();
        loop {
            self.skip_lines();
            if self.eat(']') {
                return Ok(items);
            }
            match self.value(depth)? {
                Some(item) => items.push(item),
                None if self.rest.is_empty() => {
                    return Err(Fault::new(line, "the bracket that is opened here is never closed"));
                }
                None => return Err(self.fault("an item of the list is missing here")),
            }
            self.skip_lines();
            self.eat(',');
        }
    }

    fn substitution(&mut self) -> Result<Substitution, Fault> {
        let Some(rest) = self.rest.strip_prefix("${") else {
            return Err(self.fault("'$' must stand in quotes; a substitution is ${name} or ${?name}"));
        };
        self.rest = rest;
        let optional = self.eat('?');
        let path = self.path()?;
        self.check_depth(path.len())?;
        if !self.eat('}') {
            return Err(self.fault(format!("the substitution of {} is never closed", path.join("."))));
        }
        Ok(Substitution { path, optional })
    }

    /// `"…"` with JSON's escapes, or `"""…"""` with none.
    fn quoted(&mut self) -> Result<String, Fault> {
        if let Some(rest) = self.rest.strip_prefix("\"\"\"") {
            let line = self.line;
            let end = rest.find("\"\"\"").ok_or_else(|| Fault::new(line, "the text in three quotes never ends"))?;
            // Further quotes at the end belong to the text.
            let end = end + rest[end + 3..].bytes().take_while(|byte| *byte == b'"').count();
            self.line += newlines(&rest[..end]);
            self.rest = &rest[end + 3..];
            return Ok(rest[..end].to_owned());
        }
        self.bump();
        let mut text = String::new();
        loop {
            match self.bump_in_line() {
                None => return Err(self.fault("a quoted text does not end on its line")),
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape()?),
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        match self.bump_in_line() {
            Some(c @ ('"' | '\\' | '/')) => Ok(c),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => self.unicode(),
            _ => Err(self.fault("only JSON's escapes are known in quotes, such as \\\\ and \\\"")),
        }
    }

    fn unicode(&mut self) -> Result<char, Fault> {
        let first = self.hexadecimal()?;
        let units = match first {
            0xd800..0xdc00 if self.rest.starts_with("\\u") => {
                self.rest = &self.rest[2..];
                vec![first, self.hexadecimal()?]
            }
            _ => vec![first],
        };
        let decoded = String::from_utf16(&units).ok().and_then(|text| text.chars().next());
        decoded.ok_or_else(|| self.fault("\\u names half a character"))
    }

    fn hexadecimal(&mut self) -> Result<u16, Fault> {
        let digits = self.rest.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let number = number.ok_or_else(|| self.fault("\\u needs four hexadecimal digits"))?;
        self.rest = &self.rest[4..];
        Ok(number)
    }

    fn unquoted(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest;
        let end = rest
            .char_indices()
            .find(|(at, c)| c.is_whitespace() || RESERVED.contains(*c) || ends(*c) || rest[*at..].starts_with("//"));
        let (text, rest) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        self.rest = rest;
        text
    }

    /// Skips white space, line breaks and comments.
    fn skip_lines(&mut self) {
        loop {
            let blank = self.take_while(|c| is_space(c) || c == '\n');
            self.line += newlines(blank);
            if !self.at_comment() {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    fn at_comment(&self) -> bool {
        self.rest.starts_with('#') || self.rest.starts_with("//")
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.bump();
        }
        found
    }

    /// The next character, which is no line break.
    fn bump_in_line(&mut self) -> Option<char> {
        let next = self.peek().filter(|c| *c != '\n')?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn bump(&mut self) {
        self.bump_in_line();
    }

    fn check_depth(&self, depth: usize) -> Result<(), Fault> {
        if depth > DEPTH_MAX { Err(self.fault(format!("nested deeper than {DEPTH_MAX}"))) } else { Ok(()) }
    }

    fn fault(&self, reason: impl AsRef<str>) -> Fault {
        Fault::new(self.line, reason)
    }
}

fn is_space(c: char) -> bool {
    c != '\n' && (c.is_whitespace() || c == '\u{feff}')
}

fn newlines(text: &str) -> u32 {
    // A file has fewer lines than bytes.
    text.bytes().filter(|byte| *byte == b'\n').count() as u32
}

/// Puts a value under a dotted key.
fn insert(members: &mut RawObject, path: Vec<String>, value: Raw) {
    let line = value.line;
    let mut path = path.into_iter();
    let Some(first) = path.next() else { return };
    let value = path.rev().fold(value, |value, element| {
        let object = RawObject::from([(element, vec![value])]);
        Raw { line, pieces: vec![Piece::Object(object)] }
    });
    push(members.entry(first).or_default(), value);
}

/// Objects are merged, what is certain hides what came before, and what is uncertain waits for its substitutions.
fn push(given: &mut Vec<Raw>, mut value: Raw) {
    if let (Some(Raw { pieces: before, .. }), [Piece::Object(new)]) = (given.last_mut(), value.pieces.as_mut_slice())
        && let [Piece::Object(before)] = before.as_mut_slice()
    {
        for (key, values) in std::mem::take(new) {
            let given = before.entry(key).or_default();
            values.into_iter().for_each(|value| push(given, value));
        }
        return;
    }
    if value.is_settled() {
        given.clear();
    }
    given.push(value);
}
