//! How steps and executions are written as bytes: a version byte, then values as all that is kept is written.

pub use bongsu_wire::Malformed;
pub(crate) use bongsu_wire::Wire;
use bytes::Bytes;

use crate::Timestamp;
use crate::definition::{StateId, StateType};
use crate::payload::PayloadId;
use crate::strand::{StrandId, TaskId};

bongsu_wire::wire_struct!(Timestamp(u64));
bongsu_wire::wire_struct!(StateId(u32));
bongsu_wire::wire_struct!(PayloadId(u32));
bongsu_wire::wire_struct!(StrandId(u32));
bongsu_wire::wire_struct!(TaskId(u64));

impl Wire for StateType {
    fn put(&self, out: &mut Vec<u8>) {
        StateType::ALL.iter().position(|kind| kind == self).map_or(0, |at| at as u8).put(out);
    }

    fn take(from: &mut Bytes) -> Result<StateType, Malformed> {
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

            fn take(from: &mut bytes::Bytes) -> Result<$name, crate::wire::Malformed> {
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

            fn take(from: &mut bytes::Bytes) -> Result<$name, crate::wire::Malformed> {
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
