//! What providers of webhooks and authorizers need from elsewhere, fetched through the guard that notifications leave by.

use bongsu_delivery::http::{Endpoint, HttpCourier};
use bongsu_gateway::{BoxFuture, FETCHED_BYTES_MAX, Fetch, FetchError};
use bytes::Bytes;
use tokio::sync::Semaphore;
use tracing::warn;

use crate::log_budget::LogBudget;

/// Fetches that go on at once; for more there is nothing to be had, and their senders try again.
const FETCHES_MAX: usize = 16;

/// Fetches certificates and keys, and visits what confirms a subscription.
pub(super) struct Fetches {
    http: HttpCourier,
    going_on: Semaphore,
    failures: LogBudget,
}

impl Fetches {
    pub(super) fn new(http: HttpCourier) -> Fetches {
        Fetches { http, going_on: Semaphore::new(FETCHES_MAX), failures: LogBudget::default() }
    }
}

impl Fetch for Fetches {
    fn get(&self, address: &str) -> BoxFuture<'_, Result<Bytes, FetchError>> {
        let endpoint = Endpoint::parse(address);
        Box::pin(async move {
            let endpoint = endpoint.map_err(|_| FetchError)?;
            let _permit = self.going_on.try_acquire().map_err(|_| FetchError)?;
            self.http.get(&endpoint, FETCHED_BYTES_MAX).await.map_err(|fault| {
                if self.failures.allows_a_line() {
                    warn!(host = endpoint.host(), %fault, "nothing was fetched for the front door");
                }
                FetchError
            })
        })
    }
}
