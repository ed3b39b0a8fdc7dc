//! The messages of one group: an ordered set of numbers that takes little room while it is small.

use std::collections::BTreeSet;

/// A set that grows beyond this becomes a tree, so that adding and removing stay cheap anywhere in it.
const FEW_MAX: usize = 32;

/// Sequence numbers, rising.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sequences {
    Few(Vec<u64>),
    Many(BTreeSet<u64>),
}

impl Default for Sequences {
    fn default() -> Sequences {
        Sequences::Few(Vec::new())
    }
}

impl Sequences {
    pub(crate) fn len(&self) -> usize {
        match self {
            Sequences::Few(few) => few.len(),
            Sequences::Many(many) => many.len(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn first(&self) -> Option<u64> {
        self.range(0).next()
    }

    /// The numbers from `from` on.
    pub(crate) fn range(&self, from: u64) -> impl Iterator<Item = u64> {
        let (few, many) = match self {
            Sequences::Few(few) => (&few[few.partition_point(|sequence| *sequence < from)..], None),
            Sequences::Many(many) => (&[][..], Some(many.range(from..))),
        };
        few.iter().chain(many.into_iter().flatten()).copied()
    }

    /// Adds a number; whether it was missing.
    pub(crate) fn insert(&mut self, sequence: u64) -> bool {
        let few = match self {
            Sequences::Few(few) => few,
            Sequences::Many(many) => return many.insert(sequence),
        };
        let Err(at) = few.binary_search(&sequence) else { return false };
        few.insert(at, sequence);
        if few.len() > FEW_MAX {
            *self = Sequences::Many(std::mem::take(few).into_iter().collect());
        }
        true
    }

    /// Takes a number out; whether it was there.
    pub(crate) fn remove(&mut self, sequence: u64) -> bool {
        let removed = match self {
            Sequences::Few(few) => few.binary_search(&sequence).map(|at| few.remove(at)).is_ok(),
            Sequences::Many(many) => many.remove(&sequence),
        };
        if self.is_empty() {
            *self = Sequences::default();
        }
        removed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sequences_behave_like_a_set(
            steps in proptest::collection::vec((0u64..80, any::<bool>()), 0..400), from in 0u64..100,
        ) {
            let (mut sequences, mut set) = (Sequences::default(), BTreeSet::new());
            for (sequence, add) in steps {
                if add {
                    prop_assert_eq!(sequences.insert(sequence), set.insert(sequence));
                } else {
                    prop_assert_eq!(sequences.remove(sequence), set.remove(&sequence));
                }
                prop_assert_eq!(sequences.len(), set.len());
                prop_assert_eq!(sequences.first(), set.first().copied());
            }
            prop_assert!(sequences.range(from).eq(set.range(from..).copied()));
        }
    }
}
