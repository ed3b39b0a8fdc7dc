//! When a failed delivery is tried again.

use crate::SubscriptionDeliveryPolicy;
use crate::backoff::BackoffFunction;
use crate::retry::RetryPolicy;

/// By how much AWS's own schedules vary a delay, up and down, in percent of it.
pub const JITTER_PERCENT: u64 = 10;

/// A time span in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Milliseconds(pub u64);

/// The delays between the attempts of one delivery: four phases, in this order.
///
/// 1. Immediate: at once.
/// 2. Pre-backoff: each after the least delay.
/// 3. Backoff: `n` retries whose delays grow from `min` to `max`. For `i` from 0 to `n − 1`:
///    - linear: `min + (max−min)·i/(n−1)`
///    - arithmetic: `min + (max−min)·i(i+1)/((n−1)n)`
///    - geometric: `min·(max/min)^(i/(n−1))`
///    - exponential: `min + (max−min)·(2^i−1)/(2^(n−1)−1)`
///
///    A single one comes after `max`. Delays are rounded down to whole milliseconds, the same on every machine.
/// 4. Post-backoff: each after the greatest delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetrySchedule {
    policy: RetryPolicy,
    /// Not where a user wrote the policy: what was asked for to the second is kept to the millisecond.
    jittered: bool,
}

impl RetrySchedule {
    /// Of queues and functions: 100,015 retries over 23 days.
    pub const AWS_MANAGED: RetrySchedule = RetrySchedule {
        policy: RetryPolicy {
            min_delay_seconds: 1,
            max_delay_seconds: 20,
            no_delay_retries: 3,
            min_delay_retries: 2,
            backoff_retries: 10,
            max_delay_retries: 100_000,
            function: BackoffFunction::Exponential,
        },
        jittered: true,
    };

    /// Of e-mail, SMS and mobile push: 50 retries over 6 hours.
    pub const CUSTOMER_MANAGED: RetrySchedule = RetrySchedule {
        policy: RetryPolicy {
            min_delay_seconds: 10,
            max_delay_seconds: 600,
            no_delay_retries: 0,
            min_delay_retries: 2,
            backoff_retries: 10,
            max_delay_retries: 38,
            function: BackoffFunction::Exponential,
        },
        jittered: true,
    };

    /// Of a function whose subscription has this policy: its retry section, or AWS-managed where that is unset.
    pub fn of_function(policy: Option<&SubscriptionDeliveryPolicy>) -> RetrySchedule {
        let retry = policy.and_then(|policy| policy.retry);
        retry.map_or(RetrySchedule::AWS_MANAGED, RetrySchedule::as_written)
    }

    pub(crate) fn as_written(policy: RetryPolicy) -> RetrySchedule {
        RetrySchedule { policy, jittered: false }
    }

    /// How long to wait for the next attempt after so many failed ones; nothing when there are no more.
    ///
    /// `entropy` decides where in ±[`JITTER_PERCENT`] a delay of [`AWS_MANAGED`](RetrySchedule::AWS_MANAGED) and
    /// [`CUSTOMER_MANAGED`](RetrySchedule::CUSTOMER_MANAGED) lies; delays of policies are not varied. Before the
    /// first attempt there is no delay.
    pub fn delay_after(&self, failed_attempts: u32, entropy: u64) -> Option<Milliseconds> {
        let Some(retry) = failed_attempts.checked_sub(1) else { return Some(Milliseconds(0)) };
        let delay_ms = self.policy.delay_ms(retry)?;
        Some(Milliseconds(if self.jittered { varied(delay_ms, entropy) } else { delay_ms }))
    }

    /// All retries, as AWS's tables count them.
    pub fn retries(&self) -> u32 {
        self.policy.retries()
    }

    /// The first attempt and all retries.
    pub fn attempts(&self) -> u32 {
        self.retries() + 1
    }

    /// All delays together, without jitter. What the attempts themselves take comes on top.
    pub fn total(&self) -> Milliseconds {
        Milliseconds(self.policy.total_ms())
    }
}

fn varied(delay_ms: u64, entropy: u64) -> u64 {
    let reach_ms = delay_ms * JITTER_PERCENT / 100;
    delay_ms - reach_ms + entropy % (2 * reach_ms + 1)
}
