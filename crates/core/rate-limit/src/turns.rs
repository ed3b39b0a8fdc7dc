//! Whose turn it is: those that wait for one limit go in rounds, and who is not ready holds up nobody.

use std::collections::{BTreeMap, BTreeSet};

/// Waiters in the order of their turns. Who was served waits behind all that were there already.
///
/// Every step takes time in the logarithm of how many wait.
#[derive(Clone, Debug)]
pub struct Turns<G> {
    waiting: BTreeMap<G, Wait>,
    /// May go now.
    ready: BTreeSet<(u64, G)>,
    /// May go at a certain time.
    resting: BTreeSet<(u64, G)>,
    next_turn: u64,
}

#[derive(Clone, Copy, Debug)]
struct Wait {
    turn: u64,
    /// Nothing for those that are ready.
    resting_until_ms: Option<u64>,
}

impl<G> Default for Turns<G> {
    fn default() -> Turns<G> {
        Turns { waiting: BTreeMap::new(), ready: BTreeSet::new(), resting: BTreeSet::new(), next_turn: 0 }
    }
}

impl<G: Ord + Clone> Turns<G> {
    /// Lets somebody wait until `at_ms`, keeping the turn of whoever waits already.
    pub fn wait_until(&mut self, waiter: G, at_ms: u64) {
        let turn = match self.take_out(&waiter) {
            Some(turn) => turn,
            None => self.new_turn(),
        };
        self.waiting.insert(waiter.clone(), Wait { turn, resting_until_ms: Some(at_ms) });
        self.resting.insert((at_ms, waiter));
    }

    /// Whose turn it is at `now_ms`; the waiter stays until [`Turns::leave`] or [`Turns::serve`].
    pub fn next(&mut self, now_ms: u64) -> Option<G> {
        while self.resting.first().is_some_and(|(at, _)| *at <= now_ms) {
            let (_, waiter) = self.resting.pop_first().expect("it was just seen");
            let wait = self.waiting.get_mut(&waiter).expect("who rests is waiting");
            wait.resting_until_ms = None;
            self.ready.insert((wait.turn, waiter));
        }
        self.ready.first().map(|(_, waiter)| waiter.clone())
    }

    /// Had its turn, and waits for the next, from `at_ms` on.
    pub fn serve(&mut self, waiter: G, at_ms: u64) {
        self.take_out(&waiter);
        self.wait_until(waiter, at_ms);
    }

    /// Waits no longer.
    pub fn leave(&mut self, waiter: &G) {
        self.take_out(waiter);
    }

    /// When somebody becomes ready who is not yet.
    pub fn deadline(&self) -> Option<u64> {
        self.resting.first().map(|(at, _)| *at)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn take_out(&mut self, waiter: &G) -> Option<u64> {
        let wait = self.waiting.remove(waiter)?;
        match wait.resting_until_ms {
            Some(at) => self.resting.remove(&(at, waiter.clone())),
            None => self.ready.remove(&(wait.turn, waiter.clone())),
        };
        Some(wait.turn)
    }

    fn new_turn(&mut self) -> u64 {
        self.next_turn += 1;
        self.next_turn
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_was_served_waits_behind_the_others() {
        let mut turns = Turns::default();
        for waiter in ["a", "b", "c"] {
            turns.wait_until(waiter, 0);
        }
        let mut order = Vec::new();
        for _ in 0..6 {
            let next = turns.next(0).unwrap();
            order.push(next);
            turns.serve(next, 0);
        }
        assert_eq!(order, ["a", "b", "c", "a", "b", "c"]);
    }

    #[test]
    fn who_is_not_ready_holds_up_nobody_and_keeps_its_turn() {
        let mut turns = Turns::default();
        turns.wait_until("a", 500);
        turns.wait_until("b", 0);
        assert_eq!((turns.next(0), turns.deadline()), (Some("b"), Some(500)));
        assert_eq!(turns.next(500), Some("a"));
        turns.leave(&"a");
        turns.leave(&"b");
        assert!(turns.next(1000).is_none() && turns.is_empty());
    }

    proptest! {
        #[test]
        fn nobody_gets_two_turns_more_than_another_who_is_always_ready(
            rests in proptest::collection::vec(0u64..5, 2..20)
        ) {
            let mut turns = Turns::default();
            let mut served = vec![0u32; rests.len()];
            for waiter in 0..rests.len() {
                turns.wait_until(waiter, 0);
            }
            for now in 0..2000 {
                if let Some(waiter) = turns.next(now) {
                    served[waiter] += 1;
                    turns.serve(waiter, now + rests[waiter] * 2);
                }
            }
            let always = (0..rests.len()).filter(|waiter| rests[*waiter] == 0);
            let counts: Vec<u32> = always.map(|waiter| served[waiter]).collect();
            if let (Some(least), Some(most)) = (counts.iter().min(), counts.iter().max()) {
                prop_assert!(most - least <= 1 && *most + 1 >= *served.iter().max().unwrap());
            }
        }
    }
}
