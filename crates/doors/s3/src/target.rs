//! What a request is about: a bucket, an object, or all buckets; and whether it is for S3 at all.

use bongsu_aws_api::sigv4::s3::is_signed_for_s3;
use bongsu_broker::{Account, BucketName};
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap};
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::error::{Code, S3Error};

/// The label of a host's name that says that it is S3's.
const S3_LABEL: &str = "s3";
/// Names below this one always mean this machine.
const LOCALHOST: &str = ".localhost";
/// What other doors on this port have at the beginning of their paths, where a bucket's name would stand.
const OF_OTHER_DOORS: [&str; 3] = ["livez", "metrics", "readyz"];
/// What other doors' requests say about themselves.
const TARGET_HEADER: &str = "x-amz-target";
/// In the query string of a request in the Query protocol.
const ACTION: &str = "Action=";
/// What POST is about in S3, in the query string.
const POSTED: [&str; 4] = ["delete", "uploads", "uploadId", "select"];

/// A bucket and a key, as far as a request names them, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) bucket: Option<String>,
    pub(crate) key: Option<String>,
}

impl Target {
    /// In the path alone, or the bucket in the host's name.
    ///
    /// # Errors
    ///
    /// `InvalidURI` when it is no text.
    pub(crate) fn of(head: &Parts) -> Result<Target, S3Error> {
        let path = head.uri.path();
        let path = path.strip_prefix('/').unwrap_or(path);
        let host = host(&head.headers);
        let is_signed = is_signed_for_s3(&head.uri, &head.headers) == Some(true);
        let (bucket, key) = match bucket_of_host(host, is_signed) {
            HostBucket::Named(bucket) => (bucket, path),
            HostBucket::NotNamed | HostBucket::NotOfS3 => path.split_once('/').unwrap_or((path, "")),
        };
        Ok(Target { bucket: decoded(bucket)?, key: decoded(key)? })
    }
}

/// Whether a request is for S3: signed for it, sent to one of its hosts, or without a signature at a path that no other
/// door on this port has.
pub fn is_asked(head: &Parts) -> bool {
    if let Some(is_signed) = is_signed_for_s3(&head.uri, &head.headers) {
        return is_signed;
    }
    if head.headers.contains_key(TARGET_HEADER) || query(head).contains(ACTION) {
        return false;
    }
    match bucket_of_host(host(&head.headers), false) {
        HostBucket::NotOfS3 => is_at_a_bucket(head),
        HostBucket::Named(_) | HostBucket::NotNamed => true,
    }
}

fn is_at_a_bucket(head: &Parts) -> bool {
    let path = head.uri.path();
    let first = path.strip_prefix('/').unwrap_or(path).split('/').next().unwrap_or_default();
    // Queues have paths that begin with an account, and REST services such that begin with the date of their version.
    let is_taken = first.parse::<Account>().is_ok() || is_date(first) || OF_OTHER_DOORS.contains(&first);
    let is_usual = match head.method {
        Method::GET | Method::HEAD | Method::PUT | Method::DELETE => true,
        Method::POST => {
            let mut parameters =
                query(head).split('&').map(|parameter| parameter.split('=').next().unwrap_or_default());
            parameters.any(|name| POSTED.contains(&name)) || is_posted_form(&head.headers)
        }
        _ => false,
    };
    is_usual && !is_taken && BucketName::parse(first).is_some()
}

/// A form with a file in it, as browsers send it: the Query protocol's forms are of another kind.
pub(crate) fn is_posted_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("multipart/form-data")
}

/// `2015-03-31`
fn is_date(segment: &str) -> bool {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = segment.split('-');
    let parts = [parts.next(), parts.next(), parts.next(), parts.next()];
    matches!(parts, [Some(year), Some(month), Some(day), None] if digits(year, 4) && digits(month, 2) && digits(day, 2))
}

/// What a host's name says.
#[derive(Debug, PartialEq, Eq)]
enum HostBucket<'a> {
    /// It is S3's, and begins with a bucket.
    Named(&'a str),
    /// It is S3's.
    NotNamed,
    NotOfS3,
}

/// `bucket.s3.us-east-1.amazonaws.com`, `s3.localhost`; and `bucket.localhost` for what is signed for S3.
fn bucket_of_host(host: &str, is_signed_for_s3: bool) -> HostBucket<'_> {
    // The last, as a bucket's name may have it in it too.
    let labels = host.rmatch_indices(S3_LABEL).map(|(at, _)| (at, at + S3_LABEL.len()));
    let mut whole = labels.filter(|(begin, end)| {
        let is_boundary = |at: Option<&u8>| at.is_none_or(|byte| *byte == b'.');
        is_boundary(begin.checked_sub(1).map(|before| &host.as_bytes()[before]))
            && is_boundary(host.as_bytes().get(*end))
    });
    match whole.next() {
        Some((0, _)) => HostBucket::NotNamed,
        Some((begin, _)) => HostBucket::Named(&host[..begin - 1]),
        None => match host.strip_suffix(LOCALHOST) {
            Some(bucket) if is_signed_for_s3 && !bucket.is_empty() => HostBucket::Named(bucket),
            _ => HostBucket::NotOfS3,
        },
    }
}

