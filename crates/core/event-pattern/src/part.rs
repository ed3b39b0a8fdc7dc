//! A JSON document as a tree that patterns walk down.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::body::DEPTH_MAX;
use crate::fields::Value;
use crate::json::{Reader, Token};

/// A value of a document.
#[derive(Clone, Debug)]
pub(crate) enum Part<'a> {
    Leaf(Value<'a>),
    Array(Vec<Part<'a>>),
    Object(Members<'a>),
}

/// The members of an object, each key once and none with a dot: `a.b` is `b` within `a`, as it is for patterns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members<'a>(
    /// Sorted by key.
    Vec<Member<'a>>,
);

pub(crate) type Member<'a> = (Cow<'a, str>, Part<'a>);

impl<'a> Part<'a> {
    /// Reads a whole text; `None` if it is no JSON, or deeper than [`DEPTH_MAX`].
    pub(crate) fn read(text: &'a str) -> Option<Part<'a>> {
        let mut reader = Reader::new(text);
        let token = reader.value().ok()?;
        let part = read(&mut reader, token, DEPTH_MAX)?;
        reader.end().ok()?;
        Some(part)
    }

    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Part<'a> {
        Part::Leaf(Value::String(text.into()))
    }
}

fn read<'a>(reader: &mut Reader<'a>, token: Token<'a>, levels_left: usize) -> Option<Part<'a>> {
    let mut first = true;
    match token {
        Token::Object => {
            let mut members = Vec::new();
            while let Some(key) = reader.member(&mut first).ok()? {
                let levels_left = levels_left.checked_sub(levels(&key))?;
                let token = reader.value().ok()?;
                members.push((key, read(reader, token, levels_left)?));
            }
            // An empty object is a level as well.
            levels_left.checked_sub(1)?;
            Some(Part::Object(Members::new(members)))
        }
        Token::Array => {
            let levels_left = levels_left.checked_sub(1)?;
            let mut elements = Vec::new();
            while let Some(token) = reader.element(&mut first).ok()? {
                elements.push(read(reader, token, levels_left)?);
            }
            Some(Part::Array(elements))
        }
        leaf => Value::of(leaf).map(Part::Leaf),
    }
}

/// How deep a key leads.
fn levels(key: &str) -> usize {
    1 + key.bytes().filter(|byte| *byte == b'.').count()
}

impl<'a> Members<'a> {
    /// Of a key that comes twice, the last one counts. Keys are of at most [`DEPTH_MAX`] levels.
    pub(crate) fn new(mut members: Vec<Member<'a>>) -> Members<'a> {
        members.reverse();
        members.sort_by(|(left, _), (right, _)| left.cmp(right));
        members.dedup_by(|(later, _), (kept, _)| later == kept);
        let is_dotted = members.iter().any(|(key, _)| key.contains('.'));
        Members(if is_dotted { nest(members) } else { members })
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Part<'a>> {
        let at = self.0.binary_search_by(|(own, _)| (**own).cmp(key)).ok()?;
        Some(&self.0[at].1)
    }
}

/// What comes together at one key.
#[derive(Default)]
struct Place<'a> {
    parts: Vec<Part<'a>>,
    below: Vec<Member<'a>>,
}

/// Takes keys with dots apart. Objects at the same key become one; other values stand side by side, as in an array.
fn nest<'a>(members: Vec<Member<'a>>) -> Vec<Member<'a>> {
    let mut places: BTreeMap<Cow<'a, str>, Place<'a>> = BTreeMap::new();
    for (key, part) in members {
        let (key, rest) = split(key);
        let place = places.entry(key).or_default();
        match rest {
            Some(rest) => place.below.push((rest, part)),
            None => place.parts.push(part),
        }
    }
    places.into_iter().map(|(key, place)| (key, place.join())).collect()
}

fn split(key: Cow<'_, str>) -> (Cow<'_, str>, Option<Cow<'_, str>>) {
    match key {
        Cow::Borrowed(key) => match key.split_once('.') {
            Some((key, rest)) => (key.into(), Some(rest.into())),
            None => (key.into(), None),
        },
        Cow::Owned(key) => match key.split_once('.') {
            Some((key, rest)) => (key.to_owned().into(), Some(rest.to_owned().into())),
            None => (key.into(), None),
        },
    }
}

impl<'a> Place<'a> {
    fn join(self) -> Part<'a> {
        let Place { parts, mut below } = self;
        if below.is_empty() && parts.len() == 1 {
            return parts.into_iter().next().expect("there is one");
        }
        let mut others = Vec::new();
        for part in parts {
            match part {
                Part::Object(members) => below.extend(members.0),
                other => others.push(other),
            }
        }
        let object = Part::Object(Members(nest(below)));
        if others.is_empty() {
            return object;
        }
        others.push(object);
        Part::Array(others)
    }
}
