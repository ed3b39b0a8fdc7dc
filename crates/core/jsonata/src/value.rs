//! The values that expressions read and give: JSON, shared, with the order of keys kept.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use crate::function::Function;
use crate::number::Number;

/// How deep arrays and objects may lie in one another: as deep as readers of JSON go.
pub const VALUE_DEPTH_MAX: u16 = 128;

/// Objects of more keys than this have an index.
const KEYS_WITHOUT_INDEX: usize = 16;
/// What a value weighs beside its text.
pub(crate) const WEIGHT_OF_VALUE: u64 = 16;

/// A JSON value. Clones share what they hold.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(Arc<str>),
    /// An array.
    Array(Array),
    /// An object.
    Object(Object),
    /// A function. Met only inside of an evaluation: no outcome contains one, and nothing that is read from JSON.
    Function(Function),
}

impl Value {
    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = self { Some(text) } else { None }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Boolean(is_true) = self { Some(*is_true) } else { None }
    }

    /// The number as a double, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        if let Value::Number(number) = self { Some(number.as_f64()) } else { None }
    }

    /// The number as an integer, if it is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        if let Value::Number(number) = self { number.as_i64() } else { None }
    }

    /// The elements, if it is an array.
    pub fn as_array(&self) -> Option<&[Value]> {
        if let Value::Array(array) = self { Some(array) } else { None }
    }

    /// The object, if it is one.
    pub fn as_object(&self) -> Option<&Object> {
        if let Value::Object(object) = self { Some(object) } else { None }
    }

    /// The value at a key, if it is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_object()?.get(key)
    }

    /// How deep arrays and objects lie in it: 0 for anything else.
    pub(crate) fn depth(&self) -> u16 {
        match self {
            Value::Array(array) => array.data.depth,
            Value::Object(object) => object.fields.depth,
            Value::Function(function) => function.depth(),
            _ => 0,
        }
    }

    /// About how many bytes it takes written out, where what is shared counts each time.
    pub(crate) fn weight(&self) -> u64 {
        match self {
            Value::String(text) => text.len() as u64 + WEIGHT_OF_VALUE,
            Value::Array(array) => array.data.weight,
            Value::Object(object) => object.fields.weight,
            _ => WEIGHT_OF_VALUE,
        }
    }

    /// Whether both are one and the same array or object, so that they read the same.
    pub fn shares(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Array(left), Value::Array(right)) => Arc::ptr_eq(&left.data, &right.data),
            (Value::Object(left), Value::Object(right)) => Arc::ptr_eq(&left.fields, &right.fields),
            _ => false,
        }
    }

    /// Whether it is the same: equal, for arrays, objects and functions one and the same.
    pub(crate) fn is_same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => self.shares(other),
            _ => self == other,
        }
    }
}

/// JSONata's equality: deep, numbers as doubles, the order of keys without meaning.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Boolean(left), Value::Boolean(right)) => left == right,
            (Value::Number(left), Value::Number(right)) => left == right,
            (Value::String(left), Value::String(right)) => left == right,
            (Value::Array(left), Value::Array(right)) => left == right,
            (Value::Object(left), Value::Object(right)) => left == right,
            (Value::Function(left), Value::Function(right)) => left == right,
            _ => false,
        }
    }
}

/// What an array is beside its elements: how it came about, and what is therefore done with it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shape {
    /// The result of a query: one element stands for itself, none for nothing.
    pub(crate) is_sequence: bool,
    /// A sequence that stays an array with one element.
    pub(crate) keeps_singleton: bool,
    /// Written as `[…]` in a path: it is not flattened into what is around it.
    pub(crate) is_constructed: bool,
    /// The sequence around an input that is itself an array.
    pub(crate) wraps_input: bool,
    /// Its elements are objects that bind names (`@`, `#`, `%`) on the way of a path.
    pub(crate) is_tuples: bool,
}

