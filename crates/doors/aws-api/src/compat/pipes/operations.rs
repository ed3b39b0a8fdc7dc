//! What works of each operation, and with which errors of its own it answers.

use crate::compat::Operation;
use crate::error::ErrorKind::*;

/// The operations in the order of their names.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreatePipe",
        works: "from a queue that is there to a target that is there; it works when this is answered",
        modules: &["pipes"],
        errors: &[PipeExists, PipeInvalid, PipesQuotaExceeded],
    },
    Operation {
        name: "DeletePipe",
        works: "batches that are under way end first",
        modules: &["pipes"],
        errors: &[PipeNotFound],
    },
    Operation { name: "DescribePipe", works: "all members", modules: &["pipes"], errors: &[PipeNotFound] },
    Operation {
        name: "ListPipes",
        works: "by prefixes and states, in pages",
        modules: &["pipes"],
        errors: &[PipeInvalid],
    },
    Operation {
        name: "ListTagsForResource",
        works: "all members",
        modules: &["pipes"],
        errors: &[PipeInvalid, PipeNotFound],
    },
    Operation {
        name: "StartPipe",
        works: "one that runs already stays as it is",
        modules: &["pipes"],
        errors: &[PipeNotFound],
    },
    Operation {
        name: "StopPipe",
        works: "one that does not run stays as it is; batches that are under way end first",
        modules: &["pipes"],
        errors: &[PipeNotFound],
    },
    Operation {
        name: "TagResource",
        works: "up to fifty tags",
        modules: &["pipes"],
        errors: &[PipeInvalid, PipeNotFound],
    },
    Operation {
        name: "UntagResource",
        works: "keys that are not there do not matter",
        modules: &["pipes"],
        errors: &[PipeInvalid, PipeNotFound],
    },
    Operation {
        name: "UpdatePipe",
        works: "what is not said stays as it is; blocks of parameters for one service are replaced as a whole",
        modules: &["pipes"],
        errors: &[PipeInvalid, PipeNotFound],
    },
];
