//! `CreateBucket`: makes a bucket, which belongs to the caller's account.

use bongsu_broker::{ObjectRejection, Rejection};
use bongsu_runtime::Refusal;
use hyper::StatusCode;
use hyper::header::{HeaderValue, LOCATION};
use serde::Deserialize;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::tags::TagSet;
use crate::xml;

/// Where it is no error to make again what one has.
const FORGIVING_REGION: &str = "us-east-1";

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    #[serde(rename = "@xmlns", default)]
    _xmlns: String,
    #[serde(default)]
    location_constraint: String,
    #[serde(default)]
    tags: TagSet,
}

pub(crate) async fn call(cx: &Context<'_>, body: Incoming) -> Result<Answer, S3Error> {
    let bucket = cx.bucket()?;
    let document = body.document().await?;
    let Input { location_constraint, tags, .. } =
        if document.is_empty() { Input::default() } else { xml::read(&document)? };
    if !location_constraint.is_empty() && location_constraint != cx.region {
        let text = format!(
            "The {location_constraint} location constraint is incompatible for the region specific endpoint this \
             request was sent to."
        );
        return Err(S3Error::new(Code::IllegalLocationConstraintException).saying(text));
    }
    let location = HeaderValue::try_from(format!("/{bucket}")).expect("a bucket's name is ASCII");
    match cx.store.create_bucket(bucket, cx.account()?, tags.of_bucket()?).await {
        Err(Refusal::Rejected(Rejection::Object(ObjectRejection::BucketOwned))) if cx.region == FORGIVING_REGION => {}
        outcome => outcome?,
    }
    Ok(Answer::empty(StatusCode::OK).with(LOCATION, location))
}
