//! What connects a queue with a function: `AWS::Lambda::EventSourceMapping`, and SAM's events.

use std::collections::BTreeMap;

use crate::error::Faults;
use crate::names::{self, FIFO_SUFFIX};
use crate::reader::Reader;
use crate::template::Declared;
use crate::{FunctionResource, Inputs, QueueResource};

/// How many messages one invocation gets when the mapping does not say.
const BATCH_SIZE_DEFAULT: u32 = 10;
/// The largest batch without a batching window, and of a FIFO queue.
const BATCH_SIZE_MAX: u32 = 10;
/// The largest batch there is.
const BATCH_SIZE_WITH_WINDOW_MAX: u32 = 10_000;

/// An event source mapping to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingResource {
    /// The resource's name inside the template; for a SAM event the function's followed by the event's.
    pub logical_id: String,
    /// Where it begins in the template.
    pub line: u32,
    /// The name of the function, which is one of the template's.
    pub function: String,
    /// The name of the queue, which may exist already instead of being in the template.
    pub queue: String,
    /// How many messages one invocation gets at most, 1 to 10.
    pub batch_size: u32,
    /// Whether the function's answer names the messages that failed.
    pub report_batch_item_failures: bool,
    /// How many invocations of this mapping may run at once, 2 to 1000.
    pub maximum_concurrency: Option<u32>,
    /// Whether it starts out reading the queue.
    pub enabled: bool,
}

impl MappingResource {
    /// A mapping that says nothing but what it connects.
    pub(crate) fn with_defaults(logical_id: String, line: u32, function: &str, queue: &str) -> MappingResource {
        MappingResource {
            logical_id,
            line,
            function: function.to_owned(),
            queue: queue.to_owned(),
            batch_size: BATCH_SIZE_DEFAULT,
            report_batch_item_failures: false,
            maximum_concurrency: None,
            enabled: true,
        }
    }
}

/// Reads `AWS::Lambda::EventSourceMapping`.
pub(crate) fn read(declared: &Declared<'_>, inputs: &Inputs, mut reader: Reader<'_>) -> Option<MappingResource> {
    let function = reader.required("FunctionName").map(|text| names::function_of(&text, inputs));
    let logical_id = declared.logical_id.to_owned();
    let mapping = read_common(logical_id, declared.line, function, "EventSourceArn", inputs, &mut reader);
    reader.finish();
    mapping
}

/// Reads the properties of an event of type `SQS`.
pub(crate) fn read_event(
    logical_id: String,
    line: u32,
    function: &str,
    inputs: &Inputs,
    reader: &mut Reader<'_>,
) -> Option<MappingResource> {
    read_common(logical_id, line, Some(function.to_owned()), "Queue", inputs, reader)
}

fn read_common(
    logical_id: String,
    line: u32,
    function: Option<String>,
    queue_property: &str,
    inputs: &Inputs,
    reader: &mut Reader<'_>,
) -> Option<MappingResource> {
    let queue = queue(reader, queue_property, inputs);
    let batch_size = batch_size(reader, queue.as_deref());
    let report_batch_item_failures = reports_failures(reader);
    let maximum_concurrency = maximum_concurrency(reader);
    let enabled = reader.boolean("Enabled").unwrap_or(true);
    let (function, queue) = (function?, queue?);
    Some(MappingResource {
        logical_id,
        line,
        function,
        queue,
        batch_size,
        report_batch_item_failures,
        maximum_concurrency,
        enabled,
    })
}

fn queue(reader: &mut Reader<'_>, property: &str, inputs: &Inputs) -> Option<String> {
    let arn = reader.required(property)?;
    let queue = names::queue_of_arn(&arn, inputs);
    queue.map_err(|reason| reader.fault(reader.line_of(property), format!("{property}: {reason}"))).ok()
}

/// How many messages of this queue one invocation gets at most.
pub(crate) fn batch_size(reader: &mut Reader<'_>, queue: Option<&str>) -> u32 {
    let is_fifo = queue.is_some_and(|queue| queue.ends_with(FIFO_SUFFIX));
    let window = reader.whole("MaximumBatchingWindowInSeconds", 0..=300).unwrap_or(0);
    if window > 0 {
        let reason = "MaximumBatchingWindowInSeconds is not supported yet, only 0 is";
        reader.fault(reader.line_of("MaximumBatchingWindowInSeconds"), reason);
    }
    let most = if is_fifo { BATCH_SIZE_MAX } else { BATCH_SIZE_WITH_WINDOW_MAX };
    let size = reader.whole("BatchSize", 1..=most).unwrap_or(BATCH_SIZE_DEFAULT);
    if size > BATCH_SIZE_MAX && window == 0 {
        reader.fault(
            reader.line_of("BatchSize"),
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        );
    }
    size
}

fn reports_failures(reader: &mut Reader<'_>) -> bool {
    let types = reader.texts("FunctionResponseTypes").unwrap_or_default();
    if let Some(unknown) = types.iter().find(|kind| kind.text != "ReportBatchItemFailures") {
        let reason = format!("FunctionResponseTypes knows ReportBatchItemFailures, not {}", unknown.text);
        reader.fault(reader.line_of("FunctionResponseTypes"), reason);
    }
    !types.is_empty()
}

fn maximum_concurrency(reader: &mut Reader<'_>) -> Option<u32> {
    let mut scaling = reader.map("ScalingConfig")?;
    let maximum = scaling.whole("MaximumConcurrency", 2..=1000);
    scaling.finish();
    maximum
}

/// What a mapping asks of its function and queue, in AWS's words.
pub(crate) fn check(
    mappings: &[MappingResource],
    functions: &[FunctionResource],
    queues: &[QueueResource],
    faults: &mut Faults,
) {
    let mut seen: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for mapping in mappings {
        let MappingResource { logical_id, function, queue, .. } = mapping;
        faults.concern(Some(logical_id));
        if let Some(first) = seen.insert((function, queue), logical_id) {
            let reason = format!("{first} already connects the queue {queue} with the function {function}");
            faults.at(mapping.line, reason);
        }
        let Some(function) = functions.iter().find(|function| function.name == mapping.function) else {
            faults.at(mapping.line, format!("the function {} is not in this template", mapping.function));
            continue;
        };
        let Some(queue) = queues.iter().find(|queue| queue.name == mapping.queue) else { continue };
        let (hidden, timeout) = (queue.visibility_timeout_seconds(), function.timeout_seconds);
        if hidden < timeout {
            let reason =
                format!("Queue visibility timeout: {hidden} seconds is less than Function timeout: {timeout} seconds");
            faults.at(mapping.line, reason);
        }
    }
    faults.concern(None);
}
