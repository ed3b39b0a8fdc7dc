//! One statement: whom and what it is about, under which conditions, and what it does then.

use crate::action::{ActionNames, Actions};
use crate::condition::Condition;
use crate::json::Json;
use crate::pattern::{Pattern, Syntax};
use crate::principal::Principals;
use crate::{PolicyError, Request};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// The label. Absent when empty.
    pub(crate) sid: Option<Box<str>>,
    pub(crate) effect: Effect,
    pub(crate) principals: Principals,
    pub(crate) actions: Actions,
    /// Absent: the resource that the policy belongs to.
    resources: Option<Resources>,
    pub(crate) conditions: Box<[Condition]>,
}

/// `Resource`, or `NotResource` when negated.
#[derive(Clone, Debug)]
struct Resources {
    negated: bool,
    patterns: Box<[Pattern]>,
}

impl Statement {
    /// A member that is unknown is refused: a misspelled `Condition` must not be passed over.
    pub(crate) fn parse(json: Json<'_>, variables: bool) -> Result<Statement, PolicyError> {
        let (mut sid, mut effect, mut principals, mut actions, mut resources) = (None, None, None, None, None);
        let mut conditions = Vec::new();
        for (key, value) in json.members("A statement")? {
            match key.as_str() {
                "Sid" => sid = Some(value.string("Sid")?),
                "Effect" => effect = Some(parse_effect(value)?),
                "Principal" => set_once(&mut principals, Principals::parse(value, false)?, &key)?,
                "NotPrincipal" => set_once(&mut principals, Principals::parse(value, true)?, &key)?,
                "Action" => set_once(&mut actions, Actions::parse(value, false)?, &key)?,
                "NotAction" => set_once(&mut actions, Actions::parse(value, true)?, &key)?,
                "Resource" => set_once(&mut resources, Resources::parse(value, false, variables)?, &key)?,
                "NotResource" => set_once(&mut resources, Resources::parse(value, true, variables)?, &key)?,
                "Condition" => conditions = Condition::parse_all(value, variables)?,
                _ => return Err(PolicyError::malformed(format!("{key:?} is not a member of a statement."))),
            }
        }
        let missing = |member| PolicyError::malformed(format!("A statement lacks its {member}."));
        Ok(Statement {
            sid: sid.filter(|sid| !sid.is_empty()).map(String::into_boxed_str),
            effect: effect.ok_or_else(|| missing("Effect"))?,
            principals: principals.ok_or_else(|| missing("Principal"))?,
            actions: actions.ok_or_else(|| missing("Action"))?,
            resources,
            conditions: conditions.into(),
        })
    }

    pub(crate) fn applies_to(&self, request: &Request<'_>, names: &ActionNames) -> bool {
        // What cannot be told must not widen access.
        let when_unknown = self.effect == Effect::Deny;
        self.actions.apply_to(names)
            && self.principals.apply_to(request.principal, self.effect)
            && self.resources.as_ref().is_none_or(|resources| resources.apply_to(request).unwrap_or(when_unknown))
            && self.conditions.iter().all(|condition| condition.holds(request).unwrap_or(when_unknown))
    }
}

impl Resources {
    fn parse(json: Json<'_>, negated: bool, variables: bool) -> Result<Resources, PolicyError> {
        let parse = |one: Json<'_>| {
            let text = one.string("A resource")?;
            if !text.starts_with("arn:") && !text.starts_with('*') {
                return Err(PolicyError::malformed(format!("The resource {text:?} is neither an ARN nor \"*\".")));
            }
            Pattern::parse(&text, Syntax { wildcards: true, variables })
        };
        let patterns: Result<_, _> = json.one_or_many().into_iter().map(parse).collect();
        Ok(Resources { negated, patterns: patterns? })
    }

    fn apply_to(&self, request: &Request<'_>) -> Option<bool> {
        let named = any(self.patterns.iter().map(|pattern| pattern.matches(request.resource, request)));
        named.map(|named| named != self.negated)
    }
}

/// Whether any of them is so, where some may be unknown.
pub(crate) fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all_known = true;
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(false)
}

fn parse_effect(json: Json<'_>) -> Result<Effect, PolicyError> {
    match json.string("Effect")?.as_str() {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(PolicyError::malformed(format!("The effect {other:?} is neither \"Allow\" nor \"Deny\"."))),
    }
}

/// A member and its negation are alternatives.
fn set_once<T>(slot: &mut Option<T>, value: T, key: &str) -> Result<(), PolicyError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => {
            let member = key.trim_start_matches("Not");
            Err(PolicyError::malformed(format!("A statement has both {member} and Not{member}.")))
        }
    }
}
