//! Walks a path through a value.

use std::fmt::Write;

use bongsu_jsonata::Value;

use super::{JsonPath, Segment};
use crate::limits::PATH_VISITS_MAX;

/// Why a path gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    /// Jayway's sentence.
    pub(crate) why: String,
}

impl JsonPath {
    /// What the path finds from its root: one value, or the list of what was found if it is not definite.
    pub(crate) fn evaluate(&self, root: &Value) -> Result<Value, Missing> {
        let mut visits = 0;
        let found = self.walk(root, root, &mut visits)?;
        match self.function {
            Some(function) => function.of(found, self.segments_are_definite()),
            None if self.is_definite() => Ok(found.into_iter().next().cloned().unwrap_or(Value::Null)),
            None => Ok(found.into_iter().cloned().collect::<Vec<Value>>().into()),
        }
    }

    fn segments_are_definite(&self) -> bool {
        self.segments.iter().all(|segment| matches!(segment, Segment::Child(_) | Segment::Index(_)))
    }

    /// All that is found; a definite path finds exactly one value or is missing.
    pub(super) fn walk<'v>(
        &self,
        start: &'v Value,
        whole: &'v Value,
        visits: &mut usize,
    ) -> Result<Vec<&'v Value>, Missing> {
        let strict = self.segments_are_definite();
        let mut here = vec![start];
        let mut descending = false;
        for (at, segment) in self.segments.iter().enumerate() {
            if matches!(segment, Segment::Descend) {
                descending = true;
                continue;
            }
            let mut next = Vec::new();
            for value in here {
                if descending {
                    descend(value, segment, whole, visits, &mut next)?;
                } else {
                    step(value, segment, whole, visits, &mut next)?;
                }
            }
            if strict && next.is_empty() {
                return Err(self.missing(at));
            }
            descending = false;
            here = next;
        }
        Ok(here)
    }

    fn missing(&self, at: usize) -> Missing {
        let mut place = String::from("$");
        for segment in &self.segments[..=at] {
            let written = match segment {
                Segment::Child(name) => write!(place, "['{name}']"),
                Segment::Index(index) => write!(place, "[{index}]"),
                _ => Ok(()),
            };
            written.expect("a String takes any text");
        }
        let last = at + 1 == self.segments.len();
        let why = if last { "No results for path: " } else { "Missing property in path " };
        Missing { why: format!("{why}{place}") }
    }
}

fn step<'v>(
    value: &'v Value,
    segment: &Segment,
    whole: &'v Value,
    visits: &mut usize,
    found: &mut Vec<&'v Value>,
) -> Result<(), Missing> {
    match segment {
        Segment::Child(name) => found.extend(value.get(name)),
        Segment::Children(names) => found.extend(names.iter().filter_map(|name| value.get(name))),
        Segment::Index(index) => found.extend(at(value, *index)),
        Segment::Indices(indices) => found.extend(indices.iter().filter_map(|index| at(value, *index))),
        Segment::Slice { from, to, by } => slice(value, *from, *to, *by, found),
        Segment::All => found.extend(children(value)),
        Segment::Filter(filter) => match value {
            Value::Array(elements) => {
                for element in elements.iter() {
                    if filter.admits(element, whole, visits)? {
                        found.push(element);
                    }
                }
            }
            object if filter.admits(object, whole, visits)? => found.push(object),
            _ => {}
        },
        Segment::Descend => {}
    }
    *visits += 1 + found.len();
    bounded(*visits)
}

/// Takes the step from the value and from all that is below it, outer values first.
fn descend<'v>(
    value: &'v Value,
    segment: &Segment,
    whole: &'v Value,
    visits: &mut usize,
    found: &mut Vec<&'v Value>,
) -> Result<(), Missing> {
    let mut stack = vec![value];
    while let Some(value) = stack.pop() {
        *visits += 1;
        bounded(*visits)?;
        // A filter is asked about the elements of lists; objects come up as elements of what holds them.
        if !matches!(segment, Segment::Filter(_)) || matches!(value, Value::Array(_)) {
            step(value, segment, whole, visits, found)?;
        }
        let below: Vec<&Value> = children(value).collect();
        stack.extend(below.into_iter().rev());
    }
    Ok(())
}

fn bounded(visits: usize) -> Result<(), Missing> {
    if visits > PATH_VISITS_MAX { Err(Missing { why: "The path looks at too many values".into() }) } else { Ok(()) }
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(elements) => Box::new(elements.iter()),
        Value::Object(object) => Box::new(object.iter().map(|(_, value)| value)),
        _ => Box::new(std::iter::empty()),
    }
}

fn at(value: &Value, index: i64) -> Option<&Value> {
    let elements = value.as_array()?;
    let index = if index < 0 { index + elements.len() as i64 } else { index };
    elements.get(usize::try_from(index).ok()?)
}

fn slice<'v>(value: &'v Value, from: Option<i64>, to: Option<i64>, by: i64, found: &mut Vec<&'v Value>) {
    let Some(elements) = value.as_array() else { return };
    let length = elements.len() as i64;
    let place = |index: i64| if index < 0 { (index + length).max(0) } else { index.min(length) } as usize;
    let (from, to) = (place(from.unwrap_or(0)), place(to.unwrap_or(length)));
    if from < to {
        found.extend(elements[from..to].iter().step_by(usize::try_from(by).unwrap_or(usize::MAX)));
    }
}
