//! `ListParts`: the parts of an object that are there.

use bongsu_broker::ETag;

use crate::answer::Answer;
use crate::context::{Context, put_owner};
use crate::error::S3Error;
use crate::incoming::Incoming;
use crate::operations::keys::Keys;
use crate::xml::Xml;
use crate::{checksum, properties};

const MARKER: &str = "part-number-marker";

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    let (bucket, key, upload, keys) = (cx.bucket()?, cx.key()?, cx.upload()?, Keys::of(cx)?);
    let max = cx.query.page("max-parts")?;
    let marker = match cx.query.filled(MARKER) {
        None => 0,
        Some(given) => {
            let text = "Argument part-number-marker must be an integer between 0 and 2147483647";
            given.parse().map_err(|_| S3Error::argument(MARKER, given, text))?
        }
    };
    let page = cx.store.list_parts(bucket.clone(), key.clone(), upload, marker, max).await?;
    Ok(Answer::document(Xml::document("ListPartsResult", |xml| {
        xml.text("Bucket", &bucket);
        xml.text("Key", keys.write(&key));
        xml.text("UploadId", upload);
        xml.text("PartNumberMarker", marker);
        xml.optional("NextPartNumberMarker", page.parts.last().map(|part| part.number));
        xml.text("MaxParts", max);
        xml.text("IsTruncated", page.is_truncated);
        for part in &page.parts {
            xml.within("Part", |xml| {
                xml.text("PartNumber", part.number);
                xml.text("LastModified", part.modified_at.iso_8601());
                xml.text("ETag", properties::quoted(ETag::of_whole(part.md5)));
                xml.text("Size", part.size);
                checksum::put_value(part.checksum.as_ref(), xml);
            });
        }
        for role in ["Initiator", "Owner"] {
            put_owner(xml, role, cx.caller.account());
        }
        xml.text("StorageClass", "STANDARD");
        if let Some(kind) = page.checksum {
            xml.text("ChecksumAlgorithm", kind.algorithm.name());
            xml.text("ChecksumType", checksum::type_name(kind));
        }
    })))
}
