//! Signature Version 4 in its header form: verifies who calls, and signs for our own clients.
//!
//! The rules: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use hmac::{Hmac, KeyInit, Mac};
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Uri};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::error::{ApiError, ErrorKind};

mod canonical;
mod date;
mod foreign_page;

use canonical::{DATE, Signed, TARGET};
use date::RequestTime;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";
const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// How far a request's date may lie from now, either way.
pub const SKEW_SECONDS_MAX: u64 = 15 * 60;

/// Derived keys kept for one access key: a few services, on two days around midnight. The oldest goes first.
const SIGNING_KEYS_MAX: usize = 16;

type HmacSha256 = Hmac<Sha256>;

/// Who calls. Only a [`Verifier`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(Arc<Identity>);

#[derive(Debug, PartialEq, Eq)]
struct Identity {
    access_key_id: Box<str>,
    account: Box<str>,
    user_id: Box<str>,
}

impl Caller {
    fn new(access_key_id: &str, account: &str, user_id: &str) -> Self {
        Caller(Arc::new(Identity {
            access_key_id: access_key_id.into(),
            account: account.into(),
            user_id: user_id.into(),
        }))
    }

    /// The access key that signed the request.
    pub fn access_key_id(&self) -> &str {
        &self.0.access_key_id
    }

    /// The account, twelve digits.
    pub fn account(&self) -> &str {
        &self.0.account
    }

    /// The unique id that messages carry as `SenderId`.
    pub fn user_id(&self) -> &str {
        &self.0.user_id
    }
}

/// The access keys that may call.
#[derive(Default)]
pub struct Credentials {
    by_access_key_id: HashMap<Box<str>, Credential>,
}

struct Credential {
    secret: Box<str>,
    session_token: Option<Box<str>>,
    caller: Caller,
    /// Read at every request, written once a day and service.
    signing_keys: RwLock<Vec<SigningKey>>,
}

/// A derived key; its region is the verifier's.
struct SigningKey {
    day: Box<str>,
    service: Box<str>,
    key: HmacSha256,
}

impl Credentials {
    /// No access keys: every request is refused.
    pub fn new() -> Self {
        Credentials::default()
    }

    /// Adds an access key. A repeated id replaces the earlier one.
    #[must_use]
    pub fn with(self, access_key_id: &str, secret: &str, account: &str, user_id: &str) -> Self {
        self.insert(access_key_id, secret, None, account, user_id)
    }

    /// Adds a temporary access key, good only together with its session token.
    #[must_use]
    pub fn with_session(self, access_key_id: &str, secret: &str, token: &str, account: &str, user_id: &str) -> Self {
        self.insert(access_key_id, secret, Some(token.into()), account, user_id)
    }

    fn insert(mut self, id: &str, secret: &str, session_token: Option<Box<str>>, account: &str, user: &str) -> Self {
        let credential = Credential {
            secret: secret.into(),
            session_token,
            caller: Caller::new(id, account, user),
            signing_keys: RwLock::default(),
        };
        self.by_access_key_id.insert(id.into(), credential);
        self
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_access_key_id.keys()).finish()
    }
}

/// Tells who calls, or why the request is refused.
#[derive(Debug)]
pub struct Verifier {
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    Verifying { credentials: Credentials, region: Box<str> },
    Development { caller: Caller },
}

impl Verifier {
    /// Verifies every signature; it must be for `region`, any service.
    pub fn new(credentials: Credentials, region: &str) -> Self {
        Verifier { mode: Mode::Verifying { credentials, region: region.into() } }
    }

    /// Accepts any signature, and none: for loopback, where no credentials are configured. Only requests that a page of
    /// some other site makes in a browser on this machine are refused.
    pub fn development(account: &str) -> Self {
        Verifier { mode: Mode::Development { caller: Caller::new("development", account, account) } }
    }

