//! CPU time used so far by the client, the server and the whole machine; or between two moments.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::process;

/// What was used, until now or between two moments.
pub struct Usage {
    at: Instant,
    elapsed: Duration,
    /// By this process.
    pub client: Duration,
    /// By the server, all its threads; `None` where there is no server.
    pub server: Option<Duration>,
    machine: Duration,
}

impl Usage {
    /// Until now.
    pub fn now(server: Option<u32>) -> Result<Self> {
        Ok(Self {
            at: Instant::now(),
            elapsed: Duration::ZERO,
            client: process::cpu_time(std::process::id())?,
            server: server.map(process::cpu_time).transpose()?,
            machine: process::machine_cpu_time()?,
        })
    }

    /// What was used since an earlier moment.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            at: self.at,
            elapsed: self.at - before.at,
            client: self.client.saturating_sub(before.client),
            server: self.server.zip(before.server).map(|(now, before)| now.saturating_sub(before)),
            machine: self.machine.saturating_sub(before.machine),
        }
    }

    /// Cores that neither client nor server kept busy.
    pub fn others(&self) -> f64 {
        let ours = self.client + self.server.unwrap_or_default();
        self.machine.saturating_sub(ours).as_secs_f64() / self.elapsed.as_secs_f64()
    }
}
