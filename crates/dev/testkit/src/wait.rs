//! Waits, with a deadline, for something that only an outside process can bring about.

use std::thread;
use std::time::{Duration, Instant};

/// How long to leave the outside process alone between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Looks until `condition` answers `Some`, and returns what it answered.
///
/// For what cannot wake us: another process's files, ports and counters. Inside one process use a channel.
///
/// # Panics
///
/// When `within` has passed: the message says that there was a wait for `what`.
pub fn until<T>(what: &str, within: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {within:?} in vain for {what}");
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_is_looked_at_until_it_holds() {
        let mut looks = 0;
        let found = until("the third look", Duration::from_secs(10), || {
            looks += 1;
            (looks == 3).then_some(looks)
        });
        assert_eq!(found, 3);
    }

    #[test]
    #[should_panic(expected = "in vain for a miracle")]
    fn a_wait_ends_at_its_deadline() {
        until("a miracle", Duration::ZERO, || None::<()>);
    }
}
