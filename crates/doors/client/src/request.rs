//! The bytes of one operation's request: a fixed head with two places to patch, then a body.

use std::time::{Duration, Instant, SystemTime};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{Endpoint, Identity, Signer};

/// The service of [`Request`], which speaks JSON.
const SQS: &str = "sqs";
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
/// Room for a patched `Content-Length`; padded on the left with the spaces that HTTP allows there.
const CONTENT_LENGTH_DIGITS: usize = 8;
const SIGNATURE_DIGITS: usize = 64;
/// Servers take a signature for some minutes.
const SIGNER_LASTS: Duration = Duration::from_secs(60);

/// RFC 3986's unreserved characters are the ones that signatures leave alone.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// The request of one operation; only its body changes from call to call.
pub struct Request {
    endpoint: Endpoint,
    identity: Option<Identity>,
    operation: String,
    head: Head,
}

impl Request {
    pub(crate) fn new(endpoint: &Endpoint, identity: Option<&Identity>, operation: &str) -> Self {
        let head = Head::of_operation(endpoint, identity, operation, now());
        Self { endpoint: endpoint.clone(), identity: identity.cloned(), operation: operation.to_owned(), head }
    }

    /// Starts a new body; append to what this returns, then `finish`.
    pub fn body(&mut self) -> &mut Vec<u8> {
        if self.head.signature.as_ref().is_some_and(|signature| signature.since.elapsed() > SIGNER_LASTS) {
            self.head = Head::of_operation(&self.endpoint, self.identity.as_ref(), &self.operation, now());
        }
        self.head.bytes.truncate(self.head.body_at);
        &mut self.head.bytes
    }

    /// Patches the length and, if somebody signs, the signature.
    pub fn finish(&mut self) -> &[u8] {
        self.head.finish()
    }
}

/// A whole `POST` request to a service, by its name in signatures. The path is encoded already.
pub(crate) fn post(
    endpoint: &Endpoint,
    identity: Option<&Identity>,
    service: &str,
    path: &str,
    content_type: &str,
    body: &[u8],
) -> Vec<u8> {
    let headers = vec![("content-type", content_type.to_owned())];
    let target = Target { service, method: "POST", path, query: "" };
    let mut head = Head::new(endpoint, identity, target, headers, now());
    head.bytes.extend_from_slice(body);
    head.finish();
    head.bytes
}

/// A whole `GET` request to SQS. The query's names must be in their order.
pub(crate) fn get(endpoint: &Endpoint, identity: Option<&Identity>, path: &str, query: &[(&str, &str)]) -> Vec<u8> {
    let encode = |text| utf8_percent_encode(text, QUERY);
    let pairs: Vec<_> = query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let headers = vec![("accept", "application/json".to_owned())];
    let target = Target { service: SQS, method: "GET", path, query: &pairs.join("&") };
    let mut head = Head::new(endpoint, identity, target, headers, now());
    head.finish();
    head.bytes
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock is set").as_secs()
}

/// What a request's first line says, and whom it is signed for.
struct Target<'a> {
    /// As signatures name it.
    service: &'a str,
    method: &'a str,
    path: &'a str,
    query: &'a str,
}

/// A head, and the body of the moment behind it.
struct Head {
    bytes: Vec<u8>,
    content_length_at: usize,
    body_at: usize,
    signature: Option<Signature>,
}

struct Signature {
    at: usize,
    signer: Signer,
    /// The canonical request up to the hash of the body.
    canonical: String,
    since: Instant,
}

impl Head {
    fn of_operation(endpoint: &Endpoint, identity: Option<&Identity>, operation: &str, now: u64) -> Self {
        let headers =
            vec![("content-type", CONTENT_TYPE.to_owned()), ("x-amz-target", format!("AmazonSQS.{operation}"))];
        Self::new(endpoint, identity, Target { service: SQS, method: "POST", path: "/", query: "" }, headers, now)
    }

    fn new(
        endpoint: &Endpoint,
        identity: Option<&Identity>,
        Target { service, method, path, query }: Target<'_>,
        mut headers: Vec<(&str, String)>,
        now: u64,
    ) -> Self {
        headers.push(("host", endpoint.authority()));
        let signer =
            identity.map(|who| Signer::new(&who.access_key_id, &who.secret_access_key, &who.region, service, now));
        if let (Some(signer), Some(identity)) = (&signer, identity) {
            headers.push(("x-amz-date", signer.date().to_owned()));
            headers.extend(identity.session_token.clone().map(|token| ("x-amz-security-token", token)));
        }
        headers.sort();
        let path = format!("{}{path}", endpoint.path());
        let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        let mut head = format!("{method} {target} HTTP/1.1\r\n");
        for (name, value) in &headers {
            head += &format!("{name}: {value}\r\n");
        }
        let signature = signer.map(|signer| {
            let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
            let (names, credential) = (names.join(";"), signer.credential());
            head +=
                &format!("authorization: AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature=");
            let at = head.len();
            head += &format!("{:SIGNATURE_DIGITS$}\r\n", "");
            // Every service but S3 has its path encoded once more than it is sent.
            let mut canonical = format!("{method}\n{}\n{query}\n", utf8_percent_encode(&path, PATH));
            for (name, value) in &headers {
                canonical += &format!("{name}:{}\n", value.trim());
            }
            canonical += &format!("\n{names}\n");
            Signature { at, signer, canonical, since: Instant::now() }
        });
        head += "content-length: ";
        let content_length_at = head.len();
        head += &format!("{:CONTENT_LENGTH_DIGITS$}\r\n\r\n", "");
        Self { body_at: head.len(), bytes: head.into_bytes(), content_length_at, signature }
    }

