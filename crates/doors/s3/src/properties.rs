//! What is said about an object in the headers of a request, and told again in those of an answer.

use bongsu_broker::{ETag, ObjectProperties, ObjectRecord, Tags};
use hyper::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, ETAG, EXPIRES,
    HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED,
};

use crate::conditions::seconds;
use crate::error::{Code, S3Error};
use crate::{checksum, tags};

const METADATA: &str = "x-amz-meta-";
const TAGGING: HeaderName = HeaderName::from_static("x-amz-tagging");
const TAGGING_COUNT: HeaderName = HeaderName::from_static("x-amz-tagging-count");
const STORAGE_CLASS: HeaderName = HeaderName::from_static("x-amz-storage-class");
const ACL: HeaderName = HeaderName::from_static("x-amz-acl");
const ENCRYPTION: HeaderName = HeaderName::from_static("x-amz-server-side-encryption");

/// What an object is said to be when nobody says it.
const CONTENT_TYPE_DEFAULT: &str = "binary/octet-stream";
/// The encoding that is of the transfer alone.
const AWS_CHUNKED: &str = "aws-chunked";

/// The headers that are kept with an object and told as they came.
const KEPT: [HeaderName; 6] =
    [CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, EXPIRES];

/// How headers begin that ask for what there is not.
const NOT_IMPLEMENTED: [&str; 9] = [
    "x-amz-server-side-encryption",
    "x-amz-copy-source-server-side-encryption",
    "x-amz-object-lock-",
    "x-amz-bucket-object-lock-",
    "x-amz-grant-",
    "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",
    "x-amz-object-ownership",
    "x-amz-mfa",
];

/// Refuses what a request asks for in its headers and there is not.
///
/// # Errors
///
/// `NotImplemented`, or `InvalidStorageClass`.
pub(crate) fn check_headers(headers: &HeaderMap) -> Result<(), S3Error> {
    // What S3 does to every object, asked or not; tools that deploy always ask.
    let is_no_wish = |name: &HeaderName| *name == ENCRYPTION && headers[name] == "AES256";
    let mut names = headers.keys().filter(|name| !is_no_wish(name)).map(HeaderName::as_str);
    if let Some(name) = names.find(|name| NOT_IMPLEMENTED.iter().any(|prefix| name.starts_with(prefix))) {
        return Err(S3Error::header_not_implemented(name));
    }
    // What every bucket and every object has.
    let is_usual = |acl: &HeaderValue| acl == "private" || acl == "bucket-owner-full-control";
    if headers.get(ACL).is_some_and(|acl| !is_usual(acl)) {
        return Err(S3Error::header_not_implemented("x-amz-acl"));
    }
    if headers.get(STORAGE_CLASS).is_some_and(|class| class != "STANDARD") {
        return Err(Code::InvalidStorageClass.into());
    }
    Ok(())
}

/// What a request says about the object that it puts.
///
/// # Errors
///
/// `InvalidArgument` when a header is no text.
pub(crate) fn of_request(headers: &HeaderMap) -> Result<ObjectProperties, S3Error> {
    let mut properties = ObjectProperties::default();
    for name in &KEPT {
        let value = joined(headers, name)?;
        let value = if *name == CONTENT_ENCODING { value.and_then(|value| without_chunked(&value)) } else { value };
        if let Some(value) = value {
            properties.headers.push((name.as_str().into(), value.into()));
        }
    }
    for name in headers.keys() {
        if let Some(short) = name.as_str().strip_prefix(METADATA) {
            let value = joined(headers, name)?.unwrap_or_default();
            properties.metadata.push((short.into(), value.into()));
        }
    }
    properties.metadata.sort_unstable_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    Ok(properties)
}

/// The labels that a request gives the object that it puts.
pub(crate) fn tags_of_request(headers: &HeaderMap) -> Result<Tags, S3Error> {
    match headers.get(TAGGING) {
        Some(given) => tags::of_header(given.as_bytes()),
        None => Ok(Tags::new()),
    }
}

