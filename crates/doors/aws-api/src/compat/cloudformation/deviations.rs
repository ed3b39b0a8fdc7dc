//! Every known difference from AWS CloudFormation, with the test that shows it.

use crate::compat::{Deviation, row};

/// All of them, by subject: who calls, requests, deployments.
pub(crate) const DEVIATIONS: &[Deviation] = &[
    row(
        "one-account",
        "All stacks are of the server's account; callers of other accounts are refused, and everybody of that account may \
         do everything.",
        "stacks::stacks_are_for_the_account_of_the_server",
    ),
    row(
        "capabilities",
        "Capabilities are kept and told, and none is required: roles and policies have no effect here.",
        "stacks::a_stack_is_made_of_what_the_request_says",
    ),
    row(
        "kept-and-told",
        "Role, notification topics, timeout and stack policy are kept and told; they change nothing, nor does \
         `IncludeNestedStacks`.",
        "stacks::a_stack_is_made_of_what_the_request_says",
    ),
    row(
        "unsupported-members",
        "`ResourceTypes`, alarms in `RollbackConfiguration`, `StackPolicyURL`, `DisableValidation`, nested stacks, imports \
         and drift are refused when a request asks for them.",
        "stacks::a_stack_that_cannot_be_made_is_refused_in_awss_words",
    ),
    row(
        "template-url",
        "`TemplateURL` names an object in a bucket of this server's own, path-style or virtual-host style.",
        "stacks::a_stack_that_cannot_be_made_is_refused_in_awss_words",
    ),
    row(
        "no-half-updates",
        "`DisableRollback` is refused for updates: one that fails is always rolled back.",
        "stacks::a_stack_is_changed_with_what_it_was_or_what_is_new",
    ),
    row("whole-lists", "Lists are told whole, so there is no `NextToken`.", "stacks::stacks_are_told"),
    row(
        "one-stage",
        "A template is told as it was given; there is no stage `Processed`.",
        "stacks::templates_are_told_and_looked_at",
    ),
    row(
        "interrupted",
        "A server that ends in the middle of a deployment ends the deployment at its next start: one that had not \
         succeeded is rolled back, a deletion goes on.",
        "app/server/src/stacks/tests/crashes.rs::an_update_that_was_under_way_is_taken_back",
    ),
    row(
        "executed-change-sets",
        "A change set that was executed is gone, as are all others of its stack; `DescribeStacks` tells its id.",
        "app/server/src/stacks/tests/change_sets.rs::a_change_set_is_executed_once_and_takes_the_others_with_it",
    ),
    row(
        "template-faults",
        "Faults of a template are told with their lines, in words of this server's own.",
        "app/server/src/stacks/tests.rs::a_faulty_template_makes_no_stack",
    ),
];
