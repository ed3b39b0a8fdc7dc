//! Reads a JSONPath.

use std::sync::Arc;

use bongsu_jsonata::Value;

use super::{Comparison, Filter, Function, JsonPath, Operand, Root, Segment};
use crate::cursor::{Cursor, Unreadable};
use crate::limits::{PATH_BYTES_MAX, PAYLOAD_DEPTH_MAX};

/// Deepest nesting of parentheses and of paths in filters.
const DEPTH_MAX: usize = 16;

const FUNCTIONS: &[(&str, Function)] = &[
    ("length", Function::Length),
    ("size", Function::Size),
    ("min", Function::Min),
    ("max", Function::Max),
    ("avg", Function::Avg),
    ("sum", Function::Sum),
    ("stddev", Function::Stddev),
    ("keys", Function::Keys),
    ("first", Function::First),
    ("last", Function::Last),
];

/// Longer ones first, so that `<=` is not taken for `<`.
const COMPARISONS: &[(&str, Comparison)] = &[
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    ("in ", Comparison::In),
    ("nin ", Comparison::NotIn),
];

impl JsonPath {
    /// Reads all of the text.
    pub(crate) fn parse(text: &str) -> Result<JsonPath, Unreadable> {
        let mut cursor = Cursor::new(text);
        let path = JsonPath::read(&mut cursor)?;
        match cursor.peek() {
            Some(_) => Err(cursor.unreadable("Unexpected character")),
            None => Ok(path),
        }
    }

    /// Reads a path as far as it goes; what may follow is the caller's.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<JsonPath, Unreadable> {
        if cursor.rest().len() > PATH_BYTES_MAX {
            return Err(cursor.unreadable("Path is too long"));
        }
        let start = cursor.at();
        if !cursor.eat("$") {
            return Err(cursor.unreadable("Path must start with '$'"));
        }
        let root = if cursor.eat("$") {
            Root::Context
        } else {
            match cursor.take_while(|c| c.is_alphanumeric() || c == '_') {
                "" => Root::Input,
                name => Root::Variable(name.into()),
            }
        };
        segments(cursor, start, root, 0)
    }
}

fn segments(cursor: &mut Cursor<'_>, start: usize, root: Root, depth: usize) -> Result<JsonPath, Unreadable> {
    if depth > DEPTH_MAX {
        return Err(cursor.unreadable("Filters are nested too deeply"));
    }
    let (mut segments, mut function) = (Vec::new(), None);
    while function.is_none() {
        if cursor.eat("..") {
            segments.push(Segment::Descend);
            if cursor.peek() != Some('[') {
                segments.push(named(cursor)?);
            }
        } else if cursor.eat(".") {
            match named_function(cursor) {
                Some(found) => function = Some(found),
                None if cursor.peek() == Some('[') => {}
                None => segments.push(named(cursor)?),
            }
        } else if cursor.eat("[") {
            segments.push(bracketed(cursor, depth)?);
        } else {
            break;
        }
    }
    if segments.len() > PAYLOAD_DEPTH_MAX {
        return Err(cursor.unreadable("Path has too many steps"));
    }
    Ok(JsonPath { text: cursor.since(start).into(), root, segments, function })
}

fn named_function(cursor: &mut Cursor<'_>) -> Option<Function> {
    let (word, function) = FUNCTIONS
        .iter()
        .find(|(word, _)| cursor.rest().strip_prefix(word).is_some_and(|rest| rest.starts_with("()")))?;
    cursor.eat(word);
    cursor.eat("()");
    Some(*function)
}

fn named(cursor: &mut Cursor<'_>) -> Result<Segment, Unreadable> {
    if cursor.eat("*") {
        return Ok(Segment::All);
    }
    match cursor.take_while(|c| !c.is_whitespace() && !".[](),=<>!&|'\"*?".contains(c)) {
        "" => Err(cursor.unreadable("Expected a name")),
        _ if cursor.peek() == Some('(') => Err(cursor.unreadable("Unknown function")),
        name => Ok(Segment::Child(name.into())),
    }
}

fn bracketed(cursor: &mut Cursor<'_>, depth: usize) -> Result<Segment, Unreadable> {
    cursor.skip_spaces();
    let segment = match cursor.peek() {
        Some('*') => {
            cursor.next();
            Segment::All
        }
        Some('\'' | '"') => names(cursor)?,
        Some('?') => {
            cursor.next();
            cursor.skip_spaces();
            cursor.expect("(")?;
            let filter = any(cursor, depth + 1)?;
            cursor.expect(")")?;
            Segment::Filter(filter)
        }
        _ => numbers(cursor)?,
    };
    cursor.skip_spaces();
    cursor.expect("]")?;
    Ok(segment)
}

fn names(cursor: &mut Cursor<'_>) -> Result<Segment, Unreadable> {
    let mut names: Vec<Arc<str>> = Vec::new();
    loop {
        cursor.skip_spaces();
        match cursor.next() {
            Some(quote @ ('\'' | '"')) => names.push(cursor.quoted(quote)?.into()),
            _ => return Err(cursor.unreadable("Expected a quoted name")),
        }
        cursor.skip_spaces();
        if !cursor.eat(",") {
            break;
        }
    }
    Ok(if names.len() == 1 { Segment::Child(names.remove(0)) } else { Segment::Children(names) })
}

