//! `GetBucketLocation`: the region, which for the first of them has no name.

use crate::answer::Answer;
use crate::context::Context;
use crate::error::S3Error;
use crate::incoming::Incoming;
use crate::xml::Xml;

const NAMELESS_REGION: &str = "us-east-1";

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    cx.store.describe_bucket(cx.bucket()?).await?;
    let region = if cx.region == NAMELESS_REGION { "" } else { cx.region };
    Ok(Answer::document(Xml::text_document("LocationConstraint", region)))
}
