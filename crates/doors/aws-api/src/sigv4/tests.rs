//! What SDKs sign, every refusal, and: what is signed is accepted, what is altered is not.

use hmac::Mac;
use hyper::header::{HOST, HeaderName, HeaderValue};
use proptest::prelude::*;

use super::canonical::{DATE, TARGET};
use super::credentials::{SIGNING_KEYS_MAX, derive_signing_key};
use super::date::RequestTime;
use super::*;

const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SIGNER: Signer<'_> =
    Signer { access_key_id: ACCESS_KEY_ID, secret: SECRET, region: "us-east-1", service: "service" };
/// 20150830T123600Z
const NOW: u64 = 1_440_938_160;

const KEY: AccessKey<'_> = AccessKey {
    id: ACCESS_KEY_ID,
    secret: SECRET,
    session_token: None,
    account: "123456789012",
    principal: Principal::User("example"),
};

fn verifier() -> Verifier {
    verifier_of(KEY)
}

fn verifier_of(key: AccessKey<'_>) -> Verifier {
    let mut credentials = Credentials::new();
    assert!(credentials.add(key));
    Verifier::new(credentials, "us-east-1")
}

#[derive(Clone, Debug)]
struct Request {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Request {
    /// A request line, then headers; `host` and `x-amz-date` are added.
    fn new(line: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let (method, uri) = line.split_once(' ').unwrap();
        let mut map = HeaderMap::new();
        map.insert(HOST, HeaderValue::from_static("example.amazonaws.com"));
        map.insert(DATE, HeaderValue::from_static("20150830T123600Z"));
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        Request { method: method.parse().unwrap(), uri: uri.parse().unwrap(), headers: map, body: body.into() }
    }

    fn signed(mut self) -> Self {
        SIGNER.sign(&self.method, &self.uri, &mut self.headers, &self.body, NOW);
        self
    }

    fn with_authorization(mut self, authorization: &str) -> Self {
        self.headers.insert(AUTHORIZATION, authorization.parse().unwrap());
        self
    }

    fn verify_with(&self, verifier: &Verifier, now: u64) -> Result<Caller, ApiError> {
        self.verify_for("service", verifier, now)
    }

    fn verify_for(&self, service: &str, verifier: &Verifier, now: u64) -> Result<Caller, ApiError> {
        verifier.verify(service, &self.method, &self.uri, &self.headers, &self.body, now)
    }

    fn verify(&self) -> Result<Caller, ApiError> {
        self.verify_with(&verifier(), NOW)
    }

    fn refusal(&self) -> (&'static str, String) {
        let error = self.verify().expect_err("refused");
        (error.kind().code(), error.message().to_owned())
    }
}

fn authorization(signed_headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
         SignedHeaders={signed_headers}, Signature={signature}"
    )
}

/// Request line, further headers, body, signed headers, signature.
type Example<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, &'a str, &'a str);

