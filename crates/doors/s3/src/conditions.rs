//! Conditions on reading and on writing an object.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>

use std::time::{Duration, SystemTime};

use bongsu_broker::{Condition, ETag, Timestamp};
use hyper::header::{
    HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE,
};

use crate::error::{Code, S3Error};

/// The headers that a read's conditions stand in.
pub(crate) struct Names {
    matches: HeaderName,
    none_match: HeaderName,
    unmodified_since: HeaderName,
    modified_since: HeaderName,
}

/// Of the object that is read.
pub(crate) const OF_READ: Names = Names {
    matches: IF_MATCH,
    none_match: IF_NONE_MATCH,
    unmodified_since: IF_UNMODIFIED_SINCE,
    modified_since: IF_MODIFIED_SINCE,
};

/// Of the object that is copied.
pub(crate) const OF_COPY_SOURCE: Names = Names {
    matches: HeaderName::from_static("x-amz-copy-source-if-match"),
    none_match: HeaderName::from_static("x-amz-copy-source-if-none-match"),
    unmodified_since: HeaderName::from_static("x-amz-copy-source-if-unmodified-since"),
    modified_since: HeaderName::from_static("x-amz-copy-source-if-modified-since"),
};

/// Headers that only directory buckets take.
const OF_DIRECTORY_BUCKETS: [&str; 2] = ["x-amz-if-match-last-modified-time", "x-amz-if-match-size"];

/// What conditions make of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Read,
    /// The reader has it already.
    NotModified,
    /// It is not what the reader wants: the condition.
    Failed(&'static str),
}

impl Verdict {
    pub(crate) fn refusal(condition: &'static str) -> S3Error {
        S3Error::new(Code::PreconditionFailed).with("Condition", condition)
    }
}

impl Names {
    /// Looks at the conditions in the order of RFC 9110: an ETag has precedence over a time.
    pub(crate) fn judge(&self, headers: &HeaderMap, etag: ETag, modified_at: Timestamp) -> Verdict {
        let header = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let modified_at = seconds(modified_at);
        let since = |name: &HeaderName| header(name).and_then(|date| httpdate::parse_http_date(date).ok());
        match header(&self.matches) {
            Some(wanted) if !is_any(wanted, etag) => return Verdict::Failed("If-Match"),
            None if since(&self.unmodified_since).is_some_and(|date| modified_at > date) => {
                return Verdict::Failed("If-Unmodified-Since");
            }
            _ => {}
        }
        match header(&self.none_match) {
            Some(known) if is_any(known, etag) => Verdict::NotModified,
            None if since(&self.modified_since).is_some_and(|date| modified_at <= date) => Verdict::NotModified,
            _ => Verdict::Read,
        }
    }
}

/// Whether the ETag is one of those in a list, or any will do. A weak one is compared by its text.
fn is_any(list: &str, etag: ETag) -> bool {
    let mut wanted = list.split(',').map(|one| one.trim().trim_start_matches("W/"));
    wanted.any(|one| one == "*" || etag.is(one))
}

/// As `Last-Modified` tells it: in whole seconds.
pub(crate) fn seconds(time: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(time.0 / 1000)
}

/// What must be so for an object to be written.
///
/// # Errors
///
/// `NotImplemented` for all but `If-None-Match: *` or one ETag in `If-Match`.
pub(crate) fn of_write(headers: &HeaderMap) -> Result<Condition, S3Error> {
    match (headers.get(IF_MATCH), headers.get(IF_NONE_MATCH)) {
        (None, None) => Ok(Condition::None),
        (None, Some(none)) if none == "*" => Ok(Condition::Absent),
        (Some(wanted), None) => of_if_match(wanted),
        (None, Some(_)) => Err(value_not_accepted("If-None-Match")),
        (Some(_), Some(_)) => {
            let error = S3Error::header_not_implemented("If-Match,If-None-Match");
            Err(error.with("additionalMessage", "Multiple conditional request headers present in the request"))
        }
    }
}

/// What must be so for an object to be deleted.
///
/// # Errors
///
/// `NotImplemented` for all but one ETag in `If-Match`.
pub(crate) fn of_delete(headers: &HeaderMap) -> Result<Condition, S3Error> {
    let elsewhere = OF_DIRECTORY_BUCKETS.into_iter().find(|name| headers.contains_key(*name));
    if let Some(name) = elsewhere {
        return Err(S3Error::header_not_implemented(name));
    }
    match (headers.get(IF_MATCH), headers.get(IF_NONE_MATCH)) {
        (_, Some(_)) => Err(value_not_accepted("If-None-Match")),
        (Some(wanted), None) => of_if_match(wanted),
        (None, None) => Ok(Condition::None),
    }
}

