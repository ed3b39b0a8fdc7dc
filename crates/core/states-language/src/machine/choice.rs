//! Decides where a Choice leads to.

use std::cmp::Ordering;

use bongsu_jsonata::Value;

use super::Machine;
use crate::definition::{Choice, Condition, Order, Side, Test};
use crate::fault::{self, Fault};
use crate::query::{self, Reads, Scope};
use crate::strand::StrandId;
use crate::timestamp::parse_nanoseconds;

impl Machine<'_> {
    pub(super) fn choose(&mut self, id: StrandId, choice: &Choice) -> Result<(), Fault> {
        let input = self.effective_input(id)?;
        let mut reads = Reads::default();
        choice.rules.iter().for_each(|rule| rule.condition.add_reads(&mut reads));
        let scope = self.scope(id, None, &input, None, &reads);
        let mut found = Ok(None);
        for rule in &choice.rules {
            match self.holds(&rule.condition, &scope) {
                Ok(false) => continue,
                holds => found = holds.map(|_| Some(rule)),
            }
            break;
        }
        self.work += scope.work.get();
        if let Some(rule) = found? {
            return self.leave(id, None, Some(rule));
        }
        match self.state(id).next {
            Some(_) => self.leave(id, None, None),
            None => Err(Fault::new(
                fault::NO_CHOICE_MATCHED,
                "Failed to transition out of the state. The state does not point to a next state.",
            )),
        }
    }

    fn holds(&mut self, condition: &Condition, scope: &Scope) -> Result<bool, Fault> {
        match condition {
            Condition::Expression(template) => {
                let value = template.evaluate(scope, self.random)?;
                value.as_bool().ok_or_else(|| template.unexpected("Condition", "boolean", &value))
            }
            Condition::And(parts) => {
                for part in parts {
                    if !self.holds(part, scope)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Condition::Or(parts) => {
                for part in parts {
                    if self.holds(part, scope)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Condition::Not(part) => Ok(!self.holds(part, scope)?),
            Condition::Test(path, test) => {
                let told = |_: &str, _: &Value| {
                    format!(
                        "Invalid path '{}': The choice state's condition path references an invalid value.",
                        path.text()
                    )
                };
                let value = query::find(path, scope, told);
                if let Test::IsPresent(wanted) = test {
                    return Ok(value.is_ok() == *wanted);
                }
                test.holds(&value?, scope)
            }
        }
    }
}

impl Condition {
    fn add_reads(&self, reads: &mut Reads) {
        match self {
            Condition::Expression(template) => template.queries().into_iter().for_each(|query| reads.add(query)),
            Condition::And(parts) | Condition::Or(parts) => parts.iter().for_each(|part| part.add_reads(reads)),
            Condition::Not(part) => part.add_reads(reads),
            Condition::Test(path, test) => {
                reads.add_path(path);
                if let Test::Text(_, Side::Path(path))
                | Test::Number(_, Side::Path(path))
                | Test::Time(_, Side::Path(path))
                | Test::Boolean(Side::Path(path)) = test
                {
                    reads.add_path(path);
                }
            }
        }
    }
}

impl Test {
    fn holds(&self, value: &Value, scope: &Scope) -> Result<bool, Fault> {
        Ok(match self {
            Test::Text(order, side) => {
                let other = side.value(scope)?;
                order.holds(value.as_str().zip(other.as_str()).map(|(left, right)| left.cmp(right)))
            }
            Test::Number(order, side) => {
                let other = side.value(scope)?;
                order.holds(value.as_f64().zip(other.as_f64()).and_then(|(left, right)| left.partial_cmp(&right)))
            }
            Test::Time(order, side) => {
                let other = side.value(scope)?;
                let (left, right) = (time(value), time(&other));
                order.holds(left.zip(right).map(|(left, right)| left.cmp(&right)))
            }
            Test::Boolean(side) => {
                let other = side.value(scope)?;
                value.as_bool().is_some() && value.as_bool() == other.as_bool()
            }
            Test::Matches(pattern) => value.as_str().is_some_and(|text| matches(pattern, text)),
            Test::IsNull(wanted) => matches!(value, Value::Null) == *wanted,
            Test::IsPresent(wanted) => *wanted,
            Test::IsNumeric(wanted) => value.as_f64().is_some() == *wanted,
            Test::IsString(wanted) => value.as_str().is_some() == *wanted,
            Test::IsBoolean(wanted) => value.as_bool().is_some() == *wanted,
            Test::IsTimestamp(wanted) => time(value).is_some() == *wanted,
        })
    }
}

impl Side {
    fn value(&self, scope: &Scope) -> Result<Value, Fault> {
        match self {
            Side::Literal(value) => Ok(value.clone()),
            Side::Path(path) => query::find(path, scope, |_, _| {
                format!(
                    "Invalid path '{}': The choice state's condition path references an invalid value.",
                    path.text()
                )
            }),
        }
    }
}

impl Order {
    /// None: the two are not of the type that is compared.
    fn holds(self, order: Option<Ordering>) -> bool {
        order.is_some_and(|order| match self {
            Order::Equals => order.is_eq(),
            Order::Less => order.is_lt(),
            Order::LessOrEqual => order.is_le(),
            Order::Greater => order.is_gt(),
            Order::GreaterOrEqual => order.is_ge(),
        })
    }
}

fn time(value: &Value) -> Option<i128> {
    value.as_str().and_then(parse_nanoseconds)
}

/// Whether a pattern with `*` fits all of the text; a backslash takes the next character as it is.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = Vec::new();
    let (mut rest, mut escaped) = (pattern.chars(), false);
    while let Some(c) = rest.next() {
        pieces.push(match c {
            '*' => None,
            '\\' => {
                escaped = true;
                rest.next().or(Some('\\'))
            }
            c => Some(c),
        });
    }
    if !escaped && !pattern.contains('*') {
        return pattern == text;
    }
    let text: Vec<char> = text.chars().collect();
    // After a star only the last one has to be tried again: the time is the product of the lengths at most.
    let (mut at, mut piece, mut star) = (0, 0, None);
    while at < text.len() {
        match pieces.get(piece) {
            Some(Some(c)) if *c == text[at] => (at, piece) = (at + 1, piece + 1),
            Some(None) => {
                star = Some((at, piece));
                piece += 1;
            }
            _ => match &mut star {
                Some((from, star_piece)) => {
                    *from += 1;
                    (at, piece) = (*from, *star_piece + 1);
                }
                None => return false,
            },
        }
    }
    pieces[piece..].iter().all(Option::is_none)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_fits_any_text() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("a*", "abc", true),
            ("*.log", "x.log", true),
            ("*.log", "x.log.gz", false),
            ("a*b*c", "aXbXbYc", true),
            ("a*b*c", "acb", false),
            ("a\\*b", "a*b", true),
            ("a\\*b", "aXb", false),
            ("plain", "plain", true),
            ("plain", "plains", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
