//! Schedules: the doors' side of them, and sending what they send when its time has come.

use std::sync::Arc;

use bongsu_broker::{
    Account, Command, Effect, EntryChanges, Reply, ScheduleCall, ScheduleDefinition, ScheduleDescription, TargetFault,
};
use bongsu_journal::BoxFuture;
use tokio::sync::Semaphore;
use tracing::warn;

use crate::handle::{Handle, Refusal};
use crate::shard::{Held, Shard};

/// How many schedules send something before the loop looks at anything else.
const SCHEDULES_A_TURN_MAX: usize = 64;
/// How many calls of schedules go on at once. The others wait for their turn.
pub const SCHEDULE_CALLS_MAX: usize = 64;

/// Calls the operations that schedules name. A door implements it.
pub trait ScheduleCaller: Send + Sync + 'static {
    /// Calls the operation; always ends.
    fn call(&self, call: ScheduleCall) -> BoxFuture<'static, Result<(), TargetFault>>;
}

/// Where nothing can be called: every call fails.
pub struct NoCalls;

impl ScheduleCaller for NoCalls {
    fn call(&self, _: ScheduleCall) -> BoxFuture<'static, Result<(), TargetFault>> {
        let message = "nothing can be called from here".into();
        let fault = TargetFault { code: "ServiceUnavailable".into(), message, is_for_good: false };
        Box::pin(std::future::ready(Err(fault)))
    }
}

impl Shard {
    /// Sends what is due. On a full disk nothing is sent: it is made up for when there is room.
    pub(crate) fn fire_schedules(&mut self) {
        if !self.broker.has_due_schedules() {
            return;
        }
        for (fired, name) in self.broker.take_due_schedules().into_iter().enumerate() {
            if fired >= SCHEDULES_A_TURN_MAX || !self.may_fire() {
                self.broker.postpone_schedule(name);
                continue;
            }
            let region = self.handle.envelopes.region().into();
            if let (Ok(Reply::Told { failed }), _) = self.decide(Command::FireSchedule { name: name.clone(), region }) {
                warn_of(&name, failed);
            }
            for call in self.broker.take_schedule_calls(&name) {
                self.hold(Held::Effect(Effect::CallOperation(Box::new(call))));
            }
        }
    }

    /// Decides what nobody waits for.
    pub(crate) fn decide_told(&mut self, command: Command) {
        let schedule = match &command {
            Command::EndScheduleCall { name, .. } => name.clone(),
            _ => Box::default(),
        };
        if let (Ok(Reply::Told { failed }), _) = self.decide(command) {
            warn_of(&schedule, failed);
        }
    }

    /// Has a door make the call, in a task of its own, when it is its turn.
    pub(crate) fn begin_schedule_call(&self, call: ScheduleCall) {
        let (caller, turns) = (self.outside.schedule_calls.clone(), self.schedule_calls.clone());
        tokio::spawn(call_and_tell(call, caller, turns, self.handle.clone()));
    }

    /// Whether something is to be sent, and can be.
    pub(crate) fn may_fire_schedules(&self) -> bool {
        self.broker.has_due_schedules() && self.may_fire()
    }

    fn may_fire(&self) -> bool {
        self.has_room_in_batch() && self.has_room_beyond(self.limits.room_kept_from_sends) && !self.stopping
    }
}

async fn call_and_tell(call: ScheduleCall, caller: Arc<dyn ScheduleCaller>, turns: Arc<Semaphore>, handle: Handle) {
    let (name, number, id) = (call.definition.name.clone(), call.number, call.id);
    let turn = turns.acquire().await;
    let fault = caller.call(call).await.err();
    drop(turn);
    let region = handle.envelopes.region().into();
    // Whatever room there is: a call whose end is not noted would be made again.
    handle.tell(Command::EndScheduleCall { name, number, id, fault, region }).await;
}

fn warn_of(schedule: &str, failed: usize) {
    if failed > 0 {
        warn!(schedule, failed, "what a schedule sends was given up, and no dead-letter queue has it");
    }
}

impl Handle {
    /// Makes a schedule what is given; the same again changes nothing. One that is changed counts from now.
    pub async fn put_schedule(&self, definition: ScheduleDefinition) -> Result<(), Refusal> {
        self.put_schedule_and_entries(definition, EntryChanges::default()).await
    }

    /// The same, together with what a door keeps for the account of the schedule's ARN: both or neither.
    pub async fn put_schedule_and_entries(
        &self,
        definition: ScheduleDefinition,
        entries: EntryChanges,
    ) -> Result<(), Refusal> {
        self.ask_done(Command::PutSchedule { definition, entries }).await
    }

    /// Deletes a schedule; one that is not there does not matter.
    pub async fn delete_schedule(&self, name: &str) -> Result<(), Refusal> {
        self.ask_done(Command::DeleteSchedule { name: name.into() }).await
    }

    /// Deletes all schedules whose names begin so, step by step if they are many; and together with the last of them changes
    /// what a door keeps for an account.
    pub async fn delete_schedules(&self, prefix: &str, account: Account, entries: EntryChanges) -> Result<(), Refusal> {
        loop {
            let command = Command::DeleteSchedules { prefix: prefix.into(), account, entries: entries.clone() };
            match self.ask(command, None).await? {
                Reply::SchedulesDeleted { more: true } => {}
                Reply::SchedulesDeleted { more: false } => return Ok(()),
                other => unreachable!("DeleteSchedules answered {other:?}"),
            }
        }
    }

    /// Everything about a schedule.
    pub async fn schedule(&self, name: &str) -> Result<ScheduleDescription, Refusal> {
        match self.ask(Command::DescribeSchedule { name: name.into() }, None).await? {
            Reply::Schedule(described) => Ok(*described),
            other => unreachable!("DescribeSchedule answered {other:?}"),
        }
    }

    /// All schedules, by name.
    pub async fn schedules(&self) -> Result<Vec<ScheduleDescription>, Refusal> {
        self.schedules_beginning("").await
    }

    /// Those whose names begin so, by name.
    pub async fn schedules_beginning(&self, prefix: &str) -> Result<Vec<ScheduleDescription>, Refusal> {
        match self.ask(Command::ListSchedules { prefix: prefix.into() }, None).await? {
            Reply::Schedules(described) => Ok(described),
            other => unreachable!("ListSchedules answered {other:?}"),
        }
    }
}
