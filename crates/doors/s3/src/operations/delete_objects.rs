//! `DeleteObjects`: deletes up to a thousand objects, each by itself.

use bongsu_broker::{Condition, ObjectKey};
use serde::Deserialize;

use crate::answer::Answer;
use crate::context::{self, Context};
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::xml::{self, Xml};

/// Most objects that one request deletes.
const OBJECTS_MAX: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    #[serde(rename = "@xmlns", default)]
    _xmlns: String,
    #[serde(default)]
    object: Vec<Object>,
    /// Whether only failures are told.
    #[serde(default)]
    quiet: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Object {
    key: String,
    version_id: Option<String>,
    #[serde(rename = "ETag")]
    etag: Option<String>,
    last_modified_time: Option<String>,
    size: Option<String>,
}

pub(crate) async fn call(cx: &Context<'_>, body: Incoming) -> Result<Answer, S3Error> {
    let bucket = cx.bucket()?;
    if !body.has_digest() {
        let text = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*";
        return Err(S3Error::new(Code::InvalidRequest).saying(text));
    }
    let Input { object, quiet, .. } = xml::read(&body.document().await?)?;
    if object.is_empty() || object.len() > OBJECTS_MAX {
        return Err(Code::MalformedXML.into());
    }
    cx.store.describe_bucket(bucket.clone()).await?;
    let read: Vec<_> = object.iter().map(read).collect();
    let wanted = read.iter().filter_map(|wanted| wanted.as_ref().ok().cloned()).collect();
    let mut decided = cx.store.delete_objects(bucket, wanted, cx.origin()).await.into_iter();
    let outcomes = read.into_iter().map(|wanted| match wanted {
        Ok(_) => decided.next().map_or(Err(Code::InternalError.into()), |decided| decided.map_err(S3Error::from)),
        Err(error) => Err(error),
    });
    Ok(Answer::document(Xml::document("DeleteResult", |xml| {
        for (object, outcome) in object.iter().zip(outcomes) {
            match outcome {
                Ok(()) if quiet => {}
                Ok(()) => xml.within("Deleted", |xml| xml.text("Key", &object.key)),
                Err(error) => xml.within("Error", |xml| {
                    xml.text("Key", &object.key);
                    xml.optional("VersionId", object.version_id.as_deref());
                    xml.text("Code", error.code().name());
                    xml.text("Message", error.message());
                }),
            }
        }
    })))
}

fn read(object: &Object) -> Result<(ObjectKey, Condition), S3Error> {
    context::check_version(object.version_id.as_deref())?;
    if object.last_modified_time.is_some() || object.size.is_some() {
        let text = "Conditions on time and size are for directory buckets";
        return Err(S3Error::new(Code::NotImplemented).saying(text));
    }
    let condition = object.etag.as_deref().map_or(Condition::None, |etag| Condition::Match(etag.into()));
    Ok((context::key(&object.key)?, condition))
}
