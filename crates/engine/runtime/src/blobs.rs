//! Blobs: files of content that is too large for the journal. Written once, durable before any fact names them, and
//! removed when no fact does.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};

use bongsu_broker::BlobId;
use bongsu_journal::disk::{Disk, DiskFile, SystemDisk};
use tokio::runtime;
use tracing::{info, warn};

/// Where blobs are kept. Clones share it. Its calls wait for the disk.
#[derive(Clone)]
pub struct Blobs {
    files: Arc<Files>,
    /// Locked for moments only, never while the disk works.
    users: Arc<Mutex<Users>>,
}

/// The files themselves.
enum Files {
    OnDisk { disk: Arc<dyn Disk>, directory: PathBuf },
    InMemory { files: RwLock<HashMap<BlobId, Memory>>, next: AtomicU64 },
}

/// What a file in memory holds.
type Memory = Arc<RwLock<Vec<u8>>>;

/// Who is reading, and what goes.
#[derive(Default)]
struct Users {
    /// How many readers have a blob.
    pins: HashMap<BlobId, usize>,
    /// Blobs that go when their last reader has gone.
    doomed: HashSet<BlobId>,
    /// Blobs that are being removed.
    going: HashSet<BlobId>,
}

/// A blob that is open.
#[derive(Clone)]
pub(crate) enum BlobFile {
    OnDisk(Arc<dyn DiskFile>),
    InMemory(Memory),
}

impl Blobs {
    /// In memory: gone with the process.
    pub fn in_memory() -> Blobs {
        Blobs::over(Files::InMemory { files: RwLock::default(), next: AtomicU64::new(1) })
    }

    /// In a directory of their own, which is created if need be.
    pub fn open(directory: &Path) -> io::Result<Blobs> {
        Blobs::on(Arc::new(SystemDisk), directory)
    }

    /// Likewise, in another file system than the operating system's.
    pub fn on(disk: Arc<dyn Disk>, directory: &Path) -> io::Result<Blobs> {
        disk.create_directory(directory)?;
        Ok(Blobs::over(Files::OnDisk { disk, directory: directory.to_owned() }))
    }

    fn over(files: Files) -> Blobs {
        Blobs { files: Arc::new(files), users: Arc::default() }
    }

    /// Creates a blob, which is removed again unless it is kept.
    pub(crate) fn create(&self) -> io::Result<NewBlob> {
        let (id, file) = match &*self.files {
            Files::OnDisk { disk, directory } => {
                let id = BlobId(u128::from_be_bytes(disk.random()?));
                (id, BlobFile::OnDisk(disk.create(&path(directory, id), 0)?))
            }
            Files::InMemory { files, next } => {
                let (id, file) = (BlobId(next.fetch_add(1, Ordering::Relaxed).into()), Memory::default());
                files.write().expect(UNPOISONED).insert(id, file.clone());
                (id, BlobFile::InMemory(file))
            }
        };
        Ok(NewBlob { blobs: self.clone(), id, file, is_kept: false })
    }

    pub(crate) fn open_blob(&self, id: BlobId) -> io::Result<BlobFile> {
        match &*self.files {
            Files::OnDisk { disk, directory } => Ok(BlobFile::OnDisk(disk.open(&path(directory, id))?)),
            Files::InMemory { files, .. } => {
                let file = files.read().expect(UNPOISONED).get(&id).cloned();
                file.map(BlobFile::InMemory).ok_or_else(|| io::ErrorKind::NotFound.into())
            }
        }
    }

