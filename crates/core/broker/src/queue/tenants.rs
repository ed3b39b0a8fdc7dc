//! Tenants of a standard queue: who sends under which group, and whose backlog must not make the others wait.
//!
//! A message group marks a tenant. While a tenant is noisy, its messages come after those of all others. Nothing is
//! marked when a tenant becomes noisy or quiet again: tenants stand in line by their oldest visible message, and a
//! receive steps over the few that are noisy.

use std::collections::BTreeSet;

use super::Visibility;
use super::named::{GroupIndex, Named};
use super::sequences::Sequences;
use crate::Text;

// AWS also calls a tenant noisy that takes more than a tenth of the consumers' recent processing time. That is left
// out: it would need a history of receives and deletes that no restart could rebuild from what a journal still holds.

/// A tenant with fewer messages in flight is never noisy.
const NOISY_IN_FLIGHT_MIN: u32 = 30;
/// A noisy tenant has more than one message in so many of those that the queue has in flight.
const NOISY_ONE_IN: usize = 10;

/// The tenants that have messages, and those messages that are visible.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tenants {
    tenants: Named<Tenant>,
    /// Tenants with visible messages, by the oldest of these.
    line: BTreeSet<(u64, GroupIndex)>,
    /// Tenants with enough messages in flight to be noisy, by how many.
    busy: BTreeSet<(u32, GroupIndex)>,
    visible: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tenant {
    pub(crate) visible: Sequences,
    pub(crate) in_flight: u32,
    pub(crate) delayed: u32,
}

impl Tenants {
    /// Makes a tenant known; it stays so until [`Tenants::forget_idle`] finds it without messages.
    pub(crate) fn open(&mut self, name: &Text) -> GroupIndex {
        self.tenants.open(name)
    }

    /// Forgets the tenant if it has no messages any more.
    pub(crate) fn forget_idle(&mut self, index: GroupIndex) {
        let tenant = &self.tenants[index];
        if tenant.visible.is_empty() && tenant.in_flight == 0 && tenant.delayed == 0 {
            self.tenants.close(index);
        }
    }

    /// Counts a message of the tenant.
    pub(crate) fn enter(&mut self, index: GroupIndex, sequence: u64, visibility: Visibility) {
        match visibility {
            Visibility::Visible => self.show(index, sequence),
            Visibility::Delayed => self.tenants[index].delayed += 1,
            Visibility::InFlight => self.set_in_flight(index, self.tenants[index].in_flight + 1),
        }
    }

    /// No longer counts a message that entered with this visibility.
    pub(crate) fn leave(&mut self, index: GroupIndex, sequence: u64, visibility: Visibility) {
        match visibility {
            Visibility::Visible => self.unshow(index, sequence),
            Visibility::Delayed => self.tenants[index].delayed -= 1,
            Visibility::InFlight => self.set_in_flight(index, self.tenants[index].in_flight - 1),
        }
    }

    fn show(&mut self, index: GroupIndex, sequence: u64) {
        let visible = &mut self.tenants[index].visible;
        let first = visible.first();
        assert!(visible.insert(sequence), "a message is shown once");
        if first.is_none_or(|first| sequence < first) {
            if let Some(first) = first {
                self.line.remove(&(first, index));
            }
            self.line.insert((sequence, index));
        }
        self.visible += 1;
    }

    fn unshow(&mut self, index: GroupIndex, sequence: u64) {
        let visible = &mut self.tenants[index].visible;
        assert!(visible.remove(sequence), "a visible message is shown");
        if self.line.remove(&(sequence, index))
            && let Some(next) = visible.first()
        {
            self.line.insert((next, index));
        }
        self.visible -= 1;
    }

    fn set_in_flight(&mut self, index: GroupIndex, in_flight: u32) {
        let before = std::mem::replace(&mut self.tenants[index].in_flight, in_flight);
        self.busy.remove(&(before, index));
        if in_flight >= NOISY_IN_FLIGHT_MIN {
            self.busy.insert((in_flight, index));
        }
    }

    /// How many messages of tenants are visible.
    pub(crate) fn visible(&self) -> usize {
        self.visible
    }

    pub(crate) fn name(&self, index: GroupIndex) -> &Text {
        self.tenants.name(index)
    }

    /// The noisy tenants, fewer than [`NOISY_ONE_IN`], given how many messages the whole queue has in flight.
    pub(crate) fn noisy(&self, in_flight: usize) -> Vec<GroupIndex> {
        let is_noisy = |busy: &&(u32, GroupIndex)| busy.0 as usize * NOISY_ONE_IN > in_flight;
        self.busy.iter().rev().take_while(is_noisy).map(|(_, tenant)| *tenant).collect()
    }

    /// What is kept of these tenants.
    pub(crate) fn of<'a>(&'a self, tenants: &'a [GroupIndex]) -> impl Iterator<Item = &'a Tenant> {
        tenants.iter().map(|tenant| &self.tenants[*tenant])
    }

    /// The visible messages of all tenants but these, oldest first.
    pub(crate) fn visible_but_of(&self, noisy: &[GroupIndex]) -> impl Iterator<Item = u64> {
        self.oldest_first(self.line.iter().copied().filter(|(_, tenant)| !noisy.contains(tenant)))
    }

