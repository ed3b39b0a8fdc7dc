//! How much a policy may hold, which differs between queues and topics.

/// The bounds that [`Policy::parse`](crate::Policy::parse) holds a policy to; each is the most that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text as given, white space included.
    pub bytes: usize,
    /// Statements.
    pub statements: usize,
    /// Principals, in all statements together.
    pub principals: usize,
    /// Conditions (a key under an operator), in all statements together.
    pub conditions: usize,
    /// Actions in each statement.
    pub actions_per_statement: usize,
}

impl Limits {
    /// Of a queue's policy: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html>.
    pub const QUEUE: Limits =
        Limits { bytes: 8192, statements: 20, principals: 50, conditions: 10, actions_per_statement: 7 };

    /// Of a topic's policy. Conditions and actions are bounded by the bytes alone.
    pub const TOPIC: Limits = Limits {
        bytes: 30 * 1024,
        statements: 100,
        principals: 200,
        conditions: usize::MAX,
        actions_per_statement: usize::MAX,
    };
}
