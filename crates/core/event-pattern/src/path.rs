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
    // Odd, with its bits spread: 2⁶⁴ divided by the golden ratio.
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let whole = words.iter().fold(0, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let last = rest.iter().fold(rest.len() as u64, |word, byte| word << 8 | u64::from(*byte));
    mix(whole, last)
}
