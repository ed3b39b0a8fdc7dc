//! The texts of an execution: JSON that rows and events name by number.

use std::sync::Arc;

use crate::few::Few;

/// A text's number within its execution, rising and never used again. The execution's input is number 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PayloadId(pub u32);

/// The texts that rows still need, each with the number of rows that do.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Payloads {
    texts: Few<PayloadId, (u32, Arc<str>)>,
}

impl Payloads {
    pub(crate) fn get(&self, id: PayloadId) -> Option<&Arc<str>> {
        self.texts.get(&id).map(|(_, text)| text)
    }

    /// Puts a text there that nobody needs yet.
    pub(crate) fn insert(&mut self, id: PayloadId, text: Arc<str>) {
        self.texts.insert(id, (0, text));
    }

    pub(crate) fn hold(&mut self, id: PayloadId) {
        self.texts.get_mut(&id).expect("a row names only texts that are there").0 += 1;
    }

    pub(crate) fn release(&mut self, id: PayloadId) {
        let (count, _) = self.texts.get_mut(&id).expect("a row names only texts that are there");
        *count -= 1;
        if *count == 0 {
            self.texts.remove(&id);
        }
    }

    /// Drops the text if no row has come to need it.
    pub(crate) fn drop_unneeded(&mut self, id: PayloadId) {
        if self.texts.get(&id).is_some_and(|(count, _)| *count == 0) {
            self.texts.remove(&id);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (PayloadId, &Arc<str>)> {
        self.texts.iter().map(|(id, (_, text))| (*id, text))
    }
}
