//! What ends a shard before it is told to stop.

use bongsu_journal::{AppendError, ReadError, TrimError};

/// Why the shard had to stop. Nothing that was not durable has been acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// The journal did not take a batch.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The journal could not be read for cleaning.
    #[error("cleaning stopped: {0}")]
    Read(#[from] ReadError),
    /// The journal could not be trimmed.
    #[error("cleaning stopped: {0}")]
    Trim(#[from] TrimError),
    /// A record of the journal is not a fact.
    #[error("cleaning stopped at position {position}: {flaw:?}")]
    Malformed {
        /// Where the record lies.
        position: u64,
        /// What is wrong with it.
        flaw: bongsu_broker::Malformed,
    },
}
