//! What a policy becomes: tests of paths, and choices between further rules.

use crate::fields::Fields;
use crate::group::{Branch, Group};
use crate::matcher::Matcher;
use crate::path::{Key, Path};

/// Holds if all its tests do, and of each choice one rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    tests: Vec<Test>,
    /// From `$or`. AWS has them multiplied out, which comes to the same.
    choices: Vec<Vec<Rule>>,
}

#[derive(Clone, Debug)]
struct Test {
    path: Key,
    matcher: Matcher,
}

impl Rule {
    pub(crate) fn of(group: &Group) -> Rule {
        Rule::below(group, &mut Path::default())
    }

    fn below(group: &Group, path: &mut Path) -> Rule {
        let mut rule = Rule::default();
        rule.add(group, path);
        rule
    }

    fn add(&mut self, group: &Group, path: &mut Path) {
        for (key, branch) in &group.keys {
            path.with(key, |path| match branch {
                Branch::Values(conditions) => {
                    self.tests.push(Test { path: path.key(), matcher: Matcher::new(conditions) });
                }
                Branch::Nested(group) => self.add(group, path),
            });
        }
        if !group.either.is_empty() {
            self.choices.push(group.either.iter().map(|group| Rule::below(group, path)).collect());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tests.is_empty() && self.choices.is_empty()
    }

    pub(crate) fn holds(&self, fields: &Fields<'_>) -> bool {
        self.tests.iter().all(|test| test.matcher.holds(fields.at(&test.path)))
            && self.choices.iter().all(|rules| rules.iter().any(|rule| rule.holds(fields)))
    }
}
