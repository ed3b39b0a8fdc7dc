//! Signs requests of our own clients, in the header form.

use std::fmt;

use hmac::Mac;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Uri};

use super::canonical::{DATE, Rules, Signed};
use super::credentials::derive_signing_key;
use super::date::RequestTime;
use super::{ALGORITHM, TERMINATOR};

/// An access key together with what it signs for.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The public half.
    pub access_key_id: &'a str,
    /// The secret half.
    pub secret: &'a str,
    /// For instance `us-east-1`.
    pub region: &'a str,
    /// For instance `sqs`.
    pub service: &'a str,
}

impl fmt::Debug for Signer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Signer { access_key_id, region, service, .. } = self;
        write!(f, "Signer({access_key_id}/{region}/{service})")
    }
}

impl Signer<'_> {
    /// Signs a request: sets `x-amz-date` and `authorization`, which covers every header that is there already.
    /// `host` must be one of them.
    pub fn sign(&self, method: &Method, uri: &Uri, headers: &mut HeaderMap, body: &[u8], now_epoch_seconds: u64) {
        let Signer { access_key_id, secret, region, service } = self;
        let time = RequestTime::at(now_epoch_seconds);
        headers.remove(AUTHORIZATION);
        headers.insert(DATE, HeaderValue::from_str(time.as_str()).expect("digits are a header value"));
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        let names = names.join(";");
        let scope = format!("{}/{region}/{service}/{TERMINATOR}", time.day());
        let (path, query) = (uri.path(), uri.query().unwrap_or_default());
        let rules = Rules::Usual { body };
        let string_to_sign =
            Signed { method, path, query, headers, rules, names: &names }.string_to_sign(&time, &scope);
        let key = derive_signing_key(secret, time.day(), region, service);
        let signature = hex::encode(key.chain_update(string_to_sign).finalize().into_bytes());
        let authorization =
            format!("{ALGORITHM} Credential={access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}");
        headers.insert(AUTHORIZATION, authorization.try_into().expect("an access key id is ASCII"));
    }
}
