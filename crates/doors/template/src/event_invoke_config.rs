//! `AWS::Lambda::EventInvokeConfig` → what becomes of a function's asynchronous events.

use crate::mapping::function_reference;
use crate::names;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Read, Reading, ResourceType};
use crate::{FunctionReference, Inputs};

pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::Lambda::EventInvokeConfig",
    identity: |naming| Identity::named(names::uuid(naming.inputs, naming.logical_id), Vec::new()),
    read: Read::Properties(|reading| read(reading).map(Definition::EventInvokeConfig)),
    metadata: &[],
    told: &[],
    replaced_by: &["FunctionName", "Qualifier"],
};

/// What becomes of asynchronous events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventInvokeConfigResource {
    /// The function and the version or alias whose events they are; `$LATEST` for its own.
    pub function: FunctionReference,
    /// How often an event is tried again, 0 to 2.
    pub retry_attempts_max: Option<u32>,
    /// How old an event may become, 60 to 21,600 seconds.
    pub event_age_max_seconds: Option<u32>,
    /// The ARN of the function, queue or topic that hears of successes.
    pub on_success: Option<String>,
    /// The ARN of the function, queue or topic that hears of failures.
    pub on_failure: Option<String>,
}

fn read(Reading { inputs, mut reader, .. }: Reading<'_, '_>) -> Option<EventInvokeConfigResource> {
    let function = function_reference(&mut reader, "FunctionName", inputs);
    let qualifier = reader.required("Qualifier");
    let retry_attempts_max = reader.whole("MaximumRetryAttempts", 0..=2);
    let event_age_max_seconds = reader.whole("MaximumEventAgeInSeconds", 60..=21_600);
    let mut destinations = [None, None];
    if let Some(mut config) = reader.map("DestinationConfig") {
        destinations = ["OnSuccess", "OnFailure"].map(|name| destination(&mut config, name, inputs));
        config.finish();
    }
    reader.finish();
    let [on_success, on_failure] = destinations;
    let function = FunctionReference { name: function?.name, qualifier };
    Some(EventInvokeConfigResource { function, retry_attempts_max, event_age_max_seconds, on_success, on_failure })
}

fn destination(config: &mut Reader<'_>, name: &str, inputs: &Inputs) -> Option<String> {
    let mut inner = config.map(name)?;
    let arn = inner.required("Destination");
    if let Some(Err(reason)) = arn.as_ref().map(|arn| names::target(arn, inputs)) {
        inner.fault(inner.line_of("Destination"), format!("{name}: {reason}"));
    }
    inner.finish();
    arn
}