    /// The visible messages of these tenants, oldest first.
    pub(crate) fn visible_of(&self, noisy: &[GroupIndex]) -> impl Iterator<Item = u64> {
        let head = |tenant: &GroupIndex| Some((self.tenants[*tenant].visible.first()?, *tenant));
        self.oldest_first(noisy.iter().filter_map(head).collect::<BTreeSet<_>>().into_iter())
    }

    /// Merges the visible messages of the tenants whose oldest ones are given, oldest first. A tenant costs something
    /// only once its oldest message is reached.
    fn oldest_first(&self, heads: impl Iterator<Item = (u64, GroupIndex)>) -> impl Iterator<Item = u64> {
        let mut heads = heads.peekable();
        let mut reached = BTreeSet::new();
        std::iter::from_fn(move || {
            let next_of_reached = reached.first().is_some_and(|next| heads.peek().is_none_or(|head| next < head));
            let (sequence, tenant) = if next_of_reached { reached.pop_first() } else { heads.next() }?;
            let later = self.tenants[tenant].visible.range(sequence + 1).next();
            reached.extend(later.map(|later| (later, tenant)));
            Some(sequence)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn visibility() -> impl Strategy<Value = Visibility> {
        prop_oneof![
            2 => Just(Visibility::Visible), 1 => Just(Visibility::Delayed), 9 => Just(Visibility::InFlight),
        ]
    }

    #[test]
    fn a_tenant_is_noisy_from_thirty_in_flight_and_above_a_tenth() {
        let mut tenants = Tenants::default();
        let tenant = tenants.open(&Text::from("t"));
        (0..29).for_each(|sequence| tenants.enter(tenant, sequence, Visibility::InFlight));
        assert_eq!(tenants.noisy(29), []);
        tenants.enter(tenant, 29, Visibility::InFlight);
        assert_eq!(tenants.noisy(299), [tenant]);
        assert_eq!(tenants.noisy(300), []);
        tenants.leave(tenant, 0, Visibility::InFlight);
        assert_eq!(tenants.noisy(29), []);
    }

    proptest! {
        #[test]
        fn tenants_behave_like_a_list_of_messages_with_names(
            steps in proptest::collection::vec((0u64..400, 0u8..20, proptest::option::weighted(0.9, visibility())), 0..600),
            others_in_flight in 0usize..200,
        ) {
            let mut tenants = Tenants::default();
            let mut model: BTreeMap<u64, (Text, GroupIndex, Visibility)> = BTreeMap::new();
            for (sequence, name, visibility) in steps {
                // A few have most of the messages.
                let name = Text::from(format!("t{}", if name < 12 { name % 3 } else { name }));
                match (model.remove(&sequence), visibility) {
                    (None, Some(visibility)) => {
                        let tenant = tenants.open(&name);
                        tenants.enter(tenant, sequence, visibility);
                        model.insert(sequence, (name, tenant, visibility));
                    }
                    (Some((name, tenant, before)), Some(visibility)) => {
                        tenants.leave(tenant, sequence, before);
                        tenants.enter(tenant, sequence, visibility);
                        model.insert(sequence, (name, tenant, visibility));
                    }
                    (Some((_, tenant, before)), None) => {
                        tenants.leave(tenant, sequence, before);
                        tenants.forget_idle(tenant);
                    }
                    (None, None) => {}
                }
                for (name, tenant, _) in model.values() {
                    prop_assert_eq!(tenants.name(*tenant), name);
                }
            }
            let of = |tenant, wanted| model.values().filter(|(_, t, v)| *t == tenant && *v == wanted).count();
            let all_in_flight = model.values().filter(|(_, _, v)| *v == Visibility::InFlight).count() + others_in_flight;
            let is_noisy = |tenant| {
                let in_flight = of(tenant, Visibility::InFlight);
                in_flight >= 30 && in_flight * 10 > all_in_flight
            };
            let noisy = tenants.noisy(all_in_flight);
            let known: BTreeMap<GroupIndex, &Text> = model.values().map(|(name, t, _)| (*t, name)).collect();
            let expected: BTreeSet<GroupIndex> = known.keys().copied().filter(|tenant| is_noisy(*tenant)).collect();
            prop_assert!(noisy.len() < NOISY_ONE_IN);
            prop_assert_eq!(noisy.iter().copied().collect::<BTreeSet<_>>(), expected);
            for (tenant, kept) in noisy.iter().zip(tenants.of(&noisy)) {
                prop_assert_eq!(kept.visible.len(), of(*tenant, Visibility::Visible));
                prop_assert_eq!(kept.in_flight as usize, of(*tenant, Visibility::InFlight));
                prop_assert_eq!(kept.delayed as usize, of(*tenant, Visibility::Delayed));
            }
            let visible = |of_noisy: bool| -> Vec<u64> {
                let fits = |entry: &(&u64, &(Text, GroupIndex, Visibility))| {
                    entry.1.2 == Visibility::Visible && is_noisy(entry.1.1) == of_noisy
                };
                model.iter().filter(fits).map(|(sequence, _)| *sequence).collect()
            };
            prop_assert_eq!(tenants.visible_but_of(&noisy).collect::<Vec<_>>(), visible(false));
            prop_assert_eq!(tenants.visible_of(&noisy).collect::<Vec<_>>(), visible(true));
            prop_assert_eq!(tenants.visible(), visible(false).len() + visible(true).len());
            let names: BTreeSet<&Text> = known.values().copied().collect();
            prop_assert!(tenants.tenants.names().eq(names), "a tenant without messages is forgotten");
        }
    }
}
