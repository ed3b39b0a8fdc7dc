//! JSON Web Tokens (RFC 7519): who signed one, for whom, until when, and what its bearer may.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html>

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Authorized, keys::Keys, text};
use crate::{Fetch, failure::Failure};

/// What stands before a token in the header `Authorization`.
const BEARER: &str = "bearer ";

/// Whose tokens are taken, and for whom they must be.
pub(super) struct TokenAuthorizer {
    issuer: String,
    audience: Vec<String>,
    keys: Keys,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: String,
    /// Extensions that must be understood, of which none is.
    crit: Option<Value>,
}

impl TokenAuthorizer {
    pub(super) fn new(issuer: &str, audience: &[String], keys: Option<&str>) -> Result<Self, String> {
        if keys.is_none() && !["https://", "http://"].iter().any(|scheme| issuer.starts_with(scheme)) {
            return Err(format!("the issuer `{issuer}` is no address, and its keys are not given"));
        }
        if audience.is_empty() {
            return Err("tokens are for nobody: the audience is missing".into());
        }
        let keys = Keys::new(issuer, keys).map_err(|reason| format!("the issuer's keys: {reason}"))?;
        Ok(Self { issuer: issuer.into(), audience: audience.to_vec(), keys })
    }

    pub(super) async fn admit(
        &self,
        sent: Option<&str>,
        scopes: &[String],
        fetch: &dyn Fetch,
        now_ms: u64,
    ) -> Result<Authorized, Failure> {
        let asked = scopes.join(" ");
        let Some(sent) = sent else {
            let challenge = Some(format!("Bearer scope=\"{asked}\""));
            return Err(Failure::Unauthorized { reason: "the token is missing", challenge });
        };
        let claims = self.claims(sent, fetch, now_ms).await.map_err(|reason| {
            let challenge = format!("Bearer scope=\"{asked}\" error=\"invalid_token\" error_description=\"{reason}\"");
            Failure::Unauthorized { reason, challenge: Some(challenge) }
        })?;
        let own = scopes_of(&claims);
        if !scopes.is_empty() && !scopes.iter().any(|scope| own.contains(scope)) {
            return Err(Failure::OutOfScope {
                challenge: format!("Bearer scope=\"{asked}\" error=\"insufficient_scope\""),
            });
        }
        let claims = claims.iter().map(|(name, value)| (name.clone(), claim(value))).collect();
        Ok(Authorized::ByToken { claims, scopes: (!scopes.is_empty()).then_some(own) })
    }

    /// The claims of a token that is good now, or why it is not.
    async fn claims(&self, sent: &str, fetch: &dyn Fetch, now_ms: u64) -> Result<Map<String, Value>, &'static str> {
        const NONE: &str = "the token is no JSON Web Token";
        let is_bearer = sent.get(..BEARER.len()).is_some_and(|before| before.eq_ignore_ascii_case(BEARER));
        let token = if is_bearer { sent[BEARER.len()..].trim_start() } else { sent };
        let (signed, signature) = token.rsplit_once('.').ok_or(NONE)?;
        let (header, claims) = signed.split_once('.').ok_or(NONE)?;
        let decoded = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| NONE);
        let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| NONE)?;
        if header.crit.is_some() {
            return Err("the token has extensions that are not known");
        }
        let key = self.keys.key(&header.kid, fetch, now_ms).await?.ok_or("the issuer has no such key")?;
        if !key.signed(&header.alg, signed.as_bytes(), &decoded(signature)?) {
            return Err("the token's signature is wrong");
        }
        let claims: Map<String, Value> = serde_json::from_slice(&decoded(claims)?).map_err(|_| NONE)?;
        self.check(&claims, now_ms)?;
        Ok(claims)
    }

    fn check(&self, claims: &Map<String, Value>, now_ms: u64) -> Result<(), &'static str> {
        if claims.get("iss").and_then(Value::as_str) != Some(&self.issuer) {
            return Err("the token's issuer is another");
        }
        let is_meant = |name: &Value| name.as_str().is_some_and(|name| self.audience.iter().any(|own| own == name));
        let is_for_us = match claims.get("aud").or_else(|| claims.get("client_id")) {
            Some(Value::Array(names)) => names.iter().any(is_meant),
            Some(name) => is_meant(name),
            None => false,
        };
        if !is_for_us {
            return Err("the token's audience is another");
        }
        let now = now_ms as f64 / 1000.0;
        let time = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or("a time of the token is no number"),
        };
        match (time("exp")?, time("nbf")?, time("iat")?) {
            (None, ..) => Err("the token never expires"),
            (Some(end), ..) if end <= now => Err("the token has expired"),
            (_, Some(begin), _) if begin > now => Err("the token is not valid yet"),
            (_, _, Some(made)) if made > now => Err("the token was issued in the future"),
            _ => Ok(()),
        }
    }
}

/// `scope`, or else `scp`, with spaces in between or as a list.
fn scopes_of(claims: &Map<String, Value>) -> Vec<String> {
    match claims.get("scope").or_else(|| claims.get("scp")) {
        Some(Value::String(scopes)) => scopes.split_ascii_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(scopes)) => scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// As events have claims: all are texts, and a list is `[a b]`.
fn claim(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(" ")),
        value => text(value),
    }
}

#[cfg(test)]
mod tests;
