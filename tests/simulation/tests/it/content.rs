//! What writers put into objects, and what readers must find: the content of a request's number.

use bongsu_broker::{BucketName, Condition, ListedPart, ObjectKey, ObjectRejection, Rejection, UploadDraft};
use bongsu_runtime::{Handle, ObjectCopy, ObjectPut, OpenObject, Refusal, Staging};
use bytes::Bytes;

use crate::pipelines::Answer;
use crate::setting::{bucket, origin};
use crate::workers::number;

/// More than stands in the journal itself.
const LARGE_BYTES: usize = 66_000;

/// What a writer does.
pub(crate) enum ObjectStep {
    Put,
    /// In one part.
    Upload,
    /// Of the object of this key.
    Copy(&'static str),
    Delete,
}

/// The content of this number.
fn content(number: u64) -> Bytes {
    let length = if number.is_multiple_of(6) { LARGE_BYTES } else { (number * 37 % 600) as usize };
    Bytes::from(format!("{number} {}", ".".repeat(length)))
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::parse(name).expect("a good key")
}

async fn staged(mut staging: Staging, content: Bytes) -> Result<bongsu_runtime::Staged, Refusal> {
    staging.write(content).await?;
    staging.finish().await
}

/// The ETag that was there, and the whole content behind it.
pub(crate) async fn read(broker: Handle, name: &'static str) -> Answer {
    let found = async || match open(&broker, name).await? {
        Some(object) => check(&object).await.map(|()| Some(object.record().etag.to_string())),
        None => Ok(None),
    };
    Answer::Read(found().await)
}

/// `None` if there is none.
async fn open(broker: &Handle, name: &str) -> Result<Option<OpenObject>, Refusal> {
    match broker.open_object(bucket(), key(name)).await {
        Ok(object) => Ok(Some(object)),
        Err(Refusal::Rejected(Rejection::Object(ObjectRejection::KeyDoesNotExist))) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

async fn check(object: &OpenObject) -> Result<(), Refusal> {
    let (mut chunks, mut found) = (object.read(0..object.size()), Vec::new());
    while let Some(chunk) = chunks.next().await? {
        found.extend_from_slice(&chunk);
    }
    let text = std::str::from_utf8(&found).expect("what was written is text");
    assert!(content(number(text)) == found, "an object holds what one writer wrote");
    Ok(())
}

/// Does what a writer does; the ETag of what is there then.
pub(crate) async fn write(
    broker: Handle,
    name: &'static str,
    number: u64,
    step: ObjectStep,
    condition: Condition,
) -> Answer {
    Answer::Written(try_to(broker, bucket(), key(name), number, step, condition).await)
}

async fn try_to(
    broker: Handle,
    bucket: BucketName,
    key: ObjectKey,
    number: u64,
    step: ObjectStep,
    condition: Condition,
) -> Result<Option<String>, Refusal> {
    let origin = origin(number);
    let source = match step {
        ObjectStep::Copy(source) => open(&broker, source).await?,
        _ => None,
    };
    let written = match step {
        ObjectStep::Copy(_) if let Some(source) = source => {
            let copy = ObjectCopy { condition, ..ObjectCopy::default() };
            broker.copy_object(&source, bucket, key, copy, origin).await?
        }
        // Where there is nothing to be copied, something is put.
        ObjectStep::Put | ObjectStep::Copy(_) => {
            let staged = staged(broker.stage(), content(number)).await?;
            let put = ObjectPut { condition, ..ObjectPut::default() };
            broker.put_object(bucket, key, staged, put, origin).await?
        }
        ObjectStep::Upload => {
            let upload = broker.begin_upload(bucket.clone(), key.clone(), UploadDraft::default()).await?;
            let staged = staged(broker.stage_part(), content(number)).await?;
            let part = ListedPart { number: 1, md5: staged.md5() };
            broker.put_part(bucket.clone(), key.clone(), upload, part.number, staged, None).await?;
            broker.complete_upload(bucket, key, upload, vec![part], None, condition, origin).await?
        }
        ObjectStep::Delete => {
            broker.delete_object(bucket, key, condition, origin).await?;
            return Ok(None);
        }
    };
    Ok(Some(written.etag.to_string()))
}
