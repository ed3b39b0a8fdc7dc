//! A file system in memory that forgets, tears and reorders what was not synced, the same way for the same seed.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{BLOCK_BYTES, Disk, DiskFile, Lock, LockError};

/// A sector is written whole or not at all on well-behaved disks; this one tears inside of them now and then.
const SECTOR_BYTES: usize = 512;

/// A simulated file system. Clones share it.
///
/// Writes are seen by later reads at once, but survive a [`SimulatedDisk::crash`] for sure only if they were synced;
/// otherwise each piece of each write survives or not, as the seed decides. The same goes for names in directories.
#[derive(Clone)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

struct State {
    random: Random,
    /// Handles and locks from before a crash are of an older generation, and dead.
    generation: u64,
    contents: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    names_durable: BTreeMap<PathBuf, usize>,
    names_pending: Vec<Vec<NameChange>>,
    locks: BTreeMap<PathBuf, u64>,
    /// How many more changes succeed before the power goes.
    changes_left: Option<u64>,
    changes: u64,
    syncs_until_failure: Option<u64>,
    capacity: u64,
    read_only: Option<io::ErrorKind>,
}

/// What one file holds, whatever its name.
#[derive(Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<(usize, Vec<u8>)>,
}

#[derive(Clone)]
struct NameChange {
    path: PathBuf,
    content: Option<usize>,
}

impl SimulatedDisk {
    /// An empty disk without limits or faults.
    pub fn new(seed: u64) -> SimulatedDisk {
        let state = State {
            random: Random(seed),
            generation: 0,
            contents: Vec::new(),
            names: BTreeMap::new(),
            names_durable: BTreeMap::new(),
            names_pending: Vec::new(),
            locks: BTreeMap::new(),
            changes_left: None,
            changes: 0,
            syncs_until_failure: None,
            capacity: u64::MAX,
            read_only: None,
        };
        SimulatedDisk { state: Arc::new(Mutex::new(state)) }
    }

    /// Cuts the power: what was not synced survives in part, and every open file and lock is dead. Faults are reset.
    pub fn crash(&self) {
        self.state().crash();
    }

    /// Ends the process, but not the machine: nothing is lost, every open file and lock is dead. Faults are reset.
    pub fn kill(&self) {
        self.state().restart();
    }

    /// After `changes` more writes, syncs and changes of names everything fails, until a crash or a kill.
    pub fn fail_after(&self, changes: u64) {
        self.state().changes_left = Some(changes);
    }

    /// How many writes, syncs and changes of names there were.
    pub fn changes(&self) -> u64 {
        self.state().changes
    }

    /// After `syncs` more syncs one fails. As on Linux, what it should have made durable then counts as clean: it is
    /// read back as written, no later sync makes it durable, and a crash loses it.
    pub fn fail_sync_after(&self, syncs: u64) {
        self.state().syncs_until_failure = Some(syncs);
    }

    /// Sets how many bytes fit on the disk.
    pub fn set_capacity(&self, bytes: u64) {
        self.state().capacity = bytes;
    }

    /// Lets every change fail this way, or none.
    pub fn set_read_only(&self, kind: Option<io::ErrorKind>) {
        self.state().read_only = kind;
    }

    /// What a file holds.
    pub fn contents(&self, path: &Path) -> io::Result<Vec<u8>> {
        let state = self.state();
        Ok(state.contents[state.find(path)?].now.clone())
    }

    /// Replaces what a file holds, durably: damage, or a copy put in its place.
    pub fn set_contents(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.state();
        let found = state.find(path).ok();
        let content = Content { durable: bytes.clone(), now: bytes, pending: Vec::new() };
        match found {
            Some(index) => state.contents[index] = content,
            None => {
                let index = state.contents.len();
                state.contents.push(content);
                state.names.insert(path.to_owned(), index);
                state.names_durable.insert(path.to_owned(), index);
            }
        }
    }

