//! `GetObject` and `HeadObject`: an object or a part of it, and what is said about it.

use std::ops::Range;

use bongsu_broker::{ObjectRecord, PARTS_MAX};
use hyper::StatusCode;
use hyper::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, EXPIRES, HeaderMap, HeaderName, HeaderValue, IF_RANGE, RANGE,
};

use crate::answer::Answer;
use crate::conditions::{OF_READ, Verdict};
use crate::context::Context;
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::outgoing::Outgoing;
use crate::properties;
use crate::range::ByteRange;
use crate::rejection::part_number_invalid;

const CHECKSUM_MODE: &str = "x-amz-checksum-mode";
const PARTS_COUNT: HeaderName = HeaderName::from_static("x-amz-mp-parts-count");

/// Parameters that say what a header of the answer is to be.
const OVERRIDES: [(&str, HeaderName); 6] = [
    ("response-cache-control", CACHE_CONTROL),
    ("response-content-disposition", CONTENT_DISPOSITION),
    ("response-content-encoding", CONTENT_ENCODING),
    ("response-content-language", CONTENT_LANGUAGE),
    ("response-content-type", CONTENT_TYPE),
    ("response-expires", EXPIRES),
];

pub(crate) async fn get(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    call(cx, true).await
}

pub(crate) async fn head(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    call(cx, false).await
}

async fn call(cx: &Context<'_>, with_content: bool) -> Result<Answer, S3Error> {
    cx.check_version()?;
    let object = cx.store.open_object(cx.bucket()?, cx.key()?).await?;
    let record = object.record();
    match OF_READ.judge(cx.headers(), record.etag, record.modified_at) {
        Verdict::Read => {}
        Verdict::Failed(condition) => return Err(Verdict::refusal(condition)),
        Verdict::NotModified => {
            let mut answer = Answer::empty(StatusCode::NOT_MODIFIED);
            properties::tell_version(record, &mut answer.headers);
            return Ok(answer);
        }
    }
    let part = part_number(cx)?;
    let wanted = match part {
        Some(number) => Some(object.part(number).ok_or_else(|| no_such_part(number, record))?),
        None => range(cx, record, object.size())?,
    };
    let mut answer = Answer::empty(StatusCode::OK);
    let tells_checksum = wanted.is_none() && cx.header(CHECKSUM_MODE).is_some_and(|mode| mode == "ENABLED");
    properties::tell(record, tells_checksum, &mut answer.headers);
    override_headers(cx, &mut answer.headers)?;
    if part.is_some() && record.etag.parts > 0 {
        answer.headers.insert(PARTS_COUNT, HeaderValue::from(record.etag.parts));
    }
    if let Some(Range { start, end }) = &wanted {
        answer.status = StatusCode::PARTIAL_CONTENT;
        // An empty object has one part, and that has no first byte.
        let last = end.saturating_sub(1).max(*start);
        let text = format!("bytes {start}-{last}/{}", object.size());
        answer.headers.insert(CONTENT_RANGE, HeaderValue::try_from(text).expect("digits are a header value"));
    }
    let wanted = wanted.unwrap_or(0..object.size());
    let length = wanted.end - wanted.start;
    answer.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if with_content {
        answer.body = Outgoing::object(object.read(wanted), length);
    }
    Ok(answer)
}

/// The stretch that is asked for, if one is: of the version that is asked for.
fn range(cx: &Context<'_>, record: &ObjectRecord, size: u64) -> Result<Option<Range<u64>>, S3Error> {
    let header = cx.headers().get(RANGE).and_then(|range| range.to_str().ok());
    let Some((header, range)) = header.and_then(|header| Some((header, ByteRange::parse(header)?))) else {
        return Ok(None);
    };
    let is_other = |wanted: &HeaderValue| {
        let mut version = HeaderMap::new();
        properties::tell_version(record, &mut version);
        !version.values().any(|known| known == wanted)
    };
    if cx.headers().get(IF_RANGE).is_some_and(is_other) {
        return Ok(None);
    }
    let refused = || {
        let error = S3Error::new(Code::InvalidRange).with("RangeRequested", header);
        error.with("ActualObjectSize", size.to_string())
    };
    range.of(size).map(Some).ok_or_else(refused)
}

fn part_number(cx: &Context<'_>) -> Result<Option<u32>, S3Error> {
    let Some(given) = cx.query.get("partNumber") else { return Ok(None) };
    if cx.headers().contains_key(RANGE) {
        let text = "Cannot specify both Range header and partNumber query parameter";
        return Err(S3Error::new(Code::InvalidRequest).saying(text));
    }
    let number = given.parse().ok().filter(|number| (1..=PARTS_MAX).contains(number));
    number.map(Some).ok_or_else(part_number_invalid)
}

fn no_such_part(number: u32, record: &ObjectRecord) -> S3Error {
    let error = S3Error::new(Code::InvalidRange).saying("The requested partnumber is not satisfiable");
    error.with("PartNumberRequested", number.to_string()).with("ActualPartCount", record.etag.parts.max(1).to_string())
}

fn override_headers(cx: &Context<'_>, headers: &mut HeaderMap) -> Result<(), S3Error> {
    for (parameter, header) in OVERRIDES {
        if let Some(wanted) = cx.query.get(parameter) {
            let value = HeaderValue::from_bytes(wanted.as_bytes());
            headers.insert(header, value.map_err(|_| S3Error::argument(parameter, wanted, "Header value is invalid"))?);
        }
    }
    Ok(())
}