/// Without its port.
fn host(headers: &HeaderMap) -> &str {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn query(head: &Parts) -> &str {
    head.uri.query().unwrap_or_default()
}

fn decoded(text: &str) -> Result<Option<String>, S3Error> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| S3Error::new(Code::InvalidURI))?;
    Ok((!text.is_empty()).then(|| text.into_owned()))
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn head(line: &str, headers: &[(&str, &str)]) -> Parts {
        let (method, uri) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn signed_for(service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        )
    }

    fn target(line: &str, host: &str, is_signed: bool) -> (String, String) {
        let authorization = signed_for("s3");
        let mut headers = vec![("host", host)];
        if is_signed {
            headers.push(("authorization", &authorization));
        }
        let Target { bucket, key } = Target::of(&head(line, &headers)).unwrap();
        (bucket.unwrap_or_default(), key.unwrap_or_default())
    }

    #[test]
    fn a_bucket_stands_in_the_path_or_in_the_host() {
        for (line, host, bucket, key) in [
            ("GET /", "127.0.0.1:4566", "", ""),
            ("GET /photos", "127.0.0.1:4566", "photos", ""),
            ("GET /photos/", "localhost:4566", "photos", ""),
            ("GET /photos/a/b", "s3.us-east-1.amazonaws.com", "photos", "a/b"),
            ("GET /a/b", "photos.s3.us-east-1.amazonaws.com", "photos", "a/b"),
            ("GET /a", "my.s3.photos.s3.localhost:4566", "my.s3.photos", "a"),
            ("GET /", "photos.s3.localhost.localstack.cloud:4566", "photos", ""),
            ("GET /a", "photos.localhost:4566", "photos", "a"),
            ("GET /photos/a", "not-s3.example.com", "photos", "a"),
        ] {
            assert_eq!(target(line, host, true), (bucket.to_owned(), key.to_owned()), "{line} {host}");
        }
        assert_eq!(target("GET /photos/a", "photos.localhost", false), ("photos".to_owned(), "a".to_owned()));
    }

    #[test]
    fn a_key_may_have_every_character() {
        for (path, key) in [
            ("/b/%ED%95%9C%EA%B8%80", "한글"),
            ("/b/a+b%2Bc%20d", "a+b+c d"),
            ("/b//a//b/", "/a//b/"),
            ("/b/../x/./y", "../x/./y"),
            ("/b/a%3Fb%23c%25d", "a?b#c%d"),
            ("/b/%0D%0A", "\r\n"),
        ] {
            assert_eq!(target(&format!("GET {path}"), "127.0.0.1", false).1, key);
        }
        let no_text = Target::of(&head("GET /b/%FF", &[]));
        assert_eq!(no_text.map_err(|error| error.code()), Err(Code::InvalidURI));
    }

    #[test]
    fn requests_of_s3_are_recognised() {
        let (s3, presigned) = (signed_for("s3"), "X-Amz-Credential=A%2F20150830%2Fus-east-1%2Fs3%2Faws4_request");
        for (line, headers) in [
            ("GET /", vec![("authorization", s3.as_str())]),
            ("POST /000000000000/orders", vec![("authorization", s3.as_str())]),
            (&format!("GET /b?{presigned}"), vec![]),
            ("GET /", vec![("host", "s3.localhost:4566")]),
            ("POST /?delete", vec![("host", "photos.s3.localhost:4566")]),
            ("GET /photos", vec![]),
            ("PUT /photos/2015-03-31/functions", vec![]),
            ("HEAD /photos/a", vec![]),
            ("DELETE /photos/a", vec![]),
            ("POST /photos?delete", vec![]),
            ("POST /photos/a?uploadId=1", vec![]),
            ("POST /photos", vec![("content-type", "multipart/form-data; boundary=x")]),
        ] {
            assert!(is_asked(&head(line, &headers)), "{line}");
        }
    }

    #[test]
    fn requests_of_other_doors_are_left_to_them() {
        let (sqs, lambda) = (signed_for("sqs"), signed_for("lambda"));
        let form = ("content-type", "application/x-www-form-urlencoded");
        for (line, headers) in [
            ("GET /photos", vec![("authorization", sqs.as_str())]),
            ("PUT /photos/a", vec![("authorization", lambda.as_str())]),
            ("GET /photos", vec![("host", "photos.s3.localhost"), ("authorization", sqs.as_str())]),
            ("GET /photos?X-Amz-Credential=A%2F20150830%2Fus-east-1%2Fsqs%2Faws4_request", vec![]),
            ("GET /", vec![]),
            ("POST /", vec![form]),
            ("POST /", vec![("host", "s3.localhost"), ("x-amz-target", "AmazonSQS.ListQueues")]),
            ("POST /", vec![("x-amz-target", "AmazonSQS.SendMessage")]),
            ("POST /anything", vec![("x-amz-target", "AmazonSQS.SendMessage")]),
            ("POST /queues", vec![form]),
            ("GET /000000000000/orders", vec![]),
            ("POST /000000000000/orders", vec![form]),
            ("DELETE /000000000000/orders", vec![]),
            ("GET /queues?Action=ListQueues&Version=2012-11-05", vec![]),
            ("GET /2015-03-31/functions", vec![]),
            ("POST /2015-03-31/functions/f/invocations", vec![]),
            ("PUT /2020-06-30/functions/f/code-signing-config", vec![]),
            ("GET /_bongsu/health", vec![]),
            ("POST /_bongsu/clock/advance", vec![]),
            ("GET /_aws/sqs/messages?QueueUrl=x", vec![]),
            ("GET /livez", vec![]),
            ("GET /readyz", vec![]),
            ("GET /metrics", vec![]),
            ("GET /SimpleNotificationService-0.pem", vec![]),
            ("GET /v1/pipes", vec![]),
            ("GET /v2/apis", vec![]),
            ("OPTIONS /photos", vec![]),
        ] {
            assert!(!is_asked(&head(line, &headers)), "{line} {headers:?}");
        }
    }
}
