//! Whose turn it is: those that wait for one limit go in rounds.

use std::collections::{BTreeMap, BTreeSet};

/// Those that wait, in the order of their turns. Who was served waits behind all that were there already.
///
/// Every step takes time in the logarithm of how many wait.
#[derive(Clone, Debug)]
pub struct Turns<G> {
    turn_of: BTreeMap<G, u64>,
    in_order: BTreeSet<(u64, G)>,
    next_turn: u64,
}

impl<G> Default for Turns<G> {
    fn default() -> Turns<G> {
        Turns { turn_of: BTreeMap::new(), in_order: BTreeSet::new(), next_turn: 0 }
    }
}

impl<G: Ord + Clone> Turns<G> {
    /// Waits behind all others, or else where it waits already.
    pub fn join(&mut self, waiter: G) {
        if !self.turn_of.contains_key(&waiter) {
            self.turn_of.insert(waiter.clone(), self.next_turn);
            self.in_order.insert((self.next_turn, waiter));
            self.next_turn += 1;
        }
    }

    /// Whose turn it is; who that is stays until [`Turns::serve`] or [`Turns::leave`].
    pub fn next(&self) -> Option<&G> {
        self.in_order.first().map(|(_, waiter)| waiter)
    }

    /// Had its turn, and waits for the next.
    pub fn serve(&mut self, waiter: G) {
        self.leave(&waiter);
        self.join(waiter);
    }

    /// Waits no longer.
    pub fn leave(&mut self, waiter: &G) {
        if let Some(turn) = self.turn_of.remove(waiter) {
            self.in_order.remove(&(turn, waiter.clone()));
        }
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.turn_of.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_was_served_waits_behind_the_others() {
        let mut turns = Turns::default();
        ["a", "b", "c"].into_iter().for_each(|waiter| turns.join(waiter));
        let mut order = Vec::new();
        for _ in 0..6 {
            let next = *turns.next().unwrap();
            order.push(next);
            turns.serve(next);
        }
        assert_eq!(order, ["a", "b", "c", "a", "b", "c"]);
    }

    #[test]
    fn who_leaves_is_passed_over_and_who_waits_keeps_its_turn() {
        let mut turns = Turns::default();
        ["a", "b", "a"].into_iter().for_each(|waiter| turns.join(waiter));
        assert_eq!(turns.next(), Some(&"a"));
        turns.leave(&"a");
        assert_eq!(turns.next(), Some(&"b"));
        turns.leave(&"b");
        assert!(turns.next().is_none() && turns.is_empty());
    }

    proptest! {
        #[test]
        fn nobody_gets_two_turns_more_than_another_who_always_waits(
            away in proptest::collection::vec((0usize..8, any::<bool>()), 0..200)
        ) {
            let (mut turns, mut served) = (Turns::default(), [0u32; 10]);
            (0..served.len()).for_each(|waiter| turns.join(waiter));
            for (waiter, leaves) in away {
                if leaves { turns.leave(&waiter) } else { turns.join(waiter) }
                let next = *turns.next().unwrap();
                served[next] += 1;
                turns.serve(next);
            }
            let [always @ .., one, other] = served;
            prop_assert!(one.abs_diff(other) <= 1 && always.iter().all(|count| *count <= one + 1));
        }
    }
}
