//! Move tasks: steps that are due, a few at a time.

use bongsu_broker::Command;

use crate::shard::Shard;

/// Steps of move tasks before requests get their turn; further tasks have to wait for theirs.
const MOVE_STEPS_A_TURN_MAX: usize = 4;

impl Shard {
    /// Takes one step of each of some move tasks that are due. Returns whether there was any. A task that is due again at once
    /// goes on in the next turn of the loop, which comes when the facts of this step are durable at the latest.
    pub(crate) fn take_due_moves(&mut self) -> bool {
        let before = self.batch.bytes_len();
        for (taken, source) in self.broker.take_due_moves().into_iter().enumerate() {
            if taken < MOVE_STEPS_A_TURN_MAX && self.may_hand_out() && !self.waits_for_cleaning() && !self.stopping {
                drop(self.decide(Command::MoveMessages { source }));
            } else {
                self.broker.postpone_move(source);
            }
        }
        self.batch.bytes_len() > before
    }
}
