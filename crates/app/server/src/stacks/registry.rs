//! The stacks that are known: what is told of them is what is kept, and one change is kept after the other.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use bongsu_aws_api::cloudformation::StackRefusal;
use tokio::sync::Mutex as Turn;
use tracing::error;

use super::record::Record;
use super::store::{StacksError, Store};

/// How many stacks there may be; CloudFormation's own limit.
const STACKS_MAX: usize = 2000;
/// How many deleted stacks are remembered; the oldest go first.
const DELETED_MAX: usize = 100;

/// All stacks.
pub(super) struct Registry {
    store: Store,
    known: Mutex<Known>,
    /// Held by whoever keeps a change; whether no more changes are taken.
    turn: Turn<bool>,
}

#[derive(Default)]
struct Known {
    living: BTreeMap<String, Arc<Record>>,
    /// The newest last.
    deleted: VecDeque<Arc<Record>>,
}

impl Registry {
    pub(super) fn open(store: Store) -> Result<Registry, StacksError> {
        let (living, mut deleted) = store.read()?;
        deleted.sort_by_key(|record| record.deleted_at);
        let known = Known {
            living: living.into_iter().map(|record| (record.name.clone(), Arc::new(record))).collect(),
            deleted: deleted.into_iter().map(Arc::new).collect(),
        };
        Ok(Registry { store, known: Mutex::new(known), turn: Turn::new(false) })
    }

    /// A stack by its name, or by its id: then also one that is deleted.
    pub(super) fn find(&self, stack: &str) -> Result<Arc<Record>, StackRefusal> {
        let known = self.known();
        let all = known.living.values().chain(&known.deleted);
        let found = known.living.get(stack).or_else(|| all.into_iter().find(|record| record.id == stack));
        found.cloned().ok_or_else(|| StackRefusal::DoesNotExist(stack.to_owned()))
    }

    /// One that is not deleted.
    pub(super) fn living(&self, stack: &str) -> Result<Arc<Record>, StackRefusal> {
        let found = self.find(stack)?;
        if found.deleted_at.is_some() { Err(StackRefusal::DoesNotExist(stack.to_owned())) } else { Ok(found) }
    }

    /// Those that are not deleted.
    pub(super) fn all_living(&self) -> Vec<Arc<Record>> {
        self.known().living.values().cloned().collect()
    }

    /// Every stack there is and was, the newest first.
    pub(super) fn all(&self) -> Vec<Arc<Record>> {
        let known = self.known();
        let mut all: Vec<_> = known.living.values().chain(&known.deleted).cloned().collect();
        all.sort_by_key(|record| std::cmp::Reverse(record.created_at));
        all
    }

    /// Takes up a new stack.
    pub(super) async fn insert(&self, record: Record) -> Result<(), StackRefusal> {
        let closed = self.turn.lock().await;
        if self.known().living.contains_key(&record.name) {
            return Err(StackRefusal::Exists(record.name));
        }
        if self.known().living.len() >= STACKS_MAX {
            return Err(StackRefusal::TooMany(format!("Limit for stack has been exceeded: {STACKS_MAX}")));
        }
        let record = self.keep(*closed, record, Store::write).await?;
        self.known().living.insert(record.name.clone(), record);
        Ok(())
    }

    /// Changes a stack that is not deleted. What `change` refuses leaves it as it was.
    pub(super) async fn change<T>(
        &self,
        stack: &str,
        change: impl FnOnce(&mut Record) -> Result<T, StackRefusal>,
    ) -> Result<T, StackRefusal> {
        let closed = self.turn.lock().await;
        let mut record = (*self.living(stack)?).clone();
        let told = change(&mut record)?;
        let record = self.keep(*closed, record, Store::write).await?;
        self.known().living.insert(record.name.clone(), record);
        Ok(told)
    }

    /// A stack is deleted; `change` says when.
    pub(super) async fn bury(&self, stack: &str, change: impl FnOnce(&mut Record)) -> Result<(), StackRefusal> {
        let closed = self.turn.lock().await;
        let mut record = (*self.living(stack)?).clone();
        change(&mut record);
        let record = self.keep(*closed, record, Store::bury).await?;
        let forgotten = {
            let mut known = self.known();
            known.living.remove(&record.name);
            known.deleted.push_back(record);
            if known.deleted.len() > DELETED_MAX { known.deleted.pop_front() } else { None }
        };
        match forgotten {
            Some(forgotten) => self.keep(*closed, (*forgotten).clone(), Store::forget).await.map(drop),
            None => Ok(()),
        }
    }

    /// From here on nothing changes: what goes on is taken up at the next start.
    pub(super) async fn close(&self) {
        *self.turn.lock().await = true;
    }

    /// Makes a change durable, on a thread that may wait for the disk.
    async fn keep(
        &self,
        closed: bool,
        record: Record,
        how: fn(&Store, &Record) -> std::io::Result<()>,
    ) -> Result<Arc<Record>, StackRefusal> {
        if closed {
            return Err(StackRefusal::Unavailable);
        }
        let (store, record) = (self.store.clone(), Arc::new(record));
        let kept = record.clone();
        let keeping = tokio::task::spawn_blocking(move || how(&store, &kept)).await;
        match keeping.map_err(std::io::Error::other).and_then(|kept| kept) {
            Ok(()) => Ok(record),
            Err(fault) => {
                error!(stack = %record.name, error = %fault, "the stack cannot be kept");
                Err(StackRefusal::Unavailable)
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("nothing panics while it holds this lock")
    }
}
