//! What the door keeps of a pipe besides what the broker knows.

use std::collections::BTreeMap;

use bongsu_broker::Pipe;
use serde::{Deserialize, Serialize};

use super::parameters::{EnrichmentParameters, SourceParameters, TargetParameters};

/// Tags by their keys.
pub(super) type Tags = BTreeMap<String, String>;

/// All that the service tells of a pipe, but for its name and whether it runs.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub(super) struct Details {
    pub(super) description: String,
    /// The ARN of the queue.
    pub(super) source: String,
    pub(super) source_parameters: SourceParameters,
    /// An ARN, or empty.
    pub(super) enrichment: String,
    pub(super) enrichment_parameters: EnrichmentParameters,
    /// An ARN.
    pub(super) target: String,
    pub(super) target_parameters: TargetParameters,
    /// Kept and told.
    pub(super) role: String,
    pub(super) tags: Tags,
    /// Since 1970, in milliseconds, as the next.
    pub(super) created: u64,
    pub(super) last_modified: u64,
}

impl Details {
    /// Those of a pipe that this door has put.
    pub(super) fn of(pipe: &Pipe) -> Details {
        serde_json::from_str(&pipe.details).unwrap_or_default()
    }

    pub(super) fn to_json(&self) -> Box<str> {
        serde_json::to_string(self).expect("text and numbers are JSON").into()
    }

    /// Whether the functions and machines that it names end what they begin before the pipe goes on.
    pub(super) fn waits(&self) -> bool {
        let parameters = &self.target_parameters;
        let given = parameters.lambda_function_parameters.as_ref();
        let given = given.or(parameters.step_function_state_machine_parameters.as_ref());
        given.and_then(|given| given.invocation_type.as_deref()) != Some(FIRE_AND_FORGET)
    }
}

/// The ways to invoke.
pub(super) const REQUEST_RESPONSE: &str = "REQUEST_RESPONSE";
pub(super) const FIRE_AND_FORGET: &str = "FIRE_AND_FORGET";
