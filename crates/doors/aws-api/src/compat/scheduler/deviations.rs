//! Every known difference from Amazon EventBridge Scheduler, with the test that shows it.

use crate::compat::{Deviation, row};

/// All of them, by subject: targets, times, groups.
pub(crate) const DEVIATIONS: &[Deviation] = &[
    row(
        "targets",
        "Targets are those above. An event bus, ECS, Kinesis, SageMaker and all other services are refused; so are a FIFO topic, \
         unless it is published to by `aws-sdk:sns:publish`, and whatever is in another region.",
        "scheduler::what_is_wrong_with_a_schedule_is_told",
    ),
    row(
        "roles",
        "`RoleArn` has to look like one and is told: a schedule may do what the server's account may. `KmsKeyArn` is told; inputs \
         are kept as they are.",
        "scheduler::a_schedule_is_made_told_of_changed_and_deleted",
    ),
    row(
        "precision",
        "A schedule fires at its second, not some time within its minute; with a flexible window at a moment within it that \
         is the same whenever it is asked for.",
        "core/broker/src/scenario/schedules.rs::a_flexible_schedule_sends_within_its_window",
    ),
    row(
        "missed",
        "What was missed while nothing ran is made up for: up to 100 times one after the other, of more only the latest.",
        "core/broker/src/scenario/schedules.rs::what_a_schedule_missed_is_made_up_for_unless_it_is_too_much",
    ),
    row(
        "past",
        "A schedule whose only time is past is taken and never fires, nor does it take itself away.",
        "scheduler::a_time_that_is_past_never_comes",
    ),
    row(
        "groups",
        "A group goes in one step with all its schedules: nobody sees it `DELETING`. The default group tells no dates.",
        "scheduler::groups_hold_schedules_of_their_own_and_take_them_along",
    ),
    row(
        "limits",
        "There are 10,000 schedules at most, and 10,000 things that are to be tried again; what comes on top of these is given \
         up at once.",
        "core/broker/src/scenario/schedules.rs::what_would_be_refused_at_any_time_is_dead_lettered_at_once",
    ),
];
