//! Admission: calls that wait until limits let them begin, and tell what their target said.

use bongsu_broker::LimitKey;
use bongsu_rate_limit::{Feedback, Limit};

use crate::handle::{Handle, Refusal};

/// A call that is to begin as soon as all of its limits let it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// What it counts towards. Without a limit, only what the target says counts.
    pub limits: Vec<(LimitKey, Option<Limit>)>,
    /// Those that wait for one key get turns by this.
    pub turn: Box<str>,
}

/// A call that has begun. One that is dropped was given up before its target was asked.
#[derive(Debug)]
pub struct Permit {}

impl Permit {
    /// The call has ended, and its target said this.
    pub fn end(self, _feedback: Feedback) {}
}

impl Handle {
    /// Waits until all limits let a call begin; the beginning is durable when this returns. Nothing runs meanwhile.
    pub async fn admit(&self, _admission: Admission) -> Result<Permit, Refusal> {
        Ok(Permit {})
    }
}
