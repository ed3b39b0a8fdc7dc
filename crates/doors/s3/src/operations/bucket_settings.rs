//! Settings that a bucket could have in S3 and never has here: asked for, they are as they are in a new bucket.

use crate::answer::Answer;
use crate::context::Context;
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::xml::Xml;

/// One row a setting: the function, and what is answered for it.
macro_rules! settings {
    ($($name:ident => $answer:expr;)*) => {
        $(pub(crate) async fn $name(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
            cx.store.describe_bucket(cx.bucket()?).await?;
            $answer
        })*
    };
}

settings! {
    versioning => empty("VersioningConfiguration");
    accelerate => empty("AccelerateConfiguration");
    logging => empty("BucketLoggingStatus");
    request_payment => payer();
    policy => Err(Code::NoSuchBucketPolicy.into());
    cors => Err(Code::NoSuchCORSConfiguration.into());
    encryption => Err(Code::ServerSideEncryptionConfigurationNotFoundError.into());
    lifecycle => Err(Code::NoSuchLifecycleConfiguration.into());
    object_lock => Err(Code::ObjectLockConfigurationNotFoundError.into());
    ownership => Err(Code::OwnershipControlsNotFoundError.into());
    public_access => Err(Code::NoSuchPublicAccessBlockConfiguration.into());
    replication => Err(Code::ReplicationConfigurationNotFoundError.into());
    website => Err(Code::NoSuchWebsiteConfiguration.into());
}

fn empty(root: &str) -> Result<Answer, S3Error> {
    Ok(Answer::document(Xml::document(root, |_| {})))
}

fn payer() -> Result<Answer, S3Error> {
    Ok(Answer::document(Xml::document("RequestPaymentConfiguration", |xml| xml.text("Payer", "BucketOwner"))))
}
