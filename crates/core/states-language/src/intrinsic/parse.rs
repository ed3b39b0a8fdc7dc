//! Reads a call of an intrinsic function.

use bongsu_jsonata::Value;

use super::{Argument, Call, Function};
use crate::cursor::{Cursor, Unreadable};
use crate::jsonpath::JsonPath;
use crate::limits::INTRINSIC_DEPTH_MAX;

impl Call {
    /// Reads all of the text.
    pub(crate) fn parse(text: &str) -> Result<Call, Unreadable> {
        let mut cursor = Cursor::new(text);
        let call = read(&mut cursor, 1)?;
        match cursor.peek() {
            Some(_) => Err(cursor.unreadable("Unexpected character")),
            None => Ok(call),
        }
    }
}

fn read(cursor: &mut Cursor<'_>, depth: usize) -> Result<Call, Unreadable> {
    if depth > INTRINSIC_DEPTH_MAX {
        return Err(cursor.unreadable("Intrinsic functions are nested too deeply"));
    }
    let start = cursor.at();
    let name = cursor.take_while(|c| c.is_ascii_alphanumeric() || c == '.');
    let function = Function::ALL.iter().copied().find(|function| function.name() == name);
    let Some(function) = function else { return Err(cursor.unreadable("Unknown intrinsic function")) };
    cursor.expect("(")?;
    let mut arguments = Vec::new();
    cursor.skip_spaces();
    if !cursor.eat(")") {
        loop {
            arguments.push(argument(cursor, depth)?);
            cursor.skip_spaces();
            if cursor.eat(")") {
                break;
            }
            cursor.expect(",")?;
        }
    }
    if !function.arity().contains(&arguments.len()) {
        return Err(cursor.unreadable(&format!("Invalid number of arguments for {name}")));
    }
    Ok(Call { text: cursor.since(start).into(), function, arguments })
}

fn argument(cursor: &mut Cursor<'_>, depth: usize) -> Result<Argument, Unreadable> {
    cursor.skip_spaces();
    match cursor.peek() {
        Some('\'') => {
            cursor.next();
            quoted(cursor).map(Argument::Text)
        }
        Some('$') => JsonPath::read(cursor).map(Argument::Path),
        Some('S') => read(cursor, depth + 1).map(Argument::Call),
        _ => {
            let word = cursor.take_while(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
            match serde_json::from_str::<Value>(word) {
                Ok(value) => Ok(Argument::Literal(value)),
                Err(_) => Err(cursor.unreadable("Expected a text in single quotes, a number, a path or a function")),
            }
        }
    }
}

/// What stands up to the closing quote, with its backslashes.
fn quoted(cursor: &mut Cursor<'_>) -> Result<Box<str>, Unreadable> {
    let start = cursor.at();
    loop {
        match cursor.next() {
            Some('\\') => {
                cursor.next();
            }
            Some('\'') => return Ok(cursor.since(start).strip_suffix('\'').unwrap_or_default().into()),
            Some(_) => {}
            None => return Err(cursor.unreadable("Missing closing quote")),
        }
    }
}

/// A text without its backslashes.
pub(crate) fn unescaped(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => text.extend(rest.next()),
            c => text.push(c),
        }
    }
    text
}

impl Argument {
    /// What an argument that is the same each time stands for.
    pub(crate) fn literal(&self, function: Function, at: usize) -> Option<Value> {
        match self {
            // The template's own braces and escapes are told apart when it is filled.
            Argument::Text(raw) if function == Function::Format && at == 0 => Some(Value::from(&**raw)),
            Argument::Text(raw) => Some(Value::from(unescaped(raw))),
            Argument::Literal(value) => Some(value.clone()),
            Argument::Path(_) | Argument::Call(_) => None,
        }
    }
}