    /// Verifies a request as it was received, with the whole of its body.
    ///
    /// # Errors
    ///
    /// `AccessDenied` without a signature, `IncompleteSignature` when it cannot be understood, `InvalidClientTokenId`
    /// for an unknown key or a wrong session token, `SignatureDoesNotMatch` when it is wrong, too old or too new.
    pub fn verify(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
        now_epoch_seconds: u64,
    ) -> Result<Caller, ApiError> {
        let (credentials, region) = match &self.mode {
            Mode::Development { .. } if foreign_page::sent(headers) => return Err(foreign_page::refusal()),
            Mode::Development { caller } => return Ok(caller.clone()),
            Mode::Verifying { credentials, region } => (credentials, region),
        };
        let Some(authorization) = headers.get(AUTHORIZATION) else { return Err(no_credentials(uri, headers)) };
        let authorization = Authorization::parse(authorization)?;
        let Some(time) = RequestTime::of(headers) else {
            return Err(incomplete(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
            ));
        };
        let Some(credential) = credentials.by_access_key_id.get(authorization.scope.access_key_id) else {
            return Err(unknown_token());
        };
        check_session_token(credential.session_token.as_deref(), headers)?;
        authorization.scope.check(region, &time)?;
        check_skew(&time, now_epoch_seconds)?;
        check_signed_headers(&authorization, headers)?;
        let signed = Signed { method, uri, headers, body, names: authorization.signed_headers };
        credential.verify(&authorization, &signed.string_to_sign(&time, authorization.scope.rest))?;
        Ok(credential.caller.clone())
    }
}

impl Credential {
    fn verify(&self, authorization: &Authorization<'_>, string_to_sign: &[u8]) -> Result<(), ApiError> {
        let Scope { day, region, service, .. } = authorization.scope;
        let known = self.known_signing_key(day, service);
        let is_new = known.is_none();
        let key = known.unwrap_or_else(|| derive_signing_key(&self.secret, day, region, service));
        // Constant in time, whatever the signature.
        key.clone().chain_update(string_to_sign).verify_slice(&authorization.signature).map_err(|_| mismatch())?;
        // Kept only now, so that nobody without the secret can crowd out the keys in use.
        if is_new {
            self.keep_signing_key(SigningKey { day: day.into(), service: service.into(), key });
        }
        Ok(())
    }

    fn known_signing_key(&self, day: &str, service: &str) -> Option<HmacSha256> {
        let keys = self.signing_keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|known| &*known.day == day && &*known.service == service).map(|known| known.key.clone())
    }

    fn keep_signing_key(&self, new: SigningKey) {
        let mut keys = self.signing_keys.write().unwrap_or_else(PoisonError::into_inner);
        if keys.iter().any(|known| known.day == new.day && known.service == new.service) {
            return;
        }
        if keys.len() == SIGNING_KEYS_MAX {
            keys.remove(0);
        }
        keys.push(new);
    }
}

fn derive_signing_key(secret: &str, day: &str, region: &str, service: &str) -> HmacSha256 {
    let mut key = keyed(format!("AWS4{secret}").as_bytes());
    for step in [day, region, service, TERMINATOR] {
        key = keyed(&key.chain_update(step).finalize().into_bytes());
    }
    key
}

fn keyed(key: &[u8]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// The parts of `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.
struct Authorization<'a> {
    scope: Scope<'a>,
    signed_headers: &'a str,
    signature: [u8; 32],
}

/// `<access key id>/<day>/<region>/<service>/aws4_request`
#[derive(Clone, Copy)]
struct Scope<'a> {
    access_key_id: &'a str,
    day: &'a str,
    region: &'a str,
    service: &'a str,
    terminator: &'a str,
    /// All but the access key id.
    rest: &'a str,
}

