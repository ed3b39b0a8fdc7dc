//! `CopyObject`: puts an object with the content of another.

use bongsu_broker::OBJECT_PIECE_BYTES_MAX;
use bongsu_runtime::ObjectCopy;

use crate::answer::Answer;
use crate::conditions::{self, OF_COPY_SOURCE, Verdict};
use crate::context::{Context, Source};
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::xml::Xml;
use crate::{checksum, properties};

const METADATA_DIRECTIVE: &str = "x-amz-metadata-directive";
const TAGGING_DIRECTIVE: &str = "x-amz-tagging-directive";

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    let (bucket, key, condition) = (cx.bucket()?, cx.key()?, conditions::of_write(cx.headers())?);
    let replaces_properties = replaces(cx, METADATA_DIRECTIVE)?;
    let replaces_tags = replaces(cx, TAGGING_DIRECTIVE)?;
    let properties = replaces_properties.then(|| properties::of_request(cx.headers())).transpose()?;
    let tags = replaces_tags.then(|| properties::tags_of_request(cx.headers())).transpose()?;
    let Source { bucket: from_bucket, key: from_key } = cx.copy_source()?;
    if (&from_bucket, &from_key) == (&bucket, &key) && !replaces_properties {
        let text = "This copy request is illegal because it is trying to copy an object to itself without changing the \
                    object's metadata, storage class, website redirect location or encryption attributes.";
        return Err(S3Error::new(Code::InvalidRequest).saying(text));
    }
    let of_source = |refusal| about(S3Error::from(refusal), &from_bucket, &from_key);
    let source = cx.store.open_object(from_bucket.clone(), from_key.clone()).await.map_err(of_source)?;
    let record = source.record();
    match OF_COPY_SOURCE.judge(cx.headers(), record.etag, record.modified_at) {
        Verdict::Read => {}
        Verdict::NotModified => return Err(Verdict::refusal("x-amz-copy-source-If-None-Match")),
        Verdict::Failed(condition) => return Err(Verdict::refusal(condition)),
    }
    if source.size() > OBJECT_PIECE_BYTES_MAX {
        let text = format!(
            "The specified copy source is larger than the maximum allowable size for a copy source: \
             {OBJECT_PIECE_BYTES_MAX}"
        );
        return Err(S3Error::new(Code::InvalidRequest).saying(text));
    }
    check_algorithm(cx, record.checksum.as_ref())?;
    let copy = ObjectCopy { properties, tags, condition };
    let written = cx.store.copy_object(&source, bucket, key, copy, cx.origin()).await?;
    Ok(Answer::document(Xml::document("CopyObjectResult", |xml| {
        xml.text("LastModified", written.modified_at.iso_8601());
        xml.text("ETag", properties::quoted(written.etag));
        checksum::put(record.checksum.as_ref(), xml);
    })))
}

/// What the error is about is the source.
pub(crate) fn about(error: S3Error, bucket: &str, key: &str) -> S3Error {
    match error.code() {
        Code::NoSuchBucket => error.with("BucketName", bucket),
        Code::NoSuchKey => error.with("Key", key),
        _ => error,
    }
}

fn replaces(cx: &Context<'_>, directive: &'static str) -> Result<bool, S3Error> {
    match cx.header(directive) {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(other) => Err(S3Error::argument(directive, other, "Unknown directive.")),
    }
}

/// A copy has the checksum of its source: none is computed anew.
fn check_algorithm(cx: &Context<'_>, of_source: Option<&bongsu_broker::Checksum>) -> Result<(), S3Error> {
    let Some(wanted) = cx.header(checksum::ALGORITHM_HEADER) else { return Ok(()) };
    let wanted = checksum::algorithm(wanted)?;
    match of_source {
        Some(checksum) if checksum.kind.algorithm == wanted => Ok(()),
        _ => Err(S3Error::header_not_implemented(checksum::ALGORITHM_HEADER)),
    }
}
