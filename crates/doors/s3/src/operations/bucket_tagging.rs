//! `GetBucketTagging`, `PutBucketTagging`, `DeleteBucketTagging`: the labels of a bucket.

use bongsu_broker::Tags;
use hyper::StatusCode;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::tags;

pub(crate) async fn get(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    let bucket = cx.store.describe_bucket(cx.bucket()?).await?;
    if bucket.tags.is_empty() {
        return Err(Code::NoSuchTagSet.into());
    }
    Ok(Answer::document(tags::document(bucket.tags.iter().map(|tag| (&*tag.0, &*tag.1)))))
}

pub(crate) async fn put(cx: &Context<'_>, body: Incoming) -> Result<Answer, S3Error> {
    let tags = tags::of_bucket(&body.document().await?)?;
    cx.store.set_bucket_tags(cx.bucket()?, tags).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

pub(crate) async fn delete(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    cx.store.set_bucket_tags(cx.bucket()?, Tags::new()).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
