//! Reads a request's body: whole, within a size and a time, or piece by piece, as long as pieces keep coming.

use std::{future::poll_fn, pin::Pin, time::Duration};

use bytes::{Bytes, BytesMut};
use hyper::body::Body;
use tokio::time::timeout;

use crate::Limits;

/// Why a body could not be had.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is, or says it will be, longer than allowed: answer 413.
    #[error("the body is longer than {limit} bytes")]
    TooLarge {
        /// The bytes allowed.
        limit: usize,
    },
    /// It did not arrive whole in time: answer 408.
    #[error("the body did not arrive in time")]
    TimedOut,
    /// The connection ended or the framing is wrong; hardly anybody is left to read an answer: 400.
    #[error("the body broke off")]
    Broken,
}

/// Reads the whole body. A body that arrives in one piece is not copied.
pub async fn collect_body<B>(body: B, limits: &Limits) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let limit = limits.body_bytes_max;
    if body.size_hint().lower() > limit as u64 {
        return Err(BodyError::TooLarge { limit });
    }
    timeout(limits.body_timeout, read_to_end(body, limit)).await.unwrap_or(Err(BodyError::TimedOut))
}

async fn read_to_end<B>(mut body: B, limit: usize) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
{
    let Some(mut whole) = next_data(&mut body).await? else { return Ok(Bytes::new()) };
    if whole.len() > limit {
        return Err(BodyError::TooLarge { limit });
    }
    if body.is_end_stream() {
        return Ok(whole);
    }
    // Grows with what has arrived, not with what was announced: an announcement costs the sender nothing.
    let mut parts = BytesMut::new();
    while let Some(data) = next_data(&mut body).await? {
        if parts.is_empty() {
            parts = BytesMut::from(std::mem::take(&mut whole));
        }
        if data.len() > limit - parts.len() {
            return Err(BodyError::TooLarge { limit });
        }
        parts.extend_from_slice(&data);
    }
    Ok(if parts.is_empty() { whole } else { parts.freeze() })
}

/// A body that is read piece by piece: of any length, and for as long as the client keeps sending.
#[derive(Debug)]
pub struct Pieces<B> {
    body: B,
    silence_max: Duration,
}

impl<B: Body<Data = Bytes> + Unpin> Pieces<B> {
    /// Nothing is read yet.
    pub fn new(body: B, limits: &Limits) -> Pieces<B> {
        Pieces { body, silence_max: limits.body_silence }
    }

    /// How many bytes are still to come, if the client said so.
    pub fn announced(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// The next bytes, at least one; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        timeout(self.silence_max, next_data(&mut self.body)).await.unwrap_or(Err(BodyError::TimedOut))
    }
}

/// The next piece with bytes in it; trailers are of no interest to any door.
async fn next_data<B>(body: &mut B) -> Result<Option<Bytes>, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
{
    loop {
        match poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
            None => return Ok(None),
            Some(Err(_)) => return Err(BodyError::Broken),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) if !data.is_empty() => return Ok(Some(data)),
                _ => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, convert::Infallible, task};

    use http_body_util::Full;
    use hyper::body::Frame;

    use super::*;

    /// A body in given pieces, of unannounced length.
    struct Parts(VecDeque<Bytes>);

    impl Body for Parts {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut task::Context<'_>,
        ) -> task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            task::Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
        }
    }

    async fn collect(pieces: &[&'static str], limit: usize) -> Result<Bytes, BodyError> {
        let pieces = Parts(pieces.iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect());
        collect_body(pieces, &Limits { body_bytes_max: limit, ..Limits::default() }).await
    }

    #[tokio::test]
    async fn a_body_in_one_piece_is_not_copied() {
        let sent = Bytes::from(vec![7; 100]);
        for body in [Parts([sent.clone()].into()), Parts([Bytes::new(), sent.clone(), Bytes::new()].into())] {
            let collected = collect_body(body, &Limits::default()).await.unwrap();
            assert_eq!(collected.as_ptr(), sent.as_ptr());
        }
    }

    #[tokio::test]
    async fn pieces_are_joined_up_to_the_limit() {
        assert_eq!(collect(&[], 0).await.unwrap(), "");
        assert_eq!(collect(&["ab", "", "cd", "e"], 5).await.unwrap(), "abcde");
        assert_eq!(collect(&["ab", "cd", "ef"], 5).await, Err(BodyError::TooLarge { limit: 5 }));
        assert_eq!(collect(&["abcdef"], 5).await, Err(BodyError::TooLarge { limit: 5 }));
    }

    #[tokio::test]
    async fn an_announced_length_is_enough_to_be_refused() {
        let limits = Limits { body_bytes_max: 2, ..Limits::default() };
        assert_eq!(collect_body(Full::new(Bytes::from("abc")), &limits).await, Err(BodyError::TooLarge { limit: 2 }));
        assert_eq!(collect_body(Full::new(Bytes::from("ab")), &limits).await.unwrap(), "ab");
    }
    #[tokio::test]
    async fn pieces_come_as_they_are_sent() {
        let sent = ["ab", "", "cd"].map(|part| Bytes::from_static(part.as_bytes()));
        let mut pieces = Pieces::new(Parts(sent.into()), &Limits::default());
        assert_eq!(pieces.announced(), None);
        assert_eq!(pieces.next().await, Ok(Some(Bytes::from("ab"))));
        assert_eq!(pieces.next().await, Ok(Some(Bytes::from("cd"))));
        assert_eq!(pieces.next().await, Ok(None));
        assert_eq!(Pieces::new(Full::new(Bytes::from("abc")), &Limits::default()).announced(), Some(3));
    }

    #[tokio::test]
    async fn who_falls_silent_is_given_up() {
        struct Silence;
        impl Body for Silence {
            type Data = Bytes;
            type Error = Infallible;

            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut task::Context<'_>,
            ) -> task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
                task::Poll::Pending
            }
        }
        let limits = Limits { body_silence: Duration::from_millis(1), ..Limits::default() };
        assert_eq!(Pieces::new(Silence, &limits).next().await, Err(BodyError::TimedOut));
    }
}
