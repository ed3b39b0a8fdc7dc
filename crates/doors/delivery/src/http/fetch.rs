//! One guarded GET, on a connection of its own.

use bytes::Bytes;
use tokio::time::timeout;

use super::answer::Answer;
use super::{Endpoint, Fault, HttpCourier};

/// Why nothing was fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    /// There was no answer, or it did not end in time.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Another answer than 2xx; redirects are not followed.
    #[error("the answer is {0}")]
    Status(u16),
    /// It is longer than allowed, broke off, or is compressed.
    #[error("the answer is too long, not whole, or compressed")]
    Unfit,
}

impl HttpCourier {
    /// Fetches what stands at an endpoint, at most so many bytes as transferred, within the settings' timeout. To be
    /// called in a tokio runtime; the caller bounds how many run at once.
    ///
    /// # Errors
    ///
    /// Whatever keeps the whole body of a 2xx answer from being there.
    pub async fn get(&self, endpoint: &Endpoint, bytes_max: usize) -> Result<Bytes, FetchFault> {
        // One more, so that a body of just so many that ends with its connection can be told from a longer one.
        let mut answer = Answer::up_to(bytes_max.saturating_add(1));
        let fetched = timeout(self.inner.timeout, self.exchange(endpoint, &mut answer)).await;
        fetched.unwrap_or(Err(Fault::TimedOut))?;
        let head = answer.head().ok_or(FetchFault::Unfit)?;
        if !(200..300).contains(&head.status) {
            return Err(FetchFault::Status(head.status));
        }
        let body = answer.whole_body().filter(|body| !head.is_compressed && body.len() <= bytes_max);
        body.map(Bytes::from).ok_or(FetchFault::Unfit)
    }

    async fn exchange(&self, endpoint: &Endpoint, answer: &mut Answer) -> Result<(), Fault> {
        let (target, authority) = (endpoint.target(), endpoint.authority());
        let head = format!("GET {target} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
        let mut line = Box::pin(self.inner.connector.open(endpoint)).await?;
        let exchanged = line.exchange(head.into(), Bytes::new(), answer).await;
        exchanged.map(drop).map_err(|error| Fault::NoAnswer(error.to_string()))
    }
}
