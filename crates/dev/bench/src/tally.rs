//! What functions under load tell of their invocations while they run, so that nothing has to be asked of the server
//! that is measured.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The size of a [`Record`] on its way.
pub const RECORD_BYTES: usize = 32;

/// Records that were read and not yet looked at; whoever tells more waits.
const RECORDS_MAX: usize = 100_000;

/// One invocation. Times are nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// When the handler began.
    pub begun: u64,
    /// When it ended.
    pub ended: u64,
    /// How many messages it had.
    pub messages: u64,
    /// What the first message began with; 0 if that was no number.
    pub stamp: u64,
}

impl Record {
    /// As it is told.
    pub fn to_bytes(self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        let numbers = [self.begun, self.ended, self.messages, self.stamp];
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// As it was told.
    pub fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Self {
        let mut numbers =
            bytes.chunks_exact(8).map(|number| u64::from_le_bytes(number.try_into().expect("a chunk has eight bytes")));
        let mut next = || numbers.next().expect("there are four numbers");
        Self { begun: next(), ended: next(), messages: next(), stamp: next() }
    }
}

/// Where functions tell it. Dropping this closes the door.
pub struct Tally {
    address: SocketAddr,
    records: mpsc::Receiver<Record>,
    accepting: JoinHandle<()>,
}

impl Tally {
    /// Listens at a free port.
    pub async fn listen() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (told, records) = mpsc::channel(RECORDS_MAX);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(read(stream, told.clone()));
            }
        });
        Ok(Self { address, records, accepting })
    }

    /// Where to tell it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for the next record, so long at the most.
    pub async fn next(&mut self, within: Duration) -> Result<Record> {
        let next = timeout(within, self.records.recv()).await;
        next.context("invocations that were expected do not come")?.context("nobody listens any more")
    }

    /// Waits until invocations had so many messages altogether, so long at the most for each; what they told.
    pub async fn messages(&mut self, count: u64, within: Duration) -> Result<Vec<Record>> {
        let (mut records, mut messages) = (Vec::new(), 0);
        while messages < count {
            let record = self.next(within).await.with_context(|| format!("{messages} of {count} messages came"))?;
            messages += record.messages;
            records.push(record);
        }
        Ok(records)
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn read(mut stream: TcpStream, told: mpsc::Sender<Record>) {
    let mut bytes = [0; RECORD_BYTES];
    // The end of a process is the end of what it tells.
    while stream.read_exact(&mut bytes).await.is_ok() {
        if told.send(Record::from_bytes(&bytes)).await.is_err() {
            return;
        }
    }
}

/// The most invocations that went on at once.
pub fn most_at_once(records: &[Record]) -> u64 {
    // At the same moment one ends before the other begins.
    let mut changes: Vec<_> = records.iter().flat_map(|record| [(record.begun, 1), (record.ended, -1)]).collect();
    changes.sort_unstable();
    let (mut now, mut most) = (0_i64, 0);
    for (_, change) in changes {
        now += change;
        most = most.max(now);
    }
    most.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    const RECORD: Record = Record { begun: 10, ended: 20, messages: 3, stamp: u64::MAX };

    #[tokio::test]
    async fn what_is_told_arrives() {
        let mut tally = Tally::listen().await.unwrap();
        let mut function = TcpStream::connect(tally.address()).await.unwrap();
        function.write_all(&[RECORD.to_bytes(), RECORD.to_bytes()].concat()).await.unwrap();
        assert_eq!(tally.messages(4, Duration::from_secs(60)).await.unwrap(), [RECORD; 2]);
    }

    #[test]
    fn invocations_that_overlap_are_counted_together() {
        let record = |begun, ended| Record { begun, ended, ..Record::default() };
        assert_eq!(most_at_once(&[]), 0);
        assert_eq!(most_at_once(&[record(0, 10), record(10, 20)]), 1);
        assert_eq!(most_at_once(&[record(0, 10), record(9, 20), record(15, 18), record(30, 31)]), 2);
    }
}
