//! Schedules: what is sent when, and sending it when its time has come.

use bytes::Bytes;
use md5::{Digest as _, Md5};

use super::telling::Told;
use crate::schedule::attempt::{GivenUp, Row, Rows, SCHEDULE_ATTEMPTS_MAX};
use crate::schedule::dead_letter::letter;
use crate::schedule::event::uuid;
use crate::schedule::input::text;
use crate::schedule::state::KnownSchedule;
use crate::{
    Account, Broker, Decision, Destination, Effect, Entropy, EntryChanges, Fact, InvocationRecord, MessageId, Outgoing,
    PendingDelivery, Publication, QueuedInvocation, Rejection, Reply, SCHEDULE_INPUT_BYTES_MAX, SCHEDULE_TARGETS_MAX,
    SCHEDULES_MAX, ScheduleAttempt, ScheduleDefinition, ScheduleDescription, ScheduleDestination, SendOrigin,
    TargetFault, Text, Timestamp,
};

/// How many times that were missed are made up for, one after the other; of more than that, only the latest.
const MISSED_MAX: usize = 100;
/// How much of what a schedule could not send is tried again in one step.
const ATTEMPTS_A_TURN_MAX: usize = 64;
/// Nor is any more tried once what is sent in the step is as long as this, in bytes.
const ATTEMPT_BYTES_A_TURN_MAX: usize = 64 << 10;
/// How many schedules go in one step, so that its facts are no larger than a command's may be.
const DELETED_A_STEP_MAX: usize = 1_000;

impl Broker {
    /// Makes a schedule what is given; the same again changes nothing. One that is changed counts from now.
    pub(super) fn decide_put_schedule(
        &self,
        definition: ScheduleDefinition,
        entries: EntryChanges,
    ) -> Result<Decision, Rejection> {
        definition.parse().map_err(|invalid| Rejection::ScheduleInvalid { reason: invalid.to_string().into() })?;
        if definition.targets.len() > SCHEDULE_TARGETS_MAX {
            let reason = format!("a schedule has at most {SCHEDULE_TARGETS_MAX} targets");
            return Err(Rejection::ScheduleInvalid { reason: reason.into() });
        }
        let input_bytes: usize =
            definition.targets.iter().map(|target| target.input.as_deref().map_or(0, str::len)).sum();
        if input_bytes > SCHEDULE_INPUT_BYTES_MAX {
            let reason = format!("its targets are given more than {SCHEDULE_INPUT_BYTES_MAX} bytes");
            return Err(Rejection::ScheduleInvalid { reason: reason.into() });
        }
        let mut decision = self.decide_change_entries(definition.entry_key().account, entries)?;
        match self.schedules.by_name.get(&definition.name) {
            Some(known) if *known.definition == definition => return Ok(decision),
            None if self.schedules.by_name.len() >= SCHEDULES_MAX => return Err(Rejection::TooManySchedules),
            _ => {}
        }
        let made_at = self.now();
        let next_at = definition.next_after(made_at, made_at);
        decision.facts.push(Fact::ScheduleSet { definition, made_at, next_at });
        Ok(decision)
    }

    /// One that is not there does not matter.
    pub(super) fn decide_delete_schedule(&self, name: &str) -> Decision {
        let facts = self.schedules.by_name.get(name).map(|known| self.removed(known)).unwrap_or_default();
        Decision { facts, reply: Reply::Done, effects: Vec::new() }
    }

    /// The schedule goes, and with it what a door keeps of it.
    fn removed(&self, known: &KnownSchedule) -> Vec<Fact> {
        let key = known.definition.entry_key();
        let is_kept = self.entries.has_any(key.account, &key.path);
        let removed = Fact::ScheduleRemoved { name: known.definition.name.clone() };
        std::iter::once(removed).chain(is_kept.then_some(Fact::EntryRemoved { key })).collect()
    }

