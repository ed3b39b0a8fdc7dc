//! `CreateMultipartUpload`: begins an object that comes in parts.

use bongsu_broker::{ChecksumAlgorithm, ChecksumKind, UploadDraft};
use hyper::header::HeaderValue;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::xml::Xml;
use crate::{checksum, properties};

pub(crate) async fn call(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    let (bucket, key) = (cx.bucket()?, cx.key()?);
    let kind = kind(cx)?;
    let (properties, tags) = (properties::of_request(cx.headers())?, properties::tags_of_request(cx.headers())?);
    let draft = UploadDraft { properties, tags, checksum: kind };
    let upload = cx.store.begin_upload(bucket.clone(), key.clone(), draft).await?;
    let answer = Answer::document(Xml::document("InitiateMultipartUploadResult", |xml| {
        xml.text("Bucket", &bucket);
        xml.text("Key", &key);
        xml.text("UploadId", upload);
    }));
    Ok(match kind {
        Some(kind) => answer
            .with(checksum::ALGORITHM, HeaderValue::from_static(kind.algorithm.name()))
            .with(checksum::TYPE, HeaderValue::from_static(checksum::type_name(kind))),
        None => answer,
    })
}

/// Which checksum the parts will come with, and what the whole object's is of.
fn kind(cx: &Context<'_>) -> Result<Option<ChecksumKind>, S3Error> {
    let wanted = cx.header(checksum::TYPE_HEADER);
    let Some(algorithm) = cx.header(checksum::ALGORITHM_HEADER) else {
        return match wanted {
            None => Ok(None),
            Some(_) => Err(refused(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
            )),
        };
    };
    let algorithm = checksum::algorithm(algorithm)?;
    let is_digest = matches!(algorithm, ChecksumAlgorithm::Sha1 | ChecksumAlgorithm::Sha256);
    let composite = match wanted {
        None => algorithm != ChecksumAlgorithm::Crc64Nvme,
        Some("COMPOSITE") if algorithm != ChecksumAlgorithm::Crc64Nvme => true,
        Some("FULL_OBJECT") if !is_digest => false,
        Some(other) => {
            let text =
                format!("The {other} checksum type cannot be used with the {} checksum algorithm.", algorithm.name());
            return Err(S3Error::new(Code::InvalidRequest).saying(text));
        }
    };
    Ok(Some(ChecksumKind { algorithm, composite }))
}

fn refused(text: &'static str) -> S3Error {
    S3Error::new(Code::InvalidRequest).saying(text)
}
