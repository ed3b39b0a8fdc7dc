//! Tokens that are good and tokens that are not, and where the keys come from.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use bytes::Bytes;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::json;

use super::*;
use crate::{BoxFuture, FetchError};

const NOW_MS: u64 = 1_763_800_000_000;
const NOW: u64 = NOW_MS / 1000;
const ISSUER: &str = "https://issuer.example";

/// An issuer with a key of the curve P-256.
struct Issuer {
    pair: EcdsaKeyPair,
    name: &'static str,
}

impl Issuer {
    fn new(name: &'static str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        Self { pair, name }
    }

    fn keys(&self) -> String {
        let point = self.pair.public_key().as_ref();
        let [x, y] = [&point[1..33], &point[33..]].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
        json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": self.name, "x": x, "y": y}, {"kty": "oct", "k": "x"}]})
            .to_string()
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let [header, claims] = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    fn sign(&self, claims: &Value) -> String {
        self.token(&json!({"alg": "ES256", "kid": self.name}), claims)
    }
}

/// Serves an issuer's pages, and counts who asks.
#[derive(Default)]
struct Pages {
    keys: Mutex<Option<String>>,
    asked: AtomicUsize,
}

impl Fetch for Pages {
    fn get(&self, address: &str) -> BoxFuture<'_, Result<Bytes, FetchError>> {
        self.asked.fetch_add(1, Relaxed);
        let page = match address {
            "https://issuer.example/.well-known/openid-configuration" => {
                Some(json!({"jwks_uri": "https://keys.example/jwks"}).to_string())
            }
            "https://keys.example/jwks" => self.keys.lock().unwrap().clone(),
            _ => None,
        };
        Box::pin(async move { page.map(Bytes::from).ok_or(FetchError) })
    }
}

