//! What holds at every moment, whatever happened before.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::object_state::check_objects;
use crate::move_task::MoveTask;
use crate::queue::{Message, Queue, Visibility};
use crate::topic::schedule::Timer;
use crate::topic::subscription::Subscription;
use crate::{
    Broker, ENDPOINT_ATTEMPTS_MAX, Fact, GroupStatistics, MoveTaskStatus, Place, QueueStatistics, SubscriptionId,
    SubscriptionState, Text, Timestamp,
};

/// Panics unless the parts of the state agree with each other.
pub(super) fn check_state(broker: &Broker) {
    let mut sources: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for definition in broker.queues.values().filter_map(|queue| queue.definition.as_ref()) {
        if let Some(redrive) = &definition.attributes.redrive {
            sources.entry(redrive.target.clone()).or_default().insert(definition.name.clone());
        }
    }
    assert_eq!(broker.dead_letter_sources, sources, "who dead-letters where");
    for queue in broker.queues.values() {
        let count = |wanted| queue.messages().filter(|(_, message)| message.visibility == wanted).count();
        assert_eq!(queue.visible(), count(Visibility::Visible), "visible messages of {:?}", queue.id);
        assert_eq!(queue.in_flight(), count(Visibility::InFlight), "messages in flight of {:?}", queue.id);
        assert_eq!(queue.delayed(), count(Visibility::Delayed), "delayed messages of {:?}", queue.id);
        let has_message = |sequence: &u64| queue.message(*sequence).is_some();
        assert!(queue.new_ids.keys().all(has_message), "only live messages have an id of their own");
        let tasks: Vec<_> = queue.move_tasks.newest_first().collect();
        assert!(tasks.is_sorted_by(|one, next| one.definition.number > next.definition.number), "the newest is first");
        let ended = |task: &&MoveTask| task.status != MoveTaskStatus::Running;
        assert!(tasks.iter().skip(1).copied().all(|task| ended(&task)), "only the newest task runs");
        let last = queue.messages().map(|(sequence, _)| sequence).last();
        assert!(last.is_none_or(|last| last < queue.next_sequence), "numbers are given out once");
        assert_eq!(queue.statistics(broker.now()), statistics(queue, broker.now()), "statistics of {:?}", queue.id);
        let idle = last.is_none() && queue.deduplication.next_expiry().is_none();
        let idle = idle && queue.requests.next_expiry().is_none();
        let idle = idle && queue.move_tasks.running().is_none();
        assert!(!idle || queue.next_deadline().is_none(), "nothing is left to wait for in {:?}", queue.id);
    }
    check_records(broker);
    check_topics(broker);
    check_objects(&broker.objects);
    assert!(broker.next_deadline().is_none_or(|deadline| deadline > broker.now()), "no deadline is missed");
    let running: u32 = broker.running.values().sum();
    assert_eq!(running as usize, broker.attempts.len(), "every attempt counts against its mapping");
    let held = broker.attempts.iter().filter_map(|(id, attempt)| Some((attempt.execution?, *id)));
    assert_eq!(broker.held.by_execution, held.collect(), "executions know what they hold");
    let by_feed =
        |feed| broker.attempts.values().filter(|known| known.execution.is_some() && known.mapping == feed).count();
    assert!(broker.feeds.keys().all(|feed| broker.held.of(*feed) as usize == by_feed(*feed)), "held ones are counted");
    assert!(broker.retired.keys().all(|id| broker.running.contains_key(id)), "a mapping at rest is forgotten");
}

/// What is known of the records that hold something.
fn check_records(broker: &Broker) {
    let in_queues = broker.queues.values().flat_map(Queue::messages).map(|(_, message)| message.place);
    let outboxes = broker.topics.subscriptions.values().flat_map(|known| known.outbox.rows());
    let archives = broker.topics.by_id.values().flat_map(|topic| topic.archive.range(0, u64::MAX, usize::MAX));
    let events = broker.invocations.queues().filter_map(|name| broker.invocations.get(name));
    let outboxes = outboxes.chain(events.flat_map(|outbox| outbox.rows()));
    let live = in_queues.chain(outboxes.map(|(_, row)| row.place)).chain(archives.map(|(_, place)| place));
    let steps = broker.workflows.executions.values().flat_map(|known| &known.steps).map(|step| step.place);
    let live = live.chain(steps).chain(broker.workflows.express.values().map(|express| express.place));
    let live: Vec<Place> = live.collect();
    let parts: BTreeSet<(u64, u32)> = live.iter().map(|place| place.key()).collect();
    assert_eq!(parts.len(), live.len(), "what is alive is somewhere once");
    assert!(broker.moved.keys().all(|part| parts.contains(part)), "only live messages are looked up");
    let mut records: BTreeMap<u64, (u64, usize)> = BTreeMap::new();
    for place in &live {
        let (length, count) = records.entry(place.position).or_insert((u64::from(place.length), 0));
        assert_eq!(*length, u64::from(place.length), "all parts of a record tell its length");
        *count += 1;
    }
    let alive: u64 = records.values().map(|(length, _)| length).sum();
    assert_eq!(broker.alive_bytes, alive, "alive bytes are those of the records that hold something");
    for (position, (_, count)) in &records {
        assert_eq!(broker.shared.get(position).copied().unwrap_or(1), *count, "who shares the record at {position}");
    }
    assert!(broker.shared.keys().all(|position| records.contains_key(position)), "only live records are shared");
}

