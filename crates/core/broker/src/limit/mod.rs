//! Limits on calls by key: what is known of each, who waits for it, and whose turn it is.

pub(crate) mod calls;
mod line;
pub(crate) mod state;
#[cfg(test)]
mod tests;

use bongsu_rate_limit::Limit;

use crate::wire::wire_struct;
use crate::{MappingId, SubscriptionId};

/// Calls that may wait at once; a further one is refused.
pub const CALLS_WAITING_MAX: usize = 100_000;
/// Calls of one mapping that may wait at once: while there are more, its queue hands out no further messages for it.
pub const MAPPING_CALLS_WAITING_MAX: u32 = 1_000;

/// What has a limit: a key within a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LimitKey {
    /// Whose limit: `pipe/NAME`, `mapping/UUID`, `machine/NAME/STATE`, `destination/NAME`, `http/CONNECTION/ORIGIN`,
    /// `subscription/ID`. What stands before the first slash is its kind.
    pub scope: Box<str>,
    /// Which of its calls share it; empty where all do.
    pub key: Box<str>,
}

wire_struct!(LimitKey { scope, key });

impl LimitKey {
    /// Of those messages for a function that have this key.
    pub fn of_mapping(mapping: MappingId, key: &str) -> LimitKey {
        LimitKey { scope: mapping_scope(mapping), key: key.into() }
    }

    /// Of all that is delivered to a subscriber.
    pub(crate) fn of_subscription(subscription: SubscriptionId) -> LimitKey {
        LimitKey { scope: format!("{SUBSCRIPTION}{:032x}", subscription.0).into(), key: "".into() }
    }

    /// The subscriber whose deliveries these are.
    pub(crate) fn subscription(&self) -> Option<SubscriptionId> {
        let id = self.scope.strip_prefix(SUBSCRIPTION)?;
        u128::from_str_radix(id, 16).ok().map(SubscriptionId)
    }

    /// The mapping whose messages these are.
    pub(crate) fn mapping(&self) -> Option<MappingId> {
        let id = self.scope.strip_prefix(MAPPING)?;
        u64::from_str_radix(id, 16).ok().map(MappingId)
    }
}

const SUBSCRIPTION: &str = "subscription/";
const MAPPING: &str = "mapping/";

pub(crate) fn mapping_scope(mapping: MappingId) -> Box<str> {
    format!("{MAPPING}{:016x}", mapping.0).into()
}

/// What a call counts towards. Without a limit, only what the target says counts.
pub type CallLimits = Vec<(LimitKey, Option<Limit>)>;

/// A call that is to begin as soon as all of its limits let it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// What it counts towards.
    pub limits: CallLimits,
    /// Those that wait for one key get turns by this.
    pub turn: Box<str>,
}
