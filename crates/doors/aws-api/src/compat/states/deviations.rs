//! Every known difference from AWS Step Functions, with the test that shows it.

use crate::compat::{Deviation, row};

/// All of them, by subject: definitions, tasks, executions.
pub(crate) const DEVIATIONS: &[Deviation] = &[
    row(
        "integrations",
        "Tasks call functions, SQS, SNS, Step Functions, objects of S3, and other people's HTTP APIs; a definition that names \
         anything else (`events:putEvents`, other services) is refused as one with an unknown resource.",
        "states::a_definition_is_judged_before_it_is_kept",
    ),
    row(
        "roles",
        "Roles of machines and `Credentials` of tasks are kept and told: a task may do what the server's account may.",
        "states::a_machine_is_made_changed_and_deleted",
    ),
    row(
        "settings",
        "Logging and tracing configurations are kept and told; the history of standard executions is there either way. \
         Keys of one's own are refused: there is no KMS.",
        "states::a_machine_is_made_changed_and_deleted",
    ),
    row(
        "express-synchronously",
        "An execution that waits for an express one by `.sync` is refused when it gets there: nobody would be told of its \
         end. `aws-sdk:sfn:startSyncExecution` waits for it.",
        "doors/aws-api/tests/it/states/integrations.rs::nothing_waits_for_an_express_execution_but_its_own_caller",
    ),
    row(
        "express-in-memory",
        "Express executions run in memory and leave no log; one that was queued runs again after a restart.",
        "engine/runtime/tests/it/workflows.rs::a_queued_express_execution_runs_again_if_nobody_ended_it",
    ),
    row(
        "children-of-maps",
        "The children of distributed maps are parts of their parent's execution: their histories are not kept, and they \
         are not stopped, redriven or named by themselves. `toleratedFailurePercentage` is a whole number.",
        "doors/aws-api/tests/it/states/map_runs.rs::runs_and_children_that_are_not_there_are_refused",
    ),
    row(
        "variables-of-states",
        "`variableReferences` is not told: which state refers to which variable stands in the definition.",
        "states::a_machine_is_made_changed_and_deleted",
    ),
    row(
        "objects-as-texts",
        "`aws-sdk:s3` reads and writes objects that are texts, by the members that are listed in workflows.md; others are \
         refused.",
        "doors/aws-api/tests/it/states/integrations.rs::objects_are_put_read_listed_and_deleted",
    ),
    row(
        "rate-limits",
        "The tag `bongsu:rate-limit:STATE` of a machine makes the calls of that state wait for their turns (rate-limits.md); \
         one that cannot be read, or of a state that is not there, is a `ValidationException`.",
        "doors/aws-api/tests/it/states/limits.rs::a_rule_is_looked_at_whenever_it_or_the_machine_changes",
    ),
    row(
        "http-calls",
        "A call that fails has the answer's body as its cause. What a connection lacks is an error \
         `Events.ConnectionResource.NotFound`, `.InvalidConnectionState` or, without a token, `.AuthInProgress`; what cannot be \
         sent is `States.Runtime`.",
        "doors/aws-api/tests/it/states/http.rs::what_keeps_an_answer_away_has_a_name",
    ),
    row(
        "tests-of-states",
        "`TestState` refuses `stateConfiguration`, and holds no mock against the shapes of other services.",
        "states::a_state_is_tested_by_itself",
    ),
];
