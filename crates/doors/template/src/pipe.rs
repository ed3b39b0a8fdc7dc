//! `AWS::Pipes::Pipe` → what a queue feeds, step by step.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::metadata::{RATE_LIMIT, RATE_LIMIT_TAG};
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Naming, Read, Reading, ResourceType};
use crate::{mapping, names};

pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::Pipes::Pipe",
    identity,
    read: Read::Properties(|reading| read(reading).map(Definition::Pipe)),
    metadata: &[HOLD_GROUP, RATE_LIMIT],
    told: &[("KmsKeyIdentifier", "pipes are kept as they are")],
    replaced_by: &["Name", "Source"],
};

/// What may stand under `Metadata: Bongsu:`, and the tag by which the API says the same.
pub(crate) const HOLD_GROUP: &str = "HoldGroup";
const HOLD_GROUP_TAG: &str = "bongsu:hold-group";

/// The longest name, in characters.
const NAME_MAX: usize = 64;
/// Messages a batch, and seconds that one is waited for.
const BATCH_SIZE: std::ops::RangeInclusive<u32> = 1..=10_000;
const WINDOW_SECONDS: std::ops::RangeInclusive<u32> = 0..=300;
const INVOCATION_TYPES: [&str; 2] = ["FIRE_AND_FORGET", "REQUEST_RESPONSE"];

/// A pipe to create.
#[derive(Clone, Debug, PartialEq)]
pub struct PipeResource {
    /// Its name.
    pub name: String,
    /// All members of `CreatePipe` but for the name; tags say what stands under `Metadata`.
    pub settings: Map<String, Value>,
}

fn identity(naming: &mut Naming<'_, '_>) -> Identity {
    let given = naming.text("Name");
    let name = given.unwrap_or_else(|| names::generated(naming.inputs, naming.logical_id, "", NAME_MAX));
    let state = naming.text("DesiredState").unwrap_or_else(|| "RUNNING".to_owned());
    let arn = format!("arn:aws:pipes:{}:{}:pipe/{name}", naming.inputs.region, naming.inputs.account);
    Identity::named(name, vec![("Arn", arn), ("CurrentState", state), ("StateReason", String::new())])
}

fn read(Reading { identity, metadata, mut reader, .. }: Reading<'_, '_>) -> Option<PipeResource> {
    reader.text("Name");
    let mut settings = Map::new();
    for name in ["Source", "Target", "RoleArn"] {
        settings.extend(reader.required(name).map(|text| (name.to_owned(), Value::from(text))));
    }
    for name in ["Description", "Enrichment"] {
        settings.extend(reader.string(name).map(|text| (name.to_owned(), Value::from(text))));
    }
    let state = reader.one_of("DesiredState", &["RUNNING", "STOPPED"]);
    settings.extend(state.map(|state| ("DesiredState".to_owned(), Value::from(state))));
    let source = reader.map("SourceParameters").map(source);
    let enrichment = reader.map("EnrichmentParameters").map(enrichment);
    let target = reader.map("TargetParameters").map(target);
    for (name, block) in
        [("SourceParameters", source), ("EnrichmentParameters", enrichment), ("TargetParameters", target)]
    {
        settings.extend(block.map(|block| (name.to_owned(), Value::Object(block))));
    }
    if let Some(mut logs) = reader.map("LogConfiguration") {
        logs.required("Level");
        let level = logs.one_of("Level", &["OFF"]);
        logs.finish();
        settings.extend(level.map(|level| ("LogConfiguration".to_owned(), json!({ "Level": level }))));
    }
    let mut tags: BTreeMap<String, String> = reader.text_map("Tags");
    if metadata.hold_group {
        tags.insert(HOLD_GROUP_TAG.to_owned(), "true".to_owned());
    }
    tags.extend(metadata.rate_limits.into_values().map(|rule| (RATE_LIMIT_TAG.to_owned(), rule)));
    settings.insert("Tags".to_owned(), json!(tags));
    reader.finish();
    Some(PipeResource { name: identity.name.clone(), settings })
}

/// Members that are there.
fn members(given: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Map<String, Value> {
    given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn source(mut reader: Reader<'_>) -> Map<String, Value> {
    let queue = reader.map("SqsQueueParameters").map(|mut queue| {
        let size = queue.whole("BatchSize", BATCH_SIZE).map(Value::from);
        let window = queue.whole("MaximumBatchingWindowInSeconds", WINDOW_SECONDS).map(Value::from);
        queue.finish();
        Value::Object(members([("BatchSize", size), ("MaximumBatchingWindowInSeconds", window)]))
    });
    let filters = mapping::filters(&mut reader);
    let patterns: Vec<Value> = filters.into_iter().map(|pattern| json!({ "Pattern": pattern })).collect();
    let criteria = (!patterns.is_empty()).then(|| json!({ "Filters": patterns }));
    reader.finish();
    members([("SqsQueueParameters", queue), ("FilterCriteria", criteria)])
}

fn enrichment(mut reader: Reader<'_>) -> Map<String, Value> {
    let template = reader.string("InputTemplate").map(Value::from);
    let http = http(&mut reader);
    reader.finish();
    members([("InputTemplate", template), ("HttpParameters", http)])
}

fn target(mut reader: Reader<'_>) -> Map<String, Value> {
    let template = reader.string("InputTemplate").map(Value::from);
    let [function, machine] = ["LambdaFunctionParameters", "StepFunctionStateMachineParameters"].map(|name| {
        reader.map(name).map(|mut block| {
            let kind = block.one_of("InvocationType", &INVOCATION_TYPES).map(Value::from);
            block.finish();
            Value::Object(members([("InvocationType", kind)]))
        })
    });
    let queue = reader.map("SqsQueueParameters").map(|mut queue| {
        let group = queue.string("MessageGroupId").map(Value::from);
        let deduplication = queue.string("MessageDeduplicationId").map(Value::from);
        queue.finish();
        Value::Object(members([("MessageGroupId", group), ("MessageDeduplicationId", deduplication)]))
    });
    let http = http(&mut reader);
    reader.finish();
    members([
        ("InputTemplate", template),
        ("LambdaFunctionParameters", function),
        ("StepFunctionStateMachineParameters", machine),
        ("SqsQueueParameters", queue),
        ("HttpParameters", http),
    ])
}

fn http(reader: &mut Reader<'_>) -> Option<Value> {
    let mut http = reader.map("HttpParameters")?;
    let paths = http.strings("PathParameterValues");
    let headers = http.text_map("HeaderParameters");
    let query = http.text_map("QueryStringParameters");
    http.finish();
    Some(json!({ "PathParameterValues": paths, "HeaderParameters": headers, "QueryStringParameters": query }))
}
