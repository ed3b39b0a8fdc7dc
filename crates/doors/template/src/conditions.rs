//! The `Conditions` and `Rules` sections: what holds for these parameters.

use crate::error::{Fault, Faults};
use crate::node::{Entry, Node, Value};
use crate::reader::Reader;
use crate::scope::{Scope, literal, only_entry, text_of};

/// How many conditions `Fn::And` and `Fn::Or` take.
const OPERANDS: std::ops::RangeInclusive<usize> = 2..=10;

/// Where a condition function stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Conditions,
    Rules,
}

/// Conditions may use each other in any order: each round decides those whose conditions are known.
pub(crate) fn read(declared: &[Entry], scope: &mut Scope<'_>, faults: &mut Faults) {
    let mut waiting: Vec<&Entry> = declared.iter().collect();
    loop {
        let before = waiting.len();
        let mut failed: Vec<Fault> = Vec::new();
        waiting.retain(|entry| match condition(scope, &entry.node, Place::Conditions) {
            Ok(holds) => {
                scope.conditions.insert(entry.key.clone(), Some(holds));
                false
            }
            Err(fault) => {
                failed.push(fault);
                true
            }
        });
        if waiting.len() == before {
            failed.into_iter().for_each(|fault| faults.push(fault));
            break;
        }
    }
    scope.conditions.extend(waiting.into_iter().map(|entry| (entry.key.clone(), None)));
}

/// Every assertion of a rule whose condition holds must hold too.
pub(crate) fn check_rules(rules: &[Entry], scope: &Scope<'_>, faults: &mut Faults) {
    for Entry { key: name, line, node } in rules {
        if let Err(fault) = check_rule(name, *line, node, scope, faults) {
            faults.push(fault);
        }
    }
}

fn check_rule(name: &str, line: u32, node: &Node, scope: &Scope<'_>, faults: &mut Faults) -> Result<(), Fault> {
    let Some(mut reader) = Reader::of(node.clone(), &format!("rule {name}"), faults) else { return Ok(()) };
    let applies = match reader.take("RuleCondition") {
        None => true,
        Some(node) => condition(scope, &node, Place::Rules)?,
    };
    if !reader.has("Assertions") {
        reader.fault(line, format!("rule {name} has no Assertions"));
    }
    for node in reader.list("Assertions") {
        let line = node.line;
        let Some(mut assertion) = reader.within(node, "an assertion") else { continue };
        let assert = assertion.take("Assert");
        let description = assertion.string("AssertDescription");
        assertion.finish();
        let Some(assert) = assert else {
            reader.fault(line, "Assert is missing");
            continue;
        };
        if applies && !condition(scope, &assert, Place::Rules)? {
            let why = description.unwrap_or_else(|| "an assertion of it does not hold".to_owned());
            reader.fault(line, format!("rule {name}: {why}"));
        }
    }
    reader.finish();
    Ok(())
}

/// Whether a condition holds: its name, or one of the condition functions.
fn condition(scope: &Scope<'_>, node: &Node, place: Place) -> Result<bool, Fault> {
    let line = node.line;
    let Some((name, argument)) = only_entry(node) else {
        return Err(Fault::new(line, format!("a condition function is needed, not {}", node.kind())));
    };
    match name {
        "Condition" if place == Place::Conditions => scope.named_condition(&literal(argument, "Condition")?, line),
        "Fn::Equals" => {
            let [left, right] = &*scope.arguments(argument, name)? else {
                return Err(Fault::new(line, "Fn::Equals needs a list of two values"));
            };
            Ok(text_of(left, name)?.text == text_of(right, name)?.text)
        }
        "Fn::Not" => match argument.as_list() {
            Some([operand]) => Ok(!condition(scope, operand, place)?),
            _ => Err(Fault::new(line, "Fn::Not needs a list of one condition")),
        },
        "Fn::And" | "Fn::Or" => {
            let operands = argument.as_list().unwrap_or_default();
            if !OPERANDS.contains(&operands.len()) {
                let (low, high) = (OPERANDS.start(), OPERANDS.end());
                return Err(Fault::new(line, format!("{name} needs a list of {low} to {high} conditions")));
            }
            let values: Vec<bool> =
                operands.iter().map(|node| condition(scope, node, place)).collect::<Result<_, _>>()?;
            Ok(if name == "Fn::And" { values.iter().all(|value| *value) } else { values.contains(&true) })
        }
        "Fn::Contains" | "Fn::EachMemberEquals" | "Fn::EachMemberIn" if place == Place::Rules => {
            let [members, other] = &*scope.arguments(argument, name)? else {
                return Err(Fault::new(line, format!("{name} needs a list of two values")));
            };
            let members = texts(members, name)?;
            Ok(match name {
                "Fn::Contains" => members.contains(&text_of(other, name)?.text.as_str()),
                "Fn::EachMemberEquals" => {
                    let wanted = &text_of(other, name)?.text;
                    members.iter().all(|member| member == wanted)
                }
                _ => {
                    let allowed = texts(other, name)?;
                    members.iter().all(|member| allowed.contains(member))
                }
            })
        }
        _ => Err(Fault::new(line, format!("{name} is not a condition function that is supported here"))),
    }
}

fn texts<'n>(node: &'n Node, function: &str) -> Result<Vec<&'n str>, Fault> {
    let Value::List(items) = &node.value else {
        return Err(Fault::new(node.line, format!("{function} needs a list of texts")));
    };
    items.iter().map(|item| Ok(text_of(item, function)?.text.as_str())).collect()
}
