//! Schedules: the doors' side of them, and sending what they send when its time has come.

use bongsu_broker::{Command, Reply, ScheduleDefinition, ScheduleDescription};
use tracing::warn;

use crate::handle::{Handle, Refusal};
use crate::shard::Shard;

/// How many schedules send something before the loop looks at anything else.
const SCHEDULES_A_TURN_MAX: usize = 64;

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
            if let (Ok(Reply::Told { failed }), _) = self.decide(Command::FireSchedule { name: name.clone(), region })
                && failed > 0
            {
                warn!(schedule = %name, failed, "what a schedule sends was given up, and no dead-letter queue has it");
            }
        }
    }

    /// Whether something is to be sent, and can be.
    pub(crate) fn may_fire_schedules(&self) -> bool {
        self.broker.has_due_schedules() && self.may_fire()
    }

    fn may_fire(&self) -> bool {
        self.has_room_in_batch() && self.has_room_beyond(self.limits.room_kept_from_sends) && !self.stopping
    }
}

impl Handle {
    /// Makes a schedule what is given; the same again changes nothing. One that is changed counts from now.
    pub async fn put_schedule(&self, definition: ScheduleDefinition) -> Result<(), Refusal> {
        self.ask_done(Command::PutSchedule { definition }).await
    }

    /// Deletes a schedule; one that is not there does not matter.
    pub async fn delete_schedule(&self, name: &str) -> Result<(), Refusal> {
        self.ask_done(Command::DeleteSchedule { name: name.into() }).await
    }

    /// All schedules, by name.
    pub async fn schedules(&self) -> Result<Vec<ScheduleDescription>, Refusal> {
        match self.ask(Command::ListSchedules, None).await? {
            Reply::Schedules(described) => Ok(described),
            other => unreachable!("ListSchedules answered {other:?}"),
        }
    }
}