    /// Keeps these for as long as they are read. `None`: one of them is gone already.
    pub(crate) fn pin(&self, ids: Vec<BlobId>) -> io::Result<Option<Pin>> {
        {
            let mut users = self.users();
            if ids.iter().any(|id| users.going.contains(id)) {
                return Ok(None);
            }
            ids.iter().for_each(|id| *users.pins.entry(*id).or_default() += 1);
        }
        let pin = Pin { blobs: self.clone(), ids };
        // What was there when it was pinned stays; what was removed before is missed here.
        for id in &pin.ids {
            match self.open_blob(*id) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(Some(pin))
    }

    /// Removes blobs that nobody has any more; those that are being read, when they no longer are.
    pub(crate) fn remove(&self, mut ids: Vec<BlobId>) {
        {
            let Users { pins, doomed, going } = &mut *self.users();
            let (read, unread): (Vec<_>, Vec<_>) = ids.iter().partition(|id| pins.contains_key(id));
            doomed.extend(read);
            going.extend(&unread);
            ids = unread;
        }
        ids.iter().for_each(|id| self.remove_file(*id));
        let mut users = self.users();
        for id in &ids {
            users.going.remove(id);
        }
    }

    /// A file that stays after all is unknown at the next start, and goes then.
    fn remove_file(&self, id: BlobId) {
        match &*self.files {
            Files::OnDisk { disk, directory } => {
                if let Err(error) = disk.remove(&path(directory, id)) {
                    warn!(blob = %id, %error, "a file of the object store cannot be removed");
                }
            }
            Files::InMemory { files, .. } => drop(files.write().expect(UNPOISONED).remove(&id)),
        }
    }

    /// In the background, where there is one.
    pub(crate) fn remove_soon(&self, ids: Vec<BlobId>) {
        let blobs = self.clone();
        // Outside of a runtime the process ends; what is left goes at the next start.
        if let Ok(runtime) = runtime::Handle::try_current() {
            drop(runtime.spawn_blocking(move || blobs.remove(ids)));
        }
    }

    /// Removes what no fact names: content that was on its way in, or on its way out, when the process before ended.
    /// Returns what facts name and is not there.
    pub(crate) fn keep_only(&self, known: &BTreeSet<BlobId>) -> io::Result<Vec<BlobId>> {
        let Files::OnDisk { disk, directory } = &*self.files else {
            return Ok(known.iter().copied().filter(|id| self.open_blob(*id).is_err()).collect());
        };
        let found: BTreeSet<BlobId> = disk.list(directory)?.iter().filter_map(|name| BlobId::parse(name)).collect();
        let unknown: Vec<BlobId> = found.difference(known).copied().collect();
        if !unknown.is_empty() {
            info!(count = unknown.len(), "removing content that belongs to no object");
        }
        unknown.into_iter().for_each(|id| self.remove_file(id));
        Ok(known.difference(&found).copied().collect())
    }

    fn users(&self) -> MutexGuard<'_, Users> {
        self.users.lock().expect(UNPOISONED)
    }
}

const UNPOISONED: &str = "nothing panics while it holds this lock";

fn path(directory: &Path, id: BlobId) -> PathBuf {
    directory.join(id.to_string())
}

impl BlobFile {
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        match self {
            BlobFile::OnDisk(file) => file.read_at(buffer, offset),
            BlobFile::InMemory(file) => {
                let file = file.read().expect(UNPOISONED);
                let from = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
                let bytes = file.get(from..).and_then(|rest| rest.get(..buffer.len()));
                buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }

    /// Writes behind what is there, which ends at `offset`.
    fn append(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        match self {
            BlobFile::OnDisk(file) => file.write_at(bytes, offset),
            BlobFile::InMemory(file) => {
                file.write().expect(UNPOISONED).extend_from_slice(bytes);
                Ok(())
            }
        }
    }
}

/// A blob that no fact names yet. Removed when dropped, unless it is kept.
pub(crate) struct NewBlob {
    blobs: Blobs,
    pub(crate) id: BlobId,
    file: BlobFile,
    is_kept: bool,
}

impl NewBlob {
    pub(crate) fn append(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.append(bytes, offset)
    }

    /// Makes the content and the name durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        match (&self.file, &*self.blobs.files) {
            (BlobFile::OnDisk(file), Files::OnDisk { disk, directory }) => {
                file.sync()?;
                disk.sync_directory(directory)
            }
            _ => Ok(()),
        }
    }

    /// A fact may name it.
    pub(crate) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for NewBlob {
    fn drop(&mut self) {
        if !self.is_kept {
            self.blobs.remove_soon(vec![self.id]);
        }
    }
}

/// Keeps blobs from being removed for as long as it lives.
pub(crate) struct Pin {
    blobs: Blobs,
    ids: Vec<BlobId>,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut free = Vec::new();
        {
            let Users { pins, doomed, .. } = &mut *self.blobs.users();
            for id in &self.ids {
                let count = pins.get_mut(id).expect("a pin is counted");
                *count -= 1;
                if *count == 0 {
                    pins.remove(id);
                    free.extend(doomed.take(id));
                }
            }
        }
        if !free.is_empty() {
            self.blobs.remove_soon(free);
        }
    }
}