fn numbers(cursor: &mut Cursor<'_>) -> Result<Segment, Unreadable> {
    let first = number(cursor)?;
    cursor.skip_spaces();
    if cursor.eat(":") {
        let to = number(cursor)?;
        let by = if cursor.eat(":") { number(cursor)?.unwrap_or(1) } else { 1 };
        if by < 1 {
            return Err(cursor.unreadable("The step of a slice must be positive"));
        }
        return Ok(Segment::Slice { from: first, to, by });
    }
    let Some(first) = first else { return Err(cursor.unreadable("Expected a name, an index, a slice or a filter")) };
    let mut indices = vec![first];
    while cursor.eat(",") {
        indices.push(number(cursor)?.ok_or_else(|| cursor.unreadable("Expected an index"))?);
        cursor.skip_spaces();
    }
    Ok(if indices.len() == 1 { Segment::Index(first) } else { Segment::Indices(indices) })
}

fn number(cursor: &mut Cursor<'_>) -> Result<Option<i64>, Unreadable> {
    cursor.skip_spaces();
    let start = cursor.at();
    cursor.eat("-");
    cursor.take_while(|c| c.is_ascii_digit());
    match cursor.since(start) {
        "" => Ok(None),
        digits => digits.parse().map(Some).map_err(|_| cursor.unreadable("Invalid number")),
    }
}

fn any(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, Unreadable> {
    joined(cursor, "||", |cursor| joined(cursor, "&&", |cursor| unary(cursor, depth), Filter::Every), Filter::Any)
}

fn joined(
    cursor: &mut Cursor<'_>,
    word: &str,
    mut part: impl FnMut(&mut Cursor<'_>) -> Result<Filter, Unreadable>,
    join: impl Fn(Vec<Filter>) -> Filter,
) -> Result<Filter, Unreadable> {
    let first = part(cursor)?;
    let mut parts = vec![first];
    loop {
        cursor.skip_spaces();
        if !cursor.eat(word) {
            break;
        }
        parts.push(part(cursor)?);
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { join(parts) })
}

fn unary(cursor: &mut Cursor<'_>, depth: usize) -> Result<Filter, Unreadable> {
    if depth > DEPTH_MAX {
        return Err(cursor.unreadable("Filters are nested too deeply"));
    }
    cursor.skip_spaces();
    if cursor.eat("!") {
        return Ok(Filter::Not(Box::new(unary(cursor, depth + 1)?)));
    }
    if cursor.eat("(") {
        let filter = any(cursor, depth + 1)?;
        cursor.expect(")")?;
        return Ok(filter);
    }
    let left = operand(cursor, depth)?;
    cursor.skip_spaces();
    match COMPARISONS.iter().find(|(word, _)| cursor.eat(word)) {
        Some((_, comparison)) => {
            cursor.skip_spaces();
            let right = operand(cursor, depth)?;
            cursor.skip_spaces();
            Ok(Filter::Compare(left, *comparison, right))
        }
        None => Ok(Filter::Exists(left)),
    }
}

fn operand(cursor: &mut Cursor<'_>, depth: usize) -> Result<Operand, Unreadable> {
    let start = cursor.at();
    match cursor.peek() {
        Some('@') => {
            cursor.next();
            segments(cursor, start, Root::Input, depth + 1).map(Operand::Element)
        }
        Some('$') => {
            cursor.next();
            segments(cursor, start, Root::Input, depth + 1).map(Operand::Whole)
        }
        Some(quote @ ('\'' | '"')) => {
            cursor.next();
            Ok(Operand::Literal(Value::from(cursor.quoted(quote)?)))
        }
        Some('[') => list(cursor, depth).map(Operand::Literal),
        _ => word(cursor),
    }
}

fn list(cursor: &mut Cursor<'_>, depth: usize) -> Result<Value, Unreadable> {
    cursor.expect("[")?;
    let mut elements = Vec::new();
    loop {
        cursor.skip_spaces();
        if elements.is_empty() && cursor.eat("]") {
            return Ok(Value::from(elements));
        }
        match operand(cursor, depth + 1)? {
            Operand::Literal(value) => elements.push(value),
            _ => return Err(cursor.unreadable("A list in a filter holds literals")),
        }
        cursor.skip_spaces();
        if cursor.eat("]") {
            return Ok(Value::from(elements));
        }
        cursor.expect(",")?;
    }
}

fn word(cursor: &mut Cursor<'_>) -> Result<Operand, Unreadable> {
    let word = cursor.take_while(|c| c.is_alphanumeric() || "+-.".contains(c));
    let value = match word {
        "true" => Some(Value::Boolean(true)),
        "false" => Some(Value::Boolean(false)),
        "null" => Some(Value::Null),
        number => serde_json::from_str::<Value>(number).ok(),
    };
    value.map(Operand::Literal).ok_or_else(|| cursor.unreadable("Expected a path or a literal"))
}
