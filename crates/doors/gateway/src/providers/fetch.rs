//! What a provider or an authorizer needs from elsewhere to judge a request, or to answer it.

use bytes::Bytes;

use crate::BoxFuture;

/// Bytes of what is fetched: a certificate, an issuer's keys, or the answer to a confirmation.
pub const FETCHED_BYTES_MAX: usize = 64 * 1024;

/// Fetches what stands at addresses that providers found fit and issuers have named; the application implements it.
pub trait Fetch: Send + Sync + 'static {
    /// GETs an address and resolves to the body of a 2xx answer, of at most [`FETCHED_BYTES_MAX`].
    ///
    /// Strangers may cause it: whoever implements it keeps out of private networks, follows no redirects, and bounds
    /// how long a fetch takes and how many go on at once.
    fn get(&self, address: &str) -> BoxFuture<'_, Result<Bytes, FetchError>>;
}

/// Nothing was fetched. Why is for the log of whoever implements it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address could not be fetched")]
pub struct FetchError;
