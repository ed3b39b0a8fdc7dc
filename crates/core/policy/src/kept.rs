//! A policy on disk: its text. The parser must go on accepting whatever it accepted once.

use bongsu_wire::{Bytes, Malformed, Wire, put_text};

use crate::{Limits, Policy};

impl Wire for Policy {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(self.text(), out);
    }

    fn take(from: &mut Bytes) -> Result<Policy, Malformed> {
        let text = Box::<str>::take(from)?;
        Policy::parse(&text, &Limits::QUEUE).map_err(|_| Malformed("not a policy"))
    }
}
