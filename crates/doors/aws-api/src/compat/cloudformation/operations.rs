//! What works of each operation, and with which errors of its own it answers.

use crate::compat::Operation;
use crate::error::ErrorKind::*;

/// The operations in the order of their names.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "CancelUpdateStack",
        works: "between two resources; the one that is being changed is finished first",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
    Operation {
        name: "ContinueUpdateRollback",
        works: "with resources to skip",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
    Operation {
        name: "CreateChangeSet",
        works: "for new stacks and for updates; one without changes has the status `FAILED` and the words that tools look for",
        modules: &["stacks"],
        errors: &[AlreadyExistsException, LimitExceededException, ValidationError],
    },
    Operation {
        name: "CreateStack",
        works: "all members but those under \"Deviations\"; what fails is rolled back, deleted or left as it is",
        modules: &["stacks"],
        errors: &[AlreadyExistsException, LimitExceededException, ValidationError],
    },
    Operation { name: "DeleteChangeSet", works: "idempotent", modules: &["stacks"], errors: &[ValidationError] },
    Operation {
        name: "DeleteStack",
        works: "the last resource first; idempotent; with resources to retain, or forced, after it failed",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
    Operation {
        name: "DescribeChangeSet",
        works: "with the properties that change, and their values before and after",
        modules: &["stacks"],
        errors: &[ChangeSetNotFoundException, ValidationError],
    },
    Operation {
        name: "DescribeStackEvents",
        works: "the last 200, the latest first",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
    Operation {
        name: "DescribeStackResource",
        works: "with what stands under `Metadata: Bongsu:`",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
    Operation {
        name: "DescribeStackResources",
        works: "of a stack, or of the stack of a resource",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
    Operation {
        name: "DescribeStacks",
        works: "one by its name or id, or all; a deleted one by its id",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
    Operation {
        name: "ExecuteChangeSet",
        works: "all other change sets of the stack go",
        modules: &["stacks"],
        errors: &[ChangeSetNotFoundException, InvalidChangeSetStatusException, ValidationError],
    },
    Operation { name: "GetStackPolicy", works: "what was set", modules: &["stacks"], errors: &[ValidationError] },
    Operation {
        name: "GetTemplate",
        works: "as it was given; empty before the first change set is executed",
        modules: &["stacks"],
        errors: &[ChangeSetNotFoundException, ValidationError],
    },
    Operation {
        name: "GetTemplateSummary",
        works: "of a text or of a stack",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
    Operation {
        name: "ListChangeSets",
        works: "those that wait to be executed",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
    Operation { name: "ListExports", works: "of all stacks", modules: &["stacks"], errors: &[ValidationError] },
    Operation { name: "ListImports", works: "by name", modules: &["stacks"], errors: &[ValidationError] },
    Operation { name: "ListStackResources", works: "all", modules: &["stacks"], errors: &[ValidationError] },
    Operation {
        name: "ListStacks",
        works: "by status; the last hundred deleted ones too",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
    Operation {
        name: "SetStackPolicy",
        works: "kept and told; it forbids nothing",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
    Operation {
        name: "UpdateStack",
        works: "in place or by replacement, then what is left over is deleted; what fails is rolled back",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
    Operation {
        name: "UpdateTerminationProtection",
        works: "as AWS",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
    Operation {
        name: "ValidateTemplate",
        works: "whether it is a template, and what it takes; its resources are looked at when it is deployed",
        modules: &["stacks"],
        errors: &[ValidationError],
    },
];
