//! `DeleteObject`: deletes an object; one that is not there is deleted too.

use hyper::StatusCode;

use crate::answer::Answer;
use crate::conditions;
use crate::context::Context;
use crate::error::S3Error;
use crate::incoming::Incoming;

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    cx.check_version()?;
    let condition = conditions::of_delete(cx.headers())?;
    cx.store.delete_object(cx.bucket()?, cx.key()?, condition, cx.origin()).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
