//! `UploadPartCopy`: a part of an object that is a stretch of another object.

use std::ops::Range;

use bongsu_broker::{Checksum, ChecksumKind, ETag, OBJECT_PIECE_BYTES_MAX};
use bongsu_runtime::OpenObject;

use crate::answer::Answer;
use crate::checksum::{self, Hasher};
use crate::conditions::{OF_COPY_SOURCE, Verdict};
use crate::context::{Context, Source};
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::operations::{copy_object, upload_part};
use crate::properties;
use crate::range::ByteRange;
use crate::rejection::too_large;
use crate::xml::Xml;

const RANGE: &str = "x-amz-copy-source-range";

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    let (bucket, key, upload) = (cx.bucket()?, cx.key()?, cx.upload()?);
    let number = upload_part::number(cx)?;
    let kind = cx.store.list_parts(bucket.clone(), key.clone(), upload, 0, 0).await?.checksum;
    let Source { bucket: from_bucket, key: from_key } = cx.copy_source()?;
    let of_source = |refusal| copy_object::about(S3Error::from(refusal), &from_bucket, &from_key);
    let source = cx.store.open_object(from_bucket.clone(), from_key.clone()).await.map_err(of_source)?;
    let record = source.record();
    match OF_COPY_SOURCE.judge(cx.headers(), record.etag, record.modified_at) {
        Verdict::Read => {}
        Verdict::NotModified => return Err(Verdict::refusal("x-amz-copy-source-If-None-Match")),
        Verdict::Failed(condition) => return Err(Verdict::refusal(condition)),
    }
    let mut chunks = source.read(range(cx, &source)?);
    let mut staging = cx.store.stage_part();
    let mut hasher = kind.map(|kind| Hasher::new(kind.algorithm));
    while let Some(data) = chunks.next().await? {
        if let Some(hasher) = &mut hasher {
            hasher.update(&data);
        }
        staging.write(data).await?;
    }
    let staged = staging.finish().await?;
    let etag = ETag::of_whole(staged.md5());
    let checksum = kind.zip(hasher).map(|(kind, hasher)| Checksum {
        kind: ChecksumKind { composite: false, ..kind },
        value: hasher.finish().into(),
    });
    cx.store.put_part(bucket.clone(), key.clone(), upload, number, staged, checksum.clone()).await?;
    let page = cx.store.list_parts(bucket, key, upload, number - 1, 1).await?;
    let modified_at = page.parts.first().map(|part| part.modified_at.iso_8601());
    Ok(Answer::document(Xml::document("CopyPartResult", |xml| {
        xml.optional("LastModified", modified_at);
        xml.text("ETag", properties::quoted(etag));
        checksum::put_value(checksum.as_ref(), xml);
    })))
}

/// The stretch that is asked for, or the whole object. Unlike a read's, it must lie within.
fn range(cx: &Context<'_>, source: &OpenObject) -> Result<Range<u64>, S3Error> {
    let range = match cx.header(RANGE) {
        None => 0..source.size(),
        Some(given) => {
            let Some(ByteRange::From(first, Some(last))) = ByteRange::parse(given) else {
                let text = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last \
                            are the zero-based offsets of the first and last bytes to copy";
                return Err(S3Error::argument(RANGE, given, text));
            };
            if last >= source.size() {
                let text = format!("Range specified is not valid for source object of size: {}", source.size());
                return Err(S3Error::new(Code::InvalidArgument).saying(text).with("ArgumentName", RANGE));
            }
            first..last + 1
        }
    };
    if range.end - range.start > OBJECT_PIECE_BYTES_MAX { Err(too_large()) } else { Ok(range) }
}
