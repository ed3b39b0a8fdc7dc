//! What one alternative of a pattern demands of a document: tests, arranged by the keys that lead to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::group::{Branch, Group};
use crate::matcher::Matcher;
use crate::part::Part;

/// Tests of what stands somewhere, and of what stands below.
#[derive(Clone, Debug, Default)]
pub(crate) struct Demand {
    tests: Vec<Arc<Matcher>>,
    below: BTreeMap<Box<str>, Demand>,
}

/// How a document meets a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Not at all.
    Unmet,
    /// Only by what it does not have.
    MetByAbsence,
    /// By at least one value.
    Met,
}

/// A path and what is tested there.
type Test = (String, Arc<Matcher>);

impl Demand {
    /// All ways to fulfil a pattern: `$or` multiplied out, so that each demand is of one document, without choices.
    pub(crate) fn alternatives(group: &Group) -> Vec<Demand> {
        expand(group, None).into_iter().map(Demand::of).collect()
    }

    fn of(tests: Vec<Test>) -> Demand {
        let mut demand = Demand::default();
        for (path, matcher) in tests {
            let place = path.split('.').fold(&mut demand, |demand, key| demand.below.entry(key.into()).or_default());
            place.tests.push(matcher);
        }
        demand
    }

    /// What is demanded below this key.
    pub(crate) fn at(&self, key: &str) -> Option<&Demand> {
        self.below.get(key)
    }

    /// The keys of what is demanded below.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.below.keys().map(|key| &**key)
    }

    /// Whether a value itself is tested, and not only what is below it.
    pub(crate) fn tests_value(&self) -> bool {
        !self.tests.is_empty()
    }

    /// All keys of an object are judged within one element of an array, not each in another: of EventBridge's arrays
    /// of objects, one has to match as a whole. What must not exist there is looked for in that same element, or in
    /// all of them if nothing else chooses one.
    pub(crate) fn judge(&self, part: Option<&Part<'_>>) -> Outcome {
        let (value, members) = match part {
            Some(Part::Array(elements)) if !elements.is_empty() => return self.judge_elements(elements),
            Some(Part::Leaf(value)) => (Some(std::slice::from_ref(value)), None),
            Some(Part::Object(members)) => (None, Some(members)),
            Some(Part::Array(_)) | None => (None, None),
        };
        let mut outcome = match value {
            _ if !self.tests.iter().all(|test| test.holds(value)) => return Outcome::Unmet,
            Some(_) if self.tests_value() => Outcome::Met,
            _ => Outcome::MetByAbsence,
        };
        for (key, demand) in &self.below {
            match demand.judge(members.and_then(|members| members.get(key))) {
                Outcome::Unmet => return Outcome::Unmet,
                Outcome::MetByAbsence => {}
                Outcome::Met => outcome = Outcome::Met,
            }
        }
        outcome
    }

    fn judge_elements(&self, elements: &[Part<'_>]) -> Outcome {
        let mut outcome = Outcome::MetByAbsence;
        for element in elements {
            match self.judge(Some(element)) {
                Outcome::Met => return Outcome::Met,
                Outcome::MetByAbsence => {}
                Outcome::Unmet => outcome = Outcome::Unmet,
            }
        }
        outcome
    }
}

/// The tests of each combination, by their paths below `above`. `above` is `None` at the top: a key may be empty.
fn expand(group: &Group, above: Option<&str>) -> Vec<Vec<Test>> {
    let mut combinations = vec![Vec::new()];
    for (key, branch) in &group.keys {
        let path = above.map_or_else(|| key.to_string(), |above| format!("{above}.{key}"));
        combinations = match branch {
            Branch::Values(conditions) => {
                let test = (path, Arc::new(Matcher::new(conditions)));
                combined(&combinations, &[vec![test]])
            }
            Branch::Nested(group) => combined(&combinations, &expand(group, Some(&path))),
        };
    }
    if !group.either.is_empty() {
        let alternatives: Vec<_> = group.either.iter().flat_map(|group| expand(group, above)).collect();
        combinations = combined(&combinations, &alternatives);
    }
    combinations
}

fn combined(left: &[Vec<Test>], right: &[Vec<Test>]) -> Vec<Vec<Test>> {
    left.iter().flat_map(|left| right.iter().map(move |right| [left.as_slice(), right].concat())).collect()
}
