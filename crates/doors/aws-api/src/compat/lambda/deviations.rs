//! Every known difference from AWS Lambda, with the test that shows it.

use crate::compat::{Deviation, row};

/// All of them, by subject: who calls, functions, code, invocations, mappings.
pub(crate) const DEVIATIONS: &[Deviation] = &[
    row(
        "one-account",
        "All functions are of the server's account. Somebody of another account may only invoke a function, if its policy \
         says so; everybody of the account itself may do everything.",
        "lambda::who_calls_is_known_before_what_is_asked",
    ),
    row(
        "service-principals",
        "Topics, queues and front doors of this server invoke functions without being asked for a permission: statements \
         for services are kept and told.",
        "functions::settings_beside_a_function_come_and_go_with_it",
    ),
    row(
        "roles",
        "Roles and KMS keys are kept and told, and looked at by nobody; so are VPCs, tracing, architectures and SnapStart.",
        "functions::a_function_is_made_told_changed_and_deleted",
    ),
    row(
        "capacity-providers",
        "Of `CapacityProviderConfig`, `PerExecutionEnvironmentMaxConcurrency` is done: a process gets as many invocations at a \
         time, one if it is not said. The provider's ARN, which may be left out, and the memory for each processor are kept \
         and told: there are no instances.",
        "functions::a_process_can_be_given_several_invocations_at_a_time",
    ),
    row(
        "at-once",
        "Everything applies at once: a function is `Active` in the answer that made it, an update is `Successful`, and a \
         mapping is never seen between two states.",
        "functions::a_queue_feeds_a_function_as_long_as_a_mapping_says",
    ),
    row(
        "runtimes",
        "Functions are processes of this machine: Python, Node and `provided` runtimes are accepted, other runtimes, \
         container images and file systems are refused.",
        "functions::what_is_wrong_with_a_function_is_told",
    ),
    row(
        "code-location",
        "`Code.Location` and `Content.Location` are `file://` URLs of directories on the server's machine: the archive \
         itself is not kept.",
        "functions::a_function_is_made_told_changed_and_deleted",
    ),
    row(
        "links-in-archives",
        "An archive with symbolic links, with paths that lead out of it, with two files of one path or with more than \
         50,000 files is refused.",
        "app/server/src/code/tests.rs::nothing_is_put_outside_and_nothing_is_left_of_what_is_refused",
    ),
    row(
        "hot-reload",
        "`S3Bucket` `hot-reload` with an absolute directory for `S3Key` has the code run where it lies; its digest is \
         `hot-reloading-hash-not-available`. Variables in the directory's name are not expanded. When files change, \
         processes that have read them take no more invocations.",
        "lambda::a_function_gets_the_event_and_its_answer_comes_back_byte_by_byte",
    ),
    row(
        "unchanged-versions",
        "Whether anything has changed since the last version is told by the code and what the function runs with: a \
         change of the role or another member that is only kept publishes no new version.",
        "functions::versions_and_aliases_come_and_go",
    ),
    row(
        "provisioned",
        "Provisioned concurrency is kept and told; processes stay warm by being used.",
        "functions::provisioned_concurrency_is_kept_and_told",
    ),
    row(
        "function-urls",
        "A function's URL is `http://<id>.lambda-url.<region>.localhost:<port>/`, and the same whenever it is made again.",
        "functions::settings_beside_a_function_come_and_go_with_it",
    ),
    row(
        "policy-revision",
        "`RevisionId` of a policy is the policy's own, not the function's.",
        "functions::settings_beside_a_function_come_and_go_with_it",
    ),
    row(
        "streams",
        "A streamed answer comes as a whole when the function has ended.",
        "lambda::an_answer_can_come_as_a_stream_of_events",
    ),
    row(
        "destinations",
        "Destinations are standard queues, standard topics and functions; buckets and event buses are refused. Whether a \
         destination exists is found when something is to be told: then it is counted and logged.",
        "app/server/src/event_records.rs::a_failure_is_told_to_both_and_the_dead_letter_is_the_event",
    ),
    row(
        "queues-only",
        "Mappings are of queues of the server's account; other event sources and what only they have are refused.",
        "doors/aws-api/src/lambda/unavailable.rs::what_is_not_here_is_refused_unless_it_says_nothing",
    ),
    row(
        "rate-limits",
        "The tag `bongsu:rate-limit` of a mapping makes its invocations wait for their turns (rate-limits.md); one that \
         cannot be read, or of a function, is an `InvalidParameterValueException`.",
        "functions::a_mappings_rate_limit_is_a_tag_that_is_looked_at",
    ),
    row(
        "other-operations",
        "Code signing, capacity providers, durable executions, scaling and recursion configs, permissions of layers and \
         the setting of runtime management are refused as unknown.",
        "lambda::what_is_no_operation_is_refused_as_unknown",
    ),
];
