//! Functions that look for parts of texts: fixed ones, regular expressions, or functions that find matches.

use std::sync::Arc;

use super::{Arguments, Row};
use crate::error::Error;
use crate::evaluate::{Evaluator, FrameId};
use crate::function::{Callable, Function};
use crate::limits::STEPS_OF_CALL;
use crate::regular_expression::{Found, Pattern};
use crate::value::{Array, Object, Value};

pub(super) const ROWS: &[Row] = &[
    ("contains", "<s-(sf):b>", 2, contains),
    ("match", "<s-f<s:o>n?:a<o>>", 3, matches),
    ("replace", "<s-(sf)(sf)n?:s>", 4, replace),
    ("split", "<s-(sf)n?:a<s>>", 3, split),
];

/// What is weighed for a match beside its text.
const WEIGHT_OF_MATCH: u64 = 256;

/// Finds the first match of a regular expression in a text.
pub(crate) fn first_match(pattern: &Arc<Pattern>, position: usize, text: &Arc<str>) -> Option<Value> {
    pattern.find(text, 0).map(|found| match_object(pattern, position, text, &found))
}

/// Finds the match that comes after one that ended at this byte. An empty one would come again for ever.
pub(crate) fn next_match(
    pattern: &Arc<Pattern>,
    position: usize,
    text: &Arc<str>,
    from: usize,
) -> Result<Option<Value>, Error> {
    let found = if from >= text.len() { None } else { pattern.find(text, from) };
    match found {
        Some(found) if found.start == found.end => Err(Error::new("D1004").at(position).with(pattern.source())),
        found => Ok(found.map(|found| match_object(pattern, position, text, &found))),
    }
}

/// A match as an object: its text, where it is in UTF-16 code units, its groups, and a function for the match after it.
fn match_object(pattern: &Arc<Pattern>, position: usize, text: &Arc<str>, found: &Found) -> Value {
    let group = |place: &Option<(usize, usize)>| match place {
        Some((start, end)) => Value::from(&text[*start..*end]),
        None => Value::Null,
    };
    let next = Callable::NextMatch { pattern: pattern.clone(), position, text: text.clone(), from: found.end };
    let start = units(&text[..found.start]);
    let end = start + units(&text[found.start..found.end]);
    let fields = [
        ("match", Value::from(&text[found.start..found.end])),
        ("start", (start as f64).into()),
        ("end", (end as f64).into()),
        ("groups", Value::Array(found.groups.iter().map(group).collect())),
        ("next", Value::Function(Function::new(next))),
    ];
    Value::Object(fields.into_iter().collect())
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A match, whoever found it.
struct Match {
    object: Object,
    text: Arc<str>,
    /// Bytes of the text that was searched.
    start: usize,
    end: usize,
    groups: Vec<Value>,
    next: Option<Function>,
}

/// Goes through the matches in a text.
struct Search<'t> {
    text: &'t Arc<str>,
    matcher: Option<Function>,
    frame: FrameId,
    is_first: bool,
}

