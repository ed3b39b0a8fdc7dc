//! What a courier is told once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{AddressGuard, Resolve, SystemResolver};

/// How long an attempt may take from the lookup of the name to the end of the answer.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// How much of that may pass before there is a connection, all addresses and TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Attempts that go on at once, each with a connection. A further one waits, before its time begins to run.
pub const ATTEMPTS_MAX: usize = 20_000;
/// Idle connections that are kept to one host; a further one is closed after its answer.
pub const IDLE_PER_HOST_MAX: usize = 32;
/// Idle connections that are kept in all; a further one is closed after its answer.
pub const IDLE_MAX: usize = 1024;
/// How long an idle connection may be used again. It is closed at the latest when twice that has passed.
pub const IDLE_TIME: Duration = Duration::from_secs(15);

/// What a courier is told once. [`HttpSettings::new`] gives everything but the guard its default.
#[derive(Clone)]
pub struct HttpSettings {
    /// Where connections may go.
    pub guard: AddressGuard,
    /// A file of certificates, in PEM, to trust instead of those that the system trusts.
    pub ca_bundle: Option<PathBuf>,
    /// How long an attempt may take.
    pub timeout: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// Attempts that go on at once.
    pub attempts_max: usize,
    /// Idle connections to one host.
    pub idle_per_host_max: usize,
    /// Idle connections in all.
    pub idle_max: usize,
    /// How long an idle connection may be used again.
    pub idle_time: Duration,
    /// Where the addresses of names come from.
    pub resolver: Arc<dyn Resolve>,
}

impl HttpSettings {
    /// The defaults.
    pub fn new(guard: AddressGuard) -> Self {
        Self {
            guard,
            ca_bundle: None,
            timeout: ATTEMPT_TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            attempts_max: ATTEMPTS_MAX,
            idle_per_host_max: IDLE_PER_HOST_MAX,
            idle_max: IDLE_MAX,
            idle_time: IDLE_TIME,
            resolver: Arc::new(SystemResolver),
        }
    }
}