impl Shape {
    pub(crate) const SEQUENCE: Shape = Shape {
        is_sequence: true,
        keeps_singleton: false,
        is_constructed: false,
        wraps_input: false,
        is_tuples: false,
    };
    pub(crate) const TUPLES: Shape = Shape { is_tuples: true, ..Shape::SEQUENCE };
}

/// An array.
#[derive(Clone, Debug)]
pub struct Array {
    data: Arc<ArrayData>,
    pub(crate) shape: Shape,
}

#[derive(Clone, Debug)]
struct ArrayData {
    values: Vec<Value>,
    depth: u16,
    weight: u64,
}

impl Array {
    /// The result of a query.
    pub(crate) fn sequence(values: Vec<Value>) -> Array {
        Array { shape: Shape::SEQUENCE, ..Array::from(values) }
    }

    /// Names bound on the way of a path, each element an object of them.
    pub(crate) fn tuples(tuples: Vec<Object>) -> Array {
        let values = tuples.into_iter().map(Value::Object).collect::<Vec<_>>();
        Array { shape: Shape::TUPLES, ..Array::from(values) }
    }

    /// The elements; copied only if somebody else holds them too.
    pub(crate) fn into_values(self) -> Vec<Value> {
        Arc::try_unwrap(self.data).map_or_else(|shared| shared.values.clone(), |data| data.values)
    }
}

impl Deref for Array {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.data.values
    }
}

impl Default for Array {
    fn default() -> Array {
        Array::from(Vec::new())
    }
}

impl From<Vec<Value>> for Array {
    fn from(values: Vec<Value>) -> Array {
        let depth = values.iter().map(Value::depth).max().unwrap_or(0).saturating_add(1);
        let weight = values.iter().map(Value::weight).fold(WEIGHT_OF_VALUE, u64::saturating_add);
        Array { data: Arc::new(ArrayData { values, depth, weight }), shape: Shape::default() }
    }
}

impl FromIterator<Value> for Array {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Array {
        Array::from(values.into_iter().collect::<Vec<_>>())
    }
}

impl PartialEq for Array {
    fn eq(&self, other: &Array) -> bool {
        Arc::ptr_eq(&self.data, &other.data) || self.data.values == other.data.values
    }
}

/// An object, its keys in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Object {
    fields: Arc<Fields>,
}

#[derive(Clone, Debug)]
struct Fields {
    list: Vec<(Arc<str>, Value)>,
    index: Option<BTreeMap<Arc<str>, usize>>,
    /// At least how deep it is: it does not shrink when a key is taken away.
    depth: u16,
    weight: u64,
}

impl Default for Fields {
    fn default() -> Fields {
        Fields { list: Vec::new(), index: None, depth: 1, weight: WEIGHT_OF_VALUE }
    }
}

impl Fields {
    fn position(&self, key: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.list.iter().position(|(name, _)| &**name == key),
        }
    }

    fn reindex(&mut self) {
        let index = || self.list.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect();
        self.index = (self.list.len() > KEYS_WITHOUT_INDEX).then(index);
    }
}

impl Object {
    /// An object without keys.
    pub fn new() -> Object {
        Object::default()
    }

