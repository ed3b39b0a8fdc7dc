//! Rate limits of a machine's tasks: a tag of the machine a state, `bongsu:rate-limit:STATE`.

use bongsu_broker::{EntryKey, LimitKey, MachineRef};
use bongsu_rate_limit::{KeyExpression, Limit, Rule};
use bongsu_states_language::{Definition, Kind, Resource};
use serde_json::Value;

use super::arn;
use super::parameters::invalid;
use super::tags::Tags;
use crate::error::ApiError;
use crate::operation::Context;

/// What the name of every tag about rate limits begins with.
const RATE_LIMIT: &str = "bongsu:rate-limit";

/// The rule of one state.
pub(super) struct StateRule(Rule);

impl StateRule {
    /// Reads a rule that stands in a tag.
    fn parse(text: &str) -> Result<StateRule, String> {
        let rule = Rule::parse(text).map_err(|fault| fault.to_string())?;
        match rule.key {
            None | Some(KeyExpression::Path(_)) => Ok(StateRule(rule)),
            Some(key) => Err(format!("`{key}` is no key of a task: say a path into its input, such as `$.mall_id`")),
        }
    }

    /// Of a task with this input.
    pub(super) fn limit(&self, machine: &str, state: &str, input: &str) -> (LimitKey, Option<Limit>) {
        let key = match &self.0.key {
            Some(KeyExpression::Path(path)) => path.key(&serde_json::from_str(input).unwrap_or(Value::Null)),
            _ => String::new(),
        };
        (LimitKey { scope: format!("machine/{machine}/{state}").into(), key: key.into() }, self.0.limit)
    }
}

/// The rule of a state among the tags of its machine. Rules were looked at when they were set.
pub(super) fn rule_of(tags: &Tags, state: &str) -> Option<StateRule> {
    let text = tags.get(format!("{RATE_LIMIT}:{state}").as_str())?;
    StateRule::parse(text).ok()
}

/// Where the tags of a machine are kept, by its ARN.
pub(super) fn tags_path(arn: &str) -> Result<Box<str>, ApiError> {
    Ok(format!("states/tags/{}", arn::parts(arn)?.join("/")).into())
}

impl Context<'_> {
    /// Refuses rules that cannot be read, and those of states that a machine does not have.
    pub(super) async fn check_rate_limits(&self, arn: &str, tags: &Tags) -> Result<(), ApiError> {
        if !tags.keys().any(|key| key.starts_with(RATE_LIMIT)) {
            return Ok(());
        }
        let ["stateMachine", name] = arn::parts(arn)?[..] else {
            return Err(invalid(format!("{RATE_LIMIT} is for state machines, and {arn} is none")));
        };
        let machine = MachineRef { name: name.into(), qualifier: None };
        let described = self.described_machine(machine, arn).await?;
        let kind = if described.machine.express { Kind::Express } else { Kind::Standard };
        check(tags, &described.machine.definition, kind)
    }

    /// The same for a machine that keeps its tags and gets another definition.
    pub(super) async fn check_rate_limits_kept(&self, arn: &str, definition: &str) -> Result<(), ApiError> {
        check(&self.states_tags(arn).await?, definition, Kind::Standard)
    }

    pub(super) fn tags_key(&self, arn: &str) -> Result<EntryKey, ApiError> {
        Ok(EntryKey { account: self.config.account, path: tags_path(arn)? })
    }
}

/// Looks at the rules among the tags of a machine with this definition, if that can be read.
pub(super) fn check(tags: &Tags, definition: &str, kind: Kind) -> Result<(), ApiError> {
    let mut rules = tags.iter().filter(|(key, _)| key.starts_with(RATE_LIMIT)).peekable();
    if rules.peek().is_none() {
        return Ok(());
    }
    let definition = Definition::parse(definition, kind).ok();
    for (key, text) in rules {
        let state = key[RATE_LIMIT.len()..]
            .strip_prefix(':')
            .ok_or_else(|| invalid(format!("{key} does not say of which state: say {RATE_LIMIT}:STATE")))?;
        StateRule::parse(text).map_err(|fault| invalid(format!("{key}: {fault}")))?;
        let Some(definition) = &definition else { continue };
        match definition.resources().find(|(name, _)| *name == state) {
            None => return Err(invalid(format!("{key}: the machine has no state {state} that is a Task"))),
            Some((_, Resource::Activity { .. })) => {
                return Err(invalid(format!("{key}: workers take the tasks of an activity when they want to")));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: &str = r#"{"StartAt":"Call","States":{
        "Call":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Next":"Work"},
        "Work":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a","End":true}}}"#;

    fn checked(key: &str, rule: &str) -> Result<(), String> {
        let tags = Tags::from([(key.to_owned(), rule.to_owned()), ("team".to_owned(), "shop".to_owned())]);
        check(&tags, MACHINE, Kind::Standard).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_rule_is_of_a_state_that_calls_something() {
        assert_eq!(checked("bongsu:rate-limit:Call", "key=$.mall_id rate=5/s"), Ok(()));
        for (key, rule, reason) in [
            (
                "bongsu:rate-limit",
                "rate=5/s",
                "bongsu:rate-limit does not say of which state: say bongsu:rate-limit:STATE",
            ),
            (
                "bongsu:rate-limit:Gone",
                "rate=5/s",
                "bongsu:rate-limit:Gone: the machine has no state Gone that is a Task",
            ),
            (
                "bongsu:rate-limit:Work",
                "rate=5/s",
                "bongsu:rate-limit:Work: workers take the tasks of an activity when they want to",
            ),
            ("bongsu:rate-limit:Call", "rate=5/s rate=6/s", "bongsu:rate-limit:Call: `rate` is given twice"),
            (
                "bongsu:rate-limit:Call",
                "key=group",
                "bongsu:rate-limit:Call: `group` is no key of a task: say a path into its input, such as `$.mall_id`",
            ),
        ] {
            assert_eq!(checked(key, rule), Err(reason.to_owned()));
        }
    }

    #[test]
    fn a_key_is_what_the_input_has_there() {
        let rule = StateRule::parse("key=$.mall rate=5/s").unwrap();
        let (key, limit) = rule.limit("m", "Call", r#"{"mall":"one"}"#);
        assert_eq!((&*key.scope, &*key.key, limit.is_some()), ("machine/m/Call", "one", true));
        assert_eq!(&*rule.limit("m", "Call", "7").0.key, "");
    }
}
