//! The account's buckets, as tasks use them, and S3's refusals.

use bongsu_broker::{BucketName, EventOrigin, ObjectKey, ObjectRejection, Rejection};
use bongsu_runtime::{ObjectPut, ObjectWritten, OpenObject, Refusal};
use bytes::{Bytes, BytesMut};

use super::fault::{self, Fault};
use crate::asking::Asking;
use crate::operation::Context;
use crate::request_id::RequestId;

/// From where requests come, as notifications tell it.
const NOWHERE: &str = "127.0.0.1";

/// Why an object is not read or written, in S3's words.
#[derive(Debug)]
pub(super) struct Refused {
    code: &'static str,
    status: u16,
    pub(super) text: String,
}

const NO_BUCKET: (&str, u16, &str) = ("NoSuchBucket", 404, "The specified bucket does not exist");
const NO_KEY: (&str, u16, &str) = ("NoSuchKey", 404, "The specified key does not exist.");
const DENIED: (&str, u16, &str) = ("S3Exception", 403, "Access Denied");

impl Refused {
    fn of((code, status, text): (&'static str, u16, &str)) -> Refused {
        Refused { code, status, text: text.into() }
    }

    /// A request that says too little, or what is not done here.
    pub(super) fn unusable(text: impl Into<String>) -> Refused {
        Refused { code: "S3Exception", status: 400, text: text.into() }
    }

    pub(super) fn fault(&self, request_id: RequestId) -> Fault {
        fault::of_sdk_error("S3", self.code, &self.text, self.status, request_id)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Refused {
        match refusal {
            Refusal::Rejected(Rejection::Object(ObjectRejection::BucketDoesNotExist)) => Refused::of(NO_BUCKET),
            Refusal::Rejected(Rejection::Object(ObjectRejection::KeyDoesNotExist)) => Refused::of(NO_KEY),
            Refusal::Rejected(Rejection::Object(ObjectRejection::PreconditionFailed { .. })) => {
                Refused::of(("S3Exception", 412, "At least one of the pre-conditions you specified did not hold"))
            }
            Refusal::Rejected(Rejection::Object(ObjectRejection::ConditionalRequestConflict { .. })) => {
                Refused::of(("S3Exception", 409, "A conflicting operation occurred"))
            }
            Refusal::Rejected(Rejection::StorageFull) => Refused::of(("S3Exception", 503, "The disk is full.")),
            Refusal::Rejected(_) => Refused::of(DENIED),
            Refusal::Unavailable => Refused::of(("S3Exception", 503, "The server is stopping.")),
        }
    }
}

/// The buckets, for one task.
pub(super) struct Buckets<'a> {
    pub(super) cx: Context<'a>,
}

impl<'a> Buckets<'a> {
    pub(super) fn of(asking: &'a Asking<'_>) -> Buckets<'a> {
        Buckets { cx: asking.context() }
    }

    /// A bucket of the server's account.
    pub(super) async fn bucket(&self, name: &str) -> Result<BucketName, Refused> {
        let bucket = BucketName::parse(name).ok_or_else(|| Refused::of(NO_BUCKET))?;
        let described = self.cx.broker.describe_bucket(bucket.clone()).await?;
        if described.owner == self.cx.config.account { Ok(bucket) } else { Err(Refused::of(DENIED)) }
    }

    pub(super) async fn open(&self, bucket: &str, key: &str) -> Result<OpenObject, Refused> {
        let bucket = self.bucket(bucket).await?;
        Ok(self.cx.broker.open_object(bucket, object_key(key)?).await?)
    }

    pub(super) async fn put(
        &self,
        bucket: BucketName,
        key: &str,
        content: Bytes,
        put: ObjectPut,
    ) -> Result<ObjectWritten, Refused> {
        let mut staging = self.cx.broker.stage();
        staging.write(content).await?;
        let staged = staging.finish().await?;
        Ok(self.cx.broker.put_object(bucket, object_key(key)?, staged, put, self.origin()).await?)
    }

    pub(super) fn origin(&self) -> EventOrigin {
        EventOrigin {
            region: self.cx.config.region.as_str().into(),
            request_id: self.cx.request_id.to_string().into(),
            host_id: "".into(),
            principal_id: format!("AWS:{}", self.cx.caller.user_id()).into(),
            source_ip: NOWHERE.into(),
        }
    }
}

pub(super) fn object_key(key: &str) -> Result<ObjectKey, Refused> {
    ObjectKey::parse(key).ok_or_else(|| Refused::of(NO_KEY))
}

/// The text that an object holds, if it has no more than so many bytes.
pub(super) async fn text(object: &OpenObject, bytes_max: usize) -> Result<Option<String>, Refused> {
    if object.size() > bytes_max as u64 {
        return Ok(None);
    }
    let mut chunks = object.read(0..object.size());
    let mut whole = BytesMut::new();
    while let Some(chunk) = chunks.next().await? {
        whole.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(whole.into()).map_err(|_| Refused::unusable("The object is not text in UTF-8."))?;
    Ok(Some(text))
}
