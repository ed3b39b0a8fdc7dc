//! How often something may be called, and when it may be called next: limits by key that learn from the answers.
//!
//! A wait is a deadline, never a sleeper: [`Bucket::free_at`] says when the next call may begin, and whoever keeps
//! the bucket keeps that as a row. What the target says of its own limits ([`Feedback`]) counts before the next call.
//!
//! Reading order: `limit` (what a user configures), `bucket` (one key: the limit, a pause, a window, what was
//! learned), `learned` (the target's own bucket, seen through its headers), `feedback` (an answer's status and
//! headers), `turns` (who of those that wait is next), `key` (which key an event has), `rule` (key and limit as a user
//! writes them down).
//!
//! Times are milliseconds of any one clock; a clock that goes back gives nothing away.

mod bucket;
mod feedback;
mod key;
mod learned;
mod limit;
#[cfg(any(test, feature = "provider"))]
pub mod provider;
mod rule;
mod turns;

pub use bucket::{Bucket, BucketNumbers, PAUSE_MAX_MS};
pub use feedback::{Feedback, Usage, Window};
pub use key::{InvalidKey, KEY_BYTES_MAX, KeyExpression};
pub use limit::{CALLS_MAX, CONCURRENCY_MAX, InvalidLimit, Limit, Pace, Rate, Shape};
pub use rule::{InvalidRule, Rule};
pub use turns::Turns;
