//! Schedules: what is sent when, and sending it when its time has come.

use bytes::Bytes;
use md5::{Digest as _, Md5};

use super::telling::Told;
use crate::schedule::attempt::{GivenUp, Row, Rows, SCHEDULE_ATTEMPTS_MAX};
use crate::schedule::dead_letter::letter;
use crate::schedule::event::event;
use crate::schedule::state::KnownSchedule;
use crate::{
    Broker, Decision, Destination, Entropy, Fact, InvocationRecord, Outgoing, PendingDelivery, Publication,
    QueuedInvocation, Rejection, Reply, SCHEDULE_TARGETS_MAX, SCHEDULES_MAX, ScheduleAttempt, ScheduleDefinition,
    ScheduleDescription, SendOrigin, Text, Timestamp,
};

/// How many times that were missed are made up for, one after the other; of more than that, only the latest.
const MISSED_MAX: usize = 100;
/// How much of what a schedule could not send is tried again in one step.
const ATTEMPTS_A_TURN_MAX: usize = 64;

impl Broker {
    /// Makes a schedule what is given; the same again changes nothing. One that is changed counts from now.
    pub(super) fn decide_put_schedule(&self, definition: ScheduleDefinition) -> Result<Decision, Rejection> {
        definition.parse().map_err(|invalid| Rejection::ScheduleInvalid { reason: invalid.to_string().into() })?;
        if definition.targets.len() > SCHEDULE_TARGETS_MAX {
            let reason = format!("a schedule has at most {SCHEDULE_TARGETS_MAX} targets");
            return Err(Rejection::ScheduleInvalid { reason: reason.into() });
        }
        match self.schedules.by_name.get(&definition.name) {
            Some(known) if *known.definition == definition => return Ok(Decision::reply(Reply::Done)),
            None if self.schedules.by_name.len() >= SCHEDULES_MAX => return Err(Rejection::TooManySchedules),
            _ => {}
        }
        let made_at = self.now();
        let next_at = definition.next_after(made_at, made_at);
        Ok(Decision::fact(Fact::ScheduleSet { definition, made_at, next_at }))
    }

    /// One that is not there does not matter.
    pub(super) fn decide_delete_schedule(&self, name: &str) -> Decision {
        match self.schedules.by_name.get(name) {
            Some(_) => Decision::fact(Fact::ScheduleRemoved { name: name.into() }),
            None => Decision::reply(Reply::Done),
        }
    }

    /// By name.
    pub(super) fn decide_list_schedules(&self) -> Decision {
        let described = self
            .schedules
            .by_name
            .values()
            .map(|known| ScheduleDescription { definition: (*known.definition).clone(), next_at: known.next_at });
        Decision::reply(Reply::Schedules(described.collect()))
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
            facts.push(match next_at {
                None if definition.deletes_itself => Fact::ScheduleRemoved { name: name.into() },
                next_at => Fact::ScheduleFired { name: name.into(), next_at },
            });
            let pending = PendingDelivery { queued_at: self.now(), failed_attempts: 0, next_attempt_at: self.now() };
            let targets = 0..u32::try_from(definition.targets.len()).expect("checked against SCHEDULE_TARGETS_MAX");
            rows.extend(targets.map(|target| {
                let (definition, id) = (definition.clone(), entropy.next_uuid());
                (None, Row { definition, target, at, id, pending, place: known.place })
            }));
        }
        let again = self.schedules.attempts(name).into_iter().flat_map(|rows| rows.due(self.now()));
        rows.extend(again.take(ATTEMPTS_A_TURN_MAX).map(|(number, row)| (Some(number), row.clone())));
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
        mut facts: Vec<Fact>,
        region: &str,
        entropy: &mut Entropy,
    ) -> Decision {
        let records = rows.iter().map(|(_, row)| record(row)).collect();
        let mut told = Told::default();
        let refused = self.tell_more(records, region, entropy, &mut told);
        let mut letters = Vec::new();
        let mut next_number = self.schedules.attempts(name).map_or(0, Rows::next_number);
        let mut room = SCHEDULE_ATTEMPTS_MAX.saturating_sub(self.schedules.attempts_count());
        let mut failed = 0;
        for (index, (number, row)) in rows.iter().enumerate() {
            let ended = number.map(|number| Fact::ScheduleTried { schedule: name.into(), number, again: None });
            let Some(rejection) = refused.get(&index) else {
                facts.extend(ended);
                continue;
            };
            let why = match row.after_failure(rejection, self.now()) {
                Ok(pending) if number.is_some() || room > 0 => {
                    let number = number.unwrap_or_else(|| {
                        (next_number, room) = (next_number + 1, room - 1);
                        next_number - 1
                    });
                    let again = Some(ScheduleAttempt { pending, ..row.attempt() });
                    facts.push(Fact::ScheduleTried { schedule: name.into(), number, again });
                    continue;
                }
                Ok(_) => GivenUp::AtOnce,
                Err(why) => why,
            };
            facts.extend(ended);
            match &row.target().dead_letters {
                Some(queue) => {
                    let letter = letter(row, text(row), rejection, why, region);
                    letters.push((Destination::Queue(queue.clone()), InvocationRecord::Message(letter)));
                }
                None => failed += 1,
            }
        }
        failed += self.tell_more(letters, region, entropy, &mut told).len();
        facts.extend(told.facts);
        Decision { facts, reply: Reply::Told { failed }, effects: Vec::new() }
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

/// What is sent: what the target was given, or an event.
fn text(row: &Row) -> Text {
    match &row.target().input {
        Some(input) => Text::from(&**input),
        None => Text::from(event(&row.definition, row.at, row.id)),
    }
}

fn record(row: &Row) -> (Destination, InvocationRecord) {
    let (definition, target, at, text) = (&row.definition, row.target(), row.at, text(row));
    let group = target.group.as_deref().map(Text::from);
    // The same firing is the same message, should anybody decide it twice.
    let deduplication_id =
        group.as_ref().map(|_| Text::from(format!("{}-{}", definition.name.replace('/', "-"), at.0)));
    let record = match &target.destination {
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
    };
    (target.destination.clone(), record)
}
