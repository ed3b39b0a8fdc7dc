//! Aliases: names for versions, and settings for whoever invokes by them.

use crate::wire::wire_struct;
use crate::{Destination, FunctionVersion, Seconds};

/// What a weight is counted in: so many are all.
pub const ALIAS_WEIGHT_WHOLE: u32 = 1_000_000;

/// A name for a version of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// 1 to 128 of `A-Z a-z 0-9 - _`, not a number.
    pub name: Box<str>,
    /// What it stands for.
    pub version: FunctionVersion,
    /// Another version that gets so many of [`ALIAS_WEIGHT_WHOLE`] of the invocations.
    pub canary: Option<(FunctionVersion, u32)>,
    /// Changes with every change. Given by the broker.
    pub revision: u128,
    /// What else a door keeps about it; the core does not look inside.
    pub details: Box<str>,
}

wire_struct!(Alias { name, version, canary, revision, details });

impl Alias {
    /// The version of one invocation, by a random number.
    pub(crate) fn version_of(&self, roll: u64) -> FunctionVersion {
        match self.canary {
            Some((version, weight)) if roll % u64::from(ALIAS_WEIGHT_WHOLE) < u64::from(weight) => version,
            _ => self.version,
        }
    }
}

/// How asynchronous invocations by one qualifier are retried, and where their outcomes go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvokeConfig {
    /// How often an event is tried again after the first time, 0 to 2.
    pub retries_max: u32,
    /// How old an event may become, 60 to 21,600 seconds.
    pub age_max: Seconds,
    /// Where a record of each success goes.
    pub on_success: Option<Destination>,
    /// Where a record of each failure goes.
    pub on_failure: Option<Destination>,
    /// What else a door keeps about it; the core does not look inside.
    pub details: Box<str>,
}

wire_struct!(InvokeConfig { retries_max, age_max, on_success, on_failure, details });

impl Default for InvokeConfig {
    /// What holds where nothing was set.
    fn default() -> InvokeConfig {
        InvokeConfig {
            retries_max: 2,
            age_max: Seconds(21_600),
            on_success: None,
            on_failure: None,
            details: "".into(),
        }
    }
}