/// Topics and subscriptions know each other, and whatever is due is in line or waits for something that will come.
fn check_topics(broker: &Broker) {
    let topics = &broker.topics;
    let by_name: BTreeMap<_, _> = topics.by_id.values().map(|t| (t.definition().name.clone(), t.id)).collect();
    assert_eq!(topics.by_name, by_name, "topics are found by their names");
    let mut running: BTreeMap<Box<str>, u32> = BTreeMap::new();
    for topic in topics.by_id.values() {
        let of_topic = |(_, known): &(&SubscriptionId, &Subscription)| known.definition().topic == topic.id;
        let ids: BTreeSet<_> = topics.subscriptions.iter().filter(of_topic).map(|(id, _)| *id).collect();
        assert_eq!(topic.subscriptions, ids, "a topic knows its subscriptions");
        let is_ended = |id: &SubscriptionId| {
            matches!(topics.subscriptions[id].definition().state, SubscriptionState::Ended { .. })
        };
        let by_endpoint: BTreeSet<_> = topic.by_endpoint.values().copied().collect();
        assert_eq!(by_endpoint, ids.into_iter().filter(|id| !is_ended(id)).collect(), "one of each endpoint");
    }
    for (id, known) in &topics.subscriptions {
        assert!(topics.by_id.contains_key(&known.definition().topic), "a subscription is one of a topic");
        assert_eq!(topics.schedule.replaying.contains(id), known.is_replaying(), "a replay goes on by itself");
        let going_on = known.outbox.in_flight();
        assert!(going_on <= ENDPOINT_ATTEMPTS_MAX, "an endpoint is not overrun");
        let last = known.outbox.rows().last().map(|(sequence, _)| sequence);
        assert!(last.is_none_or(|last| last < known.outbox.next_sequence), "numbers are given out once");
        let name = known.definition().function();
        if let Some(name) = name.filter(|_| going_on > 0) {
            *running.entry(name.into()).or_default() += going_on as u32;
        }
        let due = known.outbox.next_due();
        let timer = topics.schedule.timer_of(Timer::Outbox(*id));
        let free_at = broker.deliveries_free_at(*id, known.definition());
        let next = due.map(|due| if due <= broker.now() { due.max(free_at) } else { due });
        assert_eq!(timer, next.filter(|next| *next > broker.now()), "a delivery that can begin later has its timer");
        if next.is_none_or(|next| next > broker.now()) {
            continue;
        }
        if due.is_some_and(|due| due <= broker.now()) && !topics.schedule.is_in_line(*id) {
            let waits = name.filter(|name| broker.functions.contains_key(*name)).is_some_and(|name| {
                let waiting = broker.running_outside.waiting_for.get(name);
                !broker.has_room(name) && waiting.is_some_and(|waiting| waiting.contains(id))
            });
            assert!(waits || going_on == ENDPOINT_ATTEMPTS_MAX, "nobody would come for what is due at {id}");
        }
    }
    check_events(broker, running);
}

/// Events that are due are in line, or wait for something that will come; all that goes on is counted.
fn check_events(broker: &Broker, running: BTreeMap<Box<str>, u32>) {
    for name in broker.invocations.queues() {
        let outbox = broker.invocations.get(name).expect("it was listed");
        let known = &broker.functions[name];
        let due = outbox.next_due();
        let timer = broker.invocations.timer_of(name);
        match due {
            Some(due) if due > broker.now() => assert_eq!(timer, Some(due), "an event that is due later has its timer"),
            Some(_) if !broker.invocations.is_in_line(name) => {
                let waits = known.reserved != Some(0) && !broker.has_room(name) && timer.is_some();
                assert!(waits, "nobody would come for the events of {name}");
            }
            _ => {}
        }
    }
    for (name, least) in &running {
        let counted = broker.running_outside.by_function.get(name);
        assert!(counted.is_some_and(|count| count >= least), "attempts count against their functions");
    }
}