    /// Every file's path, sorted.
    pub fn files(&self) -> Vec<PathBuf> {
        self.state().names.keys().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn crash(&mut self) {
        for content in &mut self.contents {
            // In which order the pieces of different writes arrive is as uncertain as whether they do.
            while !content.pending.is_empty() {
                let (offset, bytes) = content.pending.swap_remove(self.random.below(content.pending.len()));
                self.random.tear(&mut content.durable, offset, &bytes);
            }
            content.now.clone_from(&content.durable);
        }
        let pending = std::mem::take(&mut self.names_pending);
        for changes in pending {
            if self.random.one_in(2) {
                apply_names(&mut self.names_durable, changes);
            }
        }
        self.names = self.names_durable.clone();
        self.restart();
    }

    fn restart(&mut self) {
        self.generation += 1;
        self.locks.clear();
        (self.changes_left, self.syncs_until_failure, self.read_only) = (None, None, None);
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Counts a change. An error: the power is gone, or changes are refused.
    fn change(&mut self) -> io::Result<()> {
        if let Some(kind) = self.read_only {
            return Err(kind.into());
        }
        if self.changes_left == Some(0) {
            return Err(io::Error::other("the power is gone"));
        }
        self.changes_left = self.changes_left.map(|left| left - 1);
        self.changes += 1;
        Ok(())
    }

    fn rename(&mut self, changes: Vec<NameChange>) -> io::Result<()> {
        self.change()?;
        apply_names(&mut self.names, changes.clone());
        self.names_pending.push(changes);
        Ok(())
    }

    fn write(&mut self, index: usize, bytes: &[u8], offset: usize) -> io::Result<()> {
        let others: u64 = self.names.values().filter(|&&name| name != index).map(|&i| self.length(i)).sum();
        let end = (offset + bytes.len()).max(self.contents[index].now.len());
        if others + end as u64 > self.capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let content = &mut self.contents[index];
        content.now.resize(end, 0);
        content.now[offset..offset + bytes.len()].copy_from_slice(bytes);
        content.pending.push((offset, bytes.to_vec()));
        // The write may reach the disk even if the power goes before it returns.
        self.change()
    }

    fn length(&self, index: usize) -> u64 {
        self.contents[index].now.len() as u64
    }

    fn sync(&mut self, index: usize) -> io::Result<()> {
        self.change()?;
        let content = &mut self.contents[index];
        match &mut self.syncs_until_failure {
            Some(0) => {
                self.syncs_until_failure = None;
                content.pending.clear();
                return Err(io::Error::other("the disk failed"));
            }
            Some(syncs) => *syncs -= 1,
            None => {}
        }
        for (offset, bytes) in content.pending.drain(..) {
            let end = (offset + bytes.len()).max(content.durable.len());
            content.durable.resize(end, 0);
            content.durable[offset..offset + bytes.len()].copy_from_slice(&bytes);
        }
        Ok(())
    }
}

fn apply_names(names: &mut BTreeMap<PathBuf, usize>, changes: Vec<NameChange>) {
    for NameChange { path, content } in changes {
        match content {
            Some(content) => names.insert(path, content),
            None => names.remove(&path),
        };
    }
}

impl Disk for SimulatedDisk {
    fn create_directory(&self, _directory: &Path) -> io::Result<()> {
        self.state().read_only.map_or(Ok(()), |kind| Err(kind.into()))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let inside = state.names.keys().filter(|path| path.parent() == Some(directory));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn create(&self, path: &Path, bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let used: u64 = state.names.values().map(|&index| state.length(index)).sum();
        if used + bytes > state.capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let index = state.contents.len();
        state.contents.push(Content::default());
        state.rename(vec![NameChange { path: path.to_owned(), content: Some(index) }])?;
        Ok(Arc::new(SimulatedFile { disk: self.clone(), index, generation: state.generation }))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.state();
        Ok(Arc::new(SimulatedFile { disk: self.clone(), index: state.find(path)?, generation: state.generation }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let content = Some(state.find(from)?);
        let gone = NameChange { path: from.to_owned(), content: None };
        state.rename(vec![gone, NameChange { path: to.to_owned(), content }])
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.find(path)?;
        state.rename(vec![NameChange { path: path.to_owned(), content: None }])
    }

    fn sync_directory(&self, _directory: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.change()?;
        state.names_pending.clear();
        state.names_durable = state.names.clone();
        Ok(())
    }

    fn lock(&self, path: &Path) -> Result<Box<dyn Lock>, LockError> {
        let mut state = self.state();
        if let Some(kind) = state.read_only {
            return Err(LockError::Io(kind.into()));
        }
        if state.locks.contains_key(path) {
            return Err(LockError::Held(Some(1)));
        }
        let generation = state.generation;
        state.locks.insert(path.to_owned(), generation);
        Ok(Box::new(SimulatedLock { disk: self.clone(), path: path.to_owned(), generation }))
    }

    fn random(&self) -> io::Result<[u8; 16]> {
        let mut state = self.state();
        Ok([state.random.next().to_le_bytes(), state.random.next().to_le_bytes()]
            .concat()
            .try_into()
            .expect("16 bytes"))
    }
}

impl fmt::Debug for SimulatedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedDisk").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    index: usize,
    generation: u64,
}

impl SimulatedFile {
    fn state(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.state();
        if state.generation == self.generation { Ok(state) } else { Err(io::Error::other("the process is gone")) }
    }
}

impl DiskFile for SimulatedFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.state()?.length(self.index))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.state()?;
        let offset = offset as usize;
        let bytes = state.contents[self.index].now.get(offset..offset + buffer.len());
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.state()?.write(self.index, bytes, offset as usize)
    }

    fn sync(&self) -> io::Result<()> {
        self.state()?.sync(self.index)
    }

    fn write_through(&self, blocks: &[u8], offset: u64) -> io::Result<()> {
        assert_eq!((blocks.len() % BLOCK_BYTES, offset % BLOCK_BYTES as u64), (0, 0), "whole blocks");
        self.write_at(blocks, offset)?;
        self.sync()
    }
}

#[derive(Debug)]
struct SimulatedLock {
    disk: SimulatedDisk,
    path: PathBuf,
    generation: u64,
}

impl Lock for SimulatedLock {}

impl Drop for SimulatedLock {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.locks.get(&self.path) == Some(&self.generation) {
            state.locks.remove(&self.path);
        }
    }
}

/// SplitMix64: small, fast, and the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    /// Lets some pieces of a write arrive: none, all, every other sector, or everything up to an arbitrary byte.
    fn tear(&mut self, durable: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
        match self.below(5) {
            0 => {}
            1 => arrive(durable, offset, bytes),
            2 => {
                let cut = self.below(bytes.len() + 1);
                arrive(durable, offset, &bytes[..cut]);
            }
            3 => {
                let cut = self.below(bytes.len() + 1);
                arrive(durable, offset + cut, &bytes[cut..]);
            }
            _ => {
                for (index, sector) in bytes.chunks(SECTOR_BYTES).enumerate() {
                    if self.one_in(2) {
                        arrive(durable, offset + index * SECTOR_BYTES, sector);
                    }
                }
            }
        }
    }
}

fn arrive(durable: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let end = (offset + bytes.len()).max(durable.len());
    durable.resize(end, 0);
    durable[offset..offset + bytes.len()].copy_from_slice(bytes);
}
