//! What a request says of its signature, from its `Authorization` header or its query string.

use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};

use super::canonical::TARGET;
use super::date::RequestTime;
use super::refusal::{incomplete, mismatch, refused};
use super::{ALGORITHM, TERMINATOR};
use crate::error::ApiError;

/// How far a request's date may lie from now: either way in a header, ahead in a query string.
pub const SKEW_SECONDS_MAX: u64 = 15 * 60;

const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// The parts of a signature, understood but not yet believed.
pub(super) struct Authorization<'a> {
    pub(super) scope: Scope<'a>,
    /// In order, with semicolons between: `host;x-amz-date`.
    pub(super) signed_headers: &'a str,
    pub(super) signature: [u8; 32],
    pub(super) time: RequestTime,
    /// How long it is good, in seconds, if it says so itself.
    pub(super) good_for: Option<u64>,
    pub(super) session_token: Option<&'a [u8]>,
}

/// `<access key id>/<day>/<region>/<service>/aws4_request`
pub(super) struct Scope<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) day: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    terminator: &'a str,
    /// All but the access key id.
    pub(super) rest: &'a str,
}

impl<'a> Authorization<'a> {
    /// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`, and the headers that belong to it.
    pub(super) fn of_header(header: &'a HeaderValue, headers: &'a HeaderMap) -> Result<Self, ApiError> {
        let header = header.to_str().map_err(|_| incomplete("Authorization header is not ASCII text."))?;
        let (algorithm, parameters) = header.split_once(' ').unwrap_or((header, ""));
        check_algorithm(algorithm)?;
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
        let signature = signature_bytes(signature)?;
        let time = RequestTime::of(headers).ok_or_else(|| {
            incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        })?;
        let session_token = headers.get(SECURITY_TOKEN).map(HeaderValue::as_bytes);
        Ok(Authorization { scope, signed_headers, signature, time, good_for: None, session_token })
    }

    /// Whether it is for this region and service, and for now.
    pub(super) fn check(&self, region: &str, service: &str, now: u64) -> Result<(), ApiError> {
        self.scope.check(region, service, &self.time)?;
        self.check_time(now)
    }

    pub(super) fn check_time(&self, now: u64) -> Result<(), ApiError> {
        let (time, then) = (&self.time, self.time.epoch_seconds());
        let server = RequestTime::at(now);
        if then > now.saturating_add(SKEW_SECONDS_MAX) {
            let limit = RequestTime::at(now.saturating_add(SKEW_SECONDS_MAX));
            return Err(refused(format!(
                "Signature not yet current: {time} is still later than {limit} ({server} + 15 min.)"
            )));
        }
        let good_for = self.good_for.unwrap_or(SKEW_SECONDS_MAX);
        if now > then.saturating_add(good_for) {
            let limit = RequestTime::at(now.saturating_sub(good_for));
            let good_for =
                if good_for.is_multiple_of(60) { format!("{} min.", good_for / 60) } else { format!("{good_for} s") };
            return Err(refused(format!(
                "Signature expired: {time} is now earlier than {limit} ({server} - {good_for})"
            )));
        }
        Ok(())
    }

    /// What decides where a request goes must be signed, or a signed request could be sent on to another operation.
    pub(super) fn check_signed_headers(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let (mut previous, mut has_host, mut has_target) = ("", false, false);
        for name in self.signed_headers.split(';') {
            // In order and each once, as the rules have it: a header named a thousand times would be digested as often.
            if name <= previous {
                return Err(refused("The 'SignedHeaders' of the AWS Authorization must be in order, each named once."));
            }
            has_host |= name == HOST.as_str();
            has_target |= name == TARGET.as_str();
            previous = name;
        }
        if !has_host {
            return Err(refused("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."));
        }
        if !has_target && headers.contains_key(TARGET) {
            return Err(refused("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."));
        }
        Ok(())
    }
}

impl<'a> Scope<'a> {
    pub(super) fn parse(credential: &'a str) -> Result<Self, ApiError> {
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

    pub(super) fn check(&self, region: &str, service: &str, time: &RequestTime) -> Result<(), ApiError> {
        let Scope { day, terminator, .. } = self;
        if self.region != region {
            let text = format!("Credential should be scoped to a valid region, not '{}'.", self.region);
            return Err(refused(text));
        }
        if self.service != service {
            return Err(refused(format!("Credential should be scoped to correct service: '{service}'.")));
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

pub(super) fn check_algorithm(name: &str) -> Result<(), ApiError> {
    if name == ALGORITHM { Ok(()) } else { Err(incomplete(format!("Unsupported AWS 'algorithm': '{name}'."))) }
}

/// A signature that is no digest matches nothing.
pub(super) fn signature_bytes(digits: &str) -> Result<[u8; 32], ApiError> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| mismatch())?;
    Ok(bytes)
}
