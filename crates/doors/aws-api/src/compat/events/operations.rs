//! What works of each operation, and with which errors of its own it answers.

use crate::compat::Operation;
use crate::error::ErrorKind::*;

/// The operations in the order of their names.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateApiDestination",
        works: "all members",
        modules: &["events"],
        errors: &[
            EventsLimitExceededException,
            EventsResourceNotFoundException,
            EventsValidationException,
            ResourceAlreadyExistsException,
        ],
    },
    Operation {
        name: "CreateConnection",
        works: "`BASIC`, `API_KEY`, `OAUTH_CLIENT_CREDENTIALS`, and what is added to every request",
        modules: &["events"],
        errors: &[EventsLimitExceededException, EventsValidationException, ResourceAlreadyExistsException],
    },
    Operation {
        name: "DeauthorizeConnection",
        works: "takes all parameters away",
        modules: &["events"],
        errors: &[ConcurrentModificationException, EventsResourceNotFoundException, EventsValidationException],
    },
    Operation {
        name: "DeleteApiDestination",
        works: "at once",
        modules: &["events"],
        errors: &[ConcurrentModificationException, EventsResourceNotFoundException, EventsValidationException],
    },
    Operation {
        name: "DeleteConnection",
        works: "at once",
        modules: &["events"],
        errors: &[ConcurrentModificationException, EventsResourceNotFoundException, EventsValidationException],
    },
    Operation {
        name: "DescribeApiDestination",
        works: "`INACTIVE` while its connection is gone or not authorized",
        modules: &["events"],
        errors: &[EventsResourceNotFoundException, EventsValidationException],
    },
    Operation {
        name: "DescribeConnection",
        works: "without secrets",
        modules: &["events"],
        errors: &[EventsResourceNotFoundException, EventsValidationException],
    },
    Operation {
        name: "ListApiDestinations",
        works: "by prefix and connection; pages",
        modules: &["events"],
        errors: &[EventsValidationException],
    },
    Operation {
        name: "ListConnections",
        works: "by prefix and state; pages",
        modules: &["events"],
        errors: &[EventsValidationException],
    },
    Operation {
        name: "TestEventPattern",
        works: "the language of event source mappings and pipes",
        modules: &["events"],
        errors: &[EventsValidationException, InvalidEventPatternException],
    },
    Operation {
        name: "UpdateApiDestination",
        works: "changes what is named",
        modules: &["events"],
        errors: &[ConcurrentModificationException, EventsResourceNotFoundException, EventsValidationException],
    },
    Operation {
        name: "UpdateConnection",
        works: "changes what is named; another type needs all of its parameters",
        modules: &["events"],
        errors: &[ConcurrentModificationException, EventsResourceNotFoundException, EventsValidationException],
    },
];
