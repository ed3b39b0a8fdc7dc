//! Gives what has arrived to those who wait for it: long polls, and functions that a queue feeds.

use bongsu_broker::{Command, QueueId, Reply};

use crate::shard::Shard;
use crate::waiters::found_nothing_at;

impl Shard {
    /// Gives arrivals to those who wait for them: receives first, in the order they came, then functions. Whom there is
    /// no room to serve is not forgotten.
    pub(crate) fn serve_woken(&mut self) {
        while self.may_hand_out() {
            let woken = self.broker.take_woken();
            if woken.is_empty() {
                return;
            }
            for queue in woken {
                while self.may_hand_out() && self.serve_waiter(queue) {}
                while self.may_hand_out() && !self.stopping && self.dispatch(queue) {}
                if !self.may_hand_out() {
                    self.broker.wake(queue);
                }
            }
        }
    }

    pub(crate) fn may_hand_out(&self) -> bool {
        self.has_room_in_batch() && self.has_room_beyond(self.limits.room_kept_for_cleaning)
    }

    /// Lets the first waiting receive try again. Returns whether the next one should.
    fn serve_waiter(&mut self, queue: QueueId) -> bool {
        let Some((turn, waiter)) = self.waiters.take_first(queue) else { return false };
        let (result, known_after) = self.decide_for(&waiter.caller, waiter.command.clone());
        match result {
            result if found_nothing_at(&result).is_some() => {
                self.waiters.put_back(turn, waiter);
                false
            }
            result => {
                self.answer(waiter.reply, result, known_after, self.since(waiter.since));
                true
            }
        }
    }

    /// Starts one attempt of a function, if there is anything to start. Returns whether there was.
    fn dispatch(&mut self, queue: QueueId) -> bool {
        matches!(self.decide(Command::Dispatch { queue }).0, Ok(Reply::Dispatched(true)))
    }
}
