//! Where a queue keeps its messages: by sequence number, dense, with the receivable ones marked.
//!
//! Messages stand in chunks of 64 consecutive numbers; a chunk stores only those present, packed, and two bit masks
//! say which are there and which are ready. A backlog so costs little more than its items, a lone survivor does not
//! hold on to its neighbours' room, and the first ready message is found in O(log n).

use std::collections::{BTreeMap, BTreeSet};

const CHUNK: u64 = 64;

/// Items by rising sequence number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shelf<T> {
    chunks: BTreeMap<u64, Chunk<T>>,
    /// The chunks with at least one ready item.
    ready: BTreeSet<u64>,
    ready_len: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Chunk<T> {
    present: u64,
    ready: u64,
    items: Vec<T>,
}

impl<T> Chunk<T> {
    /// Where the item of `bit` stands among the packed items.
    fn rank(&self, bit: u64) -> usize {
        (self.present & (bit - 1)).count_ones() as usize
    }
}

fn split(sequence: u64) -> (u64, u64) {
    (sequence / CHUNK, 1 << (sequence % CHUNK))
}

impl<T> Shelf<T> {
    pub(crate) fn new() -> Shelf<T> {
        Shelf { chunks: BTreeMap::new(), ready: BTreeSet::new(), ready_len: 0 }
    }

    pub(crate) fn ready_len(&self) -> usize {
        self.ready_len
    }

    /// Puts an item at a free number; it is not ready yet.
    pub(crate) fn insert(&mut self, sequence: u64, item: T) {
        let (number, bit) = split(sequence);
        let chunk =
            self.chunks.entry(number).or_insert_with(|| Chunk { present: 0, ready: 0, items: Vec::with_capacity(4) });
        assert_eq!(chunk.present & bit, 0, "sequence number {sequence} is taken");
        chunk.items.insert(chunk.rank(bit), item);
        chunk.present |= bit;
    }

    pub(crate) fn get(&self, sequence: u64) -> Option<&T> {
        let (number, bit) = split(sequence);
        let chunk = self.chunks.get(&number).filter(|chunk| chunk.present & bit != 0)?;
        chunk.items.get(chunk.rank(bit))
    }

    pub(crate) fn get_mut(&mut self, sequence: u64) -> Option<&mut T> {
        let (number, bit) = split(sequence);
        let chunk = self.chunks.get_mut(&number).filter(|chunk| chunk.present & bit != 0)?;
        let rank = chunk.rank(bit);
        chunk.items.get_mut(rank)
    }

    pub(crate) fn remove(&mut self, sequence: u64) -> Option<T> {
        self.get(sequence)?;
        self.set_ready(sequence, false);
        let (number, bit) = split(sequence);
        let chunk = self.chunks.get_mut(&number)?;
        let item = chunk.items.remove(chunk.rank(bit));
        chunk.present &= !bit;
        if chunk.items.is_empty() {
            self.chunks.remove(&number);
        } else if chunk.items.len() * 4 <= chunk.items.capacity() {
            chunk.items.shrink_to_fit();
        }
        Some(item)
    }

    pub(crate) fn is_ready(&self, sequence: u64) -> bool {
        let (number, bit) = split(sequence);
        self.chunks.get(&number).is_some_and(|chunk| chunk.ready & bit != 0)
    }

    /// Marks a present item as ready or not.
    pub(crate) fn set_ready(&mut self, sequence: u64, ready: bool) {
        let (number, bit) = split(sequence);
        let chunk = self.chunks.get_mut(&number).expect("only present items are marked");
        assert_ne!(chunk.present & bit, 0, "only present items are marked");
        match (ready, chunk.ready & bit != 0) {
            (true, false) => {
                chunk.ready |= bit;
                self.ready.insert(number);
                self.ready_len += 1;
            }
            (false, true) => {
                chunk.ready &= !bit;
                self.ready_len -= 1;
                if chunk.ready == 0 {
                    self.ready.remove(&number);
                }
            }
            _ => {}
        }
    }

    /// The ready items by rising number.
    pub(crate) fn iter_ready(&self) -> impl Iterator<Item = (u64, &T)> {
        self.ready.iter().flat_map(|number| {
            let chunk = &self.chunks[number];
            bits(chunk.ready)
                .map(move |bit| (number * CHUNK + u64::from(bit.trailing_zeros()), &chunk.items[chunk.rank(bit)]))
        })
    }

    /// All items by rising number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.chunks.keys().flat_map(|number| self.iter_chunk(*number))
    }

    /// The items with numbers of `first` or more, by rising number.
    pub(crate) fn iter_from(&self, first: u64) -> impl Iterator<Item = (u64, &T)> {
        let chunks = self.chunks.range(chunk_of(first)..).map(|(number, _)| *number);
        chunks.flat_map(|number| self.iter_chunk(number)).skip_while(move |(sequence, _)| *sequence < first)
    }

    /// The items that share a chunk with others: see [`chunk_of`].
    pub(crate) fn iter_chunk(&self, number: u64) -> impl Iterator<Item = (u64, &T)> {
        self.chunks.get(&number).into_iter().flat_map(move |chunk| {
            bits(chunk.present)
                .zip(&chunk.items)
                .map(move |(bit, item)| (number * CHUNK + u64::from(bit.trailing_zeros()), item))
        })
    }
}

/// The number of the chunk that a sequence number belongs to.
pub(crate) fn chunk_of(sequence: u64) -> u64 {
    sequence / CHUNK
}

/// The set bits of a mask, lowest first, each as a mask of its own.
fn bits(mut mask: u64) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        let bit = mask & mask.wrapping_neg();
        mask ^= bit;
        (bit != 0).then_some(bit)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_shelf_behaves_like_a_map_with_a_set_of_ready_keys(
            steps in proptest::collection::vec((0u64..400, 0u8..4), 0..600)
        ) {
            let mut shelf = Shelf::new();
            let (mut map, mut ready) = (BTreeMap::new(), BTreeSet::new());
            for (sequence, step) in steps {
                match step {
                    0 if !map.contains_key(&sequence) => {
                        shelf.insert(sequence, sequence);
                        map.insert(sequence, sequence);
                    }
                    1 => {
                        prop_assert_eq!(shelf.remove(sequence), map.remove(&sequence));
                        ready.remove(&sequence);
                    }
                    2 if map.contains_key(&sequence) => {
                        shelf.set_ready(sequence, true);
                        ready.insert(sequence);
                    }
                    3 if map.contains_key(&sequence) => {
                        shelf.set_ready(sequence, false);
                        ready.remove(&sequence);
                    }
                    _ => {}
                }
                prop_assert_eq!(shelf.ready_len(), ready.len());
                prop_assert_eq!(shelf.get(sequence), map.get(&sequence));
            }
            prop_assert!(shelf.iter().map(|(sequence, _)| sequence).eq(map.keys().copied()));
            prop_assert!(shelf.iter_ready().map(|(_, item)| *item).eq(ready.iter().copied()));
        }
    }
}