fn claims(changes: &Value) -> Value {
    let mut claims = json!({"iss": ISSUER, "aud": "pets", "iat": NOW - 10, "exp": NOW + 600, "sub": "jane"});
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn authorizer(keys: Option<&str>) -> TokenAuthorizer {
    TokenAuthorizer::new(ISSUER, &["pets".into(), "shop".into()], keys).unwrap()
}

async fn outcome(authorizer: &TokenAuthorizer, sent: &str, scopes: &[&str]) -> String {
    let scopes: Vec<_> = scopes.iter().map(|&scope| scope.to_owned()).collect();
    match authorizer.admit(Some(sent), &scopes, &Pages::default(), NOW_MS).await {
        Ok(_) => "passes".into(),
        Err(Failure::Unauthorized { reason, .. }) => reason.into(),
        Err(failure) => failure.to_string(),
    }
}

#[tokio::test]
async fn a_token_of_an_rsa_key_tells_its_claims() {
    let authorizer = authorizer(Some(include_str!("../recorded/rsa.jwks.json")));
    let sent = format!("Bearer {}", include_str!("../recorded/rs256.jwt").trim());
    let scopes = ["delete".to_owned(), "write".to_owned()];
    let Authorized::ByToken { claims, scopes } =
        authorizer.admit(Some(&sent), &scopes, &Pages::default(), NOW_MS).await.unwrap()
    else {
        panic!("it is a token");
    };
    assert_eq!(scopes, Some(vec!["read".to_owned(), "write".to_owned()]));
    for (name, value) in [("sub", "jane"), ("groups", "[a b]"), ("n", "7"), ("exp", "1763800600")] {
        assert_eq!(claims[name], value);
    }
}

#[tokio::test]
async fn only_a_token_of_the_issuer_for_this_audience_passes_while_it_is_good() {
    let issuer = Issuer::new("k1");
    let authorizer = authorizer(Some(&issuer.keys()));
    for (changes, expected) in [
        (json!({}), "passes"),
        (json!({"aud": ["other", "shop"]}), "passes"),
        (json!({"aud": null, "client_id": "pets"}), "passes"),
        (json!({"aud": "other", "client_id": "pets"}), "the token's audience is another"),
        (json!({"aud": null}), "the token's audience is another"),
        (json!({"iss": "https://issuer.example/"}), "the token's issuer is another"),
        (json!({"iss": null}), "the token's issuer is another"),
        (json!({"exp": NOW}), "the token has expired"),
        (json!({"exp": null}), "the token never expires"),
        (json!({"exp": "tomorrow"}), "a time of the token is no number"),
        (json!({"nbf": NOW + 1}), "the token is not valid yet"),
        (json!({"nbf": NOW}), "passes"),
        (json!({"iat": NOW + 1}), "the token was issued in the future"),
    ] {
        let sent = issuer.sign(&claims(&changes));
        assert_eq!(outcome(&authorizer, &sent, &[]).await, expected, "{changes}");
        assert_eq!(outcome(&authorizer, &format!("bearer {sent}"), &[]).await, expected, "{changes}");
    }
}

#[tokio::test]
async fn what_others_sign_or_nobody_does_not_pass() {
    let (issuer, stranger) = (Issuer::new("k1"), Issuer::new("k1"));
    let authorizer = authorizer(Some(&issuer.keys()));
    let good = issuer.sign(&claims(&json!({})));
    let (signed, _) = good.rsplit_once('.').unwrap();
    let with = |header: Value| issuer.token(&header, &claims(&json!({})));
    for (sent, expected) in [
        (stranger.sign(&claims(&json!({}))), "the token's signature is wrong"),
        (format!("{signed}."), "the token's signature is wrong"),
        (with(json!({"alg": "none", "kid": "k1"})), "the token's signature is wrong"),
        (with(json!({"alg": "HS256", "kid": "k1"})), "the token's signature is wrong"),
        (with(json!({"alg": "RS256", "kid": "k1"})), "the token's signature is wrong"),
        (with(json!({"alg": "ES256", "kid": "k2"})), "the issuer has no such key"),
        (with(json!({"alg": "ES256", "kid": "k1", "crit": ["x"]})), "the token has extensions that are not known"),
        (with(json!({"alg": "ES256"})), "passes"),
        (format!("{good}x="), "the token is no JSON Web Token"),
        ("Basic eDp5".into(), "the token is no JSON Web Token"),
        ("Bearer ".into(), "the token is no JSON Web Token"),
        ("é.é.é".into(), "the token is no JSON Web Token"),
        ("a.b.c".into(), "the token is no JSON Web Token"),
    ] {
        assert_eq!(outcome(&authorizer, &sent, &[]).await, expected, "{sent}");
    }
}

#[tokio::test]
async fn one_of_the_routes_scopes_is_enough() {
    let issuer = Issuer::new("k1");
    let authorizer = authorizer(Some(&issuer.keys()));
    let missing = "the token has none of the route's scopes";
    for (changes, expected) in [
        (json!({"scope": "write read"}), "passes"),
        (json!({"scp": ["read"]}), "passes"),
        (json!({"scope": "reader"}), missing),
        (json!({}), missing),
    ] {
        assert_eq!(outcome(&authorizer, &issuer.sign(&claims(&changes)), &["read", "x"]).await, expected, "{changes}");
    }
}

#[tokio::test]
async fn keys_are_fetched_once_and_again_when_a_token_names_another() {
    let (first, second, stranger) = (Issuer::new("k1"), Issuer::new("k2"), Issuer::new("k9"));
    let (authorizer, pages) = (authorizer(None), Pages::default());
    *pages.keys.lock().unwrap() = Some(first.keys());
    let told = async |issuer: &Issuer, after_ms: u64| {
        let changes = json!({"exp": NOW + 100_000_000});
        let sent = issuer.sign(&claims(&changes));
        let outcome = authorizer.admit(Some(&sent), &[], &pages, NOW_MS + after_ms).await;
        (outcome.is_ok(), pages.asked.load(Relaxed))
    };
    assert_eq!(told(&first, 0).await, (true, 2));
    assert_eq!(told(&first, 1).await, (true, 2), "they are kept");
    assert_eq!(told(&stranger, 2).await, (false, 2), "nobody can have them fetched again and again");
    *pages.keys.lock().unwrap() = Some(second.keys());
    assert_eq!(told(&second, 60_000).await, (true, 4), "after a minute another key is looked for");
    *pages.keys.lock().unwrap() = None;
    assert_eq!(told(&second, 60_000 + 7_200_000).await, (true, 6), "old keys are better than none");
    assert_eq!(told(&first, 60_000 + 7_200_001).await, (false, 6));
}

#[tokio::test]
async fn without_the_issuers_keys_nobody_passes() {
    let sent = Issuer::new("k1").sign(&claims(&json!({})));
    assert_eq!(outcome(&authorizer(None), &sent, &[]).await, "the issuer's keys cannot be fetched");
}

#[test]
fn what_cannot_verify_anything_is_refused_when_it_is_loaded() {
    let audience = ["pets".to_owned()];
    for (issuer, audience, keys) in [
        ("issuer", &audience[..], None),
        (ISSUER, &[], None),
        (ISSUER, &audience[..], Some("")),
        (ISSUER, &audience[..], Some("{\"keys\":[]}")),
        (ISSUER, &audience[..], Some("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"\",\"y\":\"\"}]}")),
    ] {
        assert!(TokenAuthorizer::new(issuer, audience, keys).is_err(), "{issuer} {keys:?}");
    }
}
