//! URLs as presigners make them, and what is wrong with others.

use hmac::Mac;
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Uri};

use super::super::canonical::{Rules, Signed};
use super::super::credentials::derive_signing_key;
use super::super::{AccessKey, Caller, Credentials, Principal, Verifier};
use super::*;

const SECRET: &str = "s3cr3t";
/// 20150830T123600Z
const NOW: u64 = 1_440_938_160;
const SCOPE: &str = "AKID%2F20150830%2Fus-east-1%2Fsqs%2Faws4_request";

/// A presigned URL's parameters, before the signature is added.
fn parameters(expires: &str) -> String {
    format!(
        "Action=ListQueues&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={SCOPE}\
         &X-Amz-Date=20150830T123600Z&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host"
    )
}

#[derive(Clone)]
struct Request {
    method: Method,
    query: String,
    headers: HeaderMap,
    body: &'static [u8],
}

impl Request {
    /// A GET request, or a POST request if it has a body.
    fn new(query: String, body: &'static [u8]) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("127.0.0.1:4566"));
        Request { method: if body.is_empty() { Method::GET } else { Method::POST }, query, headers, body }
    }

    fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }

    /// Adds the signature over everything there is.
    fn signed(mut self) -> Self {
        let names = form_urlencoded::parse(self.query.as_bytes()).find(|(name, _)| name == SIGNED_HEADERS);
        let names = names.map_or_else(String::new, |(_, names)| names.into_owned());
        let Request { method, query, headers, body } = &self;
        let signed = Signed { method, path: "/", query, headers, rules: Rules::Usual { body }, names: &names };
        let time = RequestTime::at(NOW);
        let string_to_sign = signed.string_to_sign(&time, "20150830/us-east-1/sqs/aws4_request");
        let key = derive_signing_key(SECRET, "20150830", "us-east-1", "sqs");
        let signature = hex::encode(key.chain_update(string_to_sign).finalize().into_bytes());
        self.query += &format!("&X-Amz-Signature={signature}");
        self
    }

    fn verify_with(&self, session_token: Option<&str>, now: u64) -> Result<Caller, String> {
        let mut credentials = Credentials::new();
        let principal = Principal::Root;
        let key = AccessKey { id: "AKID", secret: SECRET, session_token, account: "000000000001", principal };
        assert!(credentials.add(key));
        let uri: Uri = format!("/?{}", self.query).parse().unwrap();
        let verifier = Verifier::new(credentials, "us-east-1");
        let verified = verifier.verify("sqs", &self.method, &uri, &self.headers, self.body, now);
        verified.map_err(|error| error.to_string())
    }

    #[track_caller]
    fn is_refused(&self, text: &str) {
        let refusal = self.verify_with(None, NOW).expect_err(&self.query);
        assert!(refusal.starts_with(text), "{refusal}");
    }
}

const MISMATCH: &str = "SignatureDoesNotMatch: The request signature we calculated does not match";

#[test]
fn a_url_signed_by_botocore_verifies() {
    let signature = "c8da2c2a5d672e641f11db979ebb4fa5cc388da20bd3bd72b04d4ac07f569b18";
    let query = format!(
        "Action=ListQueues&Version=2012-11-05&QueueNamePrefix=a%20b%2Bc%2F%C3%BC&X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential={SCOPE}&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host\
         &X-Amz-Security-Token=tok%2Fen%2B%3D%3D&X-Amz-Signature={signature}"
    );
    let caller = Request::new(query, b"").verify_with(Some("tok/en+=="), NOW + 60).unwrap();
    assert_eq!(caller.account(), "000000000001");
}

#[test]
fn a_url_is_good_until_it_expires() {
    for (expires, last) in [("1", 1), ("60", 60), ("900", 900), ("604800", 604_800)] {
        let request = Request::new(parameters(expires), b"").signed();
        for (now, is_accepted) in [(NOW - 901, false), (NOW - 900, true), (NOW, true), (NOW + last, true)] {
            assert_eq!(request.verify_with(None, now).is_ok(), is_accepted, "{expires} at {now}");
        }
        assert!(request.verify_with(None, NOW + last + 1).unwrap_err().contains("Signature expired"), "{expires}");
    }
    let request = Request::new(parameters("3600"), b"").signed();
    assert_eq!(
        request.verify_with(None, NOW + 3601).unwrap_err(),
        "SignatureDoesNotMatch: Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z \
         (20150830T133601Z - 60 min.)"
    );
    assert_eq!(
        request.verify_with(None, NOW - 901).unwrap_err(),
        "SignatureDoesNotMatch: Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z \
         (20150830T122059Z + 15 min.)"
    );
}

#[test]
fn a_url_is_good_for_at_least_a_second_and_at_most_a_week() {
    for expires in ["0", "604801", "-1", "1.5", "", "x", "18446744073709551616"] {
        let text = "IncompleteSignature: 'X-Amz-Expires' must be a number of seconds from 1 to 604800.";
        Request::new(parameters(expires), b"").signed().is_refused(text);
    }
}

