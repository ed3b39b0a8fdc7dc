//! A map that has few entries as a rule: a short list of them, and a tree only while there are many.

use std::collections::BTreeMap;

/// More entries than this are in a tree. With fewer than half as many they are in a list again.
const LIST_MAX: usize = 8;

/// Entries by rising key. An execution that waits has one row and one or two texts: a tree would take ten times the room
/// for them.
#[derive(Clone, Debug)]
pub(crate) enum Few<K, V> {
    List(Vec<(K, V)>),
    #[expect(clippy::box_collection, reason = "all of this takes no more room than the list")]
    Tree(Box<BTreeMap<K, V>>),
}

impl<K, V> Default for Few<K, V> {
    fn default() -> Few<K, V> {
        Few::List(Vec::new())
    }
}

impl<K: Ord + Copy, V> Few<K, V> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Few::List(list) => list.len(),
            Few::Tree(tree) => tree.len(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        match self {
            Few::List(list) => find(list, key).ok().map(|at| &list[at].1),
            Few::Tree(tree) => tree.get(key),
        }
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        match self {
            Few::List(list) => find(list, key).ok().map(|at| &mut list[at].1),
            Few::Tree(tree) => tree.get_mut(key),
        }
    }

    pub(crate) fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// Puts a value there; the one before it, if there was one.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self {
            Few::List(list) => match find(list, &key) {
                Ok(at) => Some(std::mem::replace(&mut list[at].1, value)),
                Err(at) if list.len() < LIST_MAX => {
                    if list.is_empty() {
                        // Most lists stay as short as that.
                        list.reserve_exact(1);
                    }
                    list.insert(at, (key, value));
                    None
                }
                Err(_) => {
                    let mut tree: BTreeMap<K, V> = std::mem::take(list).into_iter().collect();
                    tree.insert(key, value);
                    *self = Few::Tree(Box::new(tree));
                    None
                }
            },
            Few::Tree(tree) => tree.insert(key, value),
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        match self {
            Few::List(list) => find(list, key).ok().map(|at| list.remove(at).1),
            Few::Tree(tree) => {
                let removed = tree.remove(key);
                if tree.len() < LIST_MAX / 2 {
                    *self = Few::List(std::mem::take(&mut **tree).into_iter().collect());
                }
                removed
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let (list, tree) = match self {
            Few::List(list) => (&list[..], None),
            Few::Tree(tree) => (&[][..], Some(&**tree)),
        };
        list.iter().map(|(key, value)| (key, value)).chain(tree.into_iter().flatten())
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = K> {
        self.iter().map(|(key, _)| *key)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}

fn find<K: Ord, V>(list: &[(K, V)], key: &K) -> Result<usize, usize> {
    list.binary_search_by(|(known, _)| known.cmp(key))
}

impl<K: Ord + Copy, V: PartialEq> PartialEq for Few<K, V> {
    fn eq(&self, other: &Few<K, V>) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<K: Ord + Copy, V> FromIterator<(K, V)> for Few<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Few<K, V> {
        let mut few = Few::default();
        for (key, value) in entries {
            few.insert(key, value);
        }
        few
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_map_however_many_entries_there_are() {
        let (mut few, mut map) = (Few::default(), BTreeMap::new());
        // Up to thirty entries and down to none again, in no order.
        for round in 0..3000_u32 {
            let key = round.wrapping_mul(2_654_435_761) >> 8 & 31;
            let is_growing = round / 300 % 2 == 0;
            if is_growing || round % 3 == 0 {
                assert_eq!(few.insert(key, round), map.insert(key, round));
            }
            if !is_growing || round % 3 == 0 {
                assert_eq!(few.remove(&(key / 2)), map.remove(&(key / 2)));
            }
            assert!(few.iter().eq(map.iter()) && few.len() == map.len());
            assert_eq!(few.get(&key), map.get(&key));
            assert_eq!(few.get_mut(&key), map.get_mut(&key));
            assert_eq!(few, map.iter().map(|(key, value)| (*key, *value)).collect());
        }
    }

    #[test]
    fn who_has_few_entries_has_a_list() {
        let mut few: Few<u32, u32> = (0..30).map(|key| (key, key)).collect();
        assert!(matches!(few, Few::Tree(_)));
        (2..30).for_each(|key| assert_eq!(few.remove(&key), Some(key)));
        assert!(matches!(&few, Few::List(list) if list.len() == 2));
        assert_eq!(size_of::<Few<u32, Box<u32>>>(), size_of::<Vec<u32>>());
    }
}