    pub(super) fn decide_delete_schedules(
        &self,
        prefix: &str,
        account: Account,
        entries: EntryChanges,
    ) -> Result<Decision, Rejection> {
        let facts = |max| self.schedules.beginning(prefix).take(max).flat_map(|known| self.removed(known));
        let more = self.schedules.beginning(prefix).nth(DELETED_A_STEP_MAX).is_some();
        let mut deleted = match more {
            true => Decision { facts: Vec::new(), reply: Reply::Done, effects: Vec::new() },
            false => self.decide_change_entries(account, entries)?,
        };
        deleted.facts.extend(facts(DELETED_A_STEP_MAX));
        deleted.reply = Reply::SchedulesDeleted { more };
        Ok(deleted)
    }

    pub(super) fn decide_describe_schedule(&self, name: &str) -> Result<Decision, Rejection> {
        let known = self.schedules.by_name.get(name).ok_or(Rejection::ScheduleDoesNotExist)?;
        Ok(Decision::reply(Reply::Schedule(Box::new(self.describe_schedule(known)))))
    }

    /// By name.
    pub(super) fn decide_list_schedules(&self, prefix: &str) -> Decision {
        let described = self.schedules.beginning(prefix).map(|known| self.describe_schedule(known));
        Decision::reply(Reply::Schedules(described.collect()))
    }

    fn describe_schedule(&self, known: &KnownSchedule) -> ScheduleDescription {
        let key = known.definition.entry_key();
        ScheduleDescription {
            definition: known.definition.clone(),
            made_at: known.made_at,
            next_at: known.next_at,
            entry: self.entries.get(key.account, &key.path).map(|placed| placed.value.clone()),
        }
    }

    /// Sends what a schedule sends, and says when it does so next; and tries again what it could not send. Not before the
    /// time of each: then nothing happens.
    pub(super) fn decide_fire_schedule(&self, name: &str, region: &str, entropy: &mut Entropy) -> Decision {
        let mut facts = Vec::new();
        let mut rows: Vec<(Option<u64>, Row)> = Vec::new();
        if let Some((known, due_at)) = self.due_schedule(name) {
            let definition = &known.definition;
            let at = self.latest_missed(definition, due_at, known.made_at);
            let next_at = definition.next_after(at, known.made_at);
            match next_at {
                None if definition.deletes_itself => facts.extend(self.removed(known)),
                next_at => facts.push(Fact::ScheduleFired { name: name.into(), next_at }),
            }
            let pending = PendingDelivery { queued_at: self.now(), failed_attempts: 0, next_attempt_at: self.now() };
            let targets = 0..u32::try_from(definition.targets.len()).expect("checked against SCHEDULE_TARGETS_MAX");
            rows.extend(targets.map(|target| {
                let (definition, id) = (definition.clone(), entropy.next_uuid());
                (None, Row { definition, target, at, id, pending, place: known.place })
            }));
        }
        let again = self.schedules.attempts(name).into_iter().flat_map(|rows| rows.due(self.now()));
        // Calls begin by themselves.
        let again = again.filter(|(_, row)| !row.is_call());
        let mut bytes: usize = rows.iter().map(|(_, row)| length(row)).sum();
        for (number, row) in again.take(ATTEMPTS_A_TURN_MAX) {
            if bytes >= ATTEMPT_BYTES_A_TURN_MAX {
                break;
            }
            bytes += length(row);
            rows.push((Some(number), row.clone()));
        }
        // A schedule that takes itself away takes along what it could not send before; what is sent now stays.
        let is_removed = matches!(facts.first(), Some(Fact::ScheduleRemoved { .. }));
        rows.retain(|(number, _)| number.is_none() || !is_removed);
        self.send_all(name, rows, facts, region, entropy)
    }

    fn due_schedule(&self, name: &str) -> Option<(&KnownSchedule, Timestamp)> {
        let known = self.schedules.by_name.get(name)?;
        known.due_at().filter(|at| *at <= self.now())?;
        Some((known, known.next_at?))
    }

