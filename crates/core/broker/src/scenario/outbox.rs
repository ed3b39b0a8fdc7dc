//! Deliveries to endpoints that are not queues: rows with deadlines, from the publish to their end.

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
fn a_delivery_that_failed_is_tried_again_at_its_time() {
    check_subscribed(
        "
        publish t hello -> #1
        show-subscription t https:w -> t@https:w(open) undelivered=1 oldest=0s
        begin -> #1@https:w
        begin -> nothing
        failed #1@https:w
        begin -> nothing
        +19999ms
        begin -> nothing
        +1ms
        begin -> #1@https:wx2
        show-subscription t https:w -> t@https:w(open) undelivered=1 oldest=20s
        delivered #1@https:w
        show-subscription t https:w -> t@https:w(open) undelivered=0
        ",
    );
}

#[test]
fn a_restart_begins_again_what_was_going_on_and_forgets_no_failure() {
    check_subscribed(
        "
        publish t one | two -> #1 | #2
        begin -> #1@https:w #2@https:w
        failed #1@https:w
        restart
        begin -> #2@https:w
        +20s
        restart
        begin -> #2@https:w #1@https:wx2
        ",
    );
}

#[test]
fn what_cannot_be_delivered_is_given_up() {
    check_subscribed(
        "
        publish t hello -> #1
        begin
        failed first
        +20s
        begin
        failed first
        +20s
        begin
        failed first
        +20s
        begin -> #1@https:wx4
        failed first
        show-subscription t https:w -> t@https:w(open) undelivered=0
        +20s
        begin -> nothing
        ",
    );
}