fn check_examples(examples: &[Example<'_>]) {
    for (line, headers, body, signed_headers, signature) in examples {
        let request = Request::new(line, headers, body).with_authorization(&authorization(signed_headers, signature));
        let caller = request.verify().unwrap_or_else(|error| panic!("{line} {headers:?}: {error:?}"));
        assert_eq!(caller.access_key_id(), ACCESS_KEY_ID);
        assert_eq!(caller.arn(), "arn:aws:iam::123456789012:user/example");
    }
}

#[test]
fn what_botocore_signs_verifies() {
    check_examples(&[
        (
            "POST /",
            &[
                ("content-type", "application/x-amz-json-1.0"),
                ("x-amz-target", "AmazonSQS.SendMessage"),
                ("x-amzn-query-mode", "true"),
                ("user-agent", "not signed"),
            ],
            r#"{"QueueUrl":"q","MessageBody":"hi"}"#,
            "content-type;host;x-amz-date;x-amz-target;x-amzn-query-mode",
            "24556393fe184f6accbe1277a998fd30274904429467d748911a2445f59dda26",
        ),
        (
            "GET /000000000000/orders.fifo?Action=SendMessage&MessageBody=a%20b%2Bc%2Fd~&Version=2012-11-05\
             &QueueUrl=http%3A%2F%2F127.0.0.1%3A4566%2F0%2Fq&Empty=",
            &[],
            "",
            "host;x-amz-date",
            "813bdb0f01822f7994d1970c1d5f8747449dd75c7eca0a4790def5fa222af0ef",
        ),
        (
            "POST /a%20b/%E1%88%B4/$x:y",
            &[("my-header", "  a \t  b  ")],
            "Action=ListQueues",
            "host;my-header;x-amz-date",
            "bb714ef7443a4bfac742b7d62e47c7122cff64f8573d68a218848883a66f7026",
        ),
    ]);
}

#[test]
fn a_request_without_a_signature_is_denied() {
    let request = Request::new("POST /1/q", &[], "");
    let denied = request.verify_for("sqs", &verifier(), NOW).unwrap_err();
    assert_eq!(denied.to_string(), "AccessDenied: Access to the resource example.amazonaws.com/1/q is denied.");
    assert_eq!(request.refusal(), ("MissingAuthenticationToken", "Request is missing Authentication Token".into()));
}

#[test]
fn an_authorization_that_cannot_be_understood_is_incomplete() {
    let credential = "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
    for (authorization, text) in [
        ("Basic abc", "Unsupported AWS 'algorithm': 'Basic'.".to_owned()),
        ("", "Unsupported AWS 'algorithm': ''.".to_owned()),
        (
            &format!("AWS4-HMAC-SHA256 {credential}"),
            "Authorization header requires 'Signature' parameter. \
             Authorization header requires 'SignedHeaders' parameter."
                .to_owned(),
        ),
        ("AWS4-HMAC-SHA256", "A parameter of the Authorization header is not of the form name=value.".to_owned()),
        (
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830, SignedHeaders=host, Signature=00",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, \
             got 'AKIDEXAMPLE/20150830'"
                .to_owned(),
        ),
    ] {
        let request = Request::new("GET /", &[], "").with_authorization(authorization);
        assert_eq!(request.refusal(), ("IncompleteSignature", text), "{authorization}");
    }
    let mut undated = Request::new("GET /", &[], "").signed();
    undated.headers.remove(DATE);
    assert_eq!(undated.refusal().0, "IncompleteSignature");
}

#[test]
fn an_unknown_key_and_a_wrong_session_token_are_not_told_apart() {
    let unknown = ("InvalidClientTokenId", "The security token included in the request is invalid.".to_owned());
    let other = verifier_of(AccessKey { id: "AKIDOTHER", ..KEY });
    let error = Request::new("GET /", &[], "").signed().verify_with(&other, NOW).unwrap_err();
    assert_eq!((error.kind().code(), error.message().to_owned()), unknown);
    let surplus = Request::new("GET /", &[("x-amz-security-token", "t")], "").signed();
    assert_eq!(surplus.refusal(), unknown);
    let verifier = verifier_of(AccessKey { session_token: Some("right"), ..KEY });
    for (headers, accepted) in
        [(&[("x-amz-security-token", "right")][..], true), (&[("x-amz-security-token", "wrong")], false), (&[], false)]
    {
        let request = Request::new("GET /", headers, "").signed();
        assert_eq!(request.verify_with(&verifier, NOW).is_ok(), accepted, "{headers:?}");
    }
}

#[test]
fn a_request_older_or_newer_than_15_minutes_is_refused() {
    let request = Request::new("GET /", &[], "").signed();
    assert!(request.verify_with(&verifier(), NOW + 900).is_ok());
    assert!(request.verify_with(&verifier(), NOW - 900).is_ok());
    let text = |now| request.verify_with(&verifier(), now).unwrap_err().message().to_owned();
    assert_eq!(
        text(NOW + 901),
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)"
    );
    assert_eq!(
        text(NOW - 901),
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z \
         (20150830T122059Z + 15 min.)"
    );
}