/// The statistics as they are counted from the messages, one by one.
fn statistics(queue: &Queue, now: Timestamp) -> QueueStatistics {
    let noisy = noisy(queue);
    let is_quiet = |message: &Message| queue.group_name(message).is_none_or(|group| !noisy.contains(group));
    let in_flight = queue.messages().filter(|(_, message)| message.visibility == Visibility::InFlight);
    let locked: BTreeSet<_> = in_flight.map(|(_, message)| message.group).collect();
    let quiet = |wanted| queue.messages().filter(|(_, m)| m.visibility == wanted && is_quiet(m)).count();
    let age = |message: &Message| Duration::from_millis(now.0 - message.sent_at.0);
    let first_quiet = queue.messages().find(|(_, m)| m.visibility == Visibility::Visible && is_quiet(m));
    let counts = |message: &Message| queue.id.is_fifo() || message.receive_count < 3 || message.source.is_some();
    QueueStatistics {
        visible: queue.visible(),
        in_flight: queue.in_flight(),
        delayed: queue.delayed(),
        bytes: queue.messages().map(|(_, message)| u64::from(message.place.length)).sum(),
        oldest_age: queue.messages().filter(|(_, message)| counts(message)).map(|(_, message)| age(message)).max(),
        groups: if queue.id.is_fifo() {
            GroupStatistics::Fifo { in_flight: locked.len() }
        } else {
            GroupStatistics::Fair {
                noisy: noisy.len(),
                quiet_visible: quiet(Visibility::Visible),
                quiet_in_flight: quiet(Visibility::InFlight),
                quiet_delayed: quiet(Visibility::Delayed),
                quiet_oldest_age: first_quiet.map(|(_, message)| age(message)),
            }
        },
    }
}

/// The groups of a standard queue with at least thirty messages, and more than a tenth, of those in flight.
fn noisy(queue: &Queue) -> BTreeSet<&Text> {
    let mut in_flight: BTreeMap<&Text, usize> = BTreeMap::new();
    for (_, message) in queue.messages().filter(|(_, message)| message.visibility == Visibility::InFlight) {
        if let Some(group) = queue.group_name(message).filter(|_| !queue.id.is_fifo()) {
            *in_flight.entry(group).or_default() += 1;
        }
    }
    in_flight.retain(|_, count| *count >= 30 && *count * 10 > queue.in_flight());
    in_flight.into_keys().collect()
}

/// Panics if a fact hands out or moves what is not receivable, a FIFO message before an earlier one of its group, or a
/// standard message before an older one, unless that one is of a noisy tenant; or if a move task takes what came after
/// its start.
pub(super) fn check_order(broker: &Broker, fact: &Fact) {
    let (queue, sequences) = match fact {
        Fact::Received { queue, sequences, .. } => (&broker.queues[queue], sequences.clone()),
        Fact::Dispatched { queue, messages, .. } => {
            (&broker.queues[queue], messages.iter().map(|(sequence, _)| *sequence).collect())
        }
        Fact::Redriven { task, from, to, moves, .. } => {
            let queue = &broker.queues[from];
            let running = queue.move_tasks.running().expect("a task that moves messages runs");
            assert_eq!(running.id, *task, "one task runs at a time");
            assert!(running.next_step_at <= broker.now() || running.moved > 0, "no step is taken before its time");
            assert!(moves.iter().all(|redrive| redrive.sequence < running.definition.below), "what comes later stays");
            assert!(moves.is_sorted_by_key(|redrive| redrive.new_sequence), "messages keep their order");
            assert_ne!(from, to, "messages move elsewhere");
            (queue, moves.iter().map(|redrive| redrive.sequence).collect())
        }
        Fact::ReceivedByRequest { queue, messages, .. } => {
            (&broker.queues[queue], messages.iter().map(|(sequence, _)| *sequence).collect())
        }
        _ => return,
    };
    for (place, sequence) in sequences.iter().enumerate() {
        let message = queue.message(*sequence).expect("only present messages are handed out");
        assert_eq!(message.visibility, Visibility::Visible, "only visible messages are handed out");
        if queue.id.is_fifo() {
            let mut earlier = queue.messages().filter(|(other, m)| other < sequence && m.group == message.group);
            let skipped = earlier.find(|(other, _)| !sequences[..place].contains(other));
            assert_eq!(skipped, None, "message {sequence} is handed out before an earlier one of its group");
        }
    }
    if !queue.id.is_fifo() {
        let noisy = noisy(queue);
        let visible = queue.messages().filter(|(_, message)| message.visibility == Visibility::Visible);
        let is_noisy = |message: &Message| queue.group_name(message).is_some_and(|group| noisy.contains(group));
        let mut fair: Vec<(bool, u64)> = visible.map(|(sequence, message)| (is_noisy(message), sequence)).collect();
        fair.sort_unstable();
        let fair: Vec<u64> = fair.into_iter().map(|(_, sequence)| sequence).collect();
        assert!(fair.starts_with(&sequences), "{sequences:?} are handed out, the order is {fair:?}");
    }
}
