//! Decides whether a filter admits an element.

use std::cmp::Ordering;

use bongsu_jsonata::Value;

use super::evaluate::Missing;
use super::{Comparison, Filter, Operand};

impl Filter {
    /// Whether the element is what the filter looks for.
    pub(super) fn admits(&self, element: &Value, whole: &Value, visits: &mut usize) -> Result<bool, Missing> {
        Ok(match self {
            Filter::Any(parts) => {
                for part in parts {
                    if part.admits(element, whole, visits)? {
                        return Ok(true);
                    }
                }
                false
            }
            Filter::Every(parts) => {
                for part in parts {
                    if !part.admits(element, whole, visits)? {
                        return Ok(false);
                    }
                }
                true
            }
            Filter::Not(part) => !part.admits(element, whole, visits)?,
            Filter::Exists(operand) => operand.value(element, whole, visits)?.is_some(),
            Filter::Compare(left, comparison, right) => {
                let left = left.value(element, whole, visits)?;
                let right = right.value(element, whole, visits)?;
                comparison.holds(left.as_ref(), right.as_ref())
            }
        })
    }
}

impl Operand {
    fn value(&self, element: &Value, whole: &Value, visits: &mut usize) -> Result<Option<Value>, Missing> {
        let (path, root) = match self {
            Operand::Literal(value) => return Ok(Some(value.clone())),
            Operand::Element(path) => (path, element),
            Operand::Whole(path) => (path, whole),
        };
        // That something is missing is an answer here; that too much was looked at is not.
        let before = *visits;
        match path.walk(root, whole, visits) {
            Ok(found) => match path.function {
                Some(function) => Ok(function.of(found, path.segments.is_empty() || path.is_definite()).ok()),
                None if path.is_definite() => Ok(found.first().map(|value| (*value).clone())),
                None if found.is_empty() => Ok(None),
                None => Ok(Some(found.into_iter().cloned().collect::<Vec<Value>>().into())),
            },
            Err(missing) if *visits > crate::limits::PATH_VISITS_MAX => Err(missing),
            Err(_) => {
                *visits = before + 1;
                Ok(None)
            }
        }
    }
}

impl Comparison {
    fn holds(self, left: Option<&Value>, right: Option<&Value>) -> bool {
        let order = match (left, right) {
            (Some(Value::Number(left)), Some(Value::Number(right))) => left.as_f64().partial_cmp(&right.as_f64()),
            (Some(Value::String(left)), Some(Value::String(right))) => Some(left.cmp(right)),
            _ => None,
        };
        match self {
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            Comparison::Less => order == Some(Ordering::Less),
            Comparison::LessOrEqual => order.is_some_and(Ordering::is_le),
            Comparison::Greater => order == Some(Ordering::Greater),
            Comparison::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
            Comparison::In => left.is_some_and(|left| is_in(left, right)),
            Comparison::NotIn => left.is_some_and(|left| !is_in(left, right)),
        }
    }
}

fn is_in(left: &Value, list: Option<&Value>) -> bool {
    list.and_then(Value::as_array).is_some_and(|list| list.contains(left))
}
