//! `PutObject`: puts an object, or puts it in the place of the one that is there.

use bongsu_runtime::ObjectPut;
use hyper::StatusCode;
use hyper::header::ETAG;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::S3Error;
use crate::incoming::Incoming;
use crate::{checksum, conditions, properties};

pub(crate) async fn call(cx: &Context<'_>, mut body: Incoming) -> Result<Answer, S3Error> {
    let (bucket, key) = (cx.bucket()?, cx.key()?);
    let condition = conditions::of_write(cx.headers())?;
    let (properties, tags) = (properties::of_request(cx.headers())?, properties::tags_of_request(cx.headers())?);
    let staged = cx.stage(cx.store.stage(), &mut body).await?;
    let checksum = body.finish(staged.md5())?;
    let mut answer = Answer::empty(StatusCode::OK);
    if let Some(checksum) = &checksum {
        checksum::tell(checksum, &mut answer.headers);
    }
    let put = ObjectPut { properties, checksum, tags, condition };
    let written = cx.store.put_object(bucket, key, staged, put, cx.origin()).await?;
    Ok(answer.with(ETAG, properties::etag(written.etag)))
}
