//! `CompleteMultipartUpload`: puts an object together from its parts.

use std::collections::BTreeMap;

use bongsu_broker::{
    BucketName, Checksum, ChecksumAlgorithm, ChecksumKind, ETag, LISTED_MAX, ListedPart, ObjectKey, PARTS_MAX,
    UploadId, UploadedPart,
};
use hyper::header::HOST;
use serde::Deserialize;

use crate::answer::Answer;
use crate::checksum::{self, Claimed};
use crate::conditions;
use crate::context::Context;
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::properties;
use crate::xml::{self, Xml};

const OBJECT_SIZE: &str = "x-amz-mp-object-size";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    #[serde(rename = "@xmlns", default)]
    _xmlns: String,
    #[serde(default)]
    part: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Part {
    part_number: u32,
    #[serde(rename = "ETag")]
    etag: String,
    #[serde(rename = "ChecksumCRC32")]
    crc32: Option<String>,
    #[serde(rename = "ChecksumCRC32C")]
    crc32c: Option<String>,
    #[serde(rename = "ChecksumCRC64NVME")]
    crc64nvme: Option<String>,
    #[serde(rename = "ChecksumSHA1")]
    sha1: Option<String>,
    #[serde(rename = "ChecksumSHA256")]
    sha256: Option<String>,
}

pub(crate) async fn call(cx: &Context<'_>, body: Incoming) -> Result<Answer, S3Error> {
    let (bucket, key, upload) = (cx.bucket()?, cx.key()?, cx.upload()?);
    let condition = conditions::of_write(cx.headers())?;
    let Input { part: given, .. } = xml::read(&body.document().await?)?;
    if given.is_empty() || given.len() > PARTS_MAX as usize {
        return Err(Code::MalformedXML.into());
    }
    let parts = given.iter().map(listed).collect::<Result<Vec<_>, _>>()?;
    let (kind, uploaded) = uploaded(cx, &bucket, &key, upload).await?;
    check_checksums(&given, &uploaded)?;
    check_size(cx, &given, &uploaded)?;
    let checksum = whole(cx, kind, &given, &uploaded)?;
    let told = checksum.clone();
    let written =
        cx.store.complete_upload(bucket.clone(), key.clone(), upload, parts, checksum, condition, cx.origin()).await?;
    Ok(Answer::document(Xml::document("CompleteMultipartUploadResult", |xml| {
        let host = cx.header(HOST.as_str()).unwrap_or_default();
        xml.text("Location", format_args!("http://{host}{}", cx.head.uri.path()));
        xml.text("Bucket", &bucket);
        xml.text("Key", &key);
        xml.text("ETag", properties::quoted(written.etag));
        checksum::put(told.as_ref(), xml);
    })))
}

fn listed(part: &Part) -> Result<ListedPart, S3Error> {
    let etag = part.etag.trim().trim_matches('"');
    let mut md5 = [0; 16];
    // Lower-case digits, as they were told: one ETag has one text.
    if hex::decode_to_slice(etag, &mut md5).is_err() || ETag::of_whole(md5).to_string() != etag {
        return Err(S3Error::new(Code::InvalidPart).with("PartNumber", part.part_number.to_string()));
    }
    Ok(ListedPart { number: part.part_number, md5 })
}

/// All the parts that are there.
async fn uploaded(
    cx: &Context<'_>,
    bucket: &BucketName,
    key: &ObjectKey,
    upload: UploadId,
) -> Result<(Option<ChecksumKind>, BTreeMap<u32, UploadedPart>), S3Error> {
    let (mut all, mut after) = (BTreeMap::new(), 0);
    loop {
        let page = cx.store.list_parts(bucket.clone(), key.clone(), upload, after, LISTED_MAX).await?;
        all.extend(page.parts.into_iter().map(|part| (part.number, part)));
        match all.last_key_value() {
            Some((last, _)) if page.is_truncated => after = *last,
            _ => return Ok((page.checksum, all)),
        }
    }
}

/// What the list says of a part's checksum is what came with it.
fn check_checksums(given: &[Part], uploaded: &BTreeMap<u32, UploadedPart>) -> Result<(), S3Error> {
    for part in given {
        let known = uploaded.get(&part.part_number).and_then(|part| part.checksum.as_ref());
        let is_right = |(algorithm, claim): (ChecksumAlgorithm, &Option<String>)| {
            let is_known = |claim: &str| known.is_some_and(|it| it.kind.algorithm == algorithm && *it.value == *claim);
            claim.as_deref().is_none_or(is_known)
        };
        let claims = [
            (ChecksumAlgorithm::Crc32, &part.crc32),
            (ChecksumAlgorithm::Crc32c, &part.crc32c),
            (ChecksumAlgorithm::Crc64Nvme, &part.crc64nvme),
            (ChecksumAlgorithm::Sha1, &part.sha1),
            (ChecksumAlgorithm::Sha256, &part.sha256),
        ];
        if !claims.into_iter().all(is_right) {
            return Err(S3Error::new(Code::InvalidPart).with("PartNumber", part.part_number.to_string()));
        }
    }
    Ok(())
}

/// What the request says of the size of the whole is so.
fn check_size(cx: &Context<'_>, given: &[Part], uploaded: &BTreeMap<u32, UploadedPart>) -> Result<(), S3Error> {
    let Some(claimed) = cx.header(OBJECT_SIZE) else { return Ok(()) };
    let size: u64 = given.iter().filter_map(|part| uploaded.get(&part.part_number)).map(|part| part.size).sum();
    if claimed.parse() == Ok(size) {
        return Ok(());
    }
    let text = "The provided 'x-amz-mp-object-size' header value does not match what was computed.";
    Err(S3Error::new(Code::InvalidRequest).saying(text))
}

/// The checksum of the whole, if the upload has one.
fn whole(
    cx: &Context<'_>,
    kind: Option<ChecksumKind>,
    given: &[Part],
    uploaded: &BTreeMap<u32, UploadedPart>,
) -> Result<Option<Checksum>, S3Error> {
    let claimed = Claimed::of(cx.headers())?;
    let Some(kind) = kind else {
        return match claimed {
            None => Ok(None),
            Some(_) => Err(mismatch("The upload was created without a checksum algorithm.")),
        };
    };
    if cx.header(checksum::TYPE_HEADER).is_some_and(|wanted| wanted != checksum::type_name(kind)) {
        return Err(mismatch("The checksum type is not the one that the upload was created with."));
    }
    // A part that is not there has the store refuse: it says which.
    let parts = given.iter().filter_map(|part| uploaded.get(&part.part_number));
    let value = checksum::of_parts(kind, parts.map(|part| (part.checksum.as_ref(), part.size)));
    let Some(value) = value else { return Ok(None) };
    if let Some(claimed) = claimed {
        // A claim about a composite one may leave out how many parts there are.
        let bare = value.split('-').next().unwrap_or_default();
        let is_right = claimed.value.as_deref().is_some_and(|claim| claim == value || claim == bare);
        if claimed.algorithm != kind.algorithm || !is_right {
            let name = kind.algorithm.name();
            let text = format!("The {name} you specified did not match the calculated checksum.");
            return Err(S3Error::new(Code::BadDigest).saying(text));
        }
    }
    Ok(Some(Checksum { kind, value: value.into() }))
}

fn mismatch(text: &'static str) -> S3Error {
    S3Error::new(Code::InvalidRequest).saying(text)
}
