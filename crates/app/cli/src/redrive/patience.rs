//! How long to go on asking somebody who cannot answer now.

use std::slice;
use std::time::Duration;

use bongsu_client::CallError;
use tokio::time::sleep;

/// Milliseconds between tries: a minute in all.
const PAUSES_MS: [u64; 7] = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/// Of one caller with one call.
pub(crate) struct Patience(slice::Iter<'static, u64>);

impl Patience {
    pub(crate) fn new() -> Self {
        Self(PAUSES_MS.iter())
    }

    /// Waits, if it makes sense to call once more: nothing was done, and it may be later.
    pub(crate) async fn after(&mut self, error: &CallError) -> bool {
        match error {
            CallError::Unreachable(_) | CallError::Unavailable(_) => self.pause().await,
            CallError::Unanswered(_) | CallError::Refused(_) | CallError::NotUnderstood(_) => false,
        }
    }

    /// The same for a call that may be made twice.
    pub(crate) async fn after_repeatable(&mut self, error: &CallError) -> bool {
        match error {
            CallError::Unanswered(_) => self.pause().await,
            other => self.after(other).await,
        }
    }

    async fn pause(&mut self) -> bool {
        match self.0.next() {
            Some(millis) => {
                sleep(Duration::from_millis(*millis)).await;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use bongsu_client::Refusal;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn patience_ends_after_a_minute() {
        let busy = CallError::Unavailable(Refusal { code: "Throttling".to_owned(), message: String::new() });
        let (begun, mut patience) = (Instant::now(), Patience::new());
        while patience.after(&busy).await {}
        assert!((60..62).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_have_been_done_is_not_done_again_unless_it_may_be() {
        let lost = CallError::Unanswered(std::io::ErrorKind::TimedOut.into());
        assert!(!Patience::new().after(&lost).await && Patience::new().after_repeatable(&lost).await);
        let no = CallError::Refused(Refusal { code: "No".to_owned(), message: String::new() });
        assert!(!Patience::new().after_repeatable(&no).await);
    }
}
