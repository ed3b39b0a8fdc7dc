//! How facts are written as bytes. The layout of each is part of the on-disk format (`docs/formats/facts.md`).

pub use bongsu_wire::Malformed;
pub(crate) use bongsu_wire::{Wire, put_text, wire_struct};
use bytes::Bytes;

use crate::{Account, QueueName, Seconds, Text, Timestamp};

impl Wire for Text {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(self, out);
    }

    fn take(from: &mut Bytes) -> Result<Text, Malformed> {
        Text::from_utf8(<Bytes as Wire>::take(from)?).map_err(|_| Malformed("not UTF-8"))
    }
}

wire_struct!(Timestamp(u64));
wire_struct!(Seconds(u32));
wire_struct!(Account(u64));
wire_struct!(QueueName { account, name });
