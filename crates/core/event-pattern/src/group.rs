//! A policy as it was written: keys, their alternatives, and nested keys.

use std::collections::BTreeMap;

use crate::matcher::Condition;

/// The members of an object, all of which have to hold.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) keys: BTreeMap<Box<str>, Branch>,
    /// The alternatives of `$or`; none where there is no `$or`.
    pub(crate) either: Vec<Group>,
}

/// What stands at a key.
#[derive(Debug)]
pub(crate) enum Branch {
    /// Alternatives; at least one.
    Values(Vec<Condition>),
    Nested(Group),
}

impl Group {
    /// Keys of this level; `$or` is one of them.
    pub(crate) fn keys(&self) -> usize {
        self.keys.len() + usize::from(!self.either.is_empty())
    }

    pub(crate) fn is_nested(&self) -> bool {
        self.keys.values().any(|branch| matches!(branch, Branch::Nested(_))) || self.either.iter().any(Group::is_nested)
    }

    /// Bytes of the paths of all keys that have values. A long key above many others is part of each.
    pub(crate) fn paths_bytes(&self) -> usize {
        self.paths_bytes_below(0)
    }

    fn paths_bytes_below(&self, above: usize) -> usize {
        let branches = self.keys.iter().map(|(key, branch)| match branch {
            Branch::Values(_) => above + key.len(),
            Branch::Nested(group) => group.paths_bytes_below(above + key.len() + 1),
        });
        let alternatives = self.either.iter().map(|group| group.paths_bytes_below(above));
        branches.chain(alternatives).sum()
    }

    /// The product of values times depth over all keys, in which each `$or` counts as the sum of its alternatives.
    pub(crate) fn complexity(&self) -> usize {
        self.complexity_at(1)
    }

    fn complexity_at(&self, depth: usize) -> usize {
        let branches = self.keys.values().map(|branch| match branch {
            Branch::Values(conditions) => conditions.len().saturating_mul(depth),
            Branch::Nested(group) => group.complexity_at(depth + 1),
        });
        let alternatives = self.either.iter().map(|group| group.complexity_at(depth));
        let either = alternatives.reduce(usize::saturating_add).unwrap_or(1);
        branches.fold(either, usize::saturating_mul)
    }

    /// In how many ways it can be fulfilled, one alternative of each `$or` chosen.
    pub(crate) fn combinations(&self) -> usize {
        let nested = self.keys.values().map(|branch| match branch {
            Branch::Values(_) => 1,
            Branch::Nested(group) => group.combinations(),
        });
        let alternatives = self.either.iter().map(Group::combinations);
        let either = alternatives.reduce(usize::saturating_add).unwrap_or(1);
        nested.fold(either, usize::saturating_mul)
    }
}
