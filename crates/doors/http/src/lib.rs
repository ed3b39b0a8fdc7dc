//! Listens: a bounded HTTP/1.1 accept loop that every door shares.
//!
//! A door gives a function from [`Request`] to [`Response`]; everything a stranger can do to a socket is answered here:
//! too many connections wait in the kernel's backlog, too many or too large headers get 431, whoever sends a head or a
//! body too slowly, or does not read its answer, is disconnected. [`Limits`] names every bound.

mod body;
mod limits;
mod listener;
mod socket;

pub use body::{BodyError, Pieces, collect_body};
pub use limits::Limits;
pub use listener::Listener;

/// A request whose head has arrived; the body is read with [`collect_body`], or piece by piece with
/// [`Pieces`].
pub type Request = hyper::Request<hyper::body::Incoming>;

/// An answer whose body is already complete.
pub type Response = hyper::Response<http_body_util::Full<bytes::Bytes>>;
