//! `UploadPart`: a part of an object, by its number.

use bongsu_broker::{Checksum, ChecksumKind, ETag, PARTS_MAX};
use hyper::StatusCode;
use hyper::header::ETAG;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::rejection::part_number_invalid;
use crate::{checksum, properties};

pub(crate) async fn call(cx: &Context<'_>, mut body: Incoming) -> Result<Answer, S3Error> {
    let (bucket, key, upload, number) = (cx.bucket()?, cx.key()?, cx.upload()?, number(cx)?);
    // Before anything is read: parts are large.
    let kind = cx.store.list_parts(bucket.clone(), key.clone(), upload, 0, 0).await?.checksum;
    let staged = cx.stage(cx.store.stage_part(), &mut body).await?;
    let md5 = staged.md5();
    let checksum = body.finish(md5)?;
    check_kind(kind, checksum.as_ref())?;
    let mut answer = Answer::empty(StatusCode::OK);
    if let Some(checksum) = &checksum {
        checksum::tell_value(checksum, &mut answer.headers);
    }
    cx.store.put_part(bucket, key, upload, number, staged, checksum).await?;
    Ok(answer.with(ETAG, properties::etag(ETag::of_whole(md5))))
}

/// Which part it is.
///
/// # Errors
///
/// `InvalidArgument` when it can be none.
pub(crate) fn number(cx: &Context<'_>) -> Result<u32, S3Error> {
    let number = cx.query.get("partNumber").and_then(|number| number.parse().ok());
    number.filter(|number| (1..=PARTS_MAX).contains(number)).ok_or_else(part_number_invalid)
}

/// An upload says which checksum its parts come with.
fn check_kind(of_upload: Option<ChecksumKind>, given: Option<&Checksum>) -> Result<(), S3Error> {
    let (Some(expected), given) = (of_upload, given.map(|checksum| checksum.kind.algorithm)) else { return Ok(()) };
    if given == Some(expected.algorithm) {
        return Ok(());
    }
    let given = given.map_or("null", |algorithm| algorithm.name());
    let text = format!(
        "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
        expected.algorithm.name().to_ascii_lowercase(),
        given.to_ascii_lowercase()
    );
    Err(S3Error::new(Code::InvalidRequest).saying(text))
}
