//! A broker with its journal, its cleaned journals and its ledger, kept in step and compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use super::history::{Cleaned, History, observe};
use super::invariants::{check_order, check_state};
use super::ledger::Ledger;
use super::script::REGION;
use crate::{
    Broker, Command, Destination, DueDelivery, DueInvocation, Effect, Entropy, Fact, FaultKind, InvocationCondition,
    InvocationEnd, InvocationOutcome, InvocationRecord, InvocationStep, Place, Rejection, ReplayedNotification, Reply,
    Stored, SubscriptionId, Timestamp,
};

/// A time at which nothing special happens.
const START: Timestamp = Timestamp(1_767_225_600_000);

/// The broker of a scenario and all that is known about it.
pub(super) struct World {
    pub(super) broker: Broker,
    entropy: Entropy,
    history: History,
    cleaned: Vec<Cleaned>,
    ledger: Ledger,
    /// Whether the journal was cleaned under the broker: a restart then finds the same, but not in the same order inside.
    is_trimmed: bool,
    /// What facts say that went wrong on purpose, and how often.
    pub(super) faults: BTreeMap<FaultKind, usize>,
    /// Attempts at endpoints.
    going_on: BTreeSet<(SubscriptionId, u64)>,
    /// Events that functions have by their numbers, those of functions that are gone among them: whose, and which of its own.
    events_going_on: BTreeMap<u64, (Box<str>, u64)>,
}

impl World {
    pub(super) fn new() -> World {
        let history = History::default();
        World {
            broker: history.rebuild(START),
            entropy: Entropy::from_seed([7; 32]),
            history,
            cleaned: [1, 3, 20].map(|one_in| Cleaned::new(one_in, START)).into(),
            ledger: Ledger::default(),
            is_trimmed: false,
            faults: BTreeMap::new(),
            going_on: BTreeSet::new(),
            events_going_on: BTreeMap::new(),
        }
    }

    /// Decides and, unless refused, applies.
    pub(super) fn ask(&mut self, command: Command) -> Result<(Reply, Vec<Effect>), Rejection> {
        if let Command::EndDelivery { subscription, sequence, .. } = &command {
            self.going_on.remove(&(*subscription, *sequence));
        }
        let decision = self.broker.decide(command, self.broker.now(), &mut self.entropy)?;
        decision.facts.iter().for_each(|fact| self.happen(fact));
        Ok((decision.reply, decision.effects))
    }

    /// Applies a fact to everything that is kept in step.
    pub(super) fn happen(&mut self, fact: &Fact) {
        check_order(&self.broker, fact);
        if let Fact::FaultInjected { kind, .. } = fact {
            *self.faults.entry(*kind).or_default() += 1;
        }
        self.ledger.note(&self.broker, fact, self.broker.now());
        self.apply(fact);
        self.ledger.settle(&self.broker);
    }

    fn apply(&mut self, fact: &Fact) {
        let now = self.broker.now();
        let place = self.history.append(now, fact);
        self.broker.apply(fact, now, place);
        self.cleaned.iter_mut().for_each(|cleaned| cleaned.happen(fact, now));
    }

    /// Lets time pass, and takes steps of move tasks when they are due.
    pub(super) fn pass(&mut self, milliseconds: u64) {
        let until = Timestamp(self.broker.now().0 + milliseconds);
        loop {
            while self.take_due_steps() > 0 {}
            let steps = self.broker.queues.values().filter_map(|queue| queue.move_tasks.next_deadline());
            match steps.min().filter(|step| *step <= until) {
                Some(step) => self.advance(step),
                None if self.broker.now() < until => self.advance(until),
                None => return,
            }
        }
    }

    /// Takes one step of each move task that is due. Returns how many there were.
    pub(super) fn take_due_steps(&mut self) -> usize {
        let due = self.broker.take_due_moves();
        for source in &due {
            self.ask(Command::MoveMessages { source: *source }).expect("a step is never refused");
        }
        due.len()
    }

    /// Looking at the clock more often must make no difference.
    fn advance(&mut self, now: Timestamp) {
        let mut often = self.broker.clone();
        while let Some(deadline) = often.next_deadline().filter(|deadline| *deadline <= now) {
            let halfway = often.now().0 + (deadline.0 - often.now().0) / 2;
            often.advance(Timestamp(halfway));
            often.advance(deadline);
        }
        often.advance(now);
        self.broker.advance(now);
        self.ledger.settle(&self.broker);
        let mut once = self.broker.clone();
        [&mut once, &mut often].into_iter().for_each(forget_signals);
        assert_same("advanced in small steps", &often, &once);
    }

    /// Begins attempts at endpoints that are due.
    pub(super) fn begin(&mut self, max: usize) -> Vec<DueDelivery> {
        let begun = self.broker.take_due_deliveries(max);
        for due in &begun {
            assert!(due.pending.next_attempt_at <= self.broker.now(), "no attempt begins before its time");
            assert!(self.going_on.insert((due.subscription, due.sequence)), "one attempt of a delivery at a time");
            if let Some(function) = &due.function {
                self.check_running(&function.name);
            }
        }
        begun
    }

    fn check_running(&self, function: &str) {
        let running = self.broker.running_outside.by_function.get(function).copied().unwrap_or(0);
        let running = running + self.broker.running_of(function);
        let max = self.broker.functions[function].concurrency_max();
        assert!(running <= max, "a function's concurrency is kept to");
    }

