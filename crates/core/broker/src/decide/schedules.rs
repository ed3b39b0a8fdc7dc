//! Schedules: what is sent when, and sending it when its time has come.

use bytes::Bytes;
use md5::{Digest as _, Md5};

use crate::schedule::event::event;
use crate::{
    Broker, Decision, Destination, Entropy, Fact, InvocationRecord, Outgoing, Publication, QueuedInvocation, Rejection,
    Reply, SCHEDULE_TARGETS_MAX, SCHEDULES_MAX, ScheduleDefinition, ScheduleDescription, ScheduleTarget, SendOrigin,
    Text, Timestamp,
};

/// How many times that were missed are made up for, one after the other; of more than that, only the latest.
const MISSED_MAX: usize = 100;

impl Broker {
    /// Makes a schedule what is given; the same again changes nothing. One that is changed counts from now.
    pub(super) fn decide_put_schedule(&self, definition: ScheduleDefinition) -> Result<Decision, Rejection> {
        definition.parse().map_err(|invalid| Rejection::ScheduleInvalid { reason: invalid.to_string().into() })?;
        if definition.targets.len() > SCHEDULE_TARGETS_MAX {
            let reason = format!("a schedule has at most {SCHEDULE_TARGETS_MAX} targets");
            return Err(Rejection::ScheduleInvalid { reason: reason.into() });
        }
        match self.schedules.by_name.get(&definition.name) {
            Some(known) if known.definition == definition => return Ok(Decision::reply(Reply::Done)),
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
            .map(|known| ScheduleDescription { definition: known.definition.clone(), next_at: known.next_at });
        Decision::reply(Reply::Schedules(described.collect()))
    }

    /// Sends what a schedule sends, and says when it does so next. Not before its time: then nothing happens.
    pub(super) fn decide_fire_schedule(&self, name: &str, region: &str, entropy: &mut Entropy) -> Decision {
        let known = self.schedules.by_name.get(name);
        let due = known.and_then(|known| Some((known, known.next_at.filter(|at| *at <= self.now())?)));
        let Some((known, due_at)) = due else { return Decision::reply(Reply::Told { failed: 0 }) };
        let definition = &known.definition;
        let at = self.latest_missed(definition, due_at, known.made_at);
        let next_at = definition.next_after(at, known.made_at);
        let mut facts = vec![match next_at {
            None if definition.deletes_itself => Fact::ScheduleRemoved { name: name.into() },
            next_at => Fact::ScheduleFired { name: name.into(), next_at },
        }];
        let records = definition.targets.iter().map(|target| record(definition, target, at, entropy)).collect();
        let told = self.tell_all(records, region, entropy);
        facts.extend(told.facts);
        Decision { facts, reply: Reply::Told { failed: told.failed }, effects: Vec::new() }
    }

    /// The time that is due, or the latest that is past when more of them were missed than are made up for.
    fn latest_missed(&self, definition: &ScheduleDefinition, due_at: Timestamp, made_at: Timestamp) -> Timestamp {
        let Ok(schedule) = definition.parse() else { return due_at };
        let missed = std::iter::successors(Some(due_at), |at| definition.next_of(&schedule, *at, made_at));
        let missed = missed.take_while(|at| *at <= self.now());
        match missed.clone().nth(MISSED_MAX) {
            None => due_at,
            Some(_) => missed.last().unwrap_or(due_at),
        }
    }
}

fn record(
    definition: &ScheduleDefinition,
    target: &ScheduleTarget,
    at: Timestamp,
    entropy: &mut Entropy,
) -> (Destination, InvocationRecord) {
    let text = match &target.input {
        Some(input) => Text::from(&**input),
        None => Text::from(event(definition, at, entropy.next_uuid())),
    };
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
            request_id: entropy.next_uuid(),
            payload: text,
            trace_header: None,
        }),
    };
    (target.destination.clone(), record)
}
