//! What works of each operation, and with which errors of its own it answers.

use crate::compat::Operation;
use crate::error::ErrorKind::{self, *};

/// The operations in the order of their names.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "AddPermission",
        works: "a statement added to the queue's policy",
        modules: &["access", "administration"],
        errors: &[QueueDoesNotExist, OverLimit],
    },
    Operation {
        name: "CancelMessageMoveTask",
        works: "what was moved stays moved",
        modules: &["access", "move_tasks"],
        errors: &[ResourceNotFoundException],
    },
    Operation {
        name: "ChangeMessageVisibility",
        works: "zero to twelve hours, counted from the receive",
        modules: &["access", "messages", "refusals"],
        errors: &[QueueDoesNotExist, ReceiptHandleIsInvalid],
    },
    Operation {
        name: "ChangeMessageVisibilityBatch",
        works: "every entry succeeds or fails alone",
        modules: &["access", "administration"],
        errors: BATCH,
    },
    Operation {
        name: "CreateQueue",
        works: "standard and FIFO queues, all attributes below, tags, idempotence by the attributes given",
        modules: &["access", "queues", "refusals"],
        errors: &[QueueNameExists, QueueDeletedRecently, InvalidAttributeName, InvalidAttributeValue],
    },
    Operation {
        name: "DeleteMessage",
        works: "current, older and repeated handles; FIFO handles expire",
        modules: &["access", "messages", "refusals"],
        errors: &[QueueDoesNotExist, ReceiptHandleIsInvalid],
    },
    Operation {
        name: "DeleteMessageBatch",
        works: "every entry succeeds or fails alone",
        modules: &["access", "batches"],
        errors: BATCH,
    },
    Operation {
        name: "DeleteQueue",
        works: "with everything in it",
        modules: &["access", "queues"],
        errors: &[QueueDoesNotExist],
    },
    Operation {
        name: "GetQueueAttributes",
        works: "by name or `All`; unset attributes are left out",
        modules: &["access", "queues"],
        errors: &[QueueDoesNotExist, InvalidAttributeName],
    },
    Operation {
        name: "GetQueueUrl",
        works: "by name and owner, also at another queue's URL",
        modules: &["access", "protocols", "queues"],
        errors: &[QueueDoesNotExist],
    },
    Operation {
        name: "ListDeadLetterSourceQueues",
        works: "in pages",
        modules: &["access", "administration"],
        errors: &[QueueDoesNotExist],
    },
    Operation {
        name: "ListMessageMoveTasks",
        works: "the newest first",
        modules: &["access", "move_tasks"],
        errors: &[ResourceNotFoundException],
    },
    Operation {
        name: "ListQueueTags",
        works: "all tags",
        modules: &["access", "administration"],
        errors: &[QueueDoesNotExist],
    },
    Operation {
        name: "ListQueues",
        works: "by prefix, in pages",
        modules: &["access", "queues", "refusals"],
        errors: &[],
    },
    Operation {
        name: "PurgeQueue",
        works: "messages in flight and delayed too, and what a FIFO queue remembers of duplicates",
        modules: &["access", "administration"],
        errors: &[QueueDoesNotExist, PurgeQueueInProgress],
    },
    Operation {
        name: "ReceiveMessage",
        works: "long polls, filters by name and prefix, dead-lettering, repeated receives of FIFO queues",
        modules: &["access", "administration", "messages", "refusals"],
        errors: &[QueueDoesNotExist, OverLimit, InvalidAttributeName],
    },
    Operation {
        name: "RemovePermission",
        works: "the policy goes with its last statement",
        modules: &["access", "administration"],
        errors: &[QueueDoesNotExist],
    },
    Operation {
        name: "SendMessage",
        works: "attributes, system attributes, delay, groups, deduplication, digests",
        modules: &["access", "messages", "refusals"],
        errors: &[QueueDoesNotExist, InvalidMessageContents, UnsupportedOperation],
    },
    Operation {
        name: "SendMessageBatch",
        works: "entries fail alone on a standard queue and together on a FIFO queue; answers keep the order",
        modules: &["access", "batches"],
        errors: &[
            QueueDoesNotExist,
            EmptyBatchRequest,
            TooManyEntriesInBatchRequest,
            InvalidBatchEntryId,
            BatchEntryIdsNotDistinct,
            BatchRequestTooLong,
            UnsupportedOperation,
            InvalidMessageContents,
        ],
    },
    Operation {
        name: "SetQueueAttributes",
        works: "all of what is given, or nothing if any of it is wrong",
        modules: &["access", "administration"],
        errors: &[QueueDoesNotExist, InvalidAttributeName, InvalidAttributeValue],
    },
    Operation {
        name: "StartMessageMoveTask",
        works: "to one queue, or each message to the queue that it came from; at a rate; goes on after a restart",
        modules: &["access", "move_tasks"],
        errors: &[ResourceNotFoundException, OverLimit],
    },
    Operation {
        name: "TagQueue",
        works: "up to fifty tags; a key that is there gets the new value",
        modules: &["access", "administration"],
        errors: &[QueueDoesNotExist],
    },
    Operation {
        name: "UntagQueue",
        works: "keys that are not there do not matter",
        modules: &["access", "administration"],
        errors: &[QueueDoesNotExist],
    },
];

/// What every operation on several messages answers.
const BATCH: &[ErrorKind] = &[
    QueueDoesNotExist,
    EmptyBatchRequest,
    TooManyEntriesInBatchRequest,
    InvalidBatchEntryId,
    BatchEntryIdsNotDistinct,
];
