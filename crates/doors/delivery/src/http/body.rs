//! The body of a request: ready, or written once there is somebody to take it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use super::Fault;

type Write = dyn Fn() -> Result<Bytes, String> + Send + Sync;

/// What is sent behind a request's head. Clones share what was written.
#[derive(Clone)]
pub struct Body {
    written: Arc<OnceCell<Bytes>>,
    write: Arc<Write>,
}

impl Body {
    /// Written when a connection is there, on a thread that may block, and once for all clones: an endpoint that is down
    /// costs no work. The text of a failure is logged.
    pub fn written_by(write: impl Fn() -> Result<Bytes, String> + Send + Sync + 'static) -> Body {
        Body { written: Arc::default(), write: Arc::new(write) }
    }

    pub(crate) async fn bytes(&self) -> Result<Bytes, Fault> {
        let write = || async {
            let write = self.write.clone();
            match spawn_blocking(move || write()).await {
                Ok(written) => written.map_err(Fault::Unwritten),
                Err(error) => Err(Fault::Unwritten(error.to_string())),
            }
        };
        self.written.get_or_try_init(write).await.cloned()
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Body {
        Body { written: Arc::new(OnceCell::new_with(Some(bytes.into()))), write: Arc::new(|| Ok(Bytes::new())) }
    }
}

/// What is sent is nobody else's business.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_body_is_written_once_and_a_failure_is_not_kept() {
        let calls = Arc::new(AtomicU32::new(0));
        let body = Body::written_by({
            let calls = calls.clone();
            move || match calls.fetch_add(1, Ordering::Relaxed) {
                0 => Err("no key".to_owned()),
                _ => Ok(Bytes::from_static(b"signed")),
            }
        });
        assert_eq!(body.bytes().await, Err(Fault::Unwritten("no key".to_owned())));
        assert_eq!(body.clone().bytes().await, Ok(Bytes::from_static(b"signed")));
        assert_eq!(body.bytes().await, Ok(Bytes::from_static(b"signed")));
        assert_eq!(calls.load(Ordering::Relaxed), 2);
    }
}