#[test]
fn what_is_given_up_is_a_dead_letter_where_it_lies_and_as_it_is() {
    check_subscribed(
        "
        queue d delay=3 visibility=5
        queue a
        subscribe t a raw
        set-subscription t https:w RedrivePolicy {\"deadLetterTargetArn\":\"arn:aws:sqs:eu-central-1:000000000001:d\"}
        set-subscription t https:w RawMessageDelivery true
        publish t hello for=https:own -> #1 delivered=1
        begin -> #1@https:w(raw)(own)
        set-subscription t https:w RawMessageDelivery false
        refused #1@https:w
        count d -> visible=0 in-flight=0 delayed=1
        +3s
        receive d -> #1@https:w(raw)(own)
        unsubscribe t https:w
        delete-topic t
        restart
        +5s
        receive d -> #1@https:wx2(raw)(own)
        delete d #1@https:w
        receive a -> #1@a(raw)
        ",
    );
}

#[test]
fn a_dead_letter_keeps_its_tenant() {
    check_subscribed(
        "
        queue d
        set-subscription t https:w RedrivePolicy {\"deadLetterTargetArn\":\"arn:aws:sqs:eu-central-1:000000000001:d\"}
        publish t hello group=g -> #1
        begin
        refused first
        restart
        receive d -> #1@https:w
        ",
    );
}

#[test]
fn a_dead_letter_queue_that_is_not_there_takes_nothing() {
    check_subscribed(
        "
        set-subscription t https:w RedrivePolicy {\"deadLetterTargetArn\":\"arn:aws:sqs:eu-central-1:000000000001:e\"}
        publish t hello -> #1
        begin
        refused first
        show-subscription t https:w -> t@https:w(open) undelivered=0
        ",
    );
}

#[test]
fn a_question_is_never_a_dead_letter() {
    check(
        "
        topic t
        queue d
        subscribe t https:w dead-letters=d
        subscribe t https:w dead-letters=d
        begin -> confirm@https:w confirm@https:w
        delivered first
        confirm t https:w
        refused first
        show-subscription t https:w -> t@https:w(open) undelivered=0
        count d -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn what_is_pending_goes_with_its_subscription() {
    check_subscribed(
        "
        queue a
        subscribe t a
        subscribe t lambda:f
        publish t one -> #1 delivered=1
        publish t two -> #2 delivered=1
        begin max=3
        unsubscribe t https:w
        delivered first
        failed first
        subscriptions -> t@a t@lambda:f
        restart
        delete-topic t
        subscriptions -> nothing
        +1d
        begin -> nothing
        receive a max=10 -> #1@a #2@a
        ",
    );
}

#[test]
fn an_attempt_goes_on_while_its_record_is_cleaned_away() {
    check_subscribed(
        "
        queue d
        queue a
        subscribe t a
        subscribe t lambda:f dead-letters=d
        function f concurrency=1
        publish t hello -> #1 delivered=1
        publish t again -> #2 delivered=1
        begin -> #1@https:w #2@https:w #1@lambda:f
        clean
        begin -> nothing
        receive a max=10 -> #1@a #2@a
        delete a #1@a
        clean 7
        failed #2@https:w
        failed #1@https:w
        refused #1@lambda:f
        begin -> #2@lambda:f
        clean
        clean
        receive d -> #1@lambda:f
        restart
        begin -> #2@lambda:f
        +20s
        begin -> #1@https:wx2 #2@https:wx2
        ",
    );
}

#[test]
fn an_attempt_that_ends_after_its_row_changes_nothing() {
    check_subscribed(
        "
        publish t hello -> #1
        begin
        delete-topic t
        topic t
        failed first -> ok
        begin -> nothing
        ",
    );
}

#[test]
fn subscriptions_take_turns() {
    let backlog = "publish t x | x | x | x | x | x | x | x | x | x\n".repeat(4);
    check(&format!(
        "
        topic t
        topic u
        subscribe t lambda:f
        subscribe u lambda:g
        subscribe u lambda:h
        {backlog}
        publish u y -> #41
        begin max=18 -> {} #41@lambda:{}
        ",
        (1..=16).map(|n| format!("#{n}@lambda:f(no function)")).collect::<Vec<_>>().join(" "),
        "h(no function) #41@lambda:g(no function)"
    ));
}

#[test]
fn an_endpoint_that_wants_so_many_a_second_gets_no_more() {
    check_subscribed(
        "
        set-subscription t https:w DeliveryPolicy {\"throttlePolicy\":{\"maxReceivesPerSecond\":2}}
        publish t one | two | three | four -> #1 | #2 | #3 | #4
        begin -> #1@https:w #2@https:w
        +499ms
        begin -> nothing
        +1ms
        begin -> #3@https:w
        begin -> nothing
        restart
        begin -> #1@https:w #2@https:w
        set-subscription t https:w DeliveryPolicy {\"throttlePolicy\":{\"maxReceivesPerSecond\":100}}
        begin -> #3@https:w #4@https:w
        ",
    );
}

#[test]
fn a_function_runs_as_often_as_it_may() {
    check(
        "
        topic t
        topic u
        function f concurrency=2
        subscribe t lambda:f
        subscribe u lambda:f
        publish t one | two -> #1 | #2
        publish u three | four -> #3 | #4
        begin -> #1@lambda:f #2@lambda:f
        delivered first
        begin -> #3@lambda:f
        begin -> nothing
        failed first
        begin -> #4@lambda:f
        delivered first
        delivered first
        +20s
        begin -> #2@lambda:fx2
        ",
    );
}

#[test]
fn deliveries_and_queues_share_a_functions_concurrency() {
    check(
        "
        topic t
        queue a
        function f concurrency=1
        map a f
        subscribe t lambda:f
        send a m -> #1
        publish t n -> #2
        dispatch a -> f!1 #1
        begin -> nothing
        end !1 succeeded
        begin -> #2@lambda:f
        send a m -> #3
        dispatch a -> nothing
        woken
        delivered first
        woken -> a
        dispatch a -> f!2 #3
        ",
    );
}

#[test]
fn the_end_of_an_attempt_whose_mapping_is_gone_makes_room_for_deliveries() {
    check(
        "
        topic t
        queue a
        function f concurrency=1
        map a f
        subscribe t lambda:f
        send a m -> #1
        publish t n -> #2
        dispatch a -> f!1 #1
        begin -> nothing
        unmap a f
        begin -> nothing
        end !1 succeeded
        begin -> #2@lambda:f
        ",
    );
}

#[test]
fn a_function_that_may_run_more_often_runs_at_once() {
    check(
        "
        topic t
        function f concurrency=1
        subscribe t lambda:f
        publish t one | two | three -> #1 | #2 | #3
        begin -> #1@lambda:f
        function f concurrency=2
        begin -> #2@lambda:f
        function f concurrency=1
        delivered first
        begin -> nothing
        delete-function f
        begin -> #3@lambda:f(no function)
        ",
    );
}

#[test]
fn a_function_that_is_not_there_yet_is_waited_for_by_trying() {
    check(
        "
        topic t
        subscribe t lambda:f
        publish t one -> #1
        begin -> #1@lambda:f(no function)
        failed first
        function f concurrency=1
        begin -> #1@lambda:fx2
        ",
    );
}
