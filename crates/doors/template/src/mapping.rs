//! `AWS::Lambda::EventSourceMapping` → what connects a queue with a function.

use std::collections::BTreeMap;

use bongsu_event_pattern::{FILTERS_MAX, MappingFilter};

use crate::error::Faults;
use crate::json::Scalars;
use crate::metadata::{RATE_LIMIT, RATE_LIMIT_TAG};
use crate::names::{self, FIFO_SUFFIX};
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::{Definition, Stack};
use crate::types::{Naming, Read, Reading, ResourceType};
use crate::{FunctionReference, queue};

pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::Lambda::EventSourceMapping",
    identity,
    read: Read::Properties(|reading| read(reading).map(Definition::Mapping)),
    metadata: &[RATE_LIMIT],
    told: &[
        ("KmsKeyArn", "filters are kept as they are"),
        ("LoggingConfig", "the server's log has one level"),
        ("MetricsConfig", "mappings are counted whether asked or not"),
        ("ProvisionedPollerConfig", "a queue is read as fast as its function works"),
    ],
    replaced_by: &["EventSourceArn", "SelfManagedEventSource", "StartingPosition"],
};

/// How many messages one invocation gets when the mapping does not say.
const BATCH_SIZE_DEFAULT: u32 = 10;
/// The largest batch without a batching window, and of a FIFO queue.
const BATCH_SIZE_MAX: u32 = 10;
/// The largest batch there is.
const BATCH_SIZE_WITH_WINDOW_MAX: u32 = 10_000;
/// How long a batch may be waited for, in seconds.
const WINDOW_SECONDS_MAX: u32 = 300;

/// An event source mapping to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingResource {
    /// The function, which may exist already instead of being in the template.
    pub function: FunctionReference,
    /// The name of the queue, which may exist already instead of being in the template.
    pub queue: String,
    /// How many messages one invocation gets at most, 1 to 10,000; above 10 only with a batching window.
    pub batch_size: u32,
    /// How long a batch may be waited for, 0 to 300 seconds; 0 for a FIFO queue.
    pub batching_window_seconds: u32,
    /// Whether the function's answer names the messages that failed.
    pub report_batch_item_failures: bool,
    /// How many invocations of this mapping may run at once, 2 to 1000.
    pub maximum_concurrency: Option<u32>,
    /// Whether it starts out reading the queue.
    pub enabled: bool,
    /// Patterns in JSON: a message that none of them matches is deleted. Empty for all messages.
    pub filters: Vec<String>,
    /// The tags of the mapping.
    pub tags: BTreeMap<String, String>,
}

fn identity(naming: &mut Naming<'_, '_>) -> Identity {
    let id = names::uuid(naming.inputs, naming.logical_id);
    let (region, account) = (&naming.inputs.region, &naming.inputs.account);
    let arn = format!("arn:aws:lambda:{region}:{account}:event-source-mapping:{id}");
    Identity::named(id.clone(), vec![("Id", id), ("EventSourceMappingArn", arn)])
}

fn read(Reading { inputs, mut reader, metadata, .. }: Reading<'_, '_>) -> Option<MappingResource> {
    let function = function_reference(&mut reader, "FunctionName", inputs);
    let queue = reader.required("EventSourceArn").and_then(|arn| {
        let queue = names::queue_of_arn(&arn, inputs);
        let line = reader.line_of("EventSourceArn");
        queue.map_err(|reason| reader.fault(line, format!("EventSourceArn: {reason}"))).ok()
    });
    let is_fifo = queue.as_deref().is_some_and(|name| name.ends_with(FIFO_SUFFIX));
    let (batch_size, batching_window_seconds) = batch(&mut reader, is_fifo);
    let report_batch_item_failures = reports_failures(&mut reader);
    let maximum_concurrency = maximum_concurrency(&mut reader);
    let enabled = reader.boolean("Enabled").unwrap_or(true);
    let filters = filters(&mut reader);
    let mut tags = queue::tags(&mut reader);
    tags.extend(metadata.rate_limits.into_values().map(|rule| (RATE_LIMIT_TAG.to_owned(), rule)));
    reader.finish();
    Some(MappingResource {
        function: function?,
        queue: queue?,
        batch_size,
        batching_window_seconds,
        report_batch_item_failures,
        maximum_concurrency,
        enabled,
        filters,
        tags,
    })
}

/// A property that names a function.
pub(crate) fn function_reference(
    reader: &mut Reader<'_>,
    name: &str,
    inputs: &crate::Inputs,
) -> Option<FunctionReference> {
    let text = reader.required(name)?;
    let found = names::function_reference(&text, inputs);
    found.map_err(|reason| reader.fault(reader.line_of(name), format!("{name}: {reason}"))).ok()
}

fn batch(reader: &mut Reader<'_>, is_fifo: bool) -> (u32, u32) {
    const WINDOW: &str = "MaximumBatchingWindowInSeconds";
    let window = reader.whole(WINDOW, 0..=WINDOW_SECONDS_MAX).unwrap_or(0);
    if is_fifo && window > 0 {
        reader.fault(reader.line_of(WINDOW), "Batching window is not supported for FIFO queues");
    }
    let most = if is_fifo { BATCH_SIZE_MAX } else { BATCH_SIZE_WITH_WINDOW_MAX };
    let size = reader.whole("BatchSize", 1..=most).unwrap_or(BATCH_SIZE_DEFAULT);
    if size > BATCH_SIZE_MAX && window == 0 {
        reader.fault(
            reader.line_of("BatchSize"),
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        );
    }
    (size, window)
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

/// A pattern is JSON in a text; SAM's users like to write it as a map, which becomes one.
pub(crate) fn filters(reader: &mut Reader<'_>) -> Vec<String> {
    let line = reader.line_of("FilterCriteria");
    let Some(mut criteria) = reader.map("FilterCriteria") else { return Vec::new() };
    let mut filters = Vec::new();
    for node in criteria.list("Filters") {
        let Some(mut filter) = criteria.within(node, "a filter") else { continue };
        filter.require("Pattern");
        let line = filter.line_of("Pattern");
        let pattern = filter.json("Pattern", Scalars::AsWritten);
        filter.finish();
        if let Some(Err(fault)) = pattern.as_deref().map(MappingFilter::parse) {
            criteria.fault(line, format!("{fault} {}", fault.reason()));
        }
        filters.extend(pattern);
    }
    criteria.finish();
    if filters.len() > FILTERS_MAX {
        reader.fault(line, format!("FilterCriteria: at most {FILTERS_MAX} filters"));
    }
    filters
}

/// What a mapping asks of its function and queue, in AWS's words.
pub(crate) fn check(stack: &Stack, faults: &mut Faults) {
    let mut seen: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for (resource, mapping) in stack.mappings() {
        let name = &*mapping.function.name;
        faults.concern(Some(&resource.logical_id));
        if let Some(first) = seen.insert((name, &mapping.queue), &resource.logical_id) {
            let reason = format!("{first} already connects the queue {} with the function {name}", mapping.queue);
            faults.at(resource.line, reason);
        }
        let function = stack.functions().find(|(_, function)| function.name == name);
        let queue = stack.queues().find(|(_, queue)| queue.name == mapping.queue);
        let (Some((_, function)), Some((_, queue))) = (function, queue) else { continue };
        let (hidden, timeout) = (queue.visibility_timeout_seconds(), function.timeout_seconds);
        if hidden < timeout {
            let reason =
                format!("Queue visibility timeout: {hidden} seconds is less than Function timeout: {timeout} seconds");
            faults.at(resource.line, reason);
        }
    }
    faults.concern(None);
}
