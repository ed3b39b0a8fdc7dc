//! Reads functions' code, and templates, out of the server's own buckets.

use bongsu_aws_api::lambda::{Answer, CodeSource, SourceRefusal};
use bongsu_broker::{Account, BucketName, ObjectKey, ObjectRejection, Rejection};
use bongsu_runtime::{Handle, Refusal};
use bytes::{Bytes, BytesMut};

/// The buckets of the account that has the functions.
#[derive(Clone)]
pub(crate) struct Buckets {
    pub(crate) broker: Handle,
    pub(crate) account: Account,
}

const NO_BUCKET: SourceRefusal =
    SourceRefusal::S3 { code: "NoSuchBucket", message: "The specified bucket does not exist" };
const NO_KEY: SourceRefusal = SourceRefusal::S3 { code: "NoSuchKey", message: "The specified key does not exist." };
const NO_VERSION: SourceRefusal =
    SourceRefusal::S3 { code: "NoSuchVersion", message: "The specified version does not exist." };

impl Buckets {
    /// The whole object, if it has no more than so many bytes.
    pub(crate) async fn object(self, bucket: String, key: String, bytes_max: usize) -> Result<Bytes, SourceRefusal> {
        let bucket = BucketName::parse(&bucket).ok_or(NO_BUCKET)?;
        let key = ObjectKey::parse(&key).ok_or(NO_KEY)?;
        let described = self.broker.describe_bucket(bucket.clone()).await.map_err(refused)?;
        if described.owner != self.account {
            return Err(SourceRefusal::S3 { code: "AccessDenied", message: "Access Denied" });
        }
        let object = self.broker.open_object(bucket, key).await.map_err(refused)?;
        if object.size() > bytes_max as u64 {
            return Err(SourceRefusal::TooLarge);
        }
        let mut chunks = object.read(0..object.size());
        let mut whole = BytesMut::new();
        while let Some(chunk) = chunks.next().await.map_err(refused)? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }
}

impl CodeSource for Buckets {
    fn read(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        bytes_max: usize,
    ) -> Answer<Result<Bytes, SourceRefusal>> {
        if version.is_some_and(|version| version != "null") {
            // Buckets keep one version of an object.
            return Box::pin(async { Err(NO_VERSION) });
        }
        Box::pin(self.clone().object(bucket.to_owned(), key.to_owned(), bytes_max))
    }
}

fn refused(refusal: Refusal) -> SourceRefusal {
    match refusal {
        Refusal::Rejected(Rejection::Object(ObjectRejection::BucketDoesNotExist)) => NO_BUCKET,
        Refusal::Rejected(Rejection::Object(ObjectRejection::KeyDoesNotExist)) => NO_KEY,
        Refusal::Rejected(_) => SourceRefusal::S3 { code: "AccessDenied", message: "Access Denied" },
        Refusal::Unavailable => SourceRefusal::Unavailable,
    }
}
