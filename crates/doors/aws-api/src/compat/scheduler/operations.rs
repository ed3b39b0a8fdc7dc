//! What works of each operation, and with which errors of its own it answers.

use crate::compat::Operation;
use crate::error::ErrorKind::*;

/// The operations in the order of their names.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateSchedule",
        works: "idempotent by `ClientToken`",
        modules: &["scheduler"],
        errors: &[ScheduleConflict, ScheduleInvalid, ScheduleNotFound, TooManySchedules],
    },
    Operation {
        name: "CreateScheduleGroup",
        works: "idempotent by `ClientToken`; 500 groups",
        modules: &["scheduler"],
        errors: &[ScheduleConflict, ScheduleInvalid, TooManySchedules],
    },
    Operation {
        name: "DeleteSchedule",
        works: "with what it could not send yet",
        modules: &["scheduler"],
        errors: &[ScheduleInvalid, ScheduleNotFound],
    },
    Operation {
        name: "DeleteScheduleGroup",
        works: "at once, with all its schedules",
        modules: &["scheduler"],
        errors: &[ScheduleConflict, ScheduleInvalid, ScheduleNotFound],
    },
    Operation {
        name: "GetSchedule",
        works: "all members",
        modules: &["scheduler"],
        errors: &[ScheduleInvalid, ScheduleNotFound],
    },
    Operation {
        name: "GetScheduleGroup",
        works: "all members",
        modules: &["scheduler"],
        errors: &[ScheduleInvalid, ScheduleNotFound],
    },
    Operation {
        name: "ListScheduleGroups",
        works: "pages; by prefix",
        modules: &["scheduler"],
        errors: &[ScheduleInvalid],
    },
    Operation {
        name: "ListSchedules",
        works: "pages; by group, prefix and state",
        modules: &["scheduler"],
        errors: &[ScheduleInvalid, ScheduleNotFound],
    },
    Operation {
        name: "ListTagsForResource",
        works: "of groups",
        modules: &["scheduler"],
        errors: &[ScheduleInvalid, ScheduleNotFound],
    },
    Operation {
        name: "TagResource",
        works: "groups",
        modules: &["scheduler"],
        errors: &[ScheduleConflict, ScheduleInvalid, ScheduleNotFound],
    },
    Operation {
        name: "UntagResource",
        works: "groups",
        modules: &["scheduler"],
        errors: &[ScheduleConflict, ScheduleInvalid, ScheduleNotFound],
    },
    Operation {
        name: "UpdateSchedule",
        works: "all members; what is not said is as by default",
        modules: &["scheduler"],
        errors: &[ScheduleConflict, ScheduleInvalid, ScheduleNotFound, TooManySchedules],
    },
];
