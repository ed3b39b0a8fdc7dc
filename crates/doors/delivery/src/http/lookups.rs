//! Resolves names: one lookup a name at a time, however many attempts ask, and few names at once.
//!
//! The system's resolver blocks a thread for as long as a name server is silent. Without these two bounds an endpoint
//! whose name server is slow would take the threads of all others.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// Names that are looked up at once; further ones wait.
pub const LOOKUPS_MAX: usize = 64;

/// The addresses of a name, some time later.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a host.
pub trait Resolve: Send + Sync {
    /// All addresses of a name, the preferred first.
    fn resolve(&self, host: &str) -> Resolving;
}

/// The system's resolver, which also reads `/etc/hosts`.
#[derive(Clone, Copy, Debug)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Resolving {
        let host = host.to_owned();
        Box::pin(async move { Ok(lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// Lookups under way.
#[derive(Clone)]
pub(crate) struct Lookups(Arc<Inner>);

struct Inner {
    resolver: Arc<dyn Resolve>,
    /// How long a name waits for its turn.
    patience: Duration,
    turns: Semaphore,
    /// Held for a look or a change, never while waiting.
    under_way: Mutex<HashMap<Arc<str>, watch::Receiver<Option<Found>>>>,
}

/// What all that asked for a name are told.
pub(crate) type Found = Result<Arc<[IpAddr]>, String>;

impl Lookups {
    pub(crate) fn new(resolver: Arc<dyn Resolve>, patience: Duration) -> Self {
        let under_way = Mutex::default();
        Self(Arc::new(Inner { resolver, patience, turns: Semaphore::new(LOOKUPS_MAX), under_way }))
    }

    /// The addresses of a host.
    pub(crate) async fn resolve(&self, host: &str) -> Found {
        let mut found = self.join(host);
        match found.wait_for(Option::is_some).await {
            Ok(found) => found.clone().expect("that is what was waited for"),
            Err(_) => Err("the lookup was given up".to_owned()),
        }
    }

    /// Takes part in the lookup that is under way, or begins one. It goes on when nobody waits for it any more: a thread
    /// that asks the system cannot be called back.
    fn join(&self, host: &str) -> watch::Receiver<Option<Found>> {
        let mut under_way = self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = under_way.get(host) {
            return found.clone();
        }
        let (tell, found) = watch::channel(None);
        let host: Arc<str> = host.into();
        under_way.insert(host.clone(), found.clone());
        let inner = self.0.clone();
        tokio::spawn(async move {
            let looked_up = inner.look_up(&host).await;
            inner.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&host);
            tell.send_replace(Some(looked_up));
        });
        found
    }
}

impl Inner {
    async fn look_up(&self, host: &str) -> Found {
        let Ok(_turn) = timeout(self.patience, self.turns.acquire()).await else {
            return Err("too many other names are being looked up".to_owned());
        };
        self.resolver.resolve(host).await.map(Arc::from).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Counts lookups, and ends none before it is told to.
    struct Slow {
        begun: Arc<AtomicUsize>,
        go_on: watch::Receiver<bool>,
    }

    impl Resolve for Slow {
        fn resolve(&self, _: &str) -> Resolving {
            self.begun.fetch_add(1, Ordering::Relaxed);
            let mut go_on = self.go_on.clone();
            Box::pin(async move {
                go_on.wait_for(|go_on| *go_on).await.map(drop).map_err(io::Error::other)?;
                Ok(vec![[192, 0, 2, 1].into()])
            })
        }
    }

    fn slow(patience: Duration) -> (Lookups, Arc<AtomicUsize>, watch::Sender<bool>) {
        let begun = Arc::new(AtomicUsize::new(0));
        let (tell, go_on) = watch::channel(false);
        (Lookups::new(Arc::new(Slow { begun: begun.clone(), go_on }), patience), begun, tell)
    }

    #[tokio::test]
    async fn those_who_ask_for_the_same_name_share_one_lookup() {
        let (lookups, begun, go_on) = slow(Duration::from_secs(60));
        let asking: Vec<_> = (0..100)
            .map(|_| {
                let lookups = lookups.clone();
                tokio::spawn(async move { lookups.resolve("name").await })
            })
            .collect();
        while begun.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        go_on.send_replace(true);
        for asking in asking {
            assert_eq!(asking.await.unwrap().unwrap()[..], [IpAddr::from([192, 0, 2, 1])]);
        }
        assert_eq!(begun.load(Ordering::Relaxed), 1);
        assert!(lookups.0.under_way.lock().unwrap().is_empty());
        lookups.resolve("name").await.unwrap();
        assert_eq!(begun.load(Ordering::Relaxed), 2, "nothing is remembered");
    }

    #[tokio::test]
    async fn a_name_that_gets_no_turn_is_told_so() {
        let (lookups, begun, _go_on) = slow(Duration::from_millis(20));
        for name in 0..LOOKUPS_MAX {
            drop(lookups.join(&name.to_string()));
        }
        let refused = lookups.resolve("one more").await.unwrap_err();
        assert_eq!(refused, "too many other names are being looked up");
        assert_eq!(begun.load(Ordering::Relaxed), LOOKUPS_MAX);
    }

    #[tokio::test]
    async fn addresses_in_unusual_digits_are_resolved_like_names() {
        for host in ["127.1", "0x7f000001", "2130706433", "017700000001"] {
            assert_eq!(SystemResolver.resolve(host).await.unwrap(), [IpAddr::from([127, 0, 0, 1])], "{host}");
        }
    }
}
