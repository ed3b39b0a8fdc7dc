//! What a queue is called: account, name, and the number that is never used again.

use std::fmt;

/// An AWS account number, written with twelve digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account(pub u64);

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl std::str::FromStr for Account {
    type Err = ();

    /// Exactly twelve digits.
    fn from_str(text: &str) -> Result<Account, ()> {
        let digits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        if digits { text.parse().map(Account).map_err(drop) } else { Err(()) }
    }
}

/// How clients address a queue. Unique while the queue exists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueueName {
    /// The account that owns the queue.
    pub account: Account,
    /// 1 to 80 of `A-Z a-z 0-9 - _`, for FIFO queues ending in `.fifo`.
    pub name: Box<str>,
}

const NAME_LENGTH_MAX: usize = 80;

impl QueueName {
    /// Whether the name says that the queue is FIFO.
    pub fn is_fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }

    /// Whether the name keeps to the alphabet and length that AWS allows.
    pub fn is_valid(&self) -> bool {
        let stem = self.name.strip_suffix(".fifo").unwrap_or(&self.name);
        let alphabet = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        !stem.is_empty() && self.name.len() <= NAME_LENGTH_MAX && stem.bytes().all(alphabet)
    }

    /// `arn:aws:sqs:<region>:<account>:<name>`.
    pub fn arn(&self, region: &str) -> String {
        format!("arn:aws:sqs:{region}:{}:{}", self.account, self.name)
    }
}

/// A queue's own number: random, never used again, and odd exactly for FIFO queues.
///
/// That a queue's kind can be read off its number lets a replay rebuild the messages of a queue whose definition
/// was kept further on in the journal (a kind never changes, every other attribute may).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueueId(pub u64);

impl QueueId {
    pub(crate) fn new(random: u64, fifo: bool) -> QueueId {
        QueueId(random & !1 | u64::from(fifo))
    }

    /// Whether the queue is FIFO.
    pub fn is_fifo(self) -> bool {
        self.0 & 1 == 1
    }
}

crate::wire::wire_struct!(QueueId(u64));