    fn finish(&mut self) -> &[u8] {
        let (head, body) = self.bytes.split_at_mut(self.body_at);
        let mut rest = body.len();
        let digits = &mut head[self.content_length_at..][..CONTENT_LENGTH_DIGITS];
        for (at, digit) in digits.iter_mut().rev().enumerate() {
            *digit = if rest == 0 && at > 0 { b' ' } else { b'0' + (rest % 10) as u8 };
            rest /= 10;
        }
        if let Some(Signature { at, signer, canonical, .. }) = &self.signature {
            head[*at..][..SIGNATURE_DIGITS].copy_from_slice(&signer.sign(canonical, body));
        }
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        "http://127.0.0.1:4566".parse().unwrap()
    }

    fn identity(session_token: Option<&str>) -> Identity {
        Identity {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: session_token.map(str::to_owned),
            region: "us-east-1".to_owned(),
        }
    }

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_request_is_patched_for_each_body() {
        let mut request = Request::new(&endpoint(), None, "SendMessage");
        request.body().extend_from_slice(b"a much longer body");
        request.finish();
        request.body().extend_from_slice(b"{}");
        let expected = "POST / HTTP/1.1\r\ncontent-type: application/x-amz-json-1.0\r\nhost: 127.0.0.1:4566\r\n\
                        x-amz-target: AmazonSQS.SendMessage\r\ncontent-length:        2\r\n\r\n{}";
        assert_eq!(text(request.finish()), expected);
    }

    #[test]
    fn a_signed_request_carries_the_signature_of_its_body() {
        let mut head = Head::of_operation(&endpoint(), Some(&identity(None)), "SendMessage", 1_440_938_160);
        let mut signature = |body: &[u8]| {
            head.bytes.truncate(head.body_at);
            head.bytes.extend_from_slice(body);
            let text = text(head.finish()).to_owned();
            assert!(text.contains(
                "x-amz-date: 20150830T123600Z\r\nx-amz-target: AmazonSQS.SendMessage\r\nauthorization: AWS4-HMAC-SHA256 \
                 Credential=AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request, \
                 SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
            ), "{text}");
            text.split_once("Signature=").unwrap().1[..SIGNATURE_DIGITS].to_owned()
        };
        let (one, other) = (signature(b"{}"), signature(b"{ }"));
        assert!(one.bytes().all(|digit| digit.is_ascii_hexdigit()));
        assert_ne!(one, other);
    }

    #[test]
    fn a_session_token_is_sent_and_signed() {
        let mut request = Request::new(&endpoint(), Some(&identity(Some("token"))), "ListQueues");
        let text = text(request.finish()).to_owned();
        assert!(text.contains("\r\nx-amz-security-token: token\r\n"), "{text}");
        assert!(
            text.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target"),
            "{text}"
        );
    }

    #[test]
    fn a_post_is_signed_for_its_service() {
        let bytes = post(&endpoint(), Some(&identity(None)), "lambda", "/functions/a%3Ab", "application/json", b"{}");
        let text = text(&bytes);
        assert!(text.starts_with("POST /functions/a%3Ab HTTP/1.1\r\ncontent-type: application/json\r\n"), "{text}");
        assert!(text.contains("/us-east-1/lambda/aws4_request, SignedHeaders=content-type;host;x-amz-date"), "{text}");
        assert!(text.ends_with("content-length:        2\r\n\r\n{}"), "{text}");
    }

    #[test]
    fn a_get_has_its_query_encoded_and_no_body() {
        let endpoint = "https://host/base".parse().unwrap();
        let bytes = get(&endpoint, None, "/peek", &[("QueueUrl", "http://h:1/0/q"), ("Token", "a+b=")]);
        let expected = "GET /base/peek?QueueUrl=http%3A%2F%2Fh%3A1%2F0%2Fq&Token=a%2Bb%3D HTTP/1.1\r\n\
                        accept: application/json\r\nhost: host\r\ncontent-length:        0\r\n\r\n";
        assert_eq!(text(&bytes), expected);
    }
}
