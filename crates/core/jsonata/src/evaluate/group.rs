//! Objects: constructed, or the elements of a sequence grouped by key.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Evaluator, FrameId};
use crate::error::Error;
use crate::functions::append;
use crate::node::Group;
use crate::value::{Array, Object, Value};

/// What has the same key: one element, or the elements of several.
enum Members {
    One(Option<Value>),
    Many(Vec<Value>),
}

impl Members {
    fn add(&mut self, value: Option<Value>) {
        let Some(value) = value else { return };
        let mut values = match std::mem::replace(self, Members::One(None)) {
            Members::One(None) => return *self = Members::One(Some(value)),
            Members::One(Some(Value::Array(array))) => array.into_values(),
            Members::One(Some(single)) => vec![single],
            Members::Many(values) => values,
        };
        match value {
            Value::Array(array) => values.extend(array.into_values()),
            single => values.push(single),
        }
        *self = Members::Many(values);
    }

    fn into_value(self) -> Option<Value> {
        match self {
            Members::One(value) => value,
            Members::Many(values) => Some(Array::from(values).into()),
        }
    }
}

/// Groups by key, in the order in which the keys came up, each with the number of its field.
struct Groups<T> {
    list: Vec<(Arc<str>, usize, T)>,
    places: BTreeMap<Arc<str>, usize>,
}

impl<T> Groups<T> {
    fn new() -> Groups<T> {
        Groups { list: Vec::new(), places: BTreeMap::new() }
    }

    /// The group of a key, if there is one already; two fields may not give the same key.
    fn get(&mut self, key: &str, field: usize, position: usize) -> Result<Option<&mut T>, Error> {
        let Some(place) = self.places.get(key) else { return Ok(None) };
        let (_, first, group) = &mut self.list[*place];
        if *first != field { Err(Error::new("D1009").at(position).with(key)) } else { Ok(Some(group)) }
    }

    fn insert(&mut self, key: Arc<str>, field: usize, group: T) {
        self.places.insert(key.clone(), self.list.len());
        self.list.push((key, field, group));
    }
}

impl Evaluator<'_> {
    /// Makes an object: each element of the input gives keys, and each key a value of the elements that gave it.
    pub(super) fn group(&mut self, group: &Group, input: Option<Value>, frame: FrameId) -> Result<Value, Error> {
        let items: Vec<Option<Value>> = match input {
            Some(Value::Array(array)) if array.shape.is_tuples => {
                let tuples: Vec<Object> = array.iter().filter_map(Value::as_object).cloned().collect();
                return self.group_tuples(group, &tuples, frame);
            }
            // An object of its own is made of nothing.
            Some(Value::Array(array)) if array.is_empty() => vec![None],
            Some(Value::Array(array)) => array.iter().cloned().map(Some).collect(),
            single => vec![single],
        };
        let mut groups = Groups::new();
        for item in items {
            for (field, (key, _)) in group.fields.iter().enumerate() {
                let key = self.evaluate(key, item.as_ref(), frame)?;
                let Some(key) = checked_key(key, group.position)? else { continue };
                match groups.get(&key, field, group.position)? {
                    Some(members) => Members::add(members, item.clone()),
                    None => groups.insert(key, field, Members::One(item.clone())),
                }
            }
        }
        self.charge_values(groups.list.len())?;
        let mut object = Object::new();
        for (key, field, members) in groups.list {
            let context = members.into_value();
            if let Some(value) = self.evaluate(&group.fields[field].1, context.as_ref(), frame)? {
                object.insert(key, value);
            }
        }
        Ok(object.into())
    }

    /// The same for tuples: what is bound to a name by the tuples of a group is put together.
    pub(super) fn group_tuples(&mut self, group: &Group, tuples: &[Object], frame: FrameId) -> Result<Value, Error> {
        let mut groups: Groups<Object> = Groups::new();
        for tuple in tuples {
            for (field, (key, _)) in group.fields.iter().enumerate() {
                let inner = self.open_tuple(tuple, frame);
                let key = self.evaluate(key, tuple.get("@"), inner)?;
                self.close(inner)?;
                let Some(key) = checked_key(key, group.position)? else { continue };
                match groups.get(&key, field, group.position)? {
                    Some(merged) => {
                        for (name, value) in tuple.shared() {
                            // Taken out, so that what is appended to belongs to nobody else.
                            let before = merged.take(name);
                            if let Some(both) = append(before, Some(value.clone())) {
                                merged.insert(name.clone(), both);
                            }
                        }
                    }
                    None => groups.insert(key, field, tuple.clone()),
                }
            }
        }
        let mut object = Object::new();
        for (key, field, merged) in groups.list {
            let inner = self.open_tuple(&merged, frame);
            let value = self.evaluate(&group.fields[field].1, merged.get("@"), inner)?;
            self.close(inner)?;
            if let Some(value) = value {
                object.insert(key, value);
            }
        }
        Ok(object.into())
    }
}

fn checked_key(key: Option<Value>, position: usize) -> Result<Option<Arc<str>>, Error> {
    match key {
        None => Ok(None),
        Some(Value::String(key)) => Ok(Some(key)),
        Some(other) => Err(Error::new("T1003").at(position).with(other)),
    }
}