#[test]
fn the_scope_must_be_ours() {
    let scoped = |scope: &str| {
        let signature = "0".repeat(64);
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope},SignedHeaders=host,Signature={signature}");
        let (code, text) = Request::new("GET /", &[], "").with_authorization(&authorization).refusal();
        assert_eq!(code, "SignatureDoesNotMatch");
        text
    };
    assert_eq!(
        scoped("20150830/eu-west-1/sqs/aws4_request"),
        "Credential should be scoped to a valid region, not 'eu-west-1'."
    );
    assert_eq!(
        scoped("20150830/us-east-1/service/aws5"),
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'."
    );
    assert_eq!(
        scoped("20150829/us-east-1/service/aws4_request"),
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
         '20150829' != '20150830', from '20150830T123600Z'."
    );
    assert_eq!(
        scoped("20150830/us-east-1/sqs/aws4_request"),
        "Credential should be scoped to correct service: 'service'."
    );
    assert!(scoped("20150830/us-east-1/service/aws4_request").starts_with("The request signature we calculated"));
}

#[test]
fn a_header_cannot_be_signed_again_and_again() {
    for names in ["host;host", "x-amz-date;host", "host;;x-amz-date", &format!("{}host", "a;".repeat(1000))] {
        let request = Request::new("POST /", &[], "").with_authorization(&authorization(names, &"0".repeat(64)));
        let text = "The 'SignedHeaders' of the AWS Authorization must be in order, each named once.";
        assert_eq!(request.refusal().1, text, "{names}");
    }
}

#[test]
fn what_is_added_to_a_signed_request_does_not_pass() {
    let sent = [("my-header1", "a"), ("x-amz-target", "AmazonSQS.ListQueues"), ("x-amz-security-token", "right")];
    let signed = Request::new("POST /a%20b/c", &sent, "body").signed();
    let verifier = verifier_of(AccessKey { session_token: Some("right"), ..KEY });
    assert!(signed.verify_with(&verifier, NOW).is_ok());
    for (name, value, code) in [
        ("my-header1", "b", "SignatureDoesNotMatch"),
        ("host", "example.com", "SignatureDoesNotMatch"),
        ("x-amz-target", "AmazonSQS.DeleteQueue", "SignatureDoesNotMatch"),
        ("x-amz-date", "20150830T123600Z", "SignatureDoesNotMatch"),
        ("x-amz-security-token", "wrong", "SignatureDoesNotMatch"),
        ("authorization", "AWS4-HMAC-SHA256 Credential=x", "IncompleteSignature"),
    ] {
        let mut doubled = signed.clone();
        doubled.headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        let refusal = doubled.verify_with(&verifier, NOW).unwrap_err();
        assert_eq!(refusal.kind().code(), code, "{name}");
    }
    for target in ["/a%20b/c?x=y", "/a%2520b/c", "/a%20b%2Fc", "/a+b/c", "/a%20b/c/"] {
        let elsewhere = Request { uri: target.parse().unwrap(), ..signed.clone() };
        let refusal = elsewhere.verify_with(&verifier, NOW).unwrap_err();
        assert_eq!(refusal.kind().code(), "SignatureDoesNotMatch", "{target}");
    }
}

