//! Answers a challenge with the credentials of a URL: Basic (RFC 7617) or Digest (RFC 7616).

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::header::HeaderValue;
use md5::Md5;
use sha2::{Digest, Sha256};

use super::challenge::{Algorithm, Challenge, DigestChallenge};
use super::endpoint::Credentials;

const CLIENT_NONCE_BYTES: usize = 16;
/// Every nonce is used once, so this is the first use.
const NONCE_COUNT: &str = "00000001";

/// A request line without its version.
#[derive(Clone, Copy)]
struct Asked<'a> {
    method: &'a str,
    target: &'a str,
}

/// The value of `Authorization` for a `POST`. None if what the challenge says cannot stand in a header.
pub(crate) fn authorization(challenge: &Challenge, credentials: &Credentials, target: &str) -> Option<HeaderValue> {
    let text = match challenge {
        Challenge::Basic => basic(credentials),
        Challenge::Digest(challenge) => {
            digest(challenge, credentials, Asked { method: "POST", target }, &client_nonce())
        }
    };
    let mut value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn basic(Credentials { user, password }: &Credentials) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

fn digest(challenge: &DigestChallenge, credentials: &Credentials, asked: Asked<'_>, client_nonce: &str) -> String {
    let DigestChallenge { algorithm, realm, nonce, opaque } = challenge;
    let Credentials { user, password } = credentials;
    let secret = algorithm.hash(&format!("{user}:{realm}:{password}"));
    let request = algorithm.hash(&format!("{}:{}", asked.method, asked.target));
    let response = algorithm.hash(&format!("{secret}:{nonce}:{NONCE_COUNT}:{client_nonce}:auth:{request}"));
    let mut text = format!(
        "Digest username={}, realm={}, nonce={}, uri={}, algorithm={}, response=\"{response}\", qop=auth, \
         nc={NONCE_COUNT}, cnonce=\"{client_nonce}\"",
        quoted(user),
        quoted(realm),
        quoted(nonce),
        quoted(asked.target),
        algorithm.name(),
    );
    if let Some(opaque) = opaque {
        write!(text, ", opaque={}", quoted(opaque)).expect("a string takes all");
    }
    text
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex::encode(Md5::digest(text)),
            Self::Sha256 => hex::encode(Sha256::digest(text)),
        }
    }
}

fn client_nonce() -> String {
    let mut bytes = [0; CLIENT_NONCE_BYTES];
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    hex::encode(bytes)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7616, section 3.9.1.
    fn example(algorithm: Algorithm) -> String {
        let challenge = DigestChallenge {
            algorithm,
            realm: "http-auth@example.org".to_owned(),
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v".to_owned(),
            opaque: Some("FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS".to_owned()),
        };
        let credentials = Credentials { user: "Mufasa".to_owned(), password: "Circle of Life".to_owned() };
        let asked = Asked { method: "GET", target: "/dir/index.html" };
        digest(&challenge, &credentials, asked, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    }

    #[test]
    fn the_digests_are_those_of_the_rfc() {
        let md5 = example(Algorithm::Md5);
        assert!(md5.contains("algorithm=MD5, response=\"8ca523f5e9506fed4657c9700eebdbec\""), "{md5}");
        let sha256 = example(Algorithm::Sha256);
        let response = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
        assert!(sha256.contains(&format!("algorithm=SHA-256, response=\"{response}\"")), "{sha256}");
        assert!(sha256.contains("opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""), "{sha256}");
    }

    #[test]
    fn basic_is_user_and_password_in_base64() {
        let credentials = Credentials { user: "Aladdin".to_owned(), password: "open sesame".to_owned() };
        assert_eq!(basic(&credentials), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }

    #[test]
    fn an_authorization_is_not_shown() {
        let credentials = Credentials { user: "a".to_owned(), password: "b".to_owned() };
        let value = authorization(&Challenge::Basic, &credentials, "/").unwrap();
        assert_eq!(format!("{value:?}"), "Sensitive");
    }

    #[test]
    fn what_stands_in_quotes_cannot_leave_them() {
        assert_eq!(quoted(r#"a"b\c"#), r#""a\"b\\c""#);
    }
}