/// A header that stands there several times is one, with commas between.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, S3Error> {
    let mut whole: Option<String> = None;
    for value in headers.get_all(name) {
        let value = std::str::from_utf8(value.as_bytes())
            .map_err(|_| S3Error::argument(name.as_str(), "", "A header's value must be UTF-8."))?;
        match &mut whole {
            Some(whole) => *whole += &format!(",{value}"),
            None => whole = Some(value.to_owned()),
        }
    }
    Ok(whole)
}

fn without_chunked(encoding: &str) -> Option<String> {
    let rest: Vec<&str> =
        encoding.split(',').map(str::trim).filter(|one| *one != AWS_CHUNKED && !one.is_empty()).collect();
    (!rest.is_empty()).then(|| rest.join(","))
}

/// What an answer tells of an object, but for its length.
pub(crate) fn tell(record: &ObjectRecord, tells_checksum: bool, headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE_DEFAULT));
    for (name, value) in &record.properties.headers {
        insert(headers, name, value);
    }
    for (name, value) in &record.properties.metadata {
        insert(headers, &format!("{METADATA}{}", &**name), value);
    }
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if !record.tags.is_empty() {
        headers.insert(TAGGING_COUNT, HeaderValue::from(record.tags.len()));
    }
    if let Some(checksum) = record.checksum.as_ref().filter(|_| tells_checksum) {
        checksum::tell(checksum, headers);
    }
    tell_version(record, headers);
}

/// What tells one version of an object from another.
pub(crate) fn tell_version(record: &ObjectRecord, headers: &mut HeaderMap) {
    headers.insert(ETAG, etag(record.etag));
    tell_modified(record, headers);
}

/// When an object was put.
pub(crate) fn tell_modified(record: &ObjectRecord, headers: &mut HeaderMap) {
    let text = httpdate::fmt_http_date(seconds(record.modified_at));
    headers.insert(LAST_MODIFIED, HeaderValue::try_from(text).expect("a date is a header value"));
}

pub(crate) fn etag(etag: ETag) -> HeaderValue {
    HeaderValue::try_from(quoted(etag)).expect("digits and quotes are a header value")
}

/// As it stands in documents too.
pub(crate) fn quoted(etag: ETag) -> String {
    format!("\"{etag}\"")
}

/// What once came as a header's value is one.
fn insert(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn what_is_said_of_an_object_is_kept() {
        let properties = of_request(&headers(&[
            ("content-type", "text/plain"),
            ("content-encoding", "aws-chunked,gzip"),
            ("x-amz-meta-b", "한글"),
            ("x-amz-meta-a", "1"),
            ("x-amz-meta-a", "2"),
            ("x-amz-date", "20130524T000000Z"),
        ]));
        let properties = properties.unwrap();
        let text = |pairs: Vec<(bongsu_broker::Text, bongsu_broker::Text)>| {
            pairs.into_iter().map(|(name, value)| format!("{}={}", &*name, &*value)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(text(properties.headers), "content-encoding=gzip content-type=text/plain");
        assert_eq!(text(properties.metadata), "a=1,2 b=한글");
        assert!(of_request(&headers(&[("content-encoding", "aws-chunked")])).unwrap().headers.is_empty());
    }

    #[test]
    fn what_there_is_not_is_refused() {
        for (name, value, code) in [
            ("x-amz-server-side-encryption", "aws:kms", Code::NotImplemented),
            ("x-amz-server-side-encryption-customer-key", "x", Code::NotImplemented),
            ("x-amz-grant-read", "id=x", Code::NotImplemented),
            ("x-amz-acl", "public-read", Code::NotImplemented),
            ("x-amz-storage-class", "GLACIER", Code::InvalidStorageClass),
        ] {
            assert_eq!(check_headers(&headers(&[(name, value)])).map_err(|error| error.code()), Err(code), "{name}");
        }
        let usual = [
            ("x-amz-acl", "private"),
            ("x-amz-storage-class", "STANDARD"),
            ("x-amz-date", "x"),
            ("x-amz-server-side-encryption", "AES256"),
        ];
        assert_eq!(check_headers(&headers(&usual)), Ok(()));
    }
}