    /// Begins events that are due.
    pub(super) fn run(&mut self, max: usize) -> Vec<DueInvocation> {
        let begun = self.broker.take_due_invocations(max);
        for due in &begun {
            assert!(due.pending.next_attempt_at <= self.broker.now(), "no attempt begins before its time");
            let Stored::Invocation(event) = self.stored(due.place) else { panic!("an event is elsewhere") };
            let event_of = (due.function.name.clone(), due.sequence);
            let before = self.events_going_on.insert(event.request_id as u64, event_of);
            assert_eq!(before, None, "one attempt of an event at a time");
            if matches!(due.step, InvocationStep::Run(_)) {
                self.check_running(&due.function.name);
            }
        }
        begun
    }

    /// A function has ended with an event.
    pub(super) fn ran(&mut self, function: &str, sequence: u64, outcome: InvocationOutcome) -> InvocationEnd {
        self.broker.end_running(function, 1);
        let command = Command::EndInvocation { function: function.into(), sequence, outcome };
        match self.ask(command) {
            Ok((Reply::InvocationEnded(end), _)) => {
                if !matches!(end, InvocationEnd::Conclude(_)) {
                    self.events_going_on.retain(|_, (name, of)| (&**name, *of) != (function, sequence));
                }
                end
            }
            other => panic!("EndInvocation answered {other:?}"),
        }
    }

    /// Tells whoever is to hear of an event; answers how many could not be told.
    pub(super) fn conclude(
        &mut self,
        function: &str,
        sequence: u64,
        condition: InvocationCondition,
        records: Vec<(Destination, InvocationRecord)>,
    ) -> usize {
        self.events_going_on.retain(|_, (name, of)| (&**name, *of) != (function, sequence));
        let (function, region) = (function.into(), REGION.into());
        match self.ask(Command::ConcludeInvocation { function, sequence, condition, records, region }) {
            Ok((Reply::Told { failed }, _)) => failed,
            other => panic!("ConcludeInvocation answered {other:?}"),
        }
    }

    /// Whether a function has the event of this number.
    pub(super) fn has_event(&self, number: u64) -> bool {
        self.events_going_on.contains_key(&number)
    }

    /// Which function has the event of this number, and under which of its own numbers.
    pub(super) fn event(&self, number: u64) -> Option<(Box<str>, u64)> {
        self.events_going_on.get(&number).cloned()
    }

    /// Takes one step of at most so many messages of each replay that goes on. Returns how many there were.
    pub(super) fn take_steps_of_replays(&mut self, max: usize) -> usize {
        let due = self.broker.take_due_replays();
        for subscription in &due {
            let (from, messages) = self.broker.next_of_replay(*subscription, max).expect("a replay that goes on");
            let read = |(sequence, place): (u64, Place)| {
                assert_eq!(self.broker.locate_archived(*subscription, sequence), Some(place));
                match self.stored(place) {
                    Stored::Notification(notification, _) => {
                        ReplayedNotification { sequence, notification, facets: Vec::new() }
                    }
                    other => panic!("an archive holds {other:?}"),
                }
            };
            let messages = messages.into_iter().map(read).collect();
            let (subscription, region) = (*subscription, REGION.into());
            self.ask(Command::StepOfReplay { subscription, from, messages, region }).expect("it is never refused");
            self.broker.postpone_replay(subscription);
        }
        due.len()
    }

    pub(super) fn fact(&self, place: Place) -> Fact {
        self.history.fact(place)
    }

    pub(super) fn stored(&self, place: Place) -> Stored {
        self.history.stored(place)
    }

    /// Cleans the oldest records away while everything goes on.
    pub(super) fn clean(&mut self, count: usize) {
        let oldest = self.history.oldest(count);
        for (place, recorded) in &oldest {
            let needed = self.broker.still_needed(&recorded.fact, *place);
            needed.iter().for_each(|fact| self.apply(fact));
        }
        self.history.trim(&oldest);
        self.is_trimmed = true;
    }

    /// Goes on with what a restart finds.
    pub(super) fn restart(&mut self) {
        self.going_on.clear();
        self.events_going_on.clear();
        self.is_trimmed = false;
        self.broker = self.history.rebuild(self.broker.now());
    }

    /// Panics unless a restart, before and after cleaning, finds what is there now, and the state agrees with itself.
    pub(super) fn verify(&mut self) {
        let now = self.broker.now();
        check_state(&self.broker);
        let mut broker = self.broker.clone();
        let mut rebuilt = self.history.rebuild(now);
        [&mut broker, &mut rebuilt].into_iter().for_each(forget_signals);
        let observed = observe(&self.broker, &self.history);
        if self.is_trimmed {
            assert_same("rebuilt from what is left", &observe(&rebuilt, &self.history), &observed);
        } else {
            assert_same("rebuilt from the facts", &rebuilt, &broker);
        }
        for cleaned in &mut self.cleaned {
            cleaned.clean(now);
            assert_same("rebuilt after cleaning", &cleaned.observe(), &observed);
        }
    }
}

/// What was told, and what was not yet, may differ between equal states.
fn forget_signals(broker: &mut Broker) {
    broker.take_woken();
    broker.take_due_moves();
    broker.take_freed_blobs();
    for name in broker.take_due_schedules() {
        broker.take_schedule_calls(&name);
    }
}

/// Panics with the lines that differ: the states themselves are too long to read.
fn assert_same<T: PartialEq + Debug>(what: &str, rebuilt: &T, actual: &T) {
    if rebuilt != actual {
        let (rebuilt, actual) = (format!("{rebuilt:#?}"), format!("{actual:#?}"));
        let differing = rebuilt.lines().zip(actual.lines()).filter(|(rebuilt, actual)| rebuilt != actual);
        let shown: Vec<String> = differing.take(5).map(|(rebuilt, actual)| format!("{rebuilt} | {actual}")).collect();
        panic!("{what} | as it is\n{}", shown.join("\n"));
    }
}
