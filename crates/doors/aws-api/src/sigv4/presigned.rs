//! The query form: a URL that carries its own signature, good for as long as it says.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::borrow::Cow;

use super::authorization::{Authorization, Scope, check_algorithm, signature_bytes};
use super::date::RequestTime;
use super::refusal::incomplete;
use crate::error::ApiError;

/// The longest that a presigned URL is good for, in seconds: a week.
pub const EXPIRES_SECONDS_MAX: u64 = 7 * 24 * 60 * 60;

const ALGORITHM: &str = "X-Amz-Algorithm";
const CREDENTIAL: &str = "X-Amz-Credential";
const DATE: &str = "X-Amz-Date";
const EXPIRES: &str = "X-Amz-Expires";
const SECURITY_TOKEN: &str = "X-Amz-Security-Token";
const SIGNED_HEADERS: &str = "X-Amz-SignedHeaders";
/// The one parameter that the signature does not cover.
pub(super) const SIGNATURE: &str = "X-Amz-Signature";

/// The parameters that make a URL a signed one, decoded.
#[derive(Default)]
pub(super) struct Presigned<'a> {
    algorithm: Option<Cow<'a, str>>,
    credential: Option<Cow<'a, str>>,
    date: Option<Cow<'a, str>>,
    expires: Option<Cow<'a, str>>,
    security_token: Option<Cow<'a, str>>,
    signed_headers: Option<Cow<'a, str>>,
    signature: Option<Cow<'a, str>>,
}

impl<'a> Presigned<'a> {
    /// What a query string says of its signature; `None` if there is none in it.
    ///
    /// # Errors
    ///
    /// `IncompleteSignature` when it says something twice.
    pub(super) fn read(query: &'a str) -> Result<Option<Self>, ApiError> {
        let mut presigned = Presigned::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let Some(place) = presigned.place(&name) else { continue };
            if place.replace(value).is_some() {
                return Err(incomplete(format!("AWS query-string parameters must include '{name}' only once.")));
            }
        }
        let is_signed = [&presigned.algorithm, &presigned.credential, &presigned.signature].iter().any(|v| v.is_some());
        Ok(is_signed.then_some(presigned))
    }

    fn place(&mut self, name: &str) -> Option<&mut Option<Cow<'a, str>>> {
        Some(match name {
            ALGORITHM => &mut self.algorithm,
            CREDENTIAL => &mut self.credential,
            DATE => &mut self.date,
            EXPIRES => &mut self.expires,
            SECURITY_TOKEN => &mut self.security_token,
            SIGNED_HEADERS => &mut self.signed_headers,
            SIGNATURE => &mut self.signature,
            _ => return None,
        })
    }

    /// The credential that it claims to be signed with.
    pub(super) fn into_credential(self) -> Option<Cow<'a, str>> {
        self.credential
    }

    /// The parts of the signature.
    ///
    /// # Errors
    ///
    /// `IncompleteSignature` when one is missing or cannot be understood.
    pub(super) fn authorization(&self) -> Result<Authorization<'_>, ApiError> {
        let parts = [
            (ALGORITHM, &self.algorithm),
            (CREDENTIAL, &self.credential),
            (SIGNATURE, &self.signature),
            (SIGNED_HEADERS, &self.signed_headers),
            (DATE, &self.date),
            (EXPIRES, &self.expires),
        ];
        let [Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(date), Some(expires)] =
            parts.map(|(_, value)| value.as_deref())
        else {
            let missing = parts.iter().filter(|(_, value)| value.is_none());
            let texts = missing.map(|(name, _)| format!("AWS query-string parameters must include '{name}'. "));
            return Err(incomplete(format!("{}Re-examine the query-string parameters.", texts.collect::<String>())));
        };
        check_algorithm(algorithm)?;
        let time = RequestTime::parse_basic(date)
            .ok_or_else(|| incomplete(format!("Date must be in ISO-8601 'basic format'. Got '{date}'.")))?;
        let good_for = expires.parse().ok().filter(|seconds| (1..=EXPIRES_SECONDS_MAX).contains(seconds));
        let good_for = good_for.ok_or_else(|| {
            incomplete(format!("'{EXPIRES}' must be a number of seconds from 1 to {EXPIRES_SECONDS_MAX}."))
        })?;
        Ok(Authorization {
            scope: Scope::parse(credential)?,
            signed_headers,
            signature: signature_bytes(signature)?,
            time,
            good_for: Some(good_for),
            session_token: self.security_token.as_deref().map(str::as_bytes),
        })
    }
}

#[cfg(test)]
mod tests;