    /// The value at a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.fields.position(key).map(|at| &self.fields.list[at].1)
    }

    /// Sets the value at a key, which stays where it is if it was there.
    pub fn insert(&mut self, key: impl Into<Arc<str>>, value: Value) {
        let (key, fields) = (key.into(), Arc::make_mut(&mut self.fields));
        fields.depth = fields.depth.max(value.depth().saturating_add(1));
        fields.weight = fields.weight.saturating_add(value.weight());
        if let Some(at) = fields.position(&key) {
            let before = std::mem::replace(&mut fields.list[at].1, value);
            fields.weight = fields.weight.saturating_sub(before.weight());
            return;
        }
        fields.weight = fields.weight.saturating_add(key.len() as u64);
        if let Some(index) = &mut fields.index {
            index.insert(key.clone(), fields.list.len());
        }
        fields.list.push((key, value));
        if fields.index.is_none() && fields.list.len() > KEYS_WITHOUT_INDEX {
            fields.reindex();
        }
    }

    /// Takes a key away, and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.fields.position(key)?;
        let fields = Arc::make_mut(&mut self.fields);
        let (key, value) = fields.list.remove(at);
        fields.weight = fields.weight.saturating_sub(value.weight().saturating_add(key.len() as u64));
        fields.reindex();
        Some(value)
    }

    /// The value at a key, which is `null` after that.
    pub(crate) fn take(&mut self, key: &str) -> Option<Value> {
        let at = self.fields.position(key)?;
        let fields = Arc::make_mut(&mut self.fields);
        let value = std::mem::replace(&mut fields.list[at].1, Value::Null);
        fields.weight = fields.weight.saturating_sub(value.weight()).saturating_add(WEIGHT_OF_VALUE);
        Some(value)
    }

    /// The keys and their values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.fields.list.iter().map(|(key, value)| (&**key, value))
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.fields.list.iter().map(|(key, _)| &**key)
    }

    /// How many keys it has.
    pub fn len(&self) -> usize {
        self.fields.list.len()
    }

    /// Whether it has no keys.
    pub fn is_empty(&self) -> bool {
        self.fields.list.is_empty()
    }

    /// What tells it from every other object that lives at the same time.
    pub(crate) fn identity(&self) -> usize {
        Arc::as_ptr(&self.fields) as usize
    }

    /// The keys, shared, and their values.
    pub(crate) fn shared(&self) -> &[(Arc<str>, Value)] {
        &self.fields.list
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        Arc::ptr_eq(&self.fields, &other.fields)
            || self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(fields: I) -> Object {
        let mut object = Object::new();
        for (key, value) in fields {
            object.insert(key, value);
        }
        object
    }
}

impl From<bool> for Value {
    fn from(is_true: bool) -> Value {
        Value::Boolean(is_true)
    }
}

impl From<f64> for Value {
    fn from(double: f64) -> Value {
        Value::Number(double.into())
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Value {
        Value::Number(integer.into())
    }
}

impl From<u64> for Value {
    fn from(integer: u64) -> Value {
        Value::Number(integer.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::String(text.into())
    }
}

impl From<Vec<Value>> for Value {
    fn from(values: Vec<Value>) -> Value {
        Value::Array(values.into())
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Value {
        Value::Array(array)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Value {
        Value::Object(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(count: usize) -> Object {
        (0..count).map(|at| (format!("k{at}"), Value::from(at as f64))).collect()
    }

    #[test]
    fn keys_keep_their_order_with_and_without_an_index() {
        for count in [3, KEYS_WITHOUT_INDEX, KEYS_WITHOUT_INDEX + 1, 100] {
            let mut object = numbered(count);
            object.insert("k1", Value::Null);
            assert_eq!(object.keys().nth(1), Some("k1"), "{count}");
            assert_eq!(object.remove("k0"), Some(Value::from(0.0)), "{count}");
            assert_eq!(object.keys().next(), Some("k1"), "{count}");
            assert_eq!(object.get("k2"), Some(&Value::from(2.0)), "{count}");
            assert_eq!(object.len(), count - 1);
        }
    }

    #[test]
    fn equality_ignores_the_order_of_keys() {
        let backwards: Object = (0..20).rev().map(|at| (format!("k{at}"), Value::from(at as f64))).collect();
        assert_eq!(numbered(20), backwards);
        assert_ne!(numbered(20), numbered(19));
    }

    #[test]
    fn a_changed_clone_leaves_the_original_alone() {
        let original = numbered(2);
        let mut changed = original.clone();
        changed.insert("k0", Value::Null);
        assert_eq!(original.get("k0"), Some(&Value::from(0.0)));
    }

    #[test]
    fn depth_counts_what_lies_in_one_another() {
        let inner = Value::from(vec![Value::from(vec![])]);
        let object: Object = [("a", inner)].into_iter().collect();
        assert_eq!(Value::from(object).depth(), 3);
    }
}
