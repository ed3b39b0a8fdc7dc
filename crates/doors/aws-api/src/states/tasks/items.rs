//! The items of distributed maps, read from the object store, and their results, written there.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html>

use bongsu_broker::{TaskCall, Wanted};
use bongsu_runtime::{ObjectPut, TaskStep};
use bongsu_states_language::{DISTRIBUTED_ITEMS_MAX, ITEMS_BYTES_MAX, ReaderInput, read_items};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::objects::listing;
use super::parameters::members;
use super::store::{Buckets, Refused, text};
use super::succeeded;
use crate::asking::Asking;
use crate::request_id::uuid_text;
use crate::service::AwsApi;

const READER_FAILED: &str = "States.ItemReaderFailed";
const WRITER_FAILED: &str = "States.ResultWriterFailed";

/// Keys that are listed at a time.
const KEYS_A_PAGE: usize = 1_000;

/// Where one object is.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OfObject {
    bucket: String,
    key: String,
}

/// Where results go.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Destination {
    bucket: String,
    #[serde(default)]
    prefix: String,
}

pub(super) async fn read(door: &AwsApi, items: &ReaderInput, parameters: &str) -> Result<TaskStep, Fault> {
    let asking = Asking::new(door, None, "");
    let buckets = Buckets::of(&asking);
    let outcome = match items {
        ReaderInput::Listing => keys(parameters, &buckets).await.map(|keys| succeeded(&keys)),
        ReaderInput::Object(_) => contents(items, parameters, &buckets).await,
    };
    outcome.map_err(|refused| Fault::new(READER_FAILED, refused.text))
}

async fn contents(items: &ReaderInput, parameters: &str, buckets: &Buckets<'_>) -> Result<TaskStep, Refused> {
    let asked: OfObject = parsed(parameters)?;
    let object = buckets.open(&asked.bucket, &asked.key).await?;
    let text = text(&object, ITEMS_BYTES_MAX).await?;
    let text = text.ok_or_else(|| Refused::unusable(format!("The object has more than {ITEMS_BYTES_MAX} bytes.")))?;
    let items = read_items(items, &text).map_err(Refused::unusable)?;
    Ok(succeeded(&items))
}

async fn keys(parameters: &str, buckets: &Buckets<'_>) -> Result<Vec<Value>, Refused> {
    let members = members(parameters).map_err(|fault| Refused::unusable(fault.cause))?;
    let asked = listing(&members)?;
    let bucket = buckets.bucket(&asked.bucket).await?;
    let most = asked.max_keys.unwrap_or(DISTRIBUTED_ITEMS_MAX).min(DISTRIBUTED_ITEMS_MAX);
    let mut found = Vec::new();
    let mut after: Option<Box<str>> = asked.start_after.map(String::into_boxed_str);
    while found.len() < most {
        let max = KEYS_A_PAGE.min(most - found.len());
        let wanted = Wanted { prefix: asked.prefix.as_str().into(), delimiter: "".into(), after, max };
        let page = buckets.cx.broker.list_objects(bucket.clone(), wanted).await?;
        found.extend(page.objects.iter().map(|object| {
            json!({
                "Etag": format!("\"{}\"", object.etag),
                "Key": &*object.key,
                "LastModified": object.modified_at.0 / 1000,
                "Size": object.size,
                "StorageClass": "STANDARD",
            })
        }));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    Ok(found)
}

/// Written again after a crash, it is the same objects.
pub(super) async fn write(
    door: &AwsApi,
    call: &TaskCall,
    parameters: &str,
    results: &str,
    map_run: u128,
) -> Result<TaskStep, Fault> {
    let asking = Asking::new(door, call.trace_header.as_ref(), "");
    let buckets = Buckets::of(&asking);
    let written = write_to(&buckets, parameters, results, map_run).await;
    written.map(|details| succeeded(&details)).map_err(|refused| Fault::new(WRITER_FAILED, refused.text))
}

async fn write_to(buckets: &Buckets<'_>, parameters: &str, results: &str, map_run: u128) -> Result<Value, Refused> {
    let asked: Destination = parsed(parameters)?;
    let bucket = buckets.bucket(&asked.bucket).await?;
    let uuid = uuid_text(map_run);
    let uuid = std::str::from_utf8(&uuid).expect("digits and hyphens are ASCII");
    let folder = match asked.prefix.trim_end_matches('/') {
        "" => uuid.to_owned(),
        prefix => format!("{prefix}/{uuid}"),
    };
    let results: Vec<Value> = serde_json::from_str(results).map_err(|error| Refused::unusable(error.to_string()))?;
    let mut files = Map::new();
    for status in ["FAILED", "PENDING", "SUCCEEDED"] {
        let of_status: Vec<&Value> = results.iter().filter(|result| result["Status"] == status).collect();
        let mut listed = Vec::new();
        if !of_status.is_empty() {
            let (key, content) = (format!("{folder}/{status}_0.json"), json!(of_status).to_string());
            listed.push(json!({ "Key": key, "Size": content.len() }));
            buckets.put(bucket.clone(), &key, content.into(), ObjectPut::default()).await?;
        }
        files.insert(status.to_owned(), Value::Array(listed));
    }
    let manifest = format!("{folder}/manifest.json");
    let listed = json!({ "DestinationBucket": asked.bucket, "ResultFiles": files }).to_string();
    buckets.put(bucket, &manifest, listed.into(), ObjectPut::default()).await?;
    Ok(json!({ "Bucket": asked.bucket, "Key": manifest }))
}

fn parsed<T: for<'a> Deserialize<'a>>(parameters: &str) -> Result<T, Refused> {
    serde_json::from_str(parameters)
        .map_err(|error| Refused::unusable(format!("The parameters cannot be used: {error}")))
}
