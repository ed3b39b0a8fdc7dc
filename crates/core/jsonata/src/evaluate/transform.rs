//! Transforms: a copy of a value, with changes to the objects that a pattern finds in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Evaluator, FrameId};
use crate::error::Error;
use crate::functions::deep_copy;
use crate::node::Transform;
use crate::value::{Object, Value};

/// An object of the copy as it has become; what was put into it is not looked into again.
struct Edited {
    object: Object,
    added: BTreeSet<Arc<str>>,
}

/// What became of objects of the copy, by their identity.
type Edits = BTreeMap<usize, Edited>;

impl Evaluator<'_> {
    pub(super) fn transform(
        &mut self,
        transform: &Transform,
        frame: FrameId,
        input: Option<Value>,
    ) -> Result<Option<Value>, Error> {
        let Some(input) = input else { return Ok(None) };
        if !matches!(self.lookup("clone", frame), Some(Value::Function(_))) {
            return Err(Error::new("T2013").at(transform.position));
        }
        self.charge(input.weight())?;
        let copy = deep_copy(&input)?;
        let found = match self.evaluate(&transform.pattern, Some(&copy), frame)? {
            None => return Ok(Some(copy)),
            Some(Value::Array(array)) => array.to_vec(),
            Some(single) => vec![single],
        };
        let mut edits = Edits::new();
        for matched in found {
            let now = rebuilt(&matched, &edits);
            let update = self.evaluate(&transform.update, Some(&now), frame)?;
            let update = match update {
                None => Object::new(),
                Some(Value::Object(update)) => update,
                Some(other) => return Err(Error::new("T2011").at(transform.update.position).with(other)),
            };
            apply_update(&matched, &update, &mut edits);
            if let Some(delete) = &transform.delete {
                let now = rebuilt(&matched, &edits);
                let keys = self.evaluate(delete, Some(&now), frame)?;
                let keys = deleted_keys(keys).map_err(|error| error.at(delete.position))?;
                apply_deletion(&matched, &keys, &mut edits);
            }
            self.charge(now.weight())?;
        }
        Ok(Some(rebuilt(&copy, &edits)))
    }
}

fn edited<'a>(matched: &Value, edits: &'a mut Edits) -> Option<&'a mut Edited> {
    let object = matched.as_object()?;
    Some(edits.entry(object.identity()).or_insert_with(|| Edited { object: object.clone(), added: BTreeSet::new() }))
}

fn apply_update(matched: &Value, update: &Object, edits: &mut Edits) {
    let Some(edited) = edited(matched, edits) else { return };
    for (key, value) in update.shared() {
        edited.object.insert(key.clone(), value.clone());
        edited.added.insert(key.clone());
    }
}

fn apply_deletion(matched: &Value, keys: &[Arc<str>], edits: &mut Edits) {
    let Some(edited) = edited(matched, edits) else { return };
    for key in keys {
        edited.object.remove(key);
    }
}

fn deleted_keys(keys: Option<Value>) -> Result<Vec<Arc<str>>, Error> {
    let list = match &keys {
        None => return Ok(Vec::new()),
        Some(Value::Array(array)) => array.to_vec(),
        Some(single) => vec![single.clone()],
    };
    let text = |key: Value| if let Value::String(key) = key { Some(key) } else { None };
    list.into_iter().map(text).collect::<Option<_>>().ok_or_else(|| Error::new("T2012").with_any(keys.as_ref()))
}

/// A part of the copy with all edits in it.
fn rebuilt(value: &Value, edits: &Edits) -> Value {
    if edits.is_empty() {
        return value.clone();
    }
    match value {
        Value::Array(array) => Value::Array(array.iter().map(|element| rebuilt(element, edits)).collect()),
        Value::Object(object) => {
            let edited = edits.get(&object.identity());
            let current = edited.map_or(object, |edited| &edited.object);
            let field = |(key, value): &(Arc<str>, Value)| {
                let is_added = edited.is_some_and(|edited| edited.added.contains(key));
                (key.clone(), if is_added { value.clone() } else { rebuilt(value, edits) })
            };
            Value::Object(current.shared().iter().map(field).collect())
        }
        other => other.clone(),
    }
}
