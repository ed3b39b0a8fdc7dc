//! How values are written as bytes that stay on disk: little-endian varints, length-prefixed text, a tag byte a variant.
//!
//! What is made of these is part of a format on disk: a change is a new tag or version byte, never an edit.

use std::sync::Arc;

use bytes::Buf;
pub use bytes::Bytes;

/// The bytes are not what this version writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

/// Longest collection that is read: more is a damaged length.
pub const ITEMS_MAX: u64 = 1 << 20;

/// A value with one byte representation.
pub trait Wire: Sized {
    /// Appends the value.
    fn put(&self, out: &mut Vec<u8>);
    /// Reads the value and moves `from` behind it.
    fn take(from: &mut Bytes) -> Result<Self, Malformed>;
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

    fn take(from: &mut Bytes) -> Result<u64, Malformed> {
        let (mut value, mut shift) = (0u64, 0);
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

impl Wire for u8 {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn take(from: &mut Bytes) -> Result<u8, Malformed> {
        from.try_get_u8().map_err(|_| Malformed("cut short"))
    }
}

impl Wire for u32 {
    fn put(&self, out: &mut Vec<u8>) {
        u64::from(*self).put(out);
    }

    fn take(from: &mut Bytes) -> Result<u32, Malformed> {
        u32::try_from(u64::take(from)?).map_err(|_| Malformed("number too large"))
    }
}

impl Wire for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(from: &mut Bytes) -> Result<bool, Malformed> {
        match u8::take(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed("not a boolean")),
        }
    }
}

impl<const N: usize> Wire for [u8; N] {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn take(from: &mut Bytes) -> Result<[u8; N], Malformed> {
        let mut array = [0; N];
        from.try_copy_to_slice(&mut array).map_err(|_| Malformed("cut short"))?;
        Ok(array)
    }
}

impl Wire for u128 {
    fn put(&self, out: &mut Vec<u8>) {
        self.to_be_bytes().put(out);
    }

    fn take(from: &mut Bytes) -> Result<u128, Malformed> {
        Ok(u128::from_be_bytes(Wire::take(from)?))
    }
}

impl Wire for Bytes {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        out.extend_from_slice(self);
    }

    fn take(from: &mut Bytes) -> Result<Bytes, Malformed> {
        let length = u64::take(from)?;
        if length > from.len() as u64 {
            return Err(Malformed("cut short"));
        }
        Ok(from.split_to(length as usize))
    }
}

impl Wire for Box<str> {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(self, out);
    }

    fn take(from: &mut Bytes) -> Result<Box<str>, Malformed> {
        take_text(from)
    }
}

impl Wire for Arc<str> {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(self, out);
    }

    fn take(from: &mut Bytes) -> Result<Arc<str>, Malformed> {
        take_text(from)
    }
}

/// Writes text as all kinds of it are written.
pub fn put_text(text: &str, out: &mut Vec<u8>) {
    (text.len() as u64).put(out);
    out.extend_from_slice(text.as_bytes());
}

fn take_text<T: for<'a> From<&'a str>>(from: &mut Bytes) -> Result<T, Malformed> {
    let bytes = <Bytes as Wire>::take(from)?;
    std::str::from_utf8(&bytes).map(T::from).map_err(|_| Malformed("not UTF-8"))
}

impl<T: Wire> Wire for Box<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }

    fn take(from: &mut Bytes) -> Result<Box<T>, Malformed> {
        T::take(from).map(Box::new)
    }
}

impl<T: Wire> Wire for Arc<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }

    fn take(from: &mut Bytes) -> Result<Arc<T>, Malformed> {
        T::take(from).map(Arc::new)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(from: &mut Bytes) -> Result<Option<T>, Malformed> {
        Ok(if bool::take(from)? { Some(T::take(from)?) } else { None })
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        self.iter().for_each(|item| item.put(out));
    }

    fn take(from: &mut Bytes) -> Result<Vec<T>, Malformed> {
        let count = u64::take(from)?;
        if count > ITEMS_MAX {
            return Err(Malformed("too many items"));
        }
        (0..count).map(|_| T::take(from)).collect()
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(from: &mut Bytes) -> Result<(A, B), Malformed> {
        Ok((A::take(from)?, B::take(from)?))
    }
}

/// Writes a struct as its named fields in the order given, and reads it back.
#[macro_export]
macro_rules! wire_struct {
    ($name:ty { $($field:ident),* $(,)? }) => {
        impl $crate::Wire for $name {
            fn put(&self, out: &mut Vec<u8>) { $( self.$field.put(out); )* }
            fn take(from: &mut $crate::Bytes) -> Result<Self, $crate::Malformed> {
                Ok(Self { $( $field: $crate::Wire::take(from)? ),* })
            }
        }
    };
    ($name:ident ( $inner:ty )) => {
        impl $crate::Wire for $name {
            fn put(&self, out: &mut Vec<u8>) { self.0.put(out); }
            fn take(from: &mut $crate::Bytes) -> Result<Self, $crate::Malformed> {
                Ok(Self(<$inner as $crate::Wire>::take(from)?))
            }
        }
    };
}
#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn survives<T: Wire + PartialEq + std::fmt::Debug>(value: T) {
        let mut out = Vec::new();
        value.put(&mut out);
        let mut from = Bytes::from(out);
        assert_eq!(T::take(&mut from), Ok(value));
        assert!(from.is_empty());
    }

    proptest! {
        #[test]
        fn what_is_put_is_taken(a: u64, b: u32, c: bool, d: u128, e: Option<Vec<u64>>, f: String, g: Vec<u8>) {
            survives((a, (b, c)));
            survives((d, e));
            survives((Box::<str>::from(f.as_str()), Bytes::from(g)));
            survives(Arc::<str>::from(f));
        }

        #[test]
        fn damaged_bytes_are_refused_without_a_panic(bytes: Vec<u8>) {
            let mut from = Bytes::from(bytes);
            drop(<Vec<(Box<str>, Option<u64>)>>::take(&mut from));
        }
    }
}
