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
}