#[test]
fn host_and_target_must_be_signed() {
    let unsigned = Request::new("POST /", &[], "").with_authorization(&authorization("x-amz-date", &"0".repeat(64)));
    assert_eq!(unsigned.refusal().1, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    let mut added = Request::new("POST /", &[], "").signed();
    added.headers.insert(TARGET, HeaderValue::from_static("AmazonSQS.DeleteQueue"));
    assert_eq!(added.refusal().1, "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
}

#[test]
fn an_unsigned_payload_is_taken_when_the_signature_says_so() {
    let mut request = Request::new("POST /", &[("x-amz-content-sha256", "UNSIGNED-PAYLOAD")], "a").signed();
    request.body = b"b".to_vec();
    assert!(request.verify().is_ok());
    let mut request = Request::new("POST /", &[], "a").signed();
    request.headers.insert("x-amz-content-sha256", HeaderValue::from_static("UNSIGNED-PAYLOAD"));
    assert_eq!(request.refusal().0, "SignatureDoesNotMatch");
}

#[test]
fn a_date_header_stands_in_for_x_amz_date() {
    let mut request = Request::new("GET /", &[("date", "Sun, 30 Aug 2015 12:36:00 GMT")], "");
    request.headers.remove(DATE);
    let (method, headers) = (&request.method, &request.headers);
    let signed =
        Signed { method, path: "/", query: "", headers, rules: Rules::Usual { body: b"" }, names: "date;host" };
    let time = RequestTime::at(NOW);
    let string_to_sign = signed.string_to_sign(&time, "20150830/us-east-1/service/aws4_request");
    let key = derive_signing_key(SECRET, "20150830", "us-east-1", "service");
    let signature = hex::encode(key.chain_update(string_to_sign).finalize().into_bytes());
    assert!(request.with_authorization(&authorization("date;host", &signature)).verify().is_ok());
}

#[test]
fn in_development_any_signature_and_none_is_accepted() {
    let verifier = Verifier::development("000000000000");
    let caller = Request::new("GET /", &[], "").verify_with(&verifier, 0).unwrap();
    assert_eq!(caller.account(), "000000000000");
    assert!(Request::new("GET /", &[], "").with_authorization("nonsense").verify_with(&verifier, 0).is_ok());
}

#[test]
fn secrets_do_not_show() {
    let key = AccessKey { session_token: Some("token-text"), ..KEY };
    let shown = format!("{key:?} {:?} {SIGNER:?}", verifier_of(key));
    assert!(shown.contains(ACCESS_KEY_ID) && !shown.contains(SECRET) && !shown.contains("token-text"), "{shown}");
}

#[test]
fn signing_keys_are_kept_only_after_a_right_signature_and_only_so_many() {
    let verifier = verifier();
    let kept = || match &*verifier.mode {
        Mode::Verifying { credentials, .. } => credentials.get(ACCESS_KEY_ID).unwrap().signing_keys_kept(),
        Mode::Development { .. } => unreachable!("it verifies"),
    };
    let forged = Request::new("GET /", &[], "").with_authorization(&authorization("host", &"0".repeat(64)));
    assert!(forged.verify_with(&verifier, NOW).is_err());
    assert_eq!(kept(), 0);
    for round in 0..2 * SIGNING_KEYS_MAX {
        let service = format!("service{round}");
        let mut request = Request::new("GET /", &[], "");
        let signer = Signer { service: &service, ..SIGNER };
        signer.sign(&request.method, &request.uri, &mut request.headers, &request.body, NOW);
        for _ in 0..2 {
            assert!(request.verify_for(&service, &verifier, NOW).is_ok());
            assert_eq!(kept(), (round + 1).min(SIGNING_KEYS_MAX));
        }
    }
}

/// A request of any shape that HTTP lets through.
fn any_request() -> impl Strategy<Value = Request> {
    let path = "(/[a-zA-Z0-9._~!$'()*,;=:@%-]{0,8}){1,4}";
    let query = "([a-zA-Z0-9._~=&+%-]{0,30})?";
    let value = "[!-~]([ -~]{0,20}[!-~])?";
    (path, query, proptest::collection::vec(value, 0..4), proptest::collection::vec(any::<u8>(), 0..200)).prop_map(
        |(path, query, values, body)| {
            let headers: Vec<_> = values.iter().map(|value| ("x-amz-meta", value.as_str())).collect();
            let mut request = Request::new(&format!("POST {path}?{query}"), &headers, "");
            request.body = body;
            request
        },
    )
}

proptest! {
    #[test]
    fn what_is_signed_is_accepted(request in any_request()) {
        prop_assert!(request.signed().verify().is_ok());
    }

    #[test]
    fn a_flipped_byte_is_refused(request in any_request(), at: prop::sample::Index, flip in 1u8..) {
        let signed = request.signed();
        if !signed.body.is_empty() {
            let mut altered = signed.clone();
            altered.body[at.index(signed.body.len())] ^= flip;
            prop_assert!(altered.verify().is_err());
        }
        for name in ["authorization", "x-amz-date", "host"] {
            let mut bytes = signed.headers[name].as_bytes().to_vec();
            let at = at.index(bytes.len());
            let original = bytes[at];
            bytes[at] ^= flip;
            // A tab does as well as a space, and a digit of a signature may be in upper case.
            let is_blank = |byte: u8| byte == b' ' || byte == b'\t';
            let means_the_same =
                bytes[at].eq_ignore_ascii_case(&original) || is_blank(bytes[at]) && is_blank(original);
            let Ok(value) = HeaderValue::from_bytes(&bytes) else { continue };
            let mut altered = signed.clone();
            altered.headers.insert(HeaderName::from_static(name), value);
            prop_assert!(means_the_same || altered.verify().is_err());
        }
    }
}
