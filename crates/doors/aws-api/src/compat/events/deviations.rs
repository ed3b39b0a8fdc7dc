//! Every known difference from Amazon EventBridge, with the test that shows it.

use crate::compat::{Deviation, row};

/// All of them, by subject: what there is, connections, calls.
pub(crate) const DEVIATIONS: &[Deviation] = &[
    row(
        "the-rest-of-eventbridge",
        "Only the operations above are here; another is refused as unknown, with a text that says what there is.",
        "events::what_is_not_here_is_named",
    ),
    row(
        "states-at-once",
        "A connection is `AUTHORIZED` as soon as it is made, also one that gets tokens: they are fetched by the first call, and \
         what keeps a token away is told to that call.",
        "events::a_token_that_cannot_be_had_is_told_to_all_who_wait",
    ),
    row(
        "secrets-without-a-manager",
        "Secrets are kept in the server's own journal and never told. `SecretArn` is told as AWS would, but there is no Secrets \
         Manager to ask for it; customer-managed keys and private connectivity are refused.",
        "events::a_connection_lives_and_its_secrets_are_never_told",
    ),
    row(
        "a-connections-size",
        "A connection with all its parameters has at most 8 KiB.",
        "events::what_makes_no_connection_is_refused",
    ),
    row(
        "http-to-this-machine",
        "Endpoints may begin with `http://` if they lead to this machine, for stand-ins. Which addresses may be reached at all \
         is what `--allow-endpoints` says, as with notifications.",
        "doors/aws-api/src/events/calls/checks.rs::secrets_leave_this_machine_only_over_tls",
    ),
    row(
        "the-clients-id-and-secret",
        "A token is asked for with `grant_type`, `client_id` and `client_secret` in a form (with GET in the query), unless the \
         connection's own parameters give them.",
        "doors/aws-api/src/events/calls/oauth.rs::a_token_is_asked_for_with_id_and_secret",
    ),
];
