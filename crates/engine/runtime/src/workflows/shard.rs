//! The shard's side of workflows: executions whose time has come, and express executions that nobody runs yet.

use bongsu_broker::{Command, Effect, ExecutionId, ExecutionInput, Place, WorkflowCommand};

use super::EXPRESS_RUNS_MAX;
use super::express;
use crate::shard::{HELD_MAX, Held, Shard};

/// How many executions go on before the loop looks at anything else.
const EXECUTIONS_A_TURN_MAX: usize = 256;
/// How many express executions begin before it does.
const EXPRESS_A_TURN_MAX: usize = 256;

/// An express execution that is to be run.
pub(crate) struct ExpressDue {
    pub(crate) id: ExecutionId,
    pub(crate) place: Place,
}

impl Shard {
    /// Has executions go on whose time has come. On a full disk none does.
    pub(crate) fn proceed_executions(&mut self) {
        for _ in 0..EXECUTIONS_A_TURN_MAX {
            if !self.may_proceed() {
                return;
            }
            let Some(id) = self.broker.take_due_execution() else { return };
            let step = WorkflowCommand::Step { id, input: ExecutionInput::Proceed };
            // Refused is only what has ended.
            drop(self.decide(Command::Workflow(Box::new(step))));
        }
    }

    pub(crate) fn may_proceed_executions(&self) -> bool {
        self.broker.has_due_executions() && self.may_proceed()
    }

    fn may_proceed(&self) -> bool {
        self.has_room_in_batch()
            && self.has_room_beyond(self.limits.room_kept_for_cleaning)
            && self.held.len() < HELD_MAX
            && !self.stopping
    }

    /// Begins express executions that were queued; each leaves when what it rests on is durable.
    pub(crate) fn begin_express(&mut self) {
        if self.may_begin_express() {
            let free = EXPRESS_RUNS_MAX - self.express_going_on;
            for (id, place) in self.broker.take_express(free.min(EXPRESS_A_TURN_MAX)) {
                self.express_going_on += 1;
                self.hold(Held::Express(ExpressDue { id, place }));
            }
        }
    }

    pub(crate) fn may_begin_express(&self) -> bool {
        let has_room = self.express_going_on < EXPRESS_RUNS_MAX && self.held.len() < HELD_MAX;
        has_room && !self.stopping && self.broker.has_express()
    }

    /// Whoever did the tasks of the process before is gone: they are done again.
    pub(crate) fn begin_open_tasks(&mut self) {
        for call in self.broker.open_tasks() {
            self.hold(Held::Effect(Effect::StartTask(Box::new(call))));
        }
    }

    pub(crate) fn run_express(&self, due: ExpressDue) {
        express::run_queued(due, self.handle.clone(), self.clock.clone());
    }

    /// An express execution is not run any more, however that ended.
    pub(crate) fn end_express(&mut self, id: ExecutionId, succeeded: bool) {
        self.express_going_on -= 1;
        drop(self.decide(Command::Workflow(Box::new(WorkflowCommand::EndExpress { id, succeeded }))));
    }
}