impl<'a> Authorization<'a> {
    fn parse(header: &'a HeaderValue) -> Result<Self, ApiError> {
        let header = header.to_str().map_err(|_| incomplete("Authorization header is not ASCII text."))?;
        let (algorithm, parameters) = header.split_once(' ').unwrap_or((header, ""));
        if algorithm != ALGORITHM {
            return Err(incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'.")));
        }
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for parameter in parameters.split(',') {
            match parameter.trim().split_once('=') {
                Some(("Credential", value)) => credential = Some(value),
                Some(("SignedHeaders", value)) => signed_headers = Some(value),
                Some(("Signature", value)) => signature = Some(value),
                _ => return Err(incomplete("A parameter of the Authorization header is not of the form name=value.")),
            }
        }
        let (Some(credential), Some(signed_headers), Some(signature)) = (credential, signed_headers, signature) else {
            let missing = [("Credential", credential), ("Signature", signature), ("SignedHeaders", signed_headers)]
                .into_iter()
                .filter(|(_, value)| value.is_none())
                .map(|(name, _)| format!("Authorization header requires '{name}' parameter."));
            return Err(incomplete(missing.collect::<Vec<_>>().join(" ")));
        };
        let scope = Scope::parse(credential)?;
        let mut bytes = [0; 32];
        // A signature that is no digest matches nothing.
        hex::decode_to_slice(signature, &mut bytes).map_err(|_| mismatch())?;
        Ok(Authorization { scope, signed_headers, signature: bytes })
    }
}

impl<'a> Scope<'a> {
    fn parse(credential: &'a str) -> Result<Self, ApiError> {
        let mut parts = credential.split('/');
        let parts = [parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next()];
        let [Some(access_key_id), Some(day), Some(region), Some(service), Some(terminator), None] = parts else {
            return Err(incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, \
                 e.g. keyid/date/region/service/term, got '{credential}'"
            )));
        };
        let rest = &credential[access_key_id.len() + 1..];
        Ok(Scope { access_key_id, day, region, service, terminator, rest })
    }

    fn check(&self, region: &str, time: &RequestTime) -> Result<(), ApiError> {
        let Scope { day, terminator, .. } = self;
        if self.region != region {
            let text = format!("Credential should be scoped to a valid region, not '{}'.", self.region);
            return Err(refused(text));
        }
        if *terminator != TERMINATOR {
            let text =
                format!("Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'.");
            return Err(refused(text));
        }
        if *day != time.day() {
            return Err(refused(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                 '{day}' != '{}', from '{time}'.",
                time.day()
            )));
        }
        Ok(())
    }
}

fn check_session_token(configured: Option<&str>, headers: &HeaderMap) -> Result<(), ApiError> {
    let given = headers.get(&SECURITY_TOKEN).map(HeaderValue::as_bytes);
    let is_right = match (configured, given) {
        (None, None) => true,
        (Some(configured), Some(given)) => configured.as_bytes().ct_eq(given).into(),
        _ => false,
    };
    if is_right { Ok(()) } else { Err(unknown_token()) }
}

fn check_skew(time: &RequestTime, now: u64) -> Result<(), ApiError> {
    let then = time.epoch_seconds();
    if then.abs_diff(now) <= SKEW_SECONDS_MAX {
        return Ok(());
    }
    let server = RequestTime::at(now);
    Err(refused(if then < now {
        let limit = RequestTime::at(now.saturating_sub(SKEW_SECONDS_MAX));
        format!("Signature expired: {time} is now earlier than {limit} ({server} - 15 min.)")
    } else {
        let limit = RequestTime::at(now.saturating_add(SKEW_SECONDS_MAX));
        format!("Signature not yet current: {time} is still later than {limit} ({server} + 15 min.)")
    }))
}

/// What decides where a request goes must be signed, or a signed request could be sent on to another operation.
fn check_signed_headers(authorization: &Authorization<'_>, headers: &HeaderMap) -> Result<(), ApiError> {
    // In order and each once, as the rules have it: a header named a thousand times would be digested a thousand times.
    if !authorization.signed_headers.split(';').is_sorted_by(|a, b| a < b) {
        return Err(refused("The 'SignedHeaders' of the AWS Authorization must be in order, each named once."));
    }
    let is_signed = |name: &HeaderName| authorization.signed_headers.split(';').any(|signed| signed == name.as_str());
    if !is_signed(&HOST) {
        return Err(refused("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."));
    }
    if headers.contains_key(&TARGET) && !is_signed(&TARGET) {
        return Err(refused("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."));
    }
    Ok(())
}

fn no_credentials(uri: &Uri, headers: &HeaderMap) -> ApiError {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let text = format!("Access to the resource {host}{} is denied.", uri.path());
    ApiError::new(ErrorKind::AccessDeniedException, text)
}

fn unknown_token() -> ApiError {
    ApiError::new(ErrorKind::UnrecognizedClientException, "The security token included in the request is invalid.")
}

fn mismatch() -> ApiError {
    refused(
        "The request signature we calculated does not match the signature you provided. \
         Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    )
}

fn refused(text: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(ErrorKind::InvalidSignatureException, text)
}

fn incomplete(text: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(ErrorKind::IncompleteSignatureException, text)
}

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
        let string_to_sign = Signed { method, uri, headers, body, names: &names }.string_to_sign(&time, &scope);
        let key = derive_signing_key(secret, time.day(), region, service);
        let signature = hex::encode(key.chain_update(string_to_sign).finalize().into_bytes());
        let authorization =
            format!("{ALGORITHM} Credential={access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}");
        headers.insert(AUTHORIZATION, authorization.try_into().expect("an access key id is ASCII"));
    }
}

#[cfg(test)]
mod tests;
