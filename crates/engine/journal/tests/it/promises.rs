//! Every engine keeps every promise.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bongsu_journal::disk::{Disk, SystemDisk};
use bongsu_journal::simulated::SimulatedDisk;
use bongsu_journal::suite::Engine;
use bongsu_journal::{BATCH_BYTES_MAX, FaultyJournal, FileJournal, Journal, MemoryJournal, Options};
use tempfile::TempDir;

#[derive(Default)]
struct Memory {
    open: Mutex<Arc<MemoryJournal>>,
}

impl Engine for Memory {
    fn open(&self) -> Arc<dyn Journal> {
        let mut open = self.open.lock().unwrap();
        *open = Arc::new(open.reopen());
        Arc::clone(&*open) as Arc<dyn Journal>
    }
}

/// Faults that are not asked for do not happen.
struct Faultless<E>(E);

impl<E: Engine> Engine for Faultless<E> {
    fn open(&self) -> Arc<dyn Journal> {
        Arc::new(FaultyJournal::new(self.0.open()))
    }
}

struct Files {
    directory: PathBuf,
    segment_bytes: u64,
    disk: Arc<dyn Disk>,
    _temporary: Option<TempDir>,
}

impl Files {
    fn real(segment_bytes: u64) -> Files {
        let temporary = tempfile::tempdir().unwrap();
        let directory = temporary.path().join("journal");
        Files { directory, segment_bytes, disk: Arc::new(SystemDisk), _temporary: Some(temporary) }
    }

    fn simulated() -> Files {
        let disk = Arc::new(SimulatedDisk::new(1));
        Files { directory: "/journal".into(), segment_bytes: 20 << 10, disk, _temporary: None }
    }
}

impl Engine for Files {
    fn open(&self) -> Arc<dyn Journal> {
        let mut options = Options::new(&self.directory);
        options.segment_bytes = self.segment_bytes;
        options.disk = Arc::clone(&self.disk);
        Arc::new(FileJournal::open(options).unwrap())
    }
}

mod memory {
    bongsu_journal::promises!(super::Memory::default());
}

mod faulty {
    bongsu_journal::promises!(super::Faultless(super::Memory::default()));
}

mod file {
    bongsu_journal::promises!(super::Files::real(20 << 10));
}

mod file_on_a_simulated_disk {
    bongsu_journal::promises!(super::Files::simulated());
}

#[test]
fn the_largest_batch_fits_in_a_segment_of_usual_size() {
    let journal = Files::real(bongsu_journal::SEGMENT_BYTES).open();
    let batch = bongsu_journal::suite::sealed(journal.span().end, &[&vec![1; BATCH_BYTES_MAX - 48]]);
    assert_eq!(batch.bytes_len(), BATCH_BYTES_MAX);
    bongsu_journal::suite::block_on(journal.append(batch.clone())).unwrap();
    let chunk = bongsu_journal::suite::block_on(journal.read(batch.at(), 1)).unwrap();
    assert!(chunk.records().eq(batch.records()));
}
