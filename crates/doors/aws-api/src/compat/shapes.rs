//! The shape of an operation's input, found by watching what its type asks of a deserializer.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, forward_to_deserialize_any};

use crate::codec::fields::{BLOB, INTEGER};
use crate::operation::Context;

/// A type of the service model, by the model's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Shape {
    /// What the deserializer was not asked for.
    #[default]
    Nothing,
    String,
    Integer,
    Double,
    Float,
    Boolean,
    Blob,
    List(Box<Shape>),
    /// With the shape of its values; keys are always text.
    Map(Box<Shape>),
    Structure(BTreeMap<&'static str, Shape>),
}

/// The shape of what `read` reads. `read` never gets a context: it only shows the compiler which operation takes its input.
pub(crate) fn trace(read: impl FnOnce(Tracer<'_>, Option<&Context<'static>>) -> Result<(), Untraceable>) -> Shape {
    let mut shape = Shape::default();
    read(Tracer { shape: &mut shape }, None).expect("an input of the types in `codec::fields`");
    shape
}

/// Answers every question with the least there is, and notes what was asked.
pub(crate) struct Tracer<'t> {
    shape: &'t mut Shape,
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = Untraceable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Untraceable> {
        *self.shape = Shape::String;
        visitor.visit_borrowed_str("")
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Untraceable> {
        *self.shape = Shape::Boolean;
        visitor.visit_bool(false)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Untraceable> {
        *self.shape = Shape::Float;
        visitor.visit_f32(0.0)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Untraceable> {
        *self.shape = Shape::Double;
        visitor.visit_f64(0.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Untraceable> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Untraceable> {
        match name {
            INTEGER => {
                *self.shape = Shape::Integer;
                visitor.visit_i64(0)
            }
            BLOB => {
                let value = visitor.visit_newtype_struct(Tracer { shape: self.shape })?;
                *self.shape = Shape::Blob;
                Ok(value)
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Untraceable> {
        let mut element = Shape::default();
        let value = visitor.visit_seq(One { shape: Some(&mut element), value: None })?;
        *self.shape = Shape::List(Box::new(element));
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Untraceable> {
        let mut entry = Shape::default();
        let value = visitor.visit_map(One { shape: Some(&mut entry), value: None })?;
        *self.shape = Shape::Map(Box::new(entry));
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Untraceable> {
        let mut members = BTreeMap::new();
        let value = visitor.visit_map(Members { rest: fields.iter(), member: None, members: &mut members })?;
        *self.shape = Shape::Structure(members);
        Ok(value)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct enum identifier ignored_any
    }
}

/// The one element of a list, or the one entry of a map.
struct One<'t> {
    shape: Option<&'t mut Shape>,
    value: Option<&'t mut Shape>,
}

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = Untraceable;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Untraceable> {
        self.shape.take().map(|shape| seed.deserialize(Tracer { shape })).transpose()
    }
}

impl<'de> MapAccess<'de> for One<'_> {
    type Error = Untraceable;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Untraceable> {
        self.value = self.shape.take();
        self.value.as_ref().map(|_| seed.deserialize(BorrowedStrDeserializer::new("key"))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Untraceable> {
        let shape = self.value.take().expect("a value after its key");
        seed.deserialize(Tracer { shape })
    }
}

/// Each member of a structure once.
struct Members<'t> {
    rest: std::slice::Iter<'static, &'static str>,
    member: Option<&'static str>,
    members: &'t mut BTreeMap<&'static str, Shape>,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Untraceable;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Untraceable> {
        self.member = self.rest.next().copied();
        self.member.map(|member| seed.deserialize(BorrowedStrDeserializer::new(member))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Untraceable> {
        let member = self.member.take().expect("a value after its key");
        seed.deserialize(Tracer { shape: self.members.entry(member).or_default() })
    }
}

/// A type that asks for more than there is.
#[derive(Debug)]
pub(crate) struct Untraceable(String);

impl fmt::Display for Untraceable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Untraceable {}

impl Error for Untraceable {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Untraceable(text.to_string())
    }
}
