//! How many lines of one kind the log may get in a second.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Lines in one second; further ones are left out.
const LINES_A_SECOND_MAX: u32 = 20;

/// Counts the lines of the second that goes on.
#[derive(Default)]
pub(crate) struct LogBudget(Mutex<Option<(Instant, u32)>>);

impl LogBudget {
    /// Whether one more line may be written.
    pub(crate) fn allows_a_line(&self) -> bool {
        self.allows_at(Instant::now())
    }

    fn allows_at(&self, now: Instant) -> bool {
        let mut window = self.0.lock().expect("nothing panics while it holds this lock");
        let (begun, lines) = match *window {
            Some((begun, lines)) if now.saturating_duration_since(begun) < Duration::from_secs(1) => (begun, lines),
            _ => (now, 0),
        };
        *window = Some((begun, lines + 1));
        lines < LINES_A_SECOND_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_so_many_lines_and_the_next_one_again() {
        let budget = LogBudget::default();
        let now = Instant::now();
        let allowed = |at: Instant| (0..100).filter(|_| budget.allows_at(at)).count();
        assert_eq!(allowed(now), 20);
        assert_eq!(allowed(now + Duration::from_millis(999)), 0);
        assert_eq!(allowed(now + Duration::from_secs(1)), 20);
    }
}
