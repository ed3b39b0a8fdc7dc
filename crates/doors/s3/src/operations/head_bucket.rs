//! `HeadBucket`: whether there is a bucket that the caller may use.

use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};

use crate::answer::Answer;
use crate::context::Context;
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;

const REGION: HeaderName = HeaderName::from_static("x-amz-bucket-region");

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    cx.store.describe_bucket(cx.bucket()?).await?;
    let region = HeaderValue::from_str(cx.region).map_err(|_| S3Error::new(Code::InternalError))?;
    Ok(Answer::empty(StatusCode::OK).with(REGION, region))
}