#[test]
fn what_is_missing_or_there_twice_is_named() {
    let whole = Request::new(parameters("60"), b"").signed().query;
    for name in [ALGORITHM, CREDENTIAL, DATE, EXPIRES, SIGNED_HEADERS, SIGNATURE] {
        let kept: Vec<_> = whole.split('&').filter(|parameter| !parameter.starts_with(&format!("{name}="))).collect();
        let missing = Request::new(kept.join("&"), b"");
        missing.is_refused(&format!("IncompleteSignature: AWS query-string parameters must include '{name}'. Re-exam"));
        let twice = Request::new(format!("{whole}&{name}=x"), b"");
        twice.is_refused(&format!("IncompleteSignature: AWS query-string parameters must include '{name}' only once."));
    }
    // Written in another way it is still there twice.
    Request::new(format!("{whole}&X%2DAmz-Signature=x"), b"").is_refused("IncompleteSignature");
    let algorithm = whole.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256");
    Request::new(algorithm, b"")
        .is_refused("IncompleteSignature: Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.");
    let date = whole.replace("20150830T123600Z", "yesterday");
    Request::new(date, b"")
        .is_refused("IncompleteSignature: Date must be in ISO-8601 'basic format'. Got 'yesterday'.");
    // Nothing of a signature is no signature.
    Request::new("Action=ListQueues&X-Amz-Date=x".into(), b"").is_refused("AccessDenied");
}

#[test]
fn a_url_that_was_changed_does_not_match() {
    let signed = Request::new(parameters("60"), b"").signed();
    let changed = |from: &str, to: &str| Request { query: signed.query.replace(from, to), ..signed.clone() };
    changed("ListQueues", "PurgeQueue").is_refused(MISMATCH);
    changed("X-Amz-Expires=60", "X-Amz-Expires=600").is_refused(MISMATCH);
    changed("ListQueues", "ListQueues&X=Y").is_refused(MISMATCH);
    changed("X-Amz-Signature=", "X-Amz-Signature=0").is_refused(MISMATCH);
    Request { method: Method::DELETE, ..signed.clone() }.is_refused(MISMATCH);
    Request { body: b"Action=PurgeQueue", ..signed.clone() }.is_refused(MISMATCH);
    let mut elsewhere = signed.clone();
    elsewhere.headers.insert(HOST, HeaderValue::from_static("example.com"));
    elsewhere.is_refused(MISMATCH);
    changed("us-east-1", "eu-west-1")
        .is_refused("SignatureDoesNotMatch: Credential should be scoped to a valid region");
    changed("sqs", "sts").is_refused("SignatureDoesNotMatch: Credential should be scoped to correct service: 'sqs'.");
    changed("AKID", "AKIDOTHER").is_refused("InvalidClientTokenId");
    changed("20150830T", "20150831T").is_refused("SignatureDoesNotMatch: Date in Credential scope does not match");
    assert!(signed.verify_with(None, NOW).is_ok());
}

#[test]
fn a_body_is_signed_unless_the_url_says_otherwise() {
    let form = Request::new(parameters("60"), b"QueueNamePrefix=a").signed();
    assert!(form.verify_with(None, NOW).is_ok());
    Request { body: b"QueueNamePrefix=b", ..form }.is_refused(MISMATCH);
    for unsigned in [
        Request::new(format!("{}&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD", parameters("60")), b"a"),
        Request::new(format!("{}&x-amz-content-sha256=UNSIGNED-PAYLOAD", parameters("60")), b"a"),
        Request::new(parameters("60"), b"a").with_header("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
    ] {
        let signed = unsigned.signed();
        assert!(Request { body: b"b", ..signed.clone() }.verify_with(None, NOW).is_ok(), "{}", signed.query);
    }
}

#[test]
fn a_token_belongs_in_the_url_and_is_signed() {
    let with = |token: &str| Request::new(format!("{}&X-Amz-Security-Token={token}", parameters("60")), b"").signed();
    let without = Request::new(parameters("60"), b"").signed();
    assert!(with("right").verify_with(Some("right"), NOW).is_ok());
    let unknown = "InvalidClientTokenId: The security token included in the request is invalid.";
    let added = Request { query: format!("{}&X-Amz-Security-Token=right", without.query), ..without.clone() };
    for (request, token, text) in [
        (&with("wrong"), Some("right"), unknown),
        (&with("right"), None, unknown),
        (&without, Some("right"), unknown),
        (&without.clone().with_header("x-amz-security-token", "right"), Some("right"), unknown),
        (&added, Some("right"), MISMATCH),
    ] {
        let refusal = request.verify_with(token, NOW).unwrap_err();
        assert!(refusal.starts_with(text), "{refusal}");
    }
}

#[test]
fn one_signature_is_enough() {
    let both = Request::new(parameters("60"), b"").signed();
    let text = "SignatureDoesNotMatch: A request is signed in its Authorization header or its query string.";
    both.clone().with_header("authorization", "AWS4-HMAC-SHA256 Credential=a").is_refused(text);
    let part = Request::new("X-Amz-Signature=x".into(), b"").with_header("authorization", "x");
    part.is_refused(text);
}

#[test]
fn host_and_target_must_be_signed_here_too() {
    let unsigned = parameters("60").replace("SignedHeaders=host", "SignedHeaders=x-amz-date");
    Request::new(unsigned, b"").with_header("x-amz-date", "x").signed().is_refused("SignatureDoesNotMatch: 'Host'");
    let added = Request::new(parameters("60"), b"").signed().with_header("x-amz-target", "AmazonSQS.DeleteQueue");
    added.is_refused("SignatureDoesNotMatch: 'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
}
