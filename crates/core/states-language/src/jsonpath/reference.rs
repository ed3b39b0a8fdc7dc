//! Reference paths: where a result is written into the input.

use std::sync::Arc;

use bongsu_jsonata::{Object, Value};

use super::{JsonPath, Root, Segment};

/// Longest array that a reference path may make by pointing behind the end.
const PADDING_MAX: usize = 10_000;

/// A path that points to one place below the input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reference {
    text: Box<str>,
    places: Vec<Place>,
}

#[derive(Clone, Debug, PartialEq)]
enum Place {
    Key(Arc<str>),
    Index(usize),
}

/// The input has something else where an object or an array is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoMatch(pub(crate) String);

impl Reference {
    /// The path, if all that it does is to name a place.
    pub(crate) fn of(path: &JsonPath) -> Option<Reference> {
        let places = path.segments.iter().map(|segment| match segment {
            Segment::Child(name) => Some(Place::Key(name.clone())),
            Segment::Index(index) => usize::try_from(*index).ok().map(Place::Index),
            _ => None,
        });
        let places: Vec<Place> = places.collect::<Option<_>>()?;
        (path.root == Root::Input && path.function.is_none()).then(|| Reference { text: path.text.clone(), places })
    }

    /// The input with the result at that place. Objects that are missing on the way are made.
    pub(crate) fn write(&self, input: &Value, result: Value) -> Result<Value, NoMatch> {
        self.write_below(input, 0, result)
    }

    fn write_below(&self, value: &Value, depth: usize, result: Value) -> Result<Value, NoMatch> {
        let Some(place) = self.places.get(depth) else { return Ok(result) };
        match (place, value) {
            (Place::Key(key), Value::Object(object)) => {
                let below = object.get(key).cloned().unwrap_or(Value::Null);
                let mut object = object.clone();
                object.insert(key.clone(), self.write_below(&below, depth + 1, result)?);
                Ok(Value::Object(object))
            }
            (Place::Key(key), Value::Null) => {
                let mut object = Object::new();
                object.insert(key.clone(), self.write_below(&Value::Null, depth + 1, result)?);
                Ok(Value::Object(object))
            }
            (Place::Index(index), Value::Array(elements)) if *index < elements.len().max(PADDING_MAX) => {
                let mut elements = elements.to_vec();
                if elements.len() <= *index {
                    elements.resize(*index + 1, Value::Null);
                }
                elements[*index] = self.write_below(&elements[*index], depth + 1, result)?;
                Ok(Value::from(elements))
            }
            (_, value) => Err(NoMatch(format!("Unable to apply ReferencePath {} to input {value}", self.text))),
        }
    }
}
