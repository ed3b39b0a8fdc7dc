//! `aws-sdk:s3:<action>`: objects whose contents are texts.

use std::collections::BTreeMap;

use bongsu_broker::{Condition, ObjectProperties, ObjectRecord, TaskCall, Text, Wanted};
use bongsu_runtime::{ObjectPut, TaskStep};
use bongsu_states_language::{PAYLOAD_BYTES_MAX, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::parameters::{Members, as_text, json_text, members};
use super::store::{Buckets, Refused, object_key, text};
use super::succeeded;
use crate::asking::Asking;
use crate::service::AwsApi;

/// What can be done.
pub(in crate::states) const ACTIONS: [&str; 5] =
    ["deleteObject", "getObject", "headObject", "listObjectsV2", "putObject"];

/// Keys in one answer, at most.
const KEYS_MAX: usize = 1_000;
/// The type of a text of which nothing is said.
const CONTENT_TYPE_DEFAULT: &str = "text/plain;charset=utf-8";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OfObject {
    bucket: String,
    key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Put {
    bucket: String,
    key: String,
    #[serde(default)]
    body: String,
    content_type: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    if_none_match: Option<String>,
    if_match: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct List {
    pub(super) bucket: String,
    #[serde(default)]
    pub(super) prefix: String,
    #[serde(default)]
    delimiter: String,
    pub(super) max_keys: Option<usize>,
    pub(super) start_after: Option<String>,
    continuation_token: Option<String>,
}

/// A result, or a failure that is not S3's.
type Outcome = Result<Result<Value, Fault>, Refused>;

pub(super) async fn call(door: &AwsApi, call: &TaskCall, action: &str, input: &str) -> Result<TaskStep, Fault> {
    let members = members(input)?;
    let asking = Asking::new(door, call.trace_header.as_ref(), "");
    let buckets = Buckets::of(&asking);
    let outcome = match action {
        "getObject" => get(members, &buckets).await,
        "headObject" => head(members, &buckets).await,
        "putObject" => put(members, &buckets).await,
        "deleteObject" => delete(members, &buckets).await,
        "listObjectsV2" => list(members, &buckets).await,
        _ => return Err(Fault::runtime(format!("The action {action} is not available."))),
    };
    match outcome {
        Ok(result) => Ok(succeeded(&result?)),
        Err(refused) => Err(refused.fault(asking.request_id())),
    }
}

fn read<T: for<'a> Deserialize<'a>>(members: &Members) -> Result<T, Refused> {
    serde_json::from_str(&json_text(members))
        .map_err(|error| Refused::unusable(format!("The parameters cannot be used: {error}")))
}

async fn get(members: Members, buckets: &Buckets<'_>) -> Outcome {
    let asked: OfObject = read(&members)?;
    let object = buckets.open(&asked.bucket, &asked.key).await?;
    let Some(body) = text(&object, PAYLOAD_BYTES_MAX).await? else {
        let cause = "The object is larger than a result may be, by the maximum number of bytes service limit.";
        return Ok(Err(Fault::new("States.DataLimitExceeded", cause)));
    };
    let mut result = described(object.record(), object.size());
    result.insert("Body".into(), Value::String(body));
    Ok(Ok(Value::Object(result)))
}

async fn head(members: Members, buckets: &Buckets<'_>) -> Outcome {
    let asked: OfObject = read(&members)?;
    let object = buckets.open(&asked.bucket, &asked.key).await?;
    Ok(Ok(Value::Object(described(object.record(), object.size()))))
}

fn described(record: &ObjectRecord, size: u64) -> Map<String, Value> {
    let ObjectProperties { headers, metadata } = &record.properties;
    let metadata: Map<String, Value> =
        metadata.iter().map(|(name, value)| (name.to_string(), json!(&**value))).collect();
    let mut result = Map::from_iter([
        ("AcceptRanges".to_owned(), json!("bytes")),
        ("ContentLength".to_owned(), json!(size)),
        ("ETag".to_owned(), json!(format!("\"{}\"", record.etag))),
        ("LastModified".to_owned(), json!(Timestamp(record.modified_at.0).to_string())),
        ("Metadata".to_owned(), Value::Object(metadata)),
    ]);
    let content_type = headers.iter().find(|(name, _)| &**name == "content-type");
    result.extend(content_type.map(|(_, value)| ("ContentType".to_owned(), json!(&**value))));
    result
}

async fn put(mut members: Members, buckets: &Buckets<'_>) -> Outcome {
    as_text(&mut members, "Body");
    let asked: Put = read(&members)?;
    let condition = match (asked.if_none_match.as_deref(), asked.if_match) {
        (None, None) => Condition::None,
        (Some("*"), None) => Condition::Absent,
        (None, Some(etag)) => Condition::Match(Text::from(etag)),
        _ => return Err(Refused::unusable("IfNoneMatch is *, and not given together with IfMatch.")),
    };
    let content_type = asked.content_type.unwrap_or_else(|| CONTENT_TYPE_DEFAULT.into());
    let is_plain = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if !is_plain(&content_type) || !asked.metadata.iter().all(|(name, value)| is_plain(name) && is_plain(value)) {
        return Err(Refused::unusable("ContentType and Metadata are printable ASCII."));
    }
    let properties = ObjectProperties {
        headers: vec![(Text::from("content-type"), Text::from(content_type))],
        metadata: asked.metadata.into_iter().map(|(name, value)| (name.to_lowercase().into(), value.into())).collect(),
    };
    let put = ObjectPut { properties, condition, ..ObjectPut::default() };
    let bucket = buckets.bucket(&asked.bucket).await?;
    let written = buckets.put(bucket, &asked.key, asked.body.into(), put).await?;
    Ok(Ok(json!({ "ETag": format!("\"{}\"", written.etag) })))
}

async fn delete(members: Members, buckets: &Buckets<'_>) -> Outcome {
    let asked: OfObject = read(&members)?;
    let (bucket, key) = (buckets.bucket(&asked.bucket).await?, object_key(&asked.key)?);
    buckets.cx.broker.delete_object(bucket, key, Condition::None, buckets.origin()).await?;
    Ok(Ok(json!({})))
}

async fn list(members: Members, buckets: &Buckets<'_>) -> Outcome {
    let asked: List = read(&members)?;
    let bucket = buckets.bucket(&asked.bucket).await?;
    let max = asked.max_keys.unwrap_or(KEYS_MAX).min(KEYS_MAX);
    let wanted = Wanted {
        prefix: asked.prefix.as_str().into(),
        delimiter: asked.delimiter.as_str().into(),
        after: asked.continuation_token.clone().or(asked.start_after.clone()).map(String::into_boxed_str),
        max,
    };
    let page = buckets.cx.broker.list_objects(bucket, wanted).await?;
    let contents: Vec<Value> = page
        .objects
        .iter()
        .map(|object| {
            json!({
                "ETag": format!("\"{}\"", object.etag),
                "Key": &*object.key,
                "LastModified": Timestamp(object.modified_at.0).to_string(),
                "Size": object.size,
                "StorageClass": "STANDARD",
            })
        })
        .collect();
    let prefixes: Vec<Value> = page.prefixes.iter().map(|prefix| json!({ "Prefix": prefix })).collect();
    let mut result = json!({
        "CommonPrefixes": prefixes,
        "IsTruncated": page.next.is_some(),
        "KeyCount": contents.len() + prefixes.len(),
        "Contents": contents,
        "MaxKeys": max,
        "Name": asked.bucket,
        "Prefix": asked.prefix,
    });
    if let Some(next) = page.next {
        // A token is the key behind which the next page begins.
        result["NextContinuationToken"] = json!(next);
    }
    Ok(Ok(result))
}

/// What a distributed Map over a listing is asked for, from its reader's parameters.
pub(super) fn listing(members: &Members) -> Result<List, Refused> {
    read(members)
}
