//! The access keys that may call, and the keys derived from them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::TERMINATOR;
use super::authorization::{Authorization, Scope};
use super::caller::{Caller, Principal};
use super::refusal::mismatch;
use crate::error::ApiError;

/// Derived keys kept for one access key: a few services, on two days around midnight. The oldest goes first.
pub(super) const SIGNING_KEYS_MAX: usize = 16;

pub(super) type HmacSha256 = Hmac<Sha256>;

/// The access keys that may call.
#[derive(Default)]
pub struct Credentials {
    by_access_key_id: HashMap<Box<str>, Credential>,
}

/// One access key and who calls with it.
#[derive(Clone, Copy)]
pub struct AccessKey<'a> {
    /// The public half.
    pub id: &'a str,
    /// The secret half.
    pub secret: &'a str,
    /// Makes the key temporary: it is good only together with this token.
    pub session_token: Option<&'a str>,
    /// Twelve digits.
    pub account: &'a str,
    /// Who of the account.
    pub principal: Principal<'a>,
}

impl fmt::Debug for AccessKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessKey({} of {} {:?})", self.id, self.account, self.principal)
    }
}

pub(super) struct Credential {
    secret: Box<str>,
    pub(super) session_token: Option<Box<str>>,
    pub(super) caller: Caller,
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

    /// Adds an access key. False, and nothing is added, if its id is there already.
    #[must_use]
    pub fn add(&mut self, key: AccessKey<'_>) -> bool {
        let AccessKey { id, secret, session_token, account, principal } = key;
        let Entry::Vacant(place) = self.by_access_key_id.entry(id.into()) else { return false };
        place.insert(Credential {
            secret: secret.into(),
            session_token: session_token.map(Box::from),
            caller: Caller::new(id, account, principal),
            signing_keys: RwLock::default(),
        });
        true
    }

    pub(super) fn get(&self, access_key_id: &str) -> Option<&Credential> {
        self.by_access_key_id.get(access_key_id)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_access_key_id.keys()).finish()
    }
}

impl Credential {
    /// Whether this key made the signature.
    ///
    /// # Errors
    ///
    /// `SignatureDoesNotMatch`, after the same time for every wrong signature.
    pub(super) fn verify(&self, authorization: &Authorization<'_>, string_to_sign: &[u8]) -> Result<(), ApiError> {
        let scope = &authorization.scope;
        let (day, region, service) = (scope.day, scope.region, scope.service);
        let is_made_with = |key: HmacSha256| key.chain_update(string_to_sign).verify_slice(&authorization.signature);
        if let Some(key) = self.known_signing_key(day, service) {
            return is_made_with(key).map_err(|_| mismatch());
        }
        let key = derive_signing_key(&self.secret, day, region, service);
        is_made_with(key.clone()).map_err(|_| mismatch())?;
        // Kept only now, so that nobody without the secret can crowd out the keys in use.
        self.keep_signing_key(SigningKey { day: day.into(), service: service.into(), key });
        Ok(())
    }

    /// What signs in this scope.
    pub(super) fn signing_key(&self, scope: &Scope<'_>) -> HmacSha256 {
        let known = self.known_signing_key(scope.day, scope.service);
        known.unwrap_or_else(|| derive_signing_key(&self.secret, scope.day, scope.region, scope.service))
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

    #[cfg(test)]
    pub(super) fn signing_keys_kept(&self) -> usize {
        self.signing_keys.read().unwrap().len()
    }
}

pub(super) fn derive_signing_key(secret: &str, day: &str, region: &str, service: &str) -> HmacSha256 {
    let mut key = keyed(format!("AWS4{secret}").as_bytes());
    for step in [day, region, service, TERMINATOR] {
        key = keyed(&key.chain_update(step).finalize().into_bytes());
    }
    key
}

fn keyed(key: &[u8]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).expect("HMAC takes keys of any length")
}
