//! Faults on purpose: what a policy says goes wrong, and nothing else.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::check;
use super::script::Story;
use crate::{AttributesGiven, Broker, Command, Entropy, FaultKind, MessageId, Place, QueueName, Rejection, Timestamp};

#[test]
fn a_message_that_is_duplicated_is_there_twice() {
    check(
        "
        queue a visibility=10
        faults a duplicate=1
        send a hello -> #1
        count a -> visible=2 in-flight=0 delayed=0
        receive a max=10 -> #1 #1
        +10s
        faults a duplicate=0
        send a again -> #2
        receive a max=10 -> #1x2 #1x2 #2
        ",
    );
}

#[test]
fn a_message_that_is_dropped_is_in_the_dead_letter_queue() {
    check(
        "
        queue d
        queue a dead-letters=d after=3
        queue b
        faults a drop=1
        faults b drop=1
        send a one | two -> #1 | #2
        receive a -> nothing
        receive d max=10 -> #1(from a) #2(from a)
        // Without a dead-letter queue nothing is lost.
        send b three -> #3
        receive b -> #3
        redrive d
        ",
    );
}

#[test]
fn a_message_that_is_delayed_comes_later() {
    check(
        "
        queue a
        queue a.fifo content-deduplication
        faults a delay=1 delay-seconds=30
        faults a.fifo delay=1 delay-seconds=30
        send a hello -> #1
        send a.fifo hello group=g -> #2
        faults a.fifo delay=0
        // Its group keeps its order.
        send a.fifo again group=g -> #3
        +29s
        receive a -> nothing
        receive a.fifo -> nothing
        +1s
        receive a -> #1
        receive a.fifo max=10 -> #2 #3
        ",
    );
}

#[test]
fn messages_that_are_reordered_are_held_back_for_a_moment_each() {
    check(
        "
        queue a
        faults a reorder=0.5 seed=3
        send a m1 | m2 | m3 | m4 | m5 | m6 -> #1 | #2 | #3 | #4 | #5 | #6
        receive a max=10 -> #1 #6
        +5s
        receive a max=10 -> #2 #3 #4 #5
        ",
    );
}

#[test]
fn a_fifo_queue_keeps_its_order() {
    check(
        "
        queue a.fifo
        faults a.fifo reorder=1 -> rejected: faults: reorder=1: what is FIFO keeps its order
        faults a.fifo nonsense -> rejected: faults: nonsense: write NAME=VALUE
        ",
    );
}

#[test]
fn a_subscriber_has_faults_of_its_own() {
    check(
        "
        queue d
        queue a dead-letters=d after=3
        queue b
        topic t
        subscribe t a
        subscribe t b
        subscribe t lambda:f
        function f
        set-subscription t a Faults drop=1
        set-subscription t lambda:f Faults duplicate=1_delay=1_delay-seconds=60
        publish t hello -> #1 delivered=2
        receive a -> nothing
        receive d -> #1@a(from a)
        receive b -> #1@b
        begin -> #1@lambda:f
        +60s
        begin -> #1@lambda:f
        ",
    );
}

#[test]
fn nothing_goes_wrong_unless_it_is_allowed_to() {
    let mut broker = Broker::new();
    broker.finish_replay();
    let name = QueueName { account: crate::Account(1), name: "a".into() };
    let given = AttributesGiven::parse(&[].into(), &name, "r").unwrap();
    let tags = [(crate::FAULTS_TAG.into(), "drop=1".into())].into();
    let command = Command::CreateQueue { name, given, tags, cooldown: false };
    let refused = broker.decide(command, Timestamp(0), &mut Entropy::from_seed([1; 32])).unwrap_err();
    assert!(matches!(refused, Rejection::FaultsInvalid { .. }), "{refused:?}");
}

impl Story {
    fn faults(&self, kind: FaultKind) -> usize {
        self.world.faults.get(&kind).copied().unwrap_or(0)
    }

    /// Where messages of a queue lie, and until when each is hidden.
    fn messages_of(&self, queue: &str) -> Vec<(Place, Timestamp)> {
        let of_name =
            self.world.broker.queues.values().find(|known| *known.definition.as_ref().unwrap().name.name == *queue);
        of_name.unwrap().messages().map(|(_, message)| (message.place, message.hidden_until)).collect()
    }