fn of_if_match(wanted: &HeaderValue) -> Result<Condition, S3Error> {
    let wanted = wanted.to_str().ok().map(str::trim).filter(|wanted| *wanted != "*");
    wanted.map(|wanted| Condition::Match(wanted.into())).ok_or_else(|| value_not_accepted("If-Match"))
}

fn value_not_accepted(header: &'static str) -> S3Error {
    let text = format!("We don't accept the provided value of {header} header for this API");
    S3Error::header_not_implemented(header).with("additionalMessage", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: ETag = ETag { md5: [0xab; 16], parts: 0 };
    const QUOTED: &str = "\"abababababababababababababababab\"";
    /// 2015-10-21T07:28:00.999Z
    const MODIFIED_AT: Timestamp = Timestamp(1_445_412_480_999);
    const THEN: &str = "Wed, 21 Oct 2015 07:28:00 GMT";
    const BEFORE: &str = "Wed, 21 Oct 2015 07:27:59 GMT";

    fn headers(given: &[(HeaderName, &str)]) -> HeaderMap {
        given.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn an_etag_has_precedence_over_a_time() {
        for (given, expected) in [
            (vec![], Verdict::Read),
            (vec![(IF_MATCH, QUOTED)], Verdict::Read),
            (vec![(IF_MATCH, "abababababababababababababababab")], Verdict::Read),
            (vec![(IF_MATCH, "*")], Verdict::Read),
            (vec![(IF_MATCH, "\"a\"")], Verdict::Failed("If-Match")),
            (vec![(IF_NONE_MATCH, QUOTED)], Verdict::NotModified),
            (vec![(IF_NONE_MATCH, "\"a\", W/\"abababababababababababababababab\"")], Verdict::NotModified),
            (vec![(IF_NONE_MATCH, "*")], Verdict::NotModified),
            (vec![(IF_NONE_MATCH, "\"a\"")], Verdict::Read),
            (vec![(IF_MODIFIED_SINCE, THEN)], Verdict::NotModified),
            (vec![(IF_MODIFIED_SINCE, BEFORE)], Verdict::Read),
            (vec![(IF_MODIFIED_SINCE, "tomorrow")], Verdict::Read),
            (vec![(IF_UNMODIFIED_SINCE, THEN)], Verdict::Read),
            (vec![(IF_UNMODIFIED_SINCE, BEFORE)], Verdict::Failed("If-Unmodified-Since")),
            (vec![(IF_MATCH, QUOTED), (IF_UNMODIFIED_SINCE, BEFORE)], Verdict::Read),
            (vec![(IF_NONE_MATCH, "\"a\""), (IF_MODIFIED_SINCE, THEN)], Verdict::Read),
            (vec![(IF_NONE_MATCH, QUOTED), (IF_MODIFIED_SINCE, BEFORE)], Verdict::NotModified),
        ] {
            assert_eq!(OF_READ.judge(&headers(&given), TAG, MODIFIED_AT), expected, "{given:?}");
        }
    }

    #[test]
    fn writes_take_one_condition() {
        let write = |given: &[_]| of_write(&headers(given)).map_err(|error| error.code());
        assert_eq!(write(&[]), Ok(Condition::None));
        assert_eq!(write(&[(IF_NONE_MATCH, "*")]), Ok(Condition::Absent));
        assert_eq!(write(&[(IF_MATCH, QUOTED)]), Ok(Condition::Match(QUOTED.into())));
        assert_eq!(write(&[(IF_MATCH, "*")]), Err(Code::NotImplemented));
        assert_eq!(write(&[(IF_NONE_MATCH, QUOTED)]), Err(Code::NotImplemented));
        assert_eq!(write(&[(IF_MATCH, QUOTED), (IF_NONE_MATCH, "*")]), Err(Code::NotImplemented));
    }

    #[test]
    fn deletes_take_an_etag() {
        let delete = |given: &[_]| of_delete(&headers(given)).map_err(|error| error.code());
        assert_eq!(delete(&[]), Ok(Condition::None));
        assert_eq!(delete(&[(IF_MATCH, QUOTED)]), Ok(Condition::Match(QUOTED.into())));
        assert_eq!(delete(&[(IF_NONE_MATCH, "*")]), Err(Code::NotImplemented));
        let size = HeaderName::from_static("x-amz-if-match-size");
        assert_eq!(delete(&[(size, "1")]), Err(Code::NotImplemented));
    }
}
