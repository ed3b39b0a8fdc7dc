//! `GetObjectTagging`, `PutObjectTagging`, `DeleteObjectTagging`: the labels of an object.

use bongsu_broker::Tags;
use hyper::StatusCode;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::S3Error;
use crate::incoming::Incoming;
use crate::tags;

pub(crate) async fn get(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    cx.check_version()?;
    let object = cx.store.open_object(cx.bucket()?, cx.key()?).await?;
    let tags = object.record().tags.iter();
    Ok(Answer::document(tags::document(tags.map(|tag| (&*tag.0, &*tag.1)))))
}

pub(crate) async fn put(cx: &Context<'_>, body: Incoming) -> Result<Answer, S3Error> {
    cx.check_version()?;
    let tags = tags::of_object(&body.document().await?)?;
    cx.store.tag_object(cx.bucket()?, cx.key()?, tags).await?;
    Ok(Answer::empty(StatusCode::OK))
}

pub(crate) async fn delete(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    cx.check_version()?;
    cx.store.tag_object(cx.bucket()?, cx.key()?, Tags::new()).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