    /// Behind these facts. Rows without a number are new.
    fn send_all(
        &self,
        name: &str,
        rows: Vec<(Option<u64>, Row)>,
        facts: Vec<Fact>,
        region: &str,
        entropy: &mut Entropy,
    ) -> Decision {
        let (mut records, mut places) = (Vec::new(), Vec::new());
        let (mut told, mut effects) = (Told::default(), Vec::new());
        let mut sent: Vec<Attempted> =
            rows.into_iter().map(|(number, row)| Attempted { number, row, next: Next::Done }).collect();
        for (place, Attempted { row, next, .. }) in sent.iter_mut().enumerate() {
            match &row.target().destination {
                ScheduleDestination::Told(destination) => {
                    records.push((destination.clone(), record(row, destination)));
                    places.push(place);
                }
                ScheduleDestination::Machine(machine) => {
                    // Should anybody decide it twice, it is the same execution.
                    let name = Some(uuid(MessageId(row.id)).into());
                    match self.decide_start_execution(machine.clone(), name, text(row), None, entropy) {
                        Ok(started) => {
                            told.facts.extend(started.facts);
                            effects.extend(started.effects);
                        }
                        Err(rejection) => *next = self.after(row, &rejection),
                    }
                }
                ScheduleDestination::Operation { .. } => *next = Next::Again(row.pending),
            }
        }
        for (index, rejection) in self.tell_more(records, region, entropy, &mut told) {
            let Attempted { row, next, .. } = &mut sent[places[index]];
            *next = self.after(row, &rejection);
        }
        self.note_all(name, sent, (facts, effects), told, region, entropy)
    }

    fn after(&self, row: &Row, rejection: &Rejection) -> Next {
        self.after_fault(row, TargetFault::of(rejection, row.definition.is_of_scheduler()))
    }

    fn after_fault(&self, row: &Row, fault: TargetFault) -> Next {
        match row.after_failure(&fault, self.now()) {
            Ok(pending) => Next::AgainAfter(pending, fault),
            Err(why) => Next::GivenUp(fault, why),
        }
    }

    /// Says what becomes of what was sent, and what could not be.
    fn note_all(
        &self,
        name: &str,
        attempted: Vec<Attempted>,
        (mut facts, effects): (Vec<Fact>, Vec<Effect>),
        mut told: Told,
        region: &str,
        entropy: &mut Entropy,
    ) -> Decision {
        let mut letters = Vec::new();
        let mut next_number = self.schedules.attempts(name).map_or(0, Rows::next_number);
        let mut room = SCHEDULE_ATTEMPTS_MAX.saturating_sub(self.schedules.attempts_count());
        let mut failed = 0;
        for Attempted { number, row, next } in attempted {
            let (fault, why) = match next {
                Next::Again(pending) | Next::AgainAfter(pending, _) if number.is_some() || room > 0 => {
                    let number = number.unwrap_or_else(|| {
                        (next_number, room) = (next_number + 1, room - 1);
                        next_number - 1
                    });
                    let again = Some(ScheduleAttempt { pending, ..row.attempt() });
                    facts.push(Fact::ScheduleTried { schedule: name.into(), number, again });
                    continue;
                }
                Next::Again(_) => (no_room(), GivenUp::AtOnce),
                Next::AgainAfter(_, fault) => (fault, GivenUp::AtOnce),
                Next::GivenUp(fault, why) => (fault, why),
                Next::Done => {
                    facts.extend(ended(name, number));
                    continue;
                }
            };
            facts.extend(ended(name, number));
            match &row.target().dead_letters {
                Some(queue) => {
                    let letter = letter(&row, text(&row), &fault, why, region);
                    letters.push((Destination::Queue(queue.clone()), InvocationRecord::Message(letter)));
                }
                None => failed += 1,
            }
        }
        failed += self.tell_more(letters, region, entropy, &mut told).len();
        facts.extend(told.facts);
        Decision { facts, reply: Reply::Told { failed }, effects }
    }