impl<'t> Search<'t> {
    fn new(text: &'t Arc<str>, matcher: Function, frame: FrameId) -> Search<'t> {
        Search { text, matcher: Some(matcher), frame, is_first: true }
    }

    fn next(&mut self, evaluator: &mut Evaluator<'_>) -> Result<Option<Match>, Error> {
        let Some(matcher) = self.matcher.take() else { return Ok(None) };
        let arguments = if self.is_first { vec![Some(Value::String(self.text.clone()))] } else { Vec::new() };
        self.is_first = false;
        let found = match evaluator.invoke(&matcher, arguments, self.frame)? {
            None => return Ok(None),
            Some(Value::Object(object)) => self.read(object)?,
            Some(_) => return Err(Error::new("T1010")),
        };
        evaluator.count_steps(STEPS_OF_CALL + (found.end - found.start) as u64 / 64)?;
        evaluator.charge(WEIGHT_OF_MATCH + found.text.len() as u64)?;
        self.matcher = found.next.clone();
        Ok(Some(found))
    }

    fn read(&self, object: Object) -> Result<Match, Error> {
        let place = |key| object.get(key).and_then(Value::as_f64).map(|units| byte_at(self.text, units));
        let is_match =
            place("start").is_some() || object.get("groups").is_some_and(|groups| groups.as_array().is_some());
        if !is_match {
            return Err(Error::new("T1010"));
        }
        let text: Arc<str> = object.get("match").and_then(Value::as_str).unwrap_or_default().into();
        let start = place("start").unwrap_or(0);
        let end = place("end").unwrap_or(self.text.len()).max(start);
        let groups = object.get("groups").and_then(Value::as_array).unwrap_or_default().to_vec();
        let next = if let Some(Value::Function(next)) = object.get("next") { Some(next.clone()) } else { None };
        Ok(Match { text, start, end, groups, next, object })
    }
}

/// The byte at which a UTF-16 code unit begins.
fn byte_at(text: &str, units: f64) -> usize {
    if text.is_ascii() {
        return (units.max(0.0) as usize).min(text.len());
    }
    let mut passed = 0.0;
    for (at, character) in text.char_indices() {
        if passed >= units {
            return at;
        }
        passed += character.len_utf16() as f64;
    }
    text.len()
}

fn contains(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let Some(text) = arguments.text(0) else { return Ok(None) };
    match arguments.take(1) {
        Some(Value::String(part)) => Ok(Some(text.contains(&*part).into())),
        Some(Value::Function(matcher)) => {
            let found = Search::new(&text, matcher, arguments.frame).next(evaluator)?;
            Ok(Some(found.is_some().into()))
        }
        _ => Ok(None),
    }
}

/// How many matches to go through, if there is a limit; an error if it is negative.
fn limit(arguments: &Arguments, at: usize, code: &'static str) -> Result<f64, Error> {
    match arguments.number(at) {
        Some(limit) if limit < 0.0 => Err(Error::new(code).with(limit).argument(at + 1)),
        Some(limit) => Ok(limit),
        None => Ok(f64::INFINITY),
    }
}

fn matches(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let limit = limit(&arguments, 2, "D3040")?;
    let (Some(matcher), Some(text)) = (arguments.function(1), arguments.text(0)) else { return Ok(None) };
    let (mut search, mut found) = (Search::new(&text, matcher, arguments.frame), Vec::new());
    while (found.len() as f64) < limit {
        let Some(next) = search.next(evaluator)? else { break };
        let index = next.object.get("start").cloned();
        let mut object: Object = [("match", Value::String(next.text))].into_iter().collect();
        if let Some(index) = index {
            object.insert("index", index);
        }
        object.insert("groups", Array::from(next.groups).into());
        found.push(Value::Object(object));
    }
    Ok(Some(Array::sequence(found).into()))
}

fn replace(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let limit = limit(&arguments, 3, "D3011")?;
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let frame = arguments.frame;
    match (arguments.take(1), arguments.take(2)) {
        (Some(Value::String(part)), _) if part.is_empty() => Err(Error::new("D3010").with("").argument(2)),
        (Some(Value::String(part)), Some(Value::String(replacement))) => {
            let count = text.matches(&*part).count();
            evaluator
                .charge((count as u64).saturating_mul(replacement.len() as u64).saturating_add(text.len() as u64))?;
            let times = limit.ceil().min(count as f64) as usize;
            Ok(Some(text.replacen(&*part, &replacement, times).into()))
        }
        (Some(Value::Function(matcher)), Some(replacement)) => {
            replace_matches(evaluator, &text, matcher, &replacement, limit, frame).map(|text| Some(text.into()))
        }
        (_, replacement) => Err(Error::new("D3012").with_any(replacement.as_ref())),
    }
}

fn replace_matches(
    evaluator: &mut Evaluator<'_>,
    text: &Arc<str>,
    matcher: Function,
    replacement: &Value,
    limit: f64,
    frame: FrameId,
) -> Result<String, Error> {
    let (mut search, mut result, mut from, mut count) = (Search::new(text, matcher, frame), String::new(), 0, 0.0);
    while count < limit {
        let Some(found) = search.next(evaluator)? else { break };
        let replaced = match replacement {
            Value::Function(replacer) => {
                evaluator.invoke(replacer, vec![Some(Value::Object(found.object.clone()))], frame)?
            }
            Value::String(template) => Some(substitute(template, &found).into()),
            _ => None,
        };
        let Some(Value::String(replaced)) = replaced else {
            return Err(Error::new("D3012").with_any(replaced.as_ref()));
        };
        evaluator.charge((replaced.len() + found.start.saturating_sub(from)) as u64)?;
        result.push_str(text.get(from..found.start).unwrap_or_default());
        result.push_str(&replaced);
        from = (found.start + found.text.len()).max(from);
        count += 1.0;
    }
    result.push_str(text.get(from..).unwrap_or_default());
    Ok(result)
}

/// Puts the match (`$0`) and its groups (`$1`) into a replacement; `$$` is a dollar sign.
fn substitute(template: &str, found: &Match) -> String {
    let mut result = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('0') {
            result.push_str(&found.text);
            rest = after;
        } else if let Some((group, digits)) = group_number(rest, found.groups.len()) {
            if let Some(Value::String(text)) = found.groups.get(group.wrapping_sub(1)) {
                result.push_str(text);
            }
            rest = &rest[digits..];
        } else {
            result.push('$');
        }
    }
    result.push_str(rest);
    result
}

/// The number of a group and its digits: as many as the number of groups has, or one fewer if there is no such group.
fn group_number(text: &str, groups: usize) -> Option<(usize, usize)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count().min(groups.to_string().len());
    let number = text.get(..digits)?.parse::<usize>().ok()?;
    if number > groups && digits > 1 {
        return Some((number / 10, digits - 1));
    }
    Some((number, digits))
}

fn split(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Result<Option<Value>, Error> {
    let limit = limit(&arguments, 2, "D3020")?;
    let Some(text) = arguments.text(0) else { return Ok(None) };
    let mut parts: Vec<Value> = Vec::new();
    match arguments.take(1) {
        Some(Value::String(separator)) => {
            let whole = limit.floor().min(usize::MAX as f64) as usize;
            evaluator.charge(text.len() as u64)?;
            if separator.is_empty() {
                evaluator.charge_values(text.len())?;
                parts.extend(text.chars().take(whole).map(|character| Value::from(character.to_string())));
            } else {
                parts.extend(text.split(&*separator).take(whole).map(Value::from));
            }
        }
        Some(Value::Function(matcher)) => {
            let (mut search, mut from) = (Search::new(&text, matcher, arguments.frame), 0);
            while (parts.len() as f64) < limit {
                let Some(found) = search.next(evaluator)? else { break };
                parts.push(text.get(from..found.start).unwrap_or_default().into());
                from = found.end;
            }
            if (parts.len() as f64) < limit {
                parts.push(text.get(from..).unwrap_or_default().into());
            }
        }
        _ => {}
    }
    evaluator.charge_values(parts.len())?;
    Ok(Some(parts.into()))
}
