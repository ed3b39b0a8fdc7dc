//! Every known difference from Amazon SQS, with the test that shows it.

use crate::compat::{Deviation, row};

/// All of them, by subject: who calls, requests, queues, messages.
pub(crate) const DEVIATIONS: &[Deviation] = &[
    row(
        "no-credentials",
        "Without configured credentials any signature, or none, is taken, and everybody is the root of the configured \
         account, or of the account that is the access key id.",
        "sts::in_development_everybody_is_root_of_the_account_that_they_name",
    ),
    row(
        "foreign-pages",
        "Without configured credentials a request that a web page of another site makes in a browser is refused.",
        "identity::in_development_mode_a_page_of_another_site_is_refused_and_one_of_this_machine_is_not",
    ),
    row(
        "identity-policies",
        "There are no identity-based policies: everybody in a queue's account may do everything that the queue's policy \
         does not deny.",
        "access::every_operation_knows_its_callers",
    ),
    row(
        "locked-out-roots",
        "The root of a queue's account may read and change the queue's attributes and permissions whatever its policy \
         denies, so that the policy can be mended.",
        "core/broker/src/access.rs::a_deny_wins_and_the_owners_root_can_still_mend_it",
    ),
    row(
        "user-ids",
        "A user's id in `SenderId` is made of the account and the user's name: the same name has the same id again.",
        "identity::a_signed_request_acts_for_its_account",
    ),
    row(
        "presigned-urls",
        "A presigned URL must say `X-Amz-Expires`, from a second to a week.",
        "doors/aws-api/src/sigv4/presigned/tests.rs::a_url_is_good_for_at_least_a_second_and_at_most_a_week",
    ),
    row(
        "large-requests",
        "A request of more than 8 MiB is answered 413 `RequestEntityTooLarge`.",
        "app/cli/tests/it/strangers.rs::a_body_beyond_the_limit_is_refused_in_the_protocols_words",
    ),
    row(
        "receive-requests",
        "A `ReceiveMessage` request of more than 64 KiB, or that names more than 100 attributes in one list, is refused.",
        "refusals::receives",
    ),
    row(
        "secure-transport",
        "For policies, a request from this machine itself came through a secure transport, and any other did not: TLS ends \
         at a proxy, which should run beside the server.",
        "core/broker/src/access.rs::a_policy_sees_how_a_request_came",
    ),
    row(
        "query-parameters",
        "A Query request of more than 1,000 parameters, or whose text is not UTF-8, is answered 400 `MalformedInput`.",
        "strangers::a_form_that_is_no_good_text_is_malformed",
    ),
    row(
        "json-twice",
        "A JSON member given twice is refused with `SerializationException`.",
        "strangers::a_body_that_is_no_good_json_is_malformed",
    ),
    row(
        "throttling",
        "Nothing is throttled: `RequestThrottled` never occurs, and `FifoThroughputLimit` is without effect.",
        "queues::attributes_that_a_queue_was_made_with_come_back",
    ),
    row(
        "encryption",
        "KMS does not exist: the attributes about encryption are kept and told, nothing is encrypted, and the errors of \
         KMS never occur.",
        "administration::attributes_about_encryption_are_kept_and_told",
    ),
    row(
        "full-disk",
        "A full disk is answered 503 `ServiceUnavailable` for sends; receives and deletes go on.",
        "engine/runtime/tests/it/room.rs::a_full_disk_refuses_sends_and_can_be_emptied",
    ),
    row(
        "queue-urls",
        "Queue URLs begin with `http://` and the host that the client used, or with `--public-url`.",
        "queues::a_queues_url_has_the_host_that_the_client_used",
    ),
    row(
        "at-once",
        "Changes and deletions apply at once; AWS takes up to a minute, and a quarter of an hour for the retention.",
        "core/broker/src/scenario/administration.rs::a_change_of_attributes_counts_at_once",
    ),
    row(
        "cooldowns",
        "A queue may be made again right after it was deleted, and purged again right after it was purged, unless \
         `--cooldowns` asks for AWS's minute of waiting.",
        "administration::awss_minute_of_waiting_is_kept_where_it_is_asked_for",
    ),
    row(
        "exact-counts",
        "The approximate numbers of messages are exact.",
        "queues::messages_are_counted_by_what_holds_them",
    ),
    row(
        "own-dead-letters",
        "A queue may name itself as its dead-letter queue, as on AWS; messages received too often then stay where they \
         are.",
        "core/broker/src/scenario/dead_letters.rs::a_queue_that_is_its_own_dead_letter_queue_keeps_its_messages",
    ),
    row(
        "dead-letters-a-receive",
        "A receive moves a hundred messages to the dead-letter queue at most; the next one goes on.",
        "core/broker/src/scenario/dead_letters.rs::one_receive_moves_a_hundred_at_most",
    ),
    row(
        "policy-keys",
        "Conditions know the keys `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOwner`, `aws:SourceIp`, \
         `aws:SecureTransport`, `aws:CurrentTime`, `aws:EpochTime`, `aws:username`, `aws:userid` and those of the \
         principal's ARN, account, type and service; every other key is absent, such as `aws:PrincipalOrgID`.",
        "core/policy/tests/it/conditions.rs::every_key_has_its_value",
    ),
    row(
        "policy-reasons",
        "The refusal of a `Policy` says what is wrong with it.",
        "administration::a_policy_that_makes_no_sense_is_refused_with_a_reason",
    ),
    row(
        "words-for-tags",
        "Tags whose key or value is too long are refused in words of our own; AWS's are not known.",
        "administration::tags_have_limits",
    ),
    row(
        "words-for-redrives",
        "A dead-letter queue whose `RedriveAllowPolicy` does not name the source is refused in words of our own; AWS's are \
         not known.",
        "administration::a_dead_letter_queue_says_who_may_use_it",
    ),
    row(
        "words-for-tasks",
        "A move task that does not run cannot be cancelled; the words are our own, AWS's are not known.",
        "move_tasks::a_task_keeps_to_its_rate_and_can_be_cancelled",
    ),
    row(
        "receive-names",
        "ReceiveMessage refuses names of system attributes that it does not know with `InvalidAttributeName`, which the \
         service model lists for other operations.",
        "refusals::receives",
    ),
    row(
        "fifo-batch-contents",
        "A body with characters that no message may hold fails a whole FIFO batch with `InvalidMessageContents`, which \
         the service model lists for SendMessage.",
        "batches::a_bad_entry_of_a_fifo_batch_fails_them_all",
    ),
    row(
        "attribute-names",
        "Names of message attributes may have letters and digits of any alphabet; AWS documents ASCII and was seen to \
         take some others.",
        "doors/aws-api/src/message_attributes.rs::names_have_letters_digits_and_single_inner_periods",
    ),
    row(
        "trace-headers",
        "`AWSTraceHeader` is refused above 1,024 bytes; an `X-Amzn-Trace-Id` header that is longer does not go with the \
         message.",
        "strangers::a_trace_header_of_mebibytes_is_refused",
    ),
    row(
        "traceparents",
        "A W3C `traceparent` header, without an `X-Amzn-Trace-Id`, goes with the message as its `AWSTraceHeader`.",
        "messages::a_traceparent_goes_with_the_message_in_xrays_words_unless_xray_speaks_itself",
    ),
    row(
        "late-dead-letters",
        "A move task leaves messages that came into its queue after it began, and messages that cannot be received just \
         now.",
        "core/broker/src/scenario/move_tasks.rs::what_comes_back_into_the_queue_after_the_start_stays",
    ),
    row(
        "cancelled-at-once",
        "A move task is cancelled at once: it is never seen as `CANCELLING`.",
        "move_tasks::a_task_keeps_to_its_rate_and_can_be_cancelled",
    ),
    row(
        "long-tasks",
        "A move task may take longer than 36 hours.",
        "move_tasks::a_task_may_take_longer_than_a_day_and_a_half",
    ),
    row(
        "hundred-tasks",
        "The hundred-and-first running move task of an account is refused with `OverLimit`, which the service model does \
         not list for StartMessageMoveTask.",
        "core/broker/src/scenario/move_tasks.rs::one_account_runs_a_hundred_tasks_at_most",
    ),
    row(
        "order",
        "A standard queue hands messages out about in the order of their sends, each once unless its visibility timeout \
         ends: consumers that are right here may still meet AWS's reordering and duplicates there.",
        "core/broker/src/scenario/standard.rs::a_receive_takes_up_to_ten_of_the_oldest",
    ),
    row(
        "short-polls",
        "A short poll finds every message that is there; AWS's looks at a sample of its servers.",
        "core/broker/src/scenario/standard.rs::messages_go_through_delayed_visible_in_flight_and_deleted",
    ),
    row(
        "noisy-tenants",
        "A tenant (`MessageGroupId` on a standard queue) is noisy while it holds more than 10 % of the messages in \
         flight, and at least 30; this is exact and counts at once. How much of the consumers' time it takes is not \
         measured.",
        "core/broker/src/scenario/fair.rs::a_noisy_tenant_does_not_make_quiet_ones_wait",
    ),
];
