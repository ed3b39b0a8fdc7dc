//! What can be measured.

use std::collections::BTreeSet;

use clap::ValueEnum;
use serde::Serialize;

/// What can be measured. The order is that of the report: cells, one for each number of connections; then trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Limit: a bare HTTP server that is sent `SendMessage` requests.
    Echo,
    /// The same with batches of ten.
    EchoBatch,
    /// Limit: writers of 1 KiB that share one fdatasync.
    Commit,
    /// The same with writers of ten records at a time.
    CommitBatch,
    /// `SendMessage`.
    Send,
    /// `SendMessageBatch` of ten.
    SendBatch,
    /// `ReceiveMessage` and `DeleteMessage` of one message, from a filled queue.
    Receive,
    /// `ReceiveMessage` and `DeleteMessageBatch` of ten.
    ReceiveBatch,
    /// Producers and consumers at once; end-to-end latency.
    Pipeline,
    /// `SendMessage` to a FIFO queue with 1,000 groups.
    FifoSend,
    /// `SendMessageBatch` of ten to a FIFO queue with 1,000 groups.
    FifoSendBatch,
    /// `ReceiveMessage` and `DeleteMessage` of one message, from a filled FIFO queue with 1,000 groups.
    FifoReceive,
    /// `ReceiveMessage` and `DeleteMessageBatch` of ten, from a filled FIFO queue with 1,000 groups.
    FifoReceiveBatch,
    /// A send wakes one long poll.
    Wake,
    /// Memory and start-up time with a backlog.
    Backlog,
    /// A FIFO backlog in one queue, worked off to the end.
    FifoDrain,
    /// Notifications held against filter policies, without a server.
    Filters,
    /// Publishing to topics with 1, 10 and 100 queues.
    Publish,
    /// Receiving what topics put into queues, with envelopes and signatures.
    Envelopes,
    /// Objects put and gotten, with and without conditions.
    Objects,
    /// One object that 16 writers change with conditional puts.
    OneObject,
    /// Standard executions of one state.
    Standard,
    /// Express executions of three states.
    Express,
    /// Executions that go from state to state, with and without a server.
    Transitions,
    /// A history of 25,000 events, read page by page.
    History,
    /// Warm functions through `Invoke`. Only with --deep, or when named.
    Invokes,
    /// The first invocations of functions. Only with --deep, or when named.
    ColdStarts,
    /// A queue that feeds a function. Only with --deep, or when named.
    Mapping,
    /// A FIFO queue of 1,000 groups that feeds a function. Only with --deep, or when named.
    FunctionGroups,
    /// 10,000 events that wait for a function. Only with --deep, or when named.
    WaitingEvents,
    /// 100,000 executions that wait. Only with --deep, or when named.
    WaitingExecutions,
    /// 10,000 deliveries to web servers at once. Only with --deep, or when named.
    Deliveries,
    /// Ten million messages in one queue: receives, memory, start-up time. Only with --deep, or when named.
    Deep,
    /// 100,000 message groups. Only with --deep, or when named.
    FifoGroups,
    /// 10,000 queues. Only with --deep, or when named.
    Queues,
    /// 10,000 long polls at once. Only with --deep, or when named.
    Polls,
}

impl Subject {
    /// The limit that a subject's requests are compared to.
    pub fn echo(self) -> Option<Self> {
        match self {
            Self::Send | Self::Receive | Self::FifoSend | Self::FifoReceive => Some(Self::Echo),
            Self::SendBatch | Self::ReceiveBatch | Self::FifoSendBatch | Self::FifoReceiveBatch => {
                Some(Self::EchoBatch)
            }
            _ => None,
        }
    }

    /// The limit that a subject's messages are compared to.
    pub fn commit(self) -> Option<Self> {
        match self {
            Self::Send | Self::FifoSend => Some(Self::Commit),
            Self::SendBatch | Self::FifoSendBatch => Some(Self::CommitBatch),
            _ => None,
        }
    }

    /// The subject whose rate it should keep up with.
    pub fn peer(self) -> Option<Self> {
        match self {
            Self::ReceiveBatch | Self::FifoSendBatch => Some(Self::SendBatch),
            Self::FifoReceiveBatch => Some(Self::ReceiveBatch),
            _ => None,
        }
    }

    /// Measured once for each number of connections.
    pub fn is_cell(self) -> bool {
        self < Self::Wake
    }

    /// Takes minutes, gigabytes, or interpreters.
    pub fn is_deep(self) -> bool {
        self >= Self::Invokes
    }

    /// The name on the command line and in the report.
    pub fn name(self) -> String {
        self.to_possible_value().expect("every subject has a name").get_name().to_owned()
    }
}

/// The named subjects, or else all (the deep ones if that is asked for), with what they are compared to.
pub fn chosen(only: &[Subject], deep: bool) -> BTreeSet<Subject> {
    let all = Subject::value_variants().iter().filter(|subject| deep || !subject.is_deep());
    let mut open: Vec<_> = if only.is_empty() { all.copied().collect() } else { only.to_vec() };
    let mut chosen = BTreeSet::new();
    while let Some(subject) = open.pop() {
        if chosen.insert(subject) {
            open.extend([subject.echo(), subject.commit(), subject.peer()].into_iter().flatten());
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_subject_brings_along_what_it_is_compared_to() {
        let expected = [Subject::EchoBatch, Subject::CommitBatch, Subject::SendBatch, Subject::ReceiveBatch];
        assert_eq!(chosen(&[Subject::ReceiveBatch], false), BTreeSet::from(expected));
        assert_eq!(chosen(&[Subject::Polls], false), BTreeSet::from([Subject::Polls]));
    }

    #[test]
    fn what_takes_long_is_measured_when_it_is_asked_for() {
        assert!(!chosen(&[], false).contains(&Subject::Deep));
        assert_eq!(chosen(&[], true).len(), Subject::value_variants().len());
    }
}
