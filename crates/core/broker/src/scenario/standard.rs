//! Standard queues: send, receive, delete, sizes and delays.

use super::check;
use crate::{IN_FLIGHT_MAX, Timestamp};

#[test]
fn messages_go_through_delayed_visible_in_flight_and_deleted() {
    check(
        "
        queue a visibility=30 delay=5
        send a hello -> #1
        count a -> visible=0 in-flight=0 delayed=1
        receive a -> nothing
        +4999ms
        receive a -> nothing
        +1ms
        count a -> visible=1 in-flight=0 delayed=0
        receive a -> #1
        receive a -> nothing
        count a -> visible=0 in-flight=1 delayed=0
        +30s
        count a -> visible=1 in-flight=0 delayed=0
        receive a -> #1x2
        delete a #1
        count a -> visible=0 in-flight=0 delayed=0
        +30s
        receive a -> nothing
        ",
    );
}

#[test]
fn a_receive_takes_up_to_ten_of_the_oldest() {
    check(
        "
        queue a
        send a m1 | m2 | m3 | m4 | m5 | m6 -> #1 | #2 | #3 | #4 | #5 | #6
        send a m7 | m8 | m9 | m10 | m11 | m12 -> #7 | #8 | #9 | #10 | #11 | #12
        receive a -> #1
        receive a max=10 -> #2 #3 #4 #5 #6 #7 #8 #9 #10 #11
        receive a max=10 -> #12
        delete a #2 #3 #4
        visibility a #1=0
        receive a max=10 -> #1x2
        ",
    );
}

#[test]
fn a_delay_of_its_own_counts_instead_of_the_queues() {
    check(
        "
        queue a delay=5
        send a now delay=0 -> #1
        send a later delay=900 -> #2
        send a soon -> #3
        receive a max=10 -> #1
        +5s
        receive a max=10 -> #3
        +894s
        delete a #1 #3
        receive a max=10 -> nothing
        +1s
        receive a max=10 -> #2
        ",
    );
}

#[test]
fn the_largest_message_fits_and_one_byte_more_is_refused() {
    check(
        "
        queue a size=1024
        send a fits size=1024 -> #1
        send a too-long size=1025 -> rejected: message too long, 1024 bytes are allowed
        queue b
        send b fits size=1048576 -> #2
        send b too-long size=1048577 -> rejected: message too long, 1048576 bytes are allowed
        ",
    );
}

#[test]
fn a_bad_entry_of_a_batch_fails_alone() {
    check(
        "
        queue a size=1024
        send a one | huge size=1025 | three dedup=x | four -> #1 | rejected: message too long, 1024 bytes are allowed | rejected: deduplication id x on a standard queue | #2
        receive a max=10 -> #1 #2
        ",
    );
}

#[test]
fn a_group_on_a_standard_queue_orders_nothing() {
    check(
        "
        queue a
        send a one group=g | two group=g -> #1 | #2
        receive a -> #1
        receive a -> #2
        visibility a #2=0
        receive a -> #2x2
        ",
    );
}

#[test]
fn whoever_waits_is_woken_when_something_may_be_there() {
    check(
        "
        queue a delay=5 visibility=30
        woken -> nothing
        send a hello
        woken -> nothing
        +5s
        woken -> a
        receive a -> #1
        woken -> nothing
        visibility a #1=60
        woken -> nothing
        visibility a #1=0
        woken -> a
        receive a -> #1x2
        +30s
        woken -> a
        ",
    );
}

#[test]
fn no_more_than_the_limit_are_in_flight_at_once() {
    use crate::{Broker, Command, Content, Entropy, Fact, MessageId, Place, Rejection, Reply, Text};

    let mut entropy = Entropy::from_seed([0; 32]);
    for name in ["a", "a.fifo"] {
        let mut broker = Broker::new();
        broker.finish_replay();
        broker.advance(Timestamp(1_000));
        let mut position = 0;
        let mut happen = |broker: &mut Broker, fact: Fact| {
            position += 1;
            broker.apply(&fact, Timestamp(1_000), Place { position, length: 1, part: 0 });
        };
        let queue = crate::QueueName { account: crate::Account(1), name: name.into() };
        let attributes = crate::QueueAttributes { fifo: queue.is_fifo(), ..Default::default() };
        let id = crate::QueueId::new(8, queue.is_fifo());
        happen(&mut broker, Fact::QueueCreated { id, name: queue.clone(), attributes, tags: Vec::new() });
        let content = Content {
            message_id: MessageId(1),
            body: Text::from("x"),
            body_md5: [0; 16],
            attributes: bytes::Bytes::new(),
            sender: Text::default(),
            group: None,
            deduplication_id: None,
            trace_header: None,
        };
        let visible_at = Timestamp(0);
        let messages = IN_FLIGHT_MAX as u64 + 2;
        for sequence in 0..messages {
            let group = Some(Text::from(format!("g{sequence}")));
            let content = Content { group, ..content.clone() };
            happen(&mut broker, Fact::Sent { queue: id, sequence, content, visible_at, deduplication: None });
        }
        let sequences = (0..messages - 3).collect();
        let hidden_until = Timestamp(2_000);
        happen(&mut broker, Fact::Received { queue: id, sequences, hidden_until, attempt: None });
        let mut receive = |broker: &mut Broker| {
            let command = Command::Receive { queue: queue.clone(), max: 10, visibility_timeout: None, request: None };
            let decision = broker.decide(command, broker.now(), &mut entropy)?;
            decision.facts.into_iter().for_each(|fact| happen(broker, fact));
            let Reply::Received { deliveries, .. } = decision.reply else { panic!("a receive is answered as one") };
            Ok(deliveries.len())
        };
        assert_eq!(receive(&mut broker), Ok(1), "only one is missing to the limit");
        let refused = if queue.is_fifo() { Ok(0) } else { Err(Rejection::TooManyInFlight { queue: id }) };
        assert_eq!(receive(&mut broker), refused, "a FIFO queue merely has nothing more to give");
    }
}
