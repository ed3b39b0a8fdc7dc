//! Reads `{ $.level = "ERROR" && $.took > 5 }`.

use super::PatternError;
use super::condition::{Condition, Operand, Order, Selector, Step, Test};
use super::reader::Reader;

/// How deeply parentheses may be nested.
pub(super) const DEPTH_MAX: usize = 16;

/// Reads a pattern that begins with a brace.
pub(super) fn parse(text: &str) -> Result<Condition, PatternError> {
    let mut reader = Reader::new(text);
    reader.take("{");
    let condition = any(&mut reader, 0)?;
    close(&mut reader, "}")?;
    reader.skip_spaces();
    if reader.peek().is_some() {
        return Err(reader.fault("nothing can follow the }"));
    }
    Ok(condition)
}

fn any(reader: &mut Reader<'_>, depth: usize) -> Result<Condition, PatternError> {
    let mut conditions = vec![all(reader, depth)?];
    while reader.take("||") {
        conditions.push(all(reader, depth)?);
    }
    Ok(Condition::Any(conditions).simplest())
}

fn all(reader: &mut Reader<'_>, depth: usize) -> Result<Condition, PatternError> {
    let mut conditions = vec![one(reader, depth)?];
    while reader.take("&&") {
        conditions.push(one(reader, depth)?);
    }
    Ok(Condition::All(conditions).simplest())
}

impl Condition {
    /// One condition needs nothing to join it.
    fn simplest(self) -> Condition {
        match self {
            Condition::Any(mut only) | Condition::All(mut only) if only.len() == 1 => only.remove(0),
            several => several,
        }
    }
}

/// A comparison, or what parentheses enclose; and the spaces around it.
fn one(reader: &mut Reader<'_>, depth: usize) -> Result<Condition, PatternError> {
    reader.skip_spaces();
    if !reader.take("(") {
        return comparison(reader);
    }
    if depth == DEPTH_MAX {
        return Err(reader.fault("parentheses are nested too deeply"));
    }
    let condition = any(reader, depth + 1)?;
    close(reader, ")")?;
    reader.skip_spaces();
    Ok(condition)
}

fn close(reader: &mut Reader<'_>, mark: &str) -> Result<(), PatternError> {
    if reader.take(mark) { Ok(()) } else { Err(reader.fault(&format!("&&, || or {mark} is missing"))) }
}

fn comparison(reader: &mut Reader<'_>) -> Result<Condition, PatternError> {
    let selector = selector(reader)?;
    reader.skip_spaces();
    let condition = if reader.take("NOT") {
        reader.skip_spaces();
        if !reader.take("EXISTS") {
            return Err(reader.fault("EXISTS is missing"));
        }
        Condition::Absent(selector)
    } else {
        Condition::Is(selector, test(reader)?)
    };
    reader.skip_spaces();
    Ok(condition)
}

fn selector(reader: &mut Reader<'_>) -> Result<Selector, PatternError> {
    if !reader.take("$") {
        return Err(reader.fault("a selector, such as $.level, is missing"));
    }
    let mut steps = Vec::new();
    loop {
        let dot = reader.take(".");
        if reader.take("[") {
            steps.push(bracketed(reader)?);
        } else if dot {
            let is_of_name = |character: char| character.is_alphanumeric() || "_-@".contains(character);
            match reader.take_while(is_of_name) {
                "" => return Err(reader.fault("the name of a property is missing")),
                name => steps.push(Step::Property(name.to_owned())),
            }
        } else if steps.is_empty() {
            return Err(reader.fault("the name of a property is missing"));
        } else {
            return Ok(steps);
        }
    }
}

fn bracketed(reader: &mut Reader<'_>) -> Result<Step, PatternError> {
    let begin = reader.place();
    let step = match reader.peek() {
        Some(mark @ ('"' | '\'')) => Step::Property(reader.take_quoted(mark)?),
        Some('0'..='9') => {
            let index = reader.take_while(|character| character.is_ascii_digit());
            Step::Index(index.parse().map_err(|_| PatternError::at(begin, "the index is too large"))?)
        }
        _ => return Err(reader.fault("an index or a name in quotation marks is missing")),
    };
    if reader.take("]") { Ok(step) } else { Err(reader.fault("] is missing")) }
}

fn test(reader: &mut Reader<'_>) -> Result<Test, PatternError> {
    if reader.take("IS") {
        reader.skip_spaces();
        let tests = [("NULL", Test::Null), ("TRUE", Test::Bool(true)), ("FALSE", Test::Bool(false))];
        let test = tests.into_iter().find(|(word, _)| reader.take(word)).map(|(_, test)| test);
        return test.ok_or_else(|| reader.fault("NULL, TRUE or FALSE is missing"));
    }
    // The longer one of two that begin alike comes first.
    let orders = [("<=", Order::LessOrEqual), ("<", Order::Less), (">=", Order::GreaterOrEqual), (">", Order::Greater)];
    if let Some((_, order)) = orders.into_iter().find(|(sign, _)| reader.take(sign)) {
        reader.skip_spaces();
        let begin = reader.place();
        return match operand(reader)? {
            Operand::Number(bound, _) => Ok(Test::Ordered(order, bound)),
            Operand::Text(_) => Err(PatternError::at(begin, "a number is missing")),
        };
    }
    if reader.take("!=") {
        return Ok(Test::Unequal(operand(reader)?));
    }
    if reader.take("=") {
        return Ok(Test::Equal(operand(reader)?));
    }
    Err(reader.fault("=, !=, <, <=, >, >=, IS or NOT EXISTS is missing"))
}

fn operand(reader: &mut Reader<'_>) -> Result<Operand, PatternError> {
    reader.skip_spaces();
    match reader.peek() {
        Some('"') => Ok(Operand::Text(pieces(&reader.take_quoted('"')?))),
        Some('%') => Err(PatternError::no_regular_expressions(reader.place())),
        _ => match reader.take_while(|character| !character.is_whitespace() && !"(){}&|\"=".contains(character)) {
            "" => Err(reader.fault("a value is missing")),
            word => Ok(match word.parse::<f64>() {
                Ok(number) if number.is_finite() => Operand::Number(number, word.to_owned()),
                _ => Operand::Text(pieces(word)),
            }),
        },
    }
}

fn pieces(text: &str) -> Vec<String> {
    text.split('*').map(str::to_owned).collect()
}
