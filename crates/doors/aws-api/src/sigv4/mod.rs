//! Signature Version 4 in its header form and its query form: verifies who calls, and signs for our own clients.
//!
//! The rules: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::sync::Arc;

use bongsu_broker::Account;
use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::{Method, Uri};
use subtle::ConstantTimeEq;

use crate::error::ApiError;

mod authorization;
mod caller;
mod canonical;
mod claim;
mod credentials;
mod date;
pub mod foreign_page;
mod presigned;
mod refusal;
pub mod s3;
mod signer;

pub use authorization::SKEW_SECONDS_MAX;
pub use caller::{Caller, Principal};
pub use credentials::{AccessKey, Credentials};
pub use presigned::EXPIRES_SECONDS_MAX;
pub use signer::Signer;

use authorization::Authorization;
use canonical::{Rules, Signed};
pub(crate) use claim::Claim;
use credentials::Credential;
use presigned::Presigned;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";

/// Tells who calls, or why the request is refused. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Verifier {
    mode: Arc<Mode>,
}

#[derive(Debug)]
enum Mode {
    Verifying { credentials: Credentials, region: Box<str> },
    Development { caller: Caller },
}

impl Verifier {
    /// Verifies every signature; it must be for `region` and for the service that is called.
    pub fn new(credentials: Credentials, region: &str) -> Self {
        Verifier { mode: Arc::new(Mode::Verifying { credentials, region: region.into() }) }
    }

    /// Accepts any signature, and none: for loopback, where no credentials are configured. Everybody is the account's
    /// root; an access key id of twelve digits makes the caller the root of that account. Only requests that a page of
    /// some other site makes in a browser on this machine are refused.
    pub fn development(account: &str) -> Self {
        let caller = Caller::new("development", account, Principal::Root);
        Verifier { mode: Arc::new(Mode::Development { caller }) }
    }

    /// The server itself, when it asks its own doors for what templates say: the root of its account.
    pub(crate) fn server(account: &str) -> Caller {
        Caller::new("server", account, Principal::Root)
    }

    /// Who calls what anybody may call without a signature: nobody in particular.
    ///
    /// # Errors
    ///
    /// `AccessDenied` in development mode for requests that a page of some other site makes.
    pub(crate) fn admit_unsigned(&self, method: &Method, headers: &HeaderMap) -> Result<Caller, ApiError> {
        match *self.mode {
            Mode::Development { .. } if foreign_page::sent(method, headers) => Err(foreign_page::refusal()),
            _ => Ok(Caller::nobody()),
        }
    }

    /// Verifies a request to a service (`sqs`) as it was received, with the whole of its body.
    ///
    /// # Errors
    ///
    /// `AccessDenied` or `MissingAuthenticationToken` without a signature, `IncompleteSignature` when it cannot be understood, `InvalidClientTokenId`
    /// for an unknown key or a wrong session token, `SignatureDoesNotMatch` when it is wrong, for something else, too
    /// old or too new.
    pub fn verify(
        &self,
        service: &str,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
        now_epoch_seconds: u64,
    ) -> Result<Caller, ApiError> {
        let (credentials, region) = match &*self.mode {
            Mode::Development { .. } if foreign_page::sent(method, headers) => return Err(foreign_page::refusal()),
            Mode::Development { caller } => return Ok(in_development(caller, uri, headers)),
            Mode::Verifying { credentials, region } => (credentials, region),
        };
        let presigned = uri.query().map_or(Ok(None), Presigned::read)?;
        let authorization = stated(headers, presigned.as_ref())?;
        let authorization = authorization.ok_or_else(|| refusal::no_credentials(service, uri, headers))?;
        let credential = credential_of(&authorization, credentials)?;
        authorization.check(region, service, now_epoch_seconds)?;
        authorization.check_signed_headers(headers)?;
        let (path, query) = (uri.path(), uri.query().unwrap_or_default());
        let rules = Rules::Usual { body };
        let signed = Signed { method, path, query, headers, rules, names: authorization.signed_headers };
        credential.verify(&authorization, &signed.string_to_sign(&authorization.time, authorization.scope.rest))?;
        Ok(credential.caller.clone())
    }
}

/// What a request says of its signature, in the one place where it may say so; `None` if it has none.
fn stated<'a>(
    headers: &'a HeaderMap,
    presigned: Option<&'a Presigned<'_>>,
) -> Result<Option<Authorization<'a>>, ApiError> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let header = given.next();
    if given.next().is_some() {
        return Err(refusal::incomplete("A request can have only one Authorization header."));
    }
    match (header, presigned) {
        (Some(header), None) => Authorization::of_header(header, headers).map(Some),
        (None, Some(presigned)) => presigned.authorization().map(Some),
        (Some(_), Some(_)) => {
            Err(refusal::refused("A request is signed in its Authorization header or its query string."))
        }
        (None, None) => Ok(None),
    }
}

/// The access key that a request names, with the session token that belongs to it.
fn credential_of<'a>(
    authorization: &Authorization<'_>,
    credentials: &'a Credentials,
) -> Result<&'a Credential, ApiError> {
    let credential = credentials.get(authorization.scope.access_key_id).ok_or_else(refusal::unknown_token)?;
    check_session_token(credential.session_token.as_deref(), authorization.session_token)?;
    Ok(credential)
}

/// Whether a request carries a signature, good or not.
pub(crate) fn is_signed(uri: &Uri, headers: &HeaderMap) -> bool {
    // What is no good signature in a query string is one all the same: it is for `verify` to say what is wrong with it.
    headers.contains_key(AUTHORIZATION) || uri.query().is_some_and(|query| !matches!(Presigned::read(query), Ok(None)))
}

/// An access key id that is an account stands for it, so that tests have several accounts without credentials.
fn in_development(everybody: &Caller, uri: &Uri, headers: &HeaderMap) -> Caller {
    let claim = Claim::of(uri, headers);
    match claim.as_ref().map(Claim::access_key_id).filter(|id| id.parse::<Account>().is_ok()) {
        Some(account) => Caller::new(account, account, Principal::Root),
        None => everybody.clone(),
    }
}

fn check_session_token(configured: Option<&str>, given: Option<&[u8]>) -> Result<(), ApiError> {
    let is_right = match (configured, given) {
        (None, None) => true,
        (Some(configured), Some(given)) => configured.as_bytes().ct_eq(given).into(),
        _ => false,
    };
    if is_right { Ok(()) } else { Err(refusal::unknown_token()) }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
