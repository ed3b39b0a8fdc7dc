//! The machine's second limit: appends to a pre-zeroed file, one `fdatasync` for all that wait.

use std::{
    fs::File,
    io::Write,
    os::unix::fs::FileExt,
    path::Path,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use bongsu_load::{Load, Shape, Stage};
use tokio::sync::oneshot;

use crate::cell::{self, Measured};

const FILE_BYTES: u64 = 64 * 1024 * 1024;
const BATCH_BYTES_MAX: usize = 1024 * 1024;

/// Tells a writer that its append is durable.
type Durable = oneshot::Sender<()>;

/// Measures `writers` tasks that each append `records` records of the size of a message's body at a time.
pub async fn measure(folder: &Path, writers: usize, records: usize, duration: Duration) -> Result<Measured> {
    let file = zeroed_file(&folder.join("group-commit"))?;
    let stage = Stage::new(duration);
    // Each writer has one append under way, so the channel never fills.
    let (appends, waiting) = sync_channel(writers);
    let thread = thread::spawn(move || commit(&file, &waiting, records * Shape::STANDARD.body_bytes));
    let mut load = Load::new(stage.clone());
    for _ in 0..writers {
        load.spawn(append(stage.clone(), appends.clone(), records as u64));
    }
    drop(appends);
    let measured = cell::measure(load, None).await;
    thread.join().expect("the committing thread does not panic")?;
    measured
}

/// Ends early if the committing thread has failed, which says why itself.
async fn append(stage: Stage, appends: SyncSender<Durable>, records: u64) {
    while !stage.is_over() {
        let begun = Instant::now();
        let (durable, committed) = oneshot::channel();
        match appends.try_send(durable) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => unreachable!("there is room for one append of each writer"),
            Err(TrySendError::Disconnected(_)) => return,
        }
        if committed.await.is_err() {
            return;
        }
        stage.count(1, records);
        stage.time(begun.elapsed());
    }
}

/// Drain what waits, write, sync, tell; no timer.
fn commit(file: &File, waiting: &Receiver<Durable>, append_bytes: usize) -> Result<()> {
    let record = vec![b'x'; append_bytes];
    let mut batch = Vec::with_capacity(BATCH_BYTES_MAX + append_bytes);
    let mut durable = Vec::new();
    let mut offset = 0;
    while let Ok(first) = waiting.recv() {
        durable.push(first);
        batch.extend_from_slice(&record);
        while batch.len() < BATCH_BYTES_MAX
            && let Ok(next) = waiting.try_recv()
        {
            durable.push(next);
            batch.extend_from_slice(&record);
        }
        if offset + batch.len() as u64 > FILE_BYTES {
            offset = 0;
        }
        file.write_all_at(&batch, offset)?;
        file.sync_data()?;
        offset += batch.len() as u64;
        batch.clear();
        for writer in durable.drain(..) {
            // A writer that was stopped does not wait any more.
            writer.send(()).ok();
        }
    }
    Ok(())
}

/// Zeros written first spare every later sync the file system's own journal.
fn zeroed_file(path: &Path) -> Result<File> {
    let mut file = File::create(path)?;
    let zeros = vec![0; BATCH_BYTES_MAX];
    for _ in 0..FILE_BYTES / BATCH_BYTES_MAX as u64 {
        file.write_all(&zeros)?;
    }
    file.sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_writer_gets_its_appends_through() {
        let folder = tempfile::tempdir().unwrap();
        let measured = measure(folder.path(), 8, 10, Duration::from_millis(50)).await.unwrap();
        assert_eq!(measured.load.messages, 10 * measured.load.requests);
    }
}
