//! S3's rules, with the examples that AWS publishes.

use hyper::header::{AUTHORIZATION, HOST, HeaderValue};

use super::super::{AccessKey, Credentials, Principal};
use super::*;

const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
/// 20130524T000000Z
const NOW: u64 = 1_369_353_600;
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn verifier() -> Verifier {
    let mut credentials = Credentials::new();
    assert!(credentials.add(AccessKey {
        id: ACCESS_KEY_ID,
        secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        session_token: None,
        account: "123456789012",
        principal: Principal::Root,
    }));
    Verifier::new(credentials, "us-east-1")
}

struct Request {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl Request {
    fn new(line: &str, headers: &[(&'static str, &str)]) -> Request {
        let (method, uri) = line.split_once(' ').unwrap();
        let mut map = HeaderMap::new();
        map.insert(HOST, HeaderValue::from_static("examplebucket.s3.amazonaws.com"));
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        Request { method: method.parse().unwrap(), uri: uri.parse().unwrap(), headers: map }
    }

    fn signed(mut self, names: &str, signature: &str) -> Request {
        let credential = format!("{ACCESS_KEY_ID}/20130524/us-east-1/s3/aws4_request");
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature={signature}");
        self.headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        self
    }

    fn verify_at(&self, now: u64) -> Result<Payload, S3Refusal> {
        let verified = verifier().verify_s3(&self.method, &self.uri, &self.headers, now)?;
        assert_eq!(verified.caller.account(), "123456789012");
        Ok(verified.payload)
    }

    fn verify(&self) -> Result<Payload, S3Refusal> {
        self.verify_at(NOW)
    }
}

/// "GET Object" of AWS's examples.
fn get_object() -> Request {
    let headers = [("range", "bytes=0-9"), ("x-amz-content-sha256", EMPTY), ("x-amz-date", "20130524T000000Z")];
    Request::new("GET /test.txt", &headers).signed(
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    )
}

/// "PUT Object" of AWS's examples: its path has a character that is encoded.
fn put_object() -> Request {
    let digest = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    let headers = [
        ("date", "Fri, 24 May 2013 00:00:00 GMT"),
        ("x-amz-content-sha256", digest),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    ];
    Request::new("PUT /test$file.text", &headers).signed(
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    )
}

/// The example of an upload in signed chunks.
fn put_in_chunks() -> Request {
    let mut request = Request::new(
        "PUT /examplebucket/chunkObject.txt",
        &[
            ("content-encoding", "aws-chunked"),
            ("content-length", "66824"),
            ("x-amz-content-sha256", SIGNED_CHUNKS),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-decoded-content-length", "66560"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ],
    );
    request.headers.insert(HOST, HeaderValue::from_static("s3.amazonaws.com"));
    request.signed(
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    )
}

fn presigned(expires: &str, signature: &str) -> Request {
    let query = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={ACCESS_KEY_ID}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20130524T000000Z&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host&X-Amz-Signature={signature}"
    );
    Request::new(&format!("GET /test.txt?{query}"), &[])
}

const PRESIGNED: &str = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

#[test]
fn requests_are_verified_as_aws_signs_them() {
    assert!(matches!(get_object().verify(), Ok(Payload::Digest(digest)) if hex::encode(digest) == EMPTY));
    assert!(matches!(put_object().verify(), Ok(Payload::Digest(_))));
    assert!(matches!(presigned("86400", PRESIGNED).verify(), Ok(Payload::Unsigned)));
}

#[test]
fn chunks_are_verified_one_after_the_other() {
    let Ok(Payload::Chunks { signatures: Some(mut signatures), has_trailer: false }) = put_in_chunks().verify() else {
        panic!("no chunks");
    };
    let digest = |bytes: usize| Sha256::digest(vec![b'a'; bytes]).into();
    let first = "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648";
    assert!(signatures.admit_chunk(&digest(65_536), first));
    let second = "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497";
    assert!(signatures.admit_chunk(&digest(1_024), second));
    let last = "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9";
    assert!(signatures.admit_chunk(&digest(0), last));
    assert!(!signatures.admit_chunk(&digest(0), last));
    assert!(!signatures.admit_chunk(&digest(0), "no digits"));
}

#[test]
fn the_headers_behind_the_last_chunk_are_verified_too() {
    let mut request = Request::new(
        "PUT /examplebucket/chunkObject.txt",
        &[
            ("content-encoding", "aws-chunked"),
            ("x-amz-content-sha256", SIGNED_CHUNKS_TRAILER),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-decoded-content-length", "66560"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ("x-amz-trailer", "x-amz-checksum-crc32c"),
        ],
    );
    request.headers.insert(HOST, HeaderValue::from_static("s3.amazonaws.com"));
    let request = request.signed(
        "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    );
    let Ok(Payload::Chunks { signatures: Some(mut signatures), has_trailer: true }) = request.verify() else {
        panic!("no chunks with a trailer");
    };
    for (bytes, signature) in [
        (65_536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
        (1_024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
        (0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
    ] {
        assert!(signatures.admit_chunk(&Sha256::digest(vec![b'a'; bytes]).into(), signature), "{bytes}");
    }
    let signature = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";
    assert!(signatures.admit_trailer(b"x-amz-checksum-crc32c:sOO8/Q==\n", signature));
}

#[test]
fn what_is_altered_is_refused() {
    let mut other = get_object();
    other.uri = "/test.txt?acl".parse().unwrap();
    assert!(matches!(other.verify(), Err(S3Refusal::Usual(_))));
    let mut other = get_object();
    other.headers.insert(CONTENT_SHA256, HeaderValue::from_static(UNSIGNED_PAYLOAD));
    assert!(matches!(other.verify(), Err(S3Refusal::Usual(_))));
}

#[test]
fn a_header_that_was_not_signed_is_refused() {
    let mut copying = presigned("86400", PRESIGNED);
    copying.headers.insert("x-amz-copy-source", HeaderValue::from_static("/secret/key"));
    let refusal = copying.verify().unwrap_err();
    assert_eq!(refusal, S3Refusal::HeadersNotSigned("x-amz-copy-source".to_owned()));
}

#[test]
fn a_url_may_be_sent_what_says_of_itself_what_it_is() {
    let mut request = presigned("86400", PRESIGNED);
    request.headers.insert(CONTENT_SHA256, HeaderValue::from_static(EMPTY));
    assert!(matches!(request.verify(), Ok(Payload::Digest(_))));
}

#[test]
fn times_and_regions_have_refusals_of_their_own() {
    assert_eq!(get_object().verify_at(NOW + 901).unwrap_err(), S3Refusal::Skewed);
    assert_eq!(presigned("86400", PRESIGNED).verify_at(NOW + 86_401).unwrap_err(), S3Refusal::Expired);
    let mut elsewhere = get_object();
    let authorization = elsewhere.headers[AUTHORIZATION].to_str().unwrap().replace("us-east-1", "eu-west-1");
    elsewhere.headers.insert(AUTHORIZATION, authorization.parse().unwrap());
    let expected = S3Refusal::WrongRegion { given: "eu-west-1".to_owned(), expected: "us-east-1".to_owned() };
    assert_eq!(elsewhere.verify().unwrap_err(), expected);
}

#[test]
fn the_header_must_say_what_the_body_is() {
    let mut silent = get_object();
    silent.headers.remove(CONTENT_SHA256);
    assert_eq!(silent.verify().unwrap_err(), S3Refusal::NoContentSha256);
    let development = Verifier::development("000000000000");
    let mut request = Request::new("GET /test.txt", &[]);
    let verify = |request: &Request| development.verify_s3(&request.method, &request.uri, &request.headers, NOW);
    assert!(matches!(verify(&request).unwrap().payload, Payload::Unsigned));
    request.headers.insert(CONTENT_SHA256, HeaderValue::from_static("STREAMING-SOMETHING"));
    assert_eq!(verify(&request).unwrap_err(), S3Refusal::ContentSha256Unknown);
    request.headers.insert(CONTENT_SHA256, HeaderValue::from_static(SIGNED_CHUNKS_TRAILER));
    let payload = verify(&request).unwrap().payload;
    assert!(matches!(payload, Payload::Chunks { signatures: None, has_trailer: true }));
}

#[test]
fn the_service_that_a_request_is_signed_for_is_known_before_it_is_believed() {
    let is_signed = |request: Request| is_signed_for_s3(&request.uri, &request.headers);
    assert_eq!(is_signed(get_object()), Some(true));
    assert_eq!(is_signed(presigned("1", "")), Some(true));
    assert_eq!(is_signed(Request::new("GET /", &[])), None);
}
