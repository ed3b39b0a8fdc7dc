//! The doors' side of the shard, for what they keep for themselves: one method a command.

use bongsu_broker::{Account, Command, Entry, EntryChanges, EntryKey, Reply};
use bytes::Bytes;
use tokio::sync::oneshot;

use crate::handle::Request;
use crate::{Handle, Refusal};

impl Handle {
    /// Changes entries of an account, all or none, if what is expected is so; durable when this returns.
    pub async fn change_entries(&self, account: Account, changes: EntryChanges) -> Result<(), Refusal> {
        self.ask_done(Command::ChangeEntries { account, changes }).await
    }

    /// An entry's value, if there is one.
    pub async fn entry(&self, key: EntryKey) -> Result<Option<Bytes>, Refusal> {
        match self.ask(Command::GetEntry { key }, None).await? {
            Reply::Entry(value) => Ok(value),
            other => unreachable!("GetEntry answered {other:?}"),
        }
    }

    /// An entry's value as it was decided, which may not be durable yet: for those who ask often and promise nothing by it.
    pub async fn entry_now(&self, key: EntryKey) -> Result<Option<Bytes>, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::EntryNow { key, reply }).await.map_err(|_| Refusal::Unavailable)?;
        answer.await.map_err(|_| Refusal::Unavailable)
    }

    /// Entries of an account whose paths begin with `prefix` and come after `after`, in order, at most `max`.
    pub async fn entries(
        &self,
        account: Account,
        prefix: &str,
        after: Option<&str>,
        max: usize,
    ) -> Result<Vec<Entry>, Refusal> {
        let (prefix, after) = (prefix.into(), after.map(Box::from));
        match self.ask(Command::ListEntries { account, prefix, after, max }, None).await? {
            Reply::Entries(entries) => Ok(entries),
            other => unreachable!("ListEntries answered {other:?}"),
        }
    }
}
