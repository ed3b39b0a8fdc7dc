//! Topics and subscriptions: how they come, are asked for, changed, listed and ended.

use super::check;
use crate::{FIFO_SUBSCRIPTIONS_MAX, TAGS_MAX};

#[test]
fn a_topic_is_made_once() {
    check(
        "
        topic t size=2000 tag=k:v
        topic t
        topic t size=2000
        topic t size=3000 -> rejected: Attributes Reason: Topic already exists with different attributes
        topic t tag=k:w -> rejected: Tags Reason: Topic already exists with different tags
        topic t tag=k:v
        topic a.fifo
        topics -> a.fifo t
        topics max=1 -> a.fifo
        topics after=a.fifo -> t
        delete-topic t
        delete-topic t
        topics -> a.fifo
        topic t size=3000
        show-topic t -> confirmed=0 pending=0 ended=0
        show-topic u -> rejected: no such topic
        ",
    );
}

#[test]
fn tags_come_and_go() {
    let many = (0..TAGS_MAX).map(|n| format!("t{n}:v")).collect::<Vec<_>>().join(" ");
    check(&format!(
        "
        topic t tag=b:1
        tag-topic t a:2 b:3
        show-topic t -> confirmed=0 pending=0 ended=0 a:2 b:3
        untag-topic t b c
        show-topic t -> confirmed=0 pending=0 ended=0 a:2
        tag-topic t {many} -> rejected: too many tags
        untag-topic t a
        tag-topic t {many}
        tag-topic t t0:w
        tag-topic t one:more -> rejected: too many tags
        tag-topic u a:1 -> rejected: no such topic to tag
        untag-topic u a -> rejected: no such topic to tag
        "
    ));
}

#[test]
fn attributes_of_a_topic_change_what_follows() {
    check(
        "
        topic t.fifo
        publish t.fifo one group=g dedup=x -> #1:0
        publish t.fifo one group=h -> rejected: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly
        set-topic t.fifo ContentBasedDeduplication true
        publish t.fifo one group=h -> #2:1
        set-topic t.fifo FifoTopic false -> rejected: AttributeName
        restart
        publish t.fifo one group=h -> #2:1=
        publish t.fifo two group=h -> #3:2
        ",
    );
}

#[test]
fn an_endpoint_is_subscribed_once() {
    check(
        "
        topic t
        topic u
        queue a
        subscribe t a -> @a
        subscribe t a -> @a again
        subscribe t a raw -> rejected: Attributes Reason: Subscription already exists with different attributes
        subscribe u a raw -> @a
        subscribe u a -> @a again
        set-subscription t a RawMessageDelivery true
        subscribe t a raw -> @a again
        publish t hello
        receive a -> #1@a(raw)
        subscribe v a -> rejected: no such topic
        subscriptions -> t@a u@a
        subscriptions t -> t@a
        subscriptions v -> rejected: no such topic
        ",
    );
}

#[test]
fn a_fifo_topic_has_a_hundred_subscriptions_at_most() {
    let subscribe = |n: usize| format!("subscribe t.fifo q{n}\n");
    let all: String = (0..FIFO_SUBSCRIPTIONS_MAX).map(subscribe).collect();
    check(&format!(
        "
        topic t.fifo
        {all}
        subscribe t.fifo q -> rejected: too many subscriptions
        subscribe t.fifo q7 -> @q7 again
        unsubscribe t.fifo q7
        subscribe t.fifo q -> @q
        subscriptions max=2 -> t.fifo@q27 t.fifo@q85
        "
    ));
}

#[test]
fn an_endpoint_is_asked_and_says_yes() {
    check(
        "
        topic t
        subscribe t https:w -> @https:w?
        show-topic t -> confirmed=0 pending=1 ended=0
        publish t early -> #1
        begin -> confirm@https:w
        begin -> nothing
        confirm t https:w wrong -> rejected: Token
        confirm t https:w -> @https:w
        confirm t https:w -> @https:w
        confirm t https:w wrong -> rejected: Token
        delivered confirm@https:w
        subscriptions -> t@https:w(open)
        publish t hello -> #2
        begin -> #2@https:w
        show-topic t -> confirmed=1 pending=0 ended=0
        subscribe t https:w -> @https:w again
        begin -> nothing
        ",
    );
}

#[test]
fn who_has_not_answered_is_asked_again_and_forgotten_after_two_days() {
    check(
        "
        topic t
        subscribe t https:w -> @https:w?
        begin -> confirm@https:w
        delivered confirm@https:w
        subscribe t https:w -> @https:w? again
        begin -> confirm@https:w
        failed confirm@https:w
        restart
        +20s
        begin -> confirm@https:wx2
        unsubscribe t https:w -> rejected: SubscriptionArn Reason: the subscription is pending confirmation
        +2d
        confirm t https:w -> rejected: Token
        subscriptions -> nothing
        delivered confirm@https:w
        subscribe t https:w -> @https:w?
        subscribe t email:m -> @email:m?
        begin -> confirm@https:w confirm@email:m
        confirm t email:m
        +2d
        subscriptions -> t@email:m(open)
        ",
    );
}

#[test]
fn whoever_ended_a_subscription_without_credentials_can_be_told_no() {
    check(
        "
        topic t
        subscribe t https:w
        begin
        confirm t https:w
        delivered first
        unsubscribe t https:w anonymous
        show-subscription t https:w -> rejected: no such subscription
        subscriptions -> nothing
        publish t unheard -> #1
        begin -> restore@https:w
        delivered first
        confirm t https:w
        subscriptions -> t@https:w(open)
        publish t heard -> #2
        begin -> #2@https:w
        unsubscribe t https:w anonymous
        +2d
        confirm t https:w -> rejected: Token
        show-topic t -> confirmed=0 pending=0 ended=1
        ",
    );
}

#[test]
fn a_restored_subscription_does_not_take_the_place_of_a_newer_one() {
    check(
        "
        topic t
        subscribe t https:w
        begin
        confirm t https:w
        unsubscribe t https:w anonymous
        subscribe t https:w -> @https:w?
        begin -> restore@https:w confirm@https:w
        confirm t https:w -> @https:w
        unsubscribe t https:w
        show-topic t -> confirmed=0 pending=0 ended=1
        +2d
        show-topic t -> confirmed=0 pending=0 ended=2
        ",
    );
}

#[test]
fn some_subscriptions_end_with_credentials_only() {
    check(
        "
        topic t
        queue a
        subscribe t a
        unsubscribe t a anonymous -> rejected: credentials needed
        unsubscribe t a
        unsubscribe t a
        subscribe t https:w
        confirm t https:w authenticated
        unsubscribe t https:w anonymous -> rejected: credentials needed
        unsubscribe t https:w
        publish t hello -> #1
        show-topic t -> confirmed=0 pending=0 ended=2
        ",
    );
}

#[test]
fn how_many_subscriptions_ended_is_known_however_often_the_journal_is_cleaned() {
    check(
        "
        queue filler
        topic t
        queue a
        subscribe t a
        set-topic t DisplayName x
        set-topic t DisplayName y
        unsubscribe t a
        send filler x
        send filler x
        send filler x
        send filler x
        restart
        show-topic t -> confirmed=0 pending=0 ended=1
        subscribe t https:w
        +2d
        send filler x
        send filler x
        send filler x
        show-topic t -> confirmed=0 pending=0 ended=2
        ",
    );
}
