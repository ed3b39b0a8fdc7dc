//! What a webhook is called and belongs to, where its route says nothing.

use std::time::Duration;

use super::{Verified, request::REDELIVERY_WINDOW_MIN};
use crate::{Selector, identifier::digest};

/// Where the webhooks of a provider tell what they are.
pub(super) struct Names {
    /// Where its group stands, in the order they are tried.
    pub(super) groups: &'static [&'static str],
    /// The group of what has none of these. Without it the route has to name one.
    pub(super) group_of_the_rest: Option<&'static str>,
    /// Where an id stands that is the same in every redelivery and in nothing else, in the order they are tried.
    pub(super) ids: &'static [&'static str],
    /// Whether the body tells apart what has none of these, since it says when or of what it is.
    pub(super) body_identifies: bool,
    /// How long after the first delivery its redelivery may come, if the answer to the first was lost. What a sender
    /// tries again later it was told to.
    pub(super) redelivery_window: Duration,
}

impl Names {
    /// Nothing is known.
    pub(super) const NONE: Self = Self {
        groups: &[],
        group_of_the_rest: None,
        ids: &[],
        body_identifies: false,
        redelivery_window: REDELIVERY_WINDOW_MIN,
    };
}

/// [`Names`], read.
pub(super) struct Namer {
    names: &'static Names,
    groups: Vec<Selector>,
    ids: Vec<Selector>,
}

impl Namer {
    pub(super) fn new(names: &'static Names) -> Self {
        Self { names, groups: selectors(names.groups), ids: selectors(names.ids) }
    }

    pub(super) fn gives_group(&self) -> bool {
        self.names.group_of_the_rest.is_some()
    }

    pub(super) fn name(&self, event: &mut Verified<'_>) {
        let select = |selectors: &[Selector]| selectors.iter().find_map(|selector| event.select(selector));
        let of_the_rest = || self.names.group_of_the_rest.map(str::to_owned);
        let group = select(&self.groups).or_else(of_the_rest);
        let digest_of_body = || self.names.body_identifies.then(|| digest(event.body()));
        let deduplication = select(&self.ids).or_else(digest_of_body);
        event.group = group;
        event.deduplication = deduplication;
        event.redelivery_window = self.names.redelivery_window;
    }
}

fn selectors(paths: &[&str]) -> Vec<Selector> {
    paths.iter().map(|path| selector(path)).collect()
}

/// A selector that stands in a provider's file.
pub(super) fn selector(path: &str) -> Selector {
    path.parse().expect("paths of providers are paths")
}
