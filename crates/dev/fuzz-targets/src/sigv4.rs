//! Requests as strangers sign them, or pretend to.
//!
//! An input is a request as text: a line with method and target, a line for each header, a blank line, the body.

use std::sync::LazyLock;

use bongsu_aws_api::sigv4::{AccessKey, Caller, Credentials, Principal, Signer, Verifier};
use bytes::Bytes;
use hyper::Request;
use hyper::header::{HOST, HeaderValue};

use crate::http_text;

const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
/// A key that is good only with its token.
const SESSION_KEY_ID: &str = "ASIAEXAMPLE";
const SESSION_TOKEN: &str = "token";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// Nobody signs with this one.
const OTHER_SECRET: &str = "a secret that nobody has ever signed with";
const REGION: &str = "us-east-1";
/// 20150830T123600Z, when the published examples were signed.
const NOW: u64 = 1_440_938_160;
/// Longer than any signature is good for, in seconds.
const LATER: u64 = 8 * 24 * 60 * 60;

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| verifier(SECRET));
static OTHER_VERIFIER: LazyLock<Verifier> = LazyLock::new(|| verifier(OTHER_SECRET));

fn verifier(secret: &str) -> Verifier {
    let mut credentials = Credentials::new();
    for (id, session_token) in [(ACCESS_KEY_ID, None), (SESSION_KEY_ID, Some(SESSION_TOKEN))] {
        let (account, principal) = ("123456789012", Principal::Root);
        assert!(credentials.add(AccessKey { id, secret, session_token, account, principal }), "each id once");
    }
    Verifier::new(credentials, REGION)
}

/// Takes one request, as it is and signed.
///
/// # Panics
///
/// If a request is accepted that was not signed with the secret, or is another one than was signed; or if one that was
/// is refused.
pub fn sigv4(input: &[u8]) {
    let (head, body) = http_text::split_at_blank_line(input);
    let Some(mut request) = http_text::request(head, body) else { return };
    only_the_secret_opens(&request);
    if is_accepted(&VERIFIER, &request, NOW) {
        nothing_else_is_accepted(&request);
    }
    if !is_signable(&request) {
        return;
    }
    sign(&mut request, OTHER_SECRET);
    assert!(!is_accepted(&VERIFIER, &request, NOW), "signed with another secret: {request:?}");
    sign(&mut request, SECRET);
    let caller = verify(&VERIFIER, &request, NOW).unwrap_or_else(|| panic!("signed with the secret: {request:?}"));
    assert_eq!(caller.access_key_id(), ACCESS_KEY_ID);
    only_the_secret_opens(&request);
    nothing_else_is_accepted(&request);
}

fn verify(verifier: &Verifier, request: &Request<Bytes>, now: u64) -> Option<Caller> {
    verifier.verify("sqs", request.method(), request.uri(), request.headers(), request.body(), now).ok()
}

fn is_accepted(verifier: &Verifier, request: &Request<Bytes>, now: u64) -> bool {
    verify(verifier, request, now).is_some()
}

fn only_the_secret_opens(request: &Request<Bytes>) {
    assert!(!is_accepted(&OTHER_VERIFIER, request, NOW), "not made with the secret: {request:?}");
}

/// What was accepted is what was signed: the same signature opens nothing else, and not for ever.
fn nothing_else_is_accepted(signed: &Request<Bytes>) {
    assert!(!is_accepted(&VERIFIER, signed, NOW + LATER), "too late: {signed:?}");
    let changes: &[fn(&mut Request<Bytes>)] = &[
        |request| *request.method_mut() = format!("{}X", request.method()).parse().expect("a longer method"),
        |request| drop(request.headers_mut().insert(HOST, HeaderValue::from_static("elsewhere.example"))),
        |request| change_target(request, |path, query| format!("{path}x?{query}")),
        |request| change_target(request, |path, query| format!("{path}?{query}&x=y")),
    ];
    for change in changes {
        let mut changed = clone(signed);
        change(&mut changed);
        assert!(!is_accepted(&VERIFIER, &changed, NOW), "{signed:?} opens {changed:?}");
    }
    if !leaves_the_body_unsigned(signed) {
        let mut changed = clone(signed);
        *changed.body_mut() = [&signed.body()[..], b"x"].concat().into();
        assert!(!is_accepted(&VERIFIER, &changed, NOW), "{signed:?} opens {changed:?}");
    }
}

fn clone(request: &Request<Bytes>) -> Request<Bytes> {
    let mut clone = Request::new(request.body().clone());
    *clone.method_mut() = request.method().clone();
    *clone.uri_mut() = request.uri().clone();
    *clone.headers_mut() = request.headers().clone();
    clone
}

/// Leaves the target as it is when the longer one is no target, and then changes the method, which is signed as well.
fn change_target(request: &mut Request<Bytes>, change: impl Fn(&str, &str) -> String) {
    let uri = request.uri();
    match change(uri.path(), uri.query().unwrap_or_default()).parse() {
        Ok(target) => *request.uri_mut() = target,
        Err(_) => *request.method_mut() = hyper::Method::TRACE,
    }
}

/// The one thing that a client may leave out of its signature, and must say so.
fn leaves_the_body_unsigned(request: &Request<Bytes>) -> bool {
    let header = request.headers().get("x-amz-content-sha256");
    let query = request.uri().query().unwrap_or_default();
    header.is_some_and(|value| value == "UNSIGNED-PAYLOAD") || query.contains("UNSIGNED-PAYLOAD")
}

/// A client sends one host, signs in one place, and sends a token only with a key that has one.
fn is_signable(request: &Request<Bytes>) -> bool {
    let is_presigned = request.uri().query().is_some_and(|query| query.contains("X-Amz-"));
    let headers = request.headers();
    headers.get_all(HOST).iter().count() == 1 && !headers.contains_key("x-amz-security-token") && !is_presigned
}

fn sign(request: &mut Request<Bytes>, secret: &str) {
    let signer = Signer { access_key_id: ACCESS_KEY_ID, secret, region: REGION, service: "sqs" };
    let (method, uri, body) = (request.method().clone(), request.uri().clone(), request.body().clone());
    signer.sign(&method, &uri, request.headers_mut(), &body, NOW);
}
