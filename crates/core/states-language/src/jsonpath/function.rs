//! The functions at the end of a path.

use bongsu_jsonata::Value;

use super::Function;
use super::evaluate::Missing;

impl Function {
    /// What it makes of what the path before it found: of the one value, or of the list if the path is not definite.
    pub(super) fn of(self, found: Vec<&Value>, definite: bool) -> Result<Value, Missing> {
        let list: Vec<Value>;
        let value = if definite {
            found.first().copied().unwrap_or(&Value::Null)
        } else {
            list = found.into_iter().cloned().collect();
            &Value::from(list)
        };
        match self {
            Function::Length | Function::Size => match value {
                Value::Array(elements) => Ok(elements.len()),
                Value::Object(object) => Ok(object.len()),
                Value::String(text) => Ok(text.chars().count()),
                _ => Err(unsuited(self)),
            }
            .map(|length| Value::from(length as u64)),
            Function::Keys => match value {
                Value::Object(object) => Ok(object.keys().map(Value::from).collect::<Vec<Value>>().into()),
                _ => Err(unsuited(self)),
            },
            Function::First | Function::Last => {
                let elements = value.as_array().ok_or_else(|| unsuited(self))?;
                let element = if self == Function::First { elements.first() } else { elements.last() };
                element.cloned().ok_or_else(|| unsuited(self))
            }
            Function::Min | Function::Max | Function::Avg | Function::Sum | Function::Stddev => self.of_numbers(value),
        }
    }

    fn of_numbers(self, value: &Value) -> Result<Value, Missing> {
        let numbers: Vec<f64> =
            value.as_array().ok_or_else(|| unsuited(self))?.iter().filter_map(Value::as_f64).collect();
        if numbers.is_empty() {
            return Err(Missing { why: "Aggregation function attempted to calculate value using empty array".into() });
        }
        let sum: f64 = numbers.iter().sum();
        let mean = sum / numbers.len() as f64;
        Ok(Value::from(match self {
            Function::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Function::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Function::Avg => mean,
            Function::Stddev => {
                (numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / numbers.len() as f64).sqrt()
            }
            _ => sum,
        }))
    }
}

fn unsuited(function: Function) -> Missing {
    Missing { why: format!("Function {}() cannot be applied to that value", format!("{function:?}").to_lowercase()) }
}
