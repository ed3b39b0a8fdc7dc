//! Every known difference from Amazon SNS, with the test that shows it.

use crate::compat::{Deviation, row};

/// All of them, by subject: who calls, topics, subscriptions, publishing.
pub(crate) const DEVIATIONS: &[Deviation] = &[
    row(
        "no-credentials",
        "Without configured credentials any signature, or none, is taken, and everybody is the root of the configured \
         account, or of the account that is the access key id. ConfirmSubscription and Unsubscribe without a signature are \
         anonymous all the same.",
        "subscriptions::without_credentials_only_what_links_need_is_anonymous",
    ),
    row(
        "foreign-pages",
        "Without configured credentials a request that a web page of another site makes in a browser is refused, also by a \
         link in a message.",
        "subscriptions::a_page_of_another_site_cannot_confirm",
    ),
    row(
        "identity-policies",
        "There are no identity-based policies: everybody in a topic's account may do everything that the topic's policy \
         does not deny.",
        "topic_access::a_topic_is_its_owners_and_whose_its_policy_lets_in",
    ),
    row(
        "topic-first",
        "A topic that does not exist, or that the caller may not use, is told before anything else that is wrong with the \
         request, except for the number of a batch's entries.",
        "publishing::a_missing_topic_is_told_before_other_faults",
    ),
    row(
        "throttling",
        "Nothing is throttled: `Throttled` never occurs.",
        "publishing::a_message_reaches_whoever_subscribed",
    ),
    row(
        "encryption",
        "KMS does not exist: `KmsMasterKeyId` is kept and told, nothing is encrypted, and the errors of KMS never occur.",
        "topics::what_is_set_is_told_in_awss_order",
    ),
    row(
        "at-once",
        "Changes and deletions apply at once, filter policies too; a deleted topic's subscriptions are gone with it.",
        "subscriptions::a_deleted_topic_takes_its_subscriptions_along",
    ),
    row(
        "words-of-our-own",
        "Refusals of which AWS's words are not known have words of our own: tags that are too long, attributes of FIFO \
         topics on standard ones, `MaximumMessageSize`, `ArchivePolicy`, `ReplayPolicy`, dead-letter queues of the wrong \
         kind or account, too many subscriptions, attributes of apps and endpoints, \
         `MaxResults`, one-time passwords.",
        "topics::values_are_refused",
    ),
    row(
        "archived-topics",
        "A FIFO topic with an `ArchivePolicy` cannot be deleted: `InvalidState`, in words of our own.",
        "topics::a_topic_with_an_archive_cannot_be_deleted",
    ),
    row(
        "archives-of-all",
        "Standard topics may have an `ArchivePolicy` too. A replay that is to start before the archive does starts with the \
         archive.",
        "subscriptions::a_replay_is_for_an_archive",
    ),
    row(
        "data-protection",
        "A data protection policy is kept and told, and has no effect.",
        "topics::a_data_protection_policy_is_kept",
    ),
    row(
        "own-accounts-queues",
        "The dead-letter queue of a subscription is in the account of the subscription, and need not allow it by its policy.",
        "core/broker/src/topic/subscription_attributes.rs::values_are_refused_in_awss_words",
    ),
    row(
        "confirmed-at-once",
        "Queues and functions of other accounts are confirmed at once as well; what their policies do not allow is not \
         delivered.",
        "topic_access::a_topic_is_its_owners_and_whose_its_policy_lets_in",
    ),
    row(
        "nobody-is-called",
        "Subscriptions of the protocols email, email-json, sms, application and firehose are kept, and a message to a \
         telephone number or to an app's endpoint is checked and answered; nothing is delivered to them. What would be sent \
         is written to the log under `not_sent`.",
        "publishing::a_message_to_a_telephone_is_answered",
    ),
    row(
        "credentials-of-apps",
        "`PlatformCredential` and `PlatformPrincipal` are not kept, because nothing needs them; an app may be without them, \
         and is found again whatever they are.",
        "mobile_push::an_application_is_made_found_changed_and_deleted_and_its_secrets_are_not_told",
    ),
    row(
        "apps-are-enabled",
        "Apps are always enabled; endpoints are disabled by `SetEndpointAttributes` alone, because nothing is sent that a \
         platform could refuse.",
        "mobile_push::a_message_to_an_endpoint_is_taken_while_it_is_enabled",
    ),
    row(
        "apps-of-other-accounts",
        "Apps and endpoints are for their own account alone: `AuthorizationError`.",
        "mobile_push::what_is_wrong_with_an_application_is_told",
    ),
    row(
        "small-things-kept",
        "An account has at most 20,000 endpoints' tokens, endpoints, apps and sandbox numbers together, and 8 KiB of \
         attributes each: `InvalidParameter`.",
        "core/broker/src/scenario/entries.rs::an_account_has_only_so_many_entries",
    ),
    row(
        "no-sandbox",
        "No account is in the SMS sandbox: every number can be published to. Numbers are added to it and verified all the \
         same, by any password, because none is sent; nobody is opted out.",
        "text_messages::numbers_of_the_sandbox_are_added_verified_and_deleted",
    ),
    row(
        "function-retries",
        "A subscription of a function may have a `DeliveryPolicy`, without `requestPolicy` and with up to a day for all \
         retries.",
        "core/broker/src/topic/subscription_attributes.rs::a_delivery_policy_is_kept_as_aws_keeps_it_and_goes_with_raw_delivery",
    ),
    row(
        "subscriptions-a-topic",
        "A topic has at most 4,000 subscriptions: `SubscriptionLimitExceeded`.",
        "subscriptions::a_topic_has_a_hundred_subscriptions_if_it_is_fifo",
    ),
    row(
        "attributes-a-message",
        "A notification has at most 255 message attributes; AWS says no limit.",
        "doors/aws-api/src/message_attributes/published.rs::more_than_ten_and_labelled_ones_are_taken",
    ),
    row(
        "empty-batches",
        "A batch without entries is answered `EmptyBatchRequest`, as the service model has it.",
        "publishing::a_batch_is_checked_as_a_whole",
    ),
];
