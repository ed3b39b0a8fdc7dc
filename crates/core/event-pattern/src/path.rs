//! Paths of keys, joined by dots: how a nested key is named in policies and in what they are matched against.

/// A path that grows and shrinks while nested objects are walked.
#[derive(Default)]
pub(crate) struct Path {
    text: String,
    /// Of how many keys it is made; an empty key is one as well.
    keys: usize,
}

impl Path {
    /// Goes down for as long as `inside` runs.
    pub(crate) fn with<T>(&mut self, key: &str, inside: impl FnOnce(&mut Path) -> T) -> T {
        let above = self.text.len();
        if self.keys > 0 {
            self.text.push('.');
        }
        self.text.push_str(key);
        self.keys += 1;
        let result = inside(self);
        self.keys -= 1;
        self.text.truncate(above);
        result
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn key(&self) -> Key {
        Key { hash: hash(&self.text), text: self.text.as_str().into() }
    }
}

/// A path to look for.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) hash: u64,
    pub(crate) text: Box<str>,
}

/// Spreads paths, most of all over the upper bits. Whoever writes bodies can make many paths with the same hash, so
/// that nothing may depend on there being few.
pub(crate) fn hash(text: &str) -> u64 {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let whole = words.iter().fold(0, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let last = rest.iter().fold(rest.len() as u64, |word, byte| word << 8 | u64::from(*byte));
    mix(whole, last)
}

fn mix(hash: u64, word: u64) -> u64 {
    // 2⁶⁴ divided by the golden ratio, which is odd and has its bits spread.
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::{Collector, Value};

    fn key(text: &str) -> Key {
        Path::default().with(text, |path| path.key())
    }

    fn check(paths: &[String], absent: &str) {
        let mut collector = Collector::with_room(paths.len());
        for (number, path) in paths.iter().enumerate() {
            let kept = collector.keep_path(path);
            collector.add(kept, Value::Number(number as f64));
        }
        let fields = collector.finish();
        for (number, path) in paths.iter().enumerate() {
            assert_eq!(fields.at(&key(path)), Some(&[Value::Number(number as f64)][..]), "{path}");
        }
        assert_eq!(fields.at(&key(absent)), None, "{absent}");
    }

    #[test]
    fn every_path_is_found_however_many_there_are() {
        for count in [0, 1, 2, 3, 4, 7, 8, 9, 1000] {
            let paths: Vec<String> = (0..count).map(|number| "é".repeat(number % 11) + &number.to_string()).collect();
            check(&paths, "absent");
        }
    }

    #[test]
    fn paths_with_the_same_hash_are_told_apart() {
        let collides = |number: u64| {
            // The second word makes up for what the first changes.
            let first = format!("{number:08}");
            let word = |text: &str| u64::from_le_bytes(text.as_bytes().try_into().expect("eight bytes"));
            let before = |text: &str| mix(0, word(text)).rotate_left(5);
            let second = before(&first) ^ before("aaaaaaaa") ^ word("bbbbbbbb");
            Some(first + std::str::from_utf8(&second.to_le_bytes()).ok()?)
        };
        let mut paths: Vec<String> = (0..).filter_map(collides).take(20).collect();
        assert!(paths.iter().all(|path| hash(path) == hash("aaaaaaaabbbbbbbb")));
        let absent = paths.pop().expect("there are some");
        paths.push("aaaaaaaabbbbbbbb".to_owned());
        check(&paths, &absent);
    }
}
