//! What a deep backlog costs: memory while it waits, and time to start again after a kill.

use std::{fs, path::Path, time::Instant};

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::{
    client::Endpoint,
    process::{self, Server},
    sqs::Queue,
};

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// What a backlog cost.
#[derive(Serialize)]
pub struct Backlog {
    /// Messages queued, 1 KiB each.
    pub messages: u64,
    /// How long it took to queue them, in batches of ten.
    pub fill_seconds: f64,
    /// The server's CPU for that.
    pub fill_cpu_seconds: f64,
    /// Resident memory of the server before the first message.
    pub resident_empty_bytes: u64,
    /// Resident memory with all messages queued.
    pub resident_full_bytes: u64,
    /// What the data directory occupies then.
    pub disk_bytes: u64,
    /// After SIGKILL: from the start of the process to `Ready.`.
    pub restart_seconds: f64,
    /// The server's CPU for that.
    pub restart_cpu_seconds: f64,
    /// Resident memory when it is ready again.
    pub resident_restarted_bytes: u64,
}

impl Backlog {
    /// Queues `messages` messages, kills the server, starts it again and counts them.
    pub async fn measure(messages: u64, data: &Path, start: impl AsyncFn() -> Result<Server>) -> Result<Self> {
        let server = start().await?;
        let endpoint = Endpoint { address: server.address, signer: None };
        let resident_empty_bytes = process::resident_bytes(server.id())?;
        let queue = Queue::create(&endpoint, false).await?;
        let begun = Instant::now();
        let messages = queue.fill(&endpoint, messages).await?;
        let fill_seconds = begun.elapsed().as_secs_f64();
        let fill_cpu_seconds = process::cpu_time(server.id())?.as_secs_f64();
        let resident_full_bytes = process::resident_bytes(server.id())?;
        drop(server); // With SIGKILL.
        let disk_bytes = bytes_on_disk(data)?;

        let server = start().await?;
        let restart_cpu_seconds = process::cpu_time(server.id())?.as_secs_f64();
        let endpoint = Endpoint { address: server.address, signer: None };
        let resident_restarted_bytes = process::resident_bytes(server.id())?;
        let length = queue.length(&endpoint).await?;
        ensure!(length == messages, "{messages} messages were acknowledged, {length} are there after the kill");
        let restart_seconds = server.ready_after.as_secs_f64();
        Ok(Self {
            messages,
            fill_seconds,
            fill_cpu_seconds,
            resident_empty_bytes,
            resident_full_bytes,
            disk_bytes,
            restart_seconds,
            restart_cpu_seconds,
            resident_restarted_bytes,
        })
    }

    /// What it cost, in words.
    pub fn lines(&self) -> String {
        let mebibytes = |bytes: u64| bytes as f64 / MEBIBYTE;
        let per_message = |bytes: u64| bytes.saturating_sub(self.resident_empty_bytes) as f64 / self.messages as f64;
        format!(
            "Backlog of {} messages, queued in {:.1} s (server CPU {:.1} s): resident memory {:.0} MiB (empty {:.0} MiB; \
             {:.0} bytes a message), {:.0} MiB on disk.\nAfter a kill: ready in {:.2} s (server CPU {:.2} s) with all \
             of them, resident memory {:.0} MiB ({:.0} bytes a message).\n",
            crate::table::grouped(self.messages as f64),
            self.fill_seconds,
            self.fill_cpu_seconds,
            mebibytes(self.resident_full_bytes),
            mebibytes(self.resident_empty_bytes),
            per_message(self.resident_full_bytes),
            mebibytes(self.disk_bytes),
            self.restart_seconds,
            self.restart_cpu_seconds,
            mebibytes(self.resident_restarted_bytes),
            per_message(self.resident_restarted_bytes),
        )
    }
}

fn bytes_on_disk(folder: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt;
    const BLOCK_BYTES: u64 = 512;
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_on_disk(&entry.path())? } else { metadata.blocks() * BLOCK_BYTES };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told_for_each_message() {
        let backlog = Backlog {
            messages: 1_000_000,
            fill_seconds: 5.0,
            fill_cpu_seconds: 4.0,
            resident_empty_bytes: 10 << 20,
            resident_full_bytes: (10 << 20) + 100_000_000,
            disk_bytes: 1 << 30,
            restart_seconds: 1.5,
            restart_cpu_seconds: 1.0,
            resident_restarted_bytes: (10 << 20) + 80_000_000,
        };
        let lines = backlog.lines();
        assert!(lines.contains("1,000,000 messages") && lines.contains("100 bytes a message"), "{lines}");
        assert!(
            lines.contains("ready in 1.50 s (server CPU 1.00 s)") && lines.contains("80 bytes a message"),
            "{lines}"
        );
    }

    #[test]
    fn nested_folders_count_as_disk_use() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(folder.path().join("inner/file"), vec![1; 100_000]).unwrap();
        assert!(bytes_on_disk(folder.path()).unwrap() >= 100_000);
    }
}
