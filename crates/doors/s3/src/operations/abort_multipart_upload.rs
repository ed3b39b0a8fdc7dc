//! `AbortMultipartUpload`: gives up an object that came in parts.

use hyper::StatusCode;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::S3Error;
use crate::incoming::Incoming;

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    cx.store.abort_upload(cx.bucket()?, cx.key()?, cx.upload()?).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
