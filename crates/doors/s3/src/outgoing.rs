//! The body of an answer: a document, or an object's bytes as they are read.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bongsu_runtime::{Chunks, Refusal};
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// A body that knows its length.
pub struct Outgoing(State);

enum State {
    /// At once; `None` once it is taken.
    Whole(Option<Bytes>),
    /// So many bytes are still to come.
    Object { left: u64, reading: Reading },
}

/// The reader comes back with what it read.
type Reading = Pin<Box<dyn Future<Output = (Chunks, Result<Option<Bytes>, Refusal>)> + Send>>;

impl Outgoing {
    pub(crate) fn whole(bytes: Bytes) -> Outgoing {
        Outgoing(State::Whole(Some(bytes).filter(|bytes| !bytes.is_empty())))
    }

    /// An object's bytes, of which there are so many.
    pub(crate) fn object(chunks: Chunks, length: u64) -> Outgoing {
        Outgoing(State::Object { left: length, reading: read(chunks) })
    }
}

fn read(mut chunks: Chunks) -> Reading {
    Box::pin(async move {
        let outcome = chunks.next().await;
        (chunks, outcome)
    })
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut self.0 {
            State::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            State::Object { left: 0, .. } => Poll::Ready(None),
            State::Object { left, reading } => {
                let (chunks, outcome) = ready!(reading.as_mut().poll(cx));
                *reading = read(chunks);
                Poll::Ready(Some(match outcome {
                    Ok(Some(data)) => {
                        *left = left.saturating_sub(data.len() as u64);
                        Ok(Frame::data(data))
                    }
                    // The length is told already: the client must see that the connection breaks off.
                    Ok(None) => Err(io::ErrorKind::UnexpectedEof.into()),
                    Err(refusal) => Err(io::Error::other(format!("the object cannot be read: {refusal:?}"))),
                }))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, State::Whole(None) | State::Object { left: 0, .. })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match &self.0 {
            State::Whole(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            State::Object { left, .. } => *left,
        })
    }
}
