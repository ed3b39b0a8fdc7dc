//! The credential that a request claims to be signed with, before anybody believes it.

use std::borrow::Cow;

use hyper::Uri;
use hyper::header::{AUTHORIZATION, HeaderMap};

use super::authorization::Scope;
use super::presigned::Presigned;

/// A credential scope as the request has it. It tells which service is called, never who calls.
pub(crate) struct Claim<'a>(Cow<'a, str>);

impl<'a> Claim<'a> {
    /// What the header claims, or else the query string.
    pub(crate) fn of(uri: &'a Uri, headers: &'a HeaderMap) -> Option<Self> {
        let Some(authorization) = headers.get(AUTHORIZATION) else {
            return Presigned::read(uri.query()?).ok()??.into_credential().map(Claim);
        };
        let (_, credential) = authorization.to_str().ok()?.split_once("Credential=")?;
        credential.split([',', ' ']).next().map(|credential| Claim(credential.into()))
    }

    /// `sqs` for Amazon SQS.
    pub(crate) fn service(&self) -> Option<&str> {
        Scope::parse(&self.0).ok().map(|scope| scope.service)
    }

    pub(crate) fn access_key_id(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }
}