    /// A call that nobody knows any more does not matter.
    pub(super) fn decide_end_schedule_call(
        &self,
        name: &str,
        (number, id): (u64, u128),
        fault: Option<TargetFault>,
        region: &str,
        entropy: &mut Entropy,
    ) -> Decision {
        let row = self.schedules.attempts(name).and_then(|rows| rows.get(number)).filter(|row| row.id == id);
        let Some(row) = row else { return Decision::reply(Reply::Told { failed: 0 }) };
        let next = fault.map_or(Next::Done, |fault| self.after_fault(row, fault));
        let attempted = vec![Attempted { number: Some(number), row: row.clone(), next }];
        self.note_all(name, attempted, Default::default(), Told::default(), region, entropy)
    }

    /// The time that is due, or the latest that is past when more of them were missed than are made up for.
    fn latest_missed(&self, definition: &ScheduleDefinition, due_at: Timestamp, made_at: Timestamp) -> Timestamp {
        let Ok(schedule) = definition.parse() else { return due_at };
        // Within the window of a time nobody can say that it was missed.
        let past = Timestamp(self.now().0.saturating_sub(u64::from(definition.window.0) * 1000));
        let next = |at: &Timestamp| definition.next_of(&schedule, *at, made_at).filter(|next| *next <= past);
        let is_too_many = std::iter::successors(Some(due_at), next).nth(MISSED_MAX).is_some();
        if !is_too_many {
            return due_at;
        }
        // The last moment after which a time is past still: halving finds it in as many steps as a number has bits.
        let (mut before, mut behind) = (due_at.0, past.0);
        while behind - before > 1 {
            let middle = before + (behind - before) / 2;
            if next(&Timestamp(middle)).is_some() {
                before = middle;
            } else {
                behind = middle;
            }
        }
        next(&Timestamp(before)).unwrap_or(due_at)
    }
}

/// Something that was to be sent, and what becomes of it. What has no number is new.
struct Attempted {
    number: Option<u64>,
    row: Row,
    next: Next,
}

enum Next {
    Done,
    /// A call, which is still to begin.
    Again(PendingDelivery),
    /// What failed is tried once more.
    AgainAfter(PendingDelivery, TargetFault),
    GivenUp(TargetFault, GivenUp),
}

/// Of what is new there is nothing to be ended.
fn ended(name: &str, number: Option<u64>) -> Option<Fact> {
    number.map(|number| Fact::ScheduleTried { schedule: name.into(), number, again: None })
}

/// What a row brings into a step: what is sent, or else the row itself.
fn length(row: &Row) -> usize {
    text(row).len().max(row.target().input.as_deref().map_or(0, str::len))
}

fn no_room() -> TargetFault {
    TargetFault {
        code: "ThrottlingException".into(),
        message: "As much waits to be sent as may.".into(),
        is_for_good: false,
    }
}

fn record(row: &Row, destination: &Destination) -> InvocationRecord {
    let (definition, target, at, text) = (&row.definition, row.target(), row.at, text(row));
    let group = target.group.as_deref().map(Text::from);
    // The same firing is the same message, should anybody decide it twice.
    let deduplication_id =
        group.as_ref().map(|_| Text::from(format!("{}-{}", definition.name.replace('/', "-"), at.0)));
    match destination {
        Destination::Queue(_) => InvocationRecord::Message(Outgoing {
            body_md5: Md5::digest(text.as_bytes()).into(),
            body: text,
            attributes: Bytes::new(),
            attributes_size: 0,
            delay: None,
            group,
            deduplication_id,
            sender: Text::from(&*definition.source),
            trace_header: None,
            origin: SendOrigin::Api,
        }),
        Destination::Topic(_) => InvocationRecord::Publication(Publication {
            message_bytes: text.len(),
            body: text,
            bodies: Vec::new(),
            subject: None,
            attributes: Bytes::new(),
            attributes_size: 0,
            attributes_count: 0,
            facets: Vec::new(),
            group,
            deduplication_id,
            trace_header: None,
        }),
        Destination::Function(_) => InvocationRecord::Event(QueuedInvocation {
            qualifier: None,
            request_id: row.id,
            payload: text,
            trace_header: None,
        }),
    }
}
