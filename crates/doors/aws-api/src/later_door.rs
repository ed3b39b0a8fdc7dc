//! A door that is not there yet when what works through it is made.

use std::sync::{Arc, Weak};

use tokio::sync::watch;

use crate::service::AwsApi;

/// Where a door will be, once there is one.
pub(crate) struct LaterDoor(watch::Sender<Option<Weak<AwsApi>>>);

impl Default for LaterDoor {
    fn default() -> LaterDoor {
        LaterDoor(watch::Sender::new(None))
    }
}

impl LaterDoor {
    /// From now on it is this door. Those that came before have waited for it.
    pub(crate) fn open(&self, door: &Arc<AwsApi>) {
        self.0.send_replace(Some(Arc::downgrade(door)));
    }

    /// The door, as soon as there is one. Never, if the server goes: what waits then is done after the next start.
    pub(crate) fn opened(&self) -> impl Future<Output = Arc<AwsApi>> + Send + use<> {
        let mut opened = self.0.subscribe();
        async move {
            let door = opened.wait_for(Option::is_some).await.ok().and_then(|door| door.as_ref()?.upgrade());
            match door {
                Some(door) => door,
                None => std::future::pending().await,
            }
        }
    }

    /// The door, if there is one now.
    pub(crate) fn now(&self) -> Option<Arc<AwsApi>> {
        self.0.borrow().as_ref().and_then(Weak::upgrade)
    }
}
