//! The keys that an issuer signs tokens with: a JSON Web Key Set (RFC 7517), given or fetched from where the issuer says.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::Fetch;

/// How long fetched keys are good.
const KEPT_MS: u64 = 2 * 60 * 60 * 1000;
/// How long nothing is fetched again, whatever keys tokens name.
const ASKED_AGAIN_MS: u64 = 60 * 1000;
/// Keys of one set. An issuer has two or three.
const KEYS_MAX: usize = 100;
/// Where an issuer says where its keys are.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The keys of an issuer.
pub(super) enum Keys {
    Given(KeySet),
    Fetched { issuer: String, kept: Mutex<Kept> },
}

/// What was fetched, and when it was asked for.
#[derive(Default)]
pub(super) struct Kept {
    keys: Option<(u64, KeySet)>,
    asked_ms: Option<u64>,
}

/// Public keys by their names.
#[derive(Clone, Default)]
pub(super) struct KeySet(BTreeMap<String, Key>);

/// What tokens are verified by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// A point of the curve P-256, uncompressed.
    P256(Vec<u8>),
}

#[derive(Deserialize)]
struct SetWire {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(tag = "kty")]
enum KeyWire {
    #[serde(rename = "RSA")]
    Rsa { kid: Option<String>, n: String, e: String },
    #[serde(rename = "EC")]
    Ec { kid: Option<String>, crv: String, x: String, y: String },
}

#[derive(Deserialize)]
struct DiscoveryWire {
    jwks_uri: String,
}

impl Keys {
    pub(super) fn new(issuer: &str, given: Option<&str>) -> Result<Self, String> {
        Ok(match given {
            Some(given) => Self::Given(KeySet::parse(given.as_bytes())?),
            None => Self::Fetched { issuer: issuer.trim_end_matches('/').to_owned(), kept: Mutex::default() },
        })
    }

    /// The key of this name, `None` if the issuer has none.
    ///
    /// # Errors
    ///
    /// Nothing was ever fetched. What was once fetched goes on to be good while nothing newer can be had.
    pub(super) async fn key(&self, name: &str, fetch: &dyn Fetch, now_ms: u64) -> Result<Option<Key>, &'static str> {
        let (issuer, kept) = match self {
            Self::Given(keys) => return Ok(keys.get(name)),
            Self::Fetched { issuer, kept } => (issuer, kept),
        };
        // Held while one request fetches, for all that wait for the same.
        let mut kept = kept.lock().await;
        let is_fresh = |since: u64, for_ms| now_ms.checked_sub(since).is_some_and(|age| age < for_ms);
        let found =
            kept.keys.as_ref().filter(|(since, _)| is_fresh(*since, KEPT_MS)).and_then(|(_, keys)| keys.get(name));
        if found.is_some() || kept.asked_ms.is_some_and(|asked| is_fresh(asked, ASKED_AGAIN_MS)) {
            return match &kept.keys {
                Some((_, keys)) => Ok(keys.get(name)),
                None => Err("the issuer's keys cannot be fetched"),
            };
        }
        kept.asked_ms = Some(now_ms);
        match fetched(issuer, fetch).await {
            Ok(keys) => {
                let found = keys.get(name);
                kept.keys = Some((now_ms, keys));
                Ok(found)
            }
            Err(reason) => kept.keys.as_ref().map(|(_, keys)| keys.get(name)).ok_or(reason),
        }
    }
}

async fn fetched(issuer: &str, fetch: &dyn Fetch) -> Result<KeySet, &'static str> {
    let get = async |address: &str| -> Result<Bytes, &'static str> {
        fetch.get(address).await.map_err(|_| "the issuer's keys cannot be fetched")
    };
    let discovery = get(&format!("{issuer}{DISCOVERY}")).await?;
    let discovery: DiscoveryWire =
        serde_json::from_slice(&discovery).map_err(|_| "the issuer's configuration names no jwks_uri")?;
    KeySet::parse(&get(&discovery.jwks_uri).await?).map_err(|_| "the issuer's keys are no JSON Web Key Set")
}

impl KeySet {
    /// Keys of other types than those known here are left out: tokens that they sign are refused.
    fn parse(text: &[u8]) -> Result<Self, String> {
        let wire: SetWire = serde_json::from_slice(text).map_err(|fault| format!("no JSON Web Key Set: {fault}"))?;
        if wire.keys.len() > KEYS_MAX {
            return Err(format!("a set has at most {KEYS_MAX} keys"));
        }
        let known = wire.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).filter_map(Key::named);
        let keys: BTreeMap<_, _> = known.collect();
        match keys.is_empty() {
            true => Err("the set has no RSA key and none of the curve P-256".into()),
            false => Ok(Self(keys)),
        }
    }

    /// A token may leave the name out where there is but one key.
    fn get(&self, name: &str) -> Option<Key> {
        let only = || self.0.values().next().filter(|_| name.is_empty() && self.0.len() == 1);
        self.0.get(name).or_else(only).cloned()
    }
}

impl Key {
    fn named(wire: KeyWire) -> Option<(String, Self)> {
        let bytes = |text: String| BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
        match wire {
            KeyWire::Rsa { kid, n, e } => {
                Some((kid.unwrap_or_default(), Self::Rsa { modulus: bytes(n)?, exponent: bytes(e)? }))
            }
            KeyWire::Ec { kid, crv, x, y } if crv == "P-256" => {
                let point = [&[4][..], &bytes(x)?, &bytes(y)?].concat();
                Some((kid.unwrap_or_default(), Self::P256(point)))
            }
            KeyWire::Ec { .. } => None,
        }
    }

    /// Whether the key signed this, by an algorithm that is the key's own: which one is not up to the token alone.
    pub(super) fn signed(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Rsa { modulus, exponent }, "RS256" | "RS384" | "RS512") => {
                let parameters = match algorithm {
                    "RS256" => &RSA_PKCS1_2048_8192_SHA256,
                    "RS384" => &RSA_PKCS1_2048_8192_SHA384,
                    _ => &RSA_PKCS1_2048_8192_SHA512,
                };
                RsaPublicKeyComponents { n: modulus, e: exponent }.verify(parameters, message, signature).is_ok()
            }
            (Self::P256(point), "ES256") => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            _ => false,
        }
    }
}
