//! A pipe as clients get it.

use bongsu_broker::Pipe;
use serde::Serialize;

use super::details::{Details, Tags};
use super::parameters::{EnrichmentParameters, SourceParameters, TargetParameters};
use crate::operation::Context;

/// How a pipe stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum State {
    Running,
    Stopped,
    Deleted,
    Creating,
    Updating,
    Deleting,
    Starting,
    Stopping,
}

impl State {
    /// The only states that last here: what is asked for is done when it is answered.
    pub(super) fn of(pipe: &Pipe) -> State {
        if pipe.enabled { State::Running } else { State::Stopped }
    }
}

/// What changes answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Changed {
    arn: String,
    name: String,
    desired_state: State,
    current_state: State,
    creation_time: f64,
    last_modified_time: f64,
}

impl Changed {
    pub(super) fn new(pipe: &Pipe, current: State, cx: &Context<'_>) -> Changed {
        let details = Details::of(pipe);
        Changed {
            arn: cx.pipe_arn(&pipe.name),
            name: pipe.name.to_string(),
            desired_state: if current == State::Deleting { State::Deleted } else { State::of(pipe) },
            current_state: current,
            creation_time: seconds(details.created),
            last_modified_time: seconds(details.last_modified),
        }
    }
}

/// What lists have of a pipe.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    arn: String,
    name: String,
    desired_state: State,
    current_state: State,
    creation_time: f64,
    last_modified_time: f64,
    source: String,
    target: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    enrichment: String,
}

impl Listed {
    pub(super) fn new(pipe: &Pipe, details: Details, cx: &Context<'_>) -> Listed {
        Listed {
            arn: cx.pipe_arn(&pipe.name),
            name: pipe.name.to_string(),
            desired_state: State::of(pipe),
            current_state: State::of(pipe),
            creation_time: seconds(details.created),
            last_modified_time: seconds(details.last_modified),
            source: details.source,
            target: details.target,
            enrichment: details.enrichment,
        }
    }
}

/// Everything about a pipe.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Described {
    #[serde(flatten)]
    listed: Listed,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    source_parameters: SourceParameters,
    #[serde(skip_serializing_if = "is_default")]
    enrichment_parameters: EnrichmentParameters,
    target_parameters: TargetParameters,
    role_arn: String,
    tags: Tags,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Described {
    pub(super) fn new(pipe: &Pipe, cx: &Context<'_>) -> Described {
        let mut details = Details::of(pipe);
        Described {
            description: std::mem::take(&mut details.description),
            source_parameters: std::mem::take(&mut details.source_parameters),
            enrichment_parameters: std::mem::take(&mut details.enrichment_parameters),
            target_parameters: std::mem::take(&mut details.target_parameters),
            role_arn: std::mem::take(&mut details.role),
            tags: std::mem::take(&mut details.tags),
            listed: Listed::new(pipe, details, cx),
        }
    }
}

fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
}
