//! How steps and executions are written as bytes: little-endian varints, length-prefixed text, a tag byte per variant.
//!
//! The layout is part of what is on disk: a change is a new version byte or a new tag, never an edit.

use std::sync::Arc;

use crate::Timestamp;
use crate::definition::{StateId, StateType};
use crate::payload::PayloadId;
use crate::strand::{StrandId, TaskId};

/// The bytes are not what this version writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

/// Longest collection: more is a damaged length.
const ITEMS_MAX: u64 = 1 << 20;

/// A value with one byte representation.
pub(crate) trait Wire: Sized {
    /// Appends the value.
    fn put(&self, out: &mut Vec<u8>);
    /// Reads the value and moves `from` behind it.
    fn take(from: &mut &[u8]) -> Result<Self, Malformed>;
}

fn bytes<'a>(from: &mut &'a [u8], length: usize) -> Result<&'a [u8], Malformed> {
    let (taken, rest) = from.split_at_checked(length).ok_or(Malformed("cut short"))?;
    *from = rest;
    Ok(taken)
}

impl Wire for u8 {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn take(from: &mut &[u8]) -> Result<u8, Malformed> {
        Ok(bytes(from, 1)?[0])
    }
}

impl Wire for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }

    fn take(from: &mut &[u8]) -> Result<u64, Malformed> {
        let (mut value, mut shift) = (0_u64, 0);
        loop {
            let byte = u8::take(from)?;
            if shift == 63 && byte > 1 {
                return Err(Malformed("varint too large"));
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift += 7;
        }
    }
}

impl Wire for u32 {
    fn put(&self, out: &mut Vec<u8>) {
        u64::from(*self).put(out);
    }

    fn take(from: &mut &[u8]) -> Result<u32, Malformed> {
        u32::try_from(u64::take(from)?).map_err(|_| Malformed("number too large"))
    }
}

impl Wire for u128 {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }

    fn take(from: &mut &[u8]) -> Result<u128, Malformed> {
        let bytes = bytes(from, 16)?;
        Ok(u128::from_be_bytes(bytes.try_into().map_err(|_| Malformed("cut short"))?))
    }
}

impl Wire for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(from: &mut &[u8]) -> Result<bool, Malformed> {
        match u8::take(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed("not a boolean")),
        }
    }
}

impl Wire for Arc<str> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn take(from: &mut &[u8]) -> Result<Arc<str>, Malformed> {
        let length = usize::try_from(u64::take(from)?).map_err(|_| Malformed("cut short"))?;
        std::str::from_utf8(bytes(from, length)?).map(Arc::from).map_err(|_| Malformed("not UTF-8"))
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(from: &mut &[u8]) -> Result<Option<T>, Malformed> {
        if bool::take(from)? { T::take(from).map(Some) } else { Ok(None) }
    }
}

impl<T: Wire> Wire for Arc<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }

    fn take(from: &mut &[u8]) -> Result<Arc<T>, Malformed> {
        T::take(from).map(Arc::new)
    }
}

impl<T: Wire> Wire for Box<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }

    fn take(from: &mut &[u8]) -> Result<Box<T>, Malformed> {
        T::take(from).map(Box::new)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        for value in self {
            value.put(out);
        }
    }

    fn take(from: &mut &[u8]) -> Result<Vec<T>, Malformed> {
        let length = u64::take(from)?;
        if length > ITEMS_MAX {
            return Err(Malformed("collection too long"));
        }
        (0..length).map(|_| T::take(from)).collect()
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(from: &mut &[u8]) -> Result<(A, B), Malformed> {
        Ok((A::take(from)?, B::take(from)?))
    }
}

macro_rules! wire_number {
    ($($name:ident)*) => {
        $(impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                self.0.put(out);
            }

            fn take(from: &mut &[u8]) -> Result<$name, Malformed> {
                Wire::take(from).map($name)
            }
        })*
    };
}

wire_number! { Timestamp StateId PayloadId StrandId TaskId }

impl Wire for StateType {
    fn put(&self, out: &mut Vec<u8>) {
        StateType::ALL.iter().position(|kind| kind == self).map_or(0, |at| at as u8).put(out);
    }

    fn take(from: &mut &[u8]) -> Result<StateType, Malformed> {
        StateType::ALL.get(usize::from(u8::take(from)?)).copied().ok_or(Malformed("unknown type of state"))
    }
}

/// A struct whose fields are written in the order in which they stand.
macro_rules! wire_struct {
    ($(#[$outer:meta])* $vis:vis struct $name:ident { $($(#[$inner:meta])* $field_vis:vis $field:ident: $type:ty,)* }) => {
        $(#[$outer])*
        $vis struct $name { $($(#[$inner])* $field_vis $field: $type,)* }

        impl crate::wire::Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $(crate::wire::Wire::put(&self.$field, out);)*
            }

            fn take(from: &mut &[u8]) -> Result<$name, crate::wire::Malformed> {
                Ok($name { $($field: crate::wire::Wire::take(from)?,)* })
            }
        }
    };
}

/// An enum whose variants have numbers, and fields in parentheses that are written in their order.
macro_rules! wire_enum {
    ($(#[$outer:meta])* $vis:vis enum $name:ident { $($(#[$inner:meta])* $tag:literal => $variant:ident $(($($field:ident: $type:ty),*))?,)* }) => {
        $(#[$outer])*
        $vis enum $name { $($(#[$inner])* $variant $(($($type),*))?,)* }

        impl crate::wire::Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $($name::$variant $(($($field),*))? => {
                        out.push($tag);
                        $($(crate::wire::Wire::put($field, out);)*)?
                    })*
                }
            }

            fn take(from: &mut &[u8]) -> Result<$name, crate::wire::Malformed> {
                match <u8 as crate::wire::Wire>::take(from)? {
                    $($tag => Ok($name::$variant $(($({
                        let $field: $type = crate::wire::Wire::take(from)?;
                        $field
                    }),*))?),)*
                    _ => Err(crate::wire::Malformed(concat!("unknown ", stringify!($name)))),
                }
            }
        }
    };
}

pub(crate) use {wire_enum, wire_struct};
