//! Publishing: every subscribed queue has its copy at once, or it is known why not.

use super::check;

#[test]
fn three_queues_get_a_copy_each_of_what_lies_in_the_journal_once() {
    check(
        "
        topic t
        queue a
        queue b delay=5
        queue c visibility=0
        subscribe t a -> @a
        subscribe t b raw -> @b
        subscribe t c -> @c
        publish t hello for=sqs:own -> #1 delivered=3
        receive a -> #1@a(own)
        receive b -> nothing
        receive c -> #1@c(own)
        receive c -> #1@cx2(own)
        +5s
        receive b -> #1@b(raw)(own)
        delete a #1@a
        delete c #1@cx2
        count a -> visible=0 in-flight=0 delayed=0
        count b -> visible=0 in-flight=1 delayed=0
        count c -> visible=0 in-flight=0 delayed=0
        delete b #1@b
        ",
    );
}

#[test]
fn a_topic_without_subscribers_takes_what_is_published() {
    check(
        "
        topic t
        publish t hello -> #1
        publish t x | y -> #2 | #3
        publish nowhere hello -> rejected: no such topic
        ",
    );
}

#[test]
fn a_batch_is_in_the_queues_in_its_order() {
    check(
        "
        topic t
        queue a
        subscribe t a
        send a before -> #1
        publish t one | two | three -> #2 | #3 | #4 delivered=3
        send a after -> #5
        receive a max=10 -> #1 #2@a #3@a #4@a #5
        ",
    );
}

#[test]
fn a_copy_in_a_queue_is_a_message_like_any_other() {
    check(
        "
        topic t
        queue d
        queue e
        queue a visibility=10 dead-letters=d after=1
        function f
        map e f
        subscribe t a
        subscribe t e
        publish t hello -> #1 delivered=2
        dispatch e -> f!1 #1@e
        end !1 succeeded
        receive a -> #1@a
        visibility a #1@a=0
        receive a -> nothing
        receive d -> #1@ax2(from a)
        visibility d #1@a=0
        redrive d -> %1
        moves
        receive a -> #1@a'
        delete a #1@a
        count a -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn one_copy_outlives_the_others() {
    check(
        "
        topic t
        queue short retention=60
        queue long retention=1000 visibility=100
        queue gone
        subscribe t short
        subscribe t long
        subscribe t gone
        publish t one
        publish t two
        delete-queue gone
        receive long -> #1@long
        +60s
        count short -> visible=0 in-flight=0 delayed=0
        count long -> visible=1 in-flight=1 delayed=0
        restart
        purge long
        publish t three -> #3 delivered=2 failed=1
        receive long -> #3@long
        ",
    );
}

#[test]
fn what_a_missing_queue_cannot_take_is_a_dead_letter_or_dropped() {
    check(
        "
        topic t
        queue d delay=3
        subscribe t a dead-letters=d
        subscribe t b dead-letters=e
        subscribe t c
        publish t hello -> #1 failed=3 dead-lettered=1 not-dead-lettered=1
        count d -> visible=0 in-flight=0 delayed=1
        +3s
        receive d -> #1@a
        queue a
        publish t again -> #2 delivered=1 failed=2 not-dead-lettered=1
        receive a -> #2@a
        ",
    );
}

#[test]
fn a_queue_whose_policy_denies_it_gets_nothing() {
    let policy = |effect: &str, source: &str| {
        format!(
            r#"{{"Statement":[{{"Effect":"{effect}","Principal":"*","Action":"sqs:SendMessage","Resource":"*","Condition":{{"ArnLike":{{"aws:SourceArn":"{source}"}}}}}}]}}"#
        )
    };
    let denied = policy("Deny", "arn:aws:sns:*:*:t");
    let other = policy("Deny", "arn:aws:sns:*:*:u");
    check(&format!(
        "
        topic t
        topic u
        queue a policy={denied}
        queue b policy={other}
        queue d
        subscribe t a dead-letters=d
        subscribe t b
        subscribe u a
        publish t hello -> #1 delivered=1 failed=1 dead-lettered=1
        publish u hello -> #2 delivered=1
        receive a max=10 -> #2@a
        receive d -> #1@a
        "
    ));
}

#[test]
fn a_bare_message_with_more_than_ten_attributes_does_not_fit_into_a_queue() {
    check(
        "
        topic t
        queue d
        queue a
        queue b
        subscribe t a raw dead-letters=d
        subscribe t b
        publish t ten attributes=10 -> #1 delivered=2
        publish t eleven attributes=11 -> #2 delivered=1 failed=1 dead-lettered=1
        receive a max=10 -> #1@a(raw)
        receive b max=10 -> #1@b #2@b
        receive d max=10 -> #2@a(raw)
        ",
    );
}

#[test]
fn a_publish_that_is_too_long_reaches_nobody() {
    check(
        "
        topic t size=2000
        queue a
        subscribe t a
        publish t hello size=2000 -> #1 delivered=1
        publish t hello size=2001 -> rejected: message too long
        publish t hello size=1000 | hello size=1001 -> rejected: batch too long
        publish t hello dedup=x -> rejected: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type
        count a -> visible=1 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn tenants_of_a_standard_topic_are_those_of_its_queues() {
    check(
        "
        topic t
        queue a
        subscribe t a
        publish t hello group=g
        statistics a -> visible=1 in-flight=0 delayed=0 oldest=0s noisy=0 quiet=1/0/0 oldest-quiet=0s
        receive a -> #1@a
        restart
        ",
    );
}
