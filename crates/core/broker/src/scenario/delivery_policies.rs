//! Delivery policies: when a failed delivery is tried again, and how fast deliveries follow each other. Filter policies:
//! what is delivered at all.

use super::check;

/// A web server that said yes, at topic `t`.
const SUBSCRIBED: &str = "
    topic t
    subscribe t https:w
    begin
    confirm t https:w
    delivered first
";

fn check_subscribed(script: &str) {
    check(&format!("{SUBSCRIBED}{script}"));
}

#[test]
fn a_subscription_says_when_it_is_tried_again() {
    check_subscribed(
        r#"
        set-subscription t https:w DeliveryPolicy {"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":5,"numRetries":2}}
        publish t hello -> #1
        begin -> #1@https:w
        failed #1@https:w
        +999ms
        begin -> nothing
        +1ms
        begin -> #1@https:wx2
        failed #1@https:w
        +4999ms
        begin -> nothing
        +1ms
        begin -> #1@https:wx3
        failed #1@https:w
        show-subscription t https:w -> t@https:w(open) undelivered=0
        "#,
    );
}

#[test]
fn a_topic_may_say_it_for_all_of_its_subscriptions() {
    check_subscribed(
        r#"
        set-subscription t https:w DeliveryPolicy {"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":9}}
        set-topic t DeliveryPolicy {"http":{"disableSubscriptionOverrides":true,"defaultHealthyRetryPolicy":{"minDelayTarget":7,"maxDelayTarget":7,"numRetries":1}}}
        publish t hello -> #1
        begin
        failed first
        +6999ms
        begin -> nothing
        +1ms
        begin -> #1@https:wx2
        failed first
        show-subscription t https:w -> t@https:w(open) undelivered=0
        "#,
    );
}

#[test]
fn a_function_is_tried_again_as_aws_does_unless_its_subscription_says_otherwise() {
    check(
        r#"
        topic t
        function f
        subscribe t lambda:f
        publish t hello -> #1
        begin
        failed first
        begin -> #1@lambda:fx2
        failed first
        begin -> #1@lambda:fx3
        failed first
        begin -> #1@lambda:fx4
        failed first
        begin -> nothing
        set-subscription t lambda:f DeliveryPolicy {"healthyRetryPolicy":{"minDelayTarget":3,"maxDelayTarget":3,"numRetries":4}}
        +2s
        begin -> #1@lambda:fx5
        failed first
        show-subscription t lambda:f -> t@lambda:f undelivered=0
        publish t again -> #2
        begin
        failed first
        +2999ms
        begin -> nothing
        +1ms
        begin -> #2@lambda:fx2
        "#,
    );
}

#[test]
fn deliveries_keep_to_their_rate() {
    check_subscribed(
        r#"
        set-subscription t https:w DeliveryPolicy {"throttlePolicy":{"maxReceivesPerSecond":2}}
        publish t one | two | three | four -> #1 | #2 | #3 | #4
        begin -> #1@https:w #2@https:w
        begin -> nothing
        +499ms
        begin -> nothing
        +1ms
        begin -> #3@https:w
        begin -> nothing
        delivered #1@https:w
        begin -> nothing
        +500ms
        begin -> #4@https:w
        "#,
    );
}

#[test]
fn another_rate_counts_at_once_and_none_frees_everything() {
    check_subscribed(
        r#"
        set-topic t DeliveryPolicy {"http":{"defaultThrottlePolicy":{"maxReceivesPerSecond":1}}}
        publish t one | two | three | four | five -> #1 | #2 | #3 | #4 | #5
        begin -> #1@https:w
        begin -> nothing
        set-subscription t https:w DeliveryPolicy {"throttlePolicy":{"maxReceivesPerSecond":2}}
        begin -> #2@https:w #3@https:w
        begin -> nothing
        set-subscription t https:w DeliveryPolicy {}
        set-topic t DeliveryPolicy {}
        +1s
        begin -> #4@https:w #5@https:w
        "#,
    );
}

#[test]
fn a_throttled_endpoint_holds_up_no_other_and_a_restart_forgets_what_it_had() {
    check_subscribed(
        r#"
        subscribe t https:v
        begin
        confirm t https:v
        delivered first
        set-subscription t https:w DeliveryPolicy {"throttlePolicy":{"maxReceivesPerSecond":1}}
        publish t one | two -> #1 | #2
        begin max=9 -> #1@https:v #2@https:v #1@https:w
        restart
        begin max=9 -> #1@https:w #1@https:v #2@https:v
        "#,
    );
}

#[test]
fn who_filters_gets_what_the_policy_admits() {
    check(
        r#"
        topic t
        queue all
        queue some
        subscribe t all
        subscribe t some
        set-subscription t some FilterPolicyScope MessageBody
        set-subscription t some FilterPolicy {"a":{"b":[1]}}
        publish t {"a":{"b":1}} | {"a":{"b":2}} | text -> #1 | #2 | #3 delivered=4 filtered=2
        restart
        receive some max=9 -> #1@some
        publish t text for=sqs:{"a":{"b":1}} -> #4 delivered=2
        set-subscription t some FilterPolicy {}
        publish t text -> #5 delivered=2
        "#,
    );
}

#[test]
fn what_nobody_wants_leaves_no_trace() {
    check(
        r#"
        topic t
        queue q
        subscribe t q
        set-subscription t q FilterPolicy {"a":["b"]}
        publish t hello -> #1 filtered=1
        count q -> visible=0 in-flight=0 delayed=0
        "#,
    );
}