    fn id(&self, place: Place) -> MessageId {
        match self.world.stored(place) {
            crate::Stored::Message(content) => content.message_id,
            crate::Stored::Notification(notification, form) => form.message_id(&notification),
            other => panic!("a message, not {other:?}"),
        }
    }
}

/// Any policy, and how many messages are taken at once, again and again.
fn policies() -> impl Strategy<Value = (String, Vec<usize>)> {
    let some = || prop::sample::select(vec!["0", "0.3", "0.7", "1"]);
    (some(), some(), some(), 0..100u8, prop::collection::vec(1..10usize, 1..6)).prop_map(
        |(duplicate, delay, drop, seed, batches)| {
            let late = if delay == "0" { String::new() } else { format!("delay={delay} delay-seconds=30 ") };
            (format!("{late}duplicate={duplicate} drop={drop} seed={seed}"), batches)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Of messages that are sent or published to a queue: as many as facts say are there twice, late, or dead letters.
    #[test]
    fn facts_count_what_goes_wrong_at_a_queue((policy, batches) in policies(), publishes in any::<bool>(), fifo in any::<bool>()) {
        let (suffix, kind) = if fifo { (".fifo", " content-deduplication") } else { ("", "") };
        let (a, d, t) = (format!("a{suffix}"), format!("d{suffix}"), format!("t{suffix}"));
        let mut story = Story::new();
        story.play(&format!("queue {d}{kind}"));
        story.play(&format!("queue {a}{kind} dead-letters={d} after=3"));
        story.play(&format!("topic {t}{kind}"));
        story.play(&format!("subscribe {t} {a}"));
        story.play(&format!("faults {a} {policy}"));
        let (mut taken, verb) = (0, if publishes { format!("publish {t}") } else { format!("send {a}") });
        for batch in batches {
            let entries: Vec<String> = (0..batch)
                .map(|entry| format!("m{}{}", taken + entry, if fifo { " group=g" } else { "" }))
                .collect();
            story.play(&format!("{verb} {}", entries.join(" | ")));
            taken += batch;
        }
        story.world.verify();
        let (there, dead) = (story.messages_of(&a), story.messages_of(&d));
        let (twice, dropped) = (story.faults(FaultKind::Duplicated), story.faults(FaultKind::Dropped));
        prop_assert_eq!((there.len() + dead.len(), dead.len()), (taken + twice, dropped), "{}", policy);
        let now = story.world.broker.now();
        let late = there.iter().chain(&dead).filter(|(_, hidden_until)| *hidden_until > now);
        let late: BTreeSet<MessageId> = late.map(|(place, _)| story.id(*place)).collect();
        prop_assert_eq!(late.len(), story.faults(FaultKind::Delayed), "{}", policy);
    }

    /// Of what is to be delivered to an endpoint likewise.
    #[test]
    fn facts_count_what_goes_wrong_on_the_way_to_an_endpoint((policy, batches) in policies()) {
        let mut story = Story::new();
        for line in ["queue d", "topic t", "function f", "subscribe t lambda:f dead-letters=d"] {
            story.play(line);
        }
        story.play(&format!("set-subscription t lambda:f Faults {}", policy.replace(' ', "_")));
        let mut taken = 0;
        for batch in batches {
            let entries: Vec<String> = (0..batch).map(|entry| format!("m{}", taken + entry)).collect();
            story.play(&format!("publish t {}", entries.join(" | ")));
            taken += batch;
        }
        story.world.verify();
        let (now, dead) = (story.world.broker.now(), story.messages_of("d").len());
        let outboxes = || story.world.broker.topics.subscriptions.values();
        let rows: usize = outboxes().map(|known| known.outbox.len()).sum();
        let late = outboxes().flat_map(|known| known.outbox.rows()).filter(|(_, row)| row.pending.next_attempt_at > now);
        let (twice, dropped) = (story.faults(FaultKind::Duplicated), story.faults(FaultKind::Dropped));
        prop_assert_eq!((rows + dead, dead), (taken + twice, dropped), "{}", policy);
        prop_assert_eq!(late.count(), story.faults(FaultKind::Delayed), "{}", policy);
    }
}
