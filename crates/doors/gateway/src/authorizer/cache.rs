//! What functions have answered, for as long as it is good.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Answers of one authorizer that are kept. With more, those that are over go, or else all.
pub const CACHED_ANSWERS_MAX: usize = 10_000;

/// Answers by identity.
pub(super) struct Cache<T> {
    kept_ms: u64,
    kept: Mutex<BTreeMap<Vec<String>, Kept<T>>>,
}

struct Kept<T> {
    since_ms: u64,
    answer: Arc<T>,
}

impl<T> Cache<T> {
    pub(super) fn new(kept_for: Duration) -> Self {
        Self { kept_ms: u64::try_from(kept_for.as_millis()).unwrap_or(u64::MAX), kept: Mutex::default() }
    }

    pub(super) fn get(&self, identity: &[String], now_ms: u64) -> Option<Arc<T>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(identity).filter(|kept| self.is_good(kept, now_ms)).map(|kept| kept.answer.clone())
    }

    pub(super) fn keep(&self, identity: Vec<String>, answer: Arc<T>, now_ms: u64) {
        if self.kept_ms == 0 {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CACHED_ANSWERS_MAX {
            kept.retain(|_, kept| self.is_good(kept, now_ms));
        }
        if kept.len() >= CACHED_ANSWERS_MAX {
            kept.clear();
        }
        kept.insert(identity, Kept { since_ms: now_ms, answer });
    }

    /// Neither after its time nor, should the clock have been put back, before.
    fn is_good(&self, kept: &Kept<T>, now_ms: u64) -> bool {
        now_ms.checked_sub(kept.since_ms).is_some_and(|age| age < self.kept_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_good_for_its_time() {
        let cache = Cache::new(Duration::from_secs(1));
        let identity = |name: &str| vec![name.to_owned()];
        cache.keep(identity("a"), Arc::new(1), 5_000);
        let got = |name: &str, now_ms| cache.get(&identity(name), now_ms).map(|answer| *answer);
        assert_eq!(
            [got("a", 5_000), got("a", 5_999), got("a", 6_000), got("a", 4_999)],
            [Some(1), Some(1), None, None]
        );
        assert_eq!(got("b", 5_000), None);
        let none = Cache::new(Duration::ZERO);
        none.keep(identity("a"), Arc::new(1), 5_000);
        assert!(none.get(&identity("a"), 5_000).is_none());
    }

    #[test]
    fn there_are_never_too_many() {
        let cache = Cache::new(Duration::from_secs(1));
        for number in 0..CACHED_ANSWERS_MAX + 10 {
            cache.keep(vec![number.to_string()], Arc::new(number), 5_000);
        }
        let count = cache.kept.lock().unwrap().len();
        assert!(count <= CACHED_ANSWERS_MAX, "{count}");
        assert!(cache.get(&[(CACHED_ANSWERS_MAX + 9).to_string()], 5_000).is_some());
    }
}
