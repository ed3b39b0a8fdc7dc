//! Templates: JSON with queries in it, as `Parameters`, `Assign`, `Arguments` and `Output` are.

use std::sync::Arc;

use bongsu_jsonata::{Expression, Object, Value};

use crate::fault::Fault;
use crate::intrinsic::Call;
use crate::jsonpath::JsonPath;
use crate::query::{Form, Query, Scope};

/// JSON with queries in it.
#[derive(Clone, Debug)]
pub(crate) enum Template {
    /// The same each time.
    Literal(Value),
    Query(Query),
    Object(Vec<(Arc<str>, Template)>),
    Array(Vec<Template>),
}

/// Why a template cannot be read: a sentence, and the field within the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unusable {
    pub(crate) why: String,
    pub(crate) below: String,
}

/// In which language queries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    JsonPath,
    Jsonata,
}

impl Template {
    /// Reads the value of a field.
    pub(crate) fn parse(value: &Value, field: &str, language: Language) -> Result<Template, Unusable> {
        match language {
            Language::JsonPath => with_paths(value, ""),
            Language::Jsonata => with_expressions(value, field, ""),
        }
    }

    /// The path of a field such as `SecondsPath`.
    pub(crate) fn path(text: &str, field: &str) -> Result<Template, Unusable> {
        match JsonPath::parse(text) {
            Ok(path) => Ok(Template::Query(Query { field: field.into(), form: Form::Path(path) })),
            Err(unreadable) => Err(Unusable {
                why: format!("Value is not a valid JSONPath: {} at position {}", unreadable.why, unreadable.at),
                below: String::new(),
            }),
        }
    }

    /// What it gives: each query's answer in its place.
    pub(crate) fn evaluate(&self, scope: &Scope, random: &mut dyn FnMut() -> u64) -> Result<Value, Fault> {
        match self {
            Template::Literal(value) => Ok(value.clone()),
            Template::Query(query) => query.evaluate(scope, random),
            Template::Object(entries) => {
                let mut object = Object::new();
                for (key, template) in entries {
                    object.insert(key.clone(), template.evaluate(scope, random)?);
                }
                Ok(Value::Object(object))
            }
            Template::Array(elements) => {
                let mut values = Vec::with_capacity(elements.len());
                for element in elements {
                    values.push(element.evaluate(scope, random)?);
                }
                Ok(Value::from(values))
            }
        }
    }

    /// That a value which it gave is not what the field needs.
    pub(crate) fn unexpected(&self, field: &str, expected: &str, value: &Value) -> Fault {
        match self {
            Template::Query(query) => query.unexpected(expected, value),
            _ => Fault::runtime(format!("The field '{field}' must be a {expected}, but was: {value}")),
        }
    }

    /// The value, if it is the same each time.
    pub(crate) fn literal(&self) -> Option<&Value> {
        match self {
            Template::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// All queries in it.
    pub(crate) fn queries(&self) -> Vec<&Query> {
        match self {
            Template::Literal(_) => Vec::new(),
            Template::Query(query) => vec![query],
            Template::Object(entries) => entries.iter().flat_map(|(_, template)| template.queries()).collect(),
            Template::Array(elements) => elements.iter().flat_map(Template::queries).collect(),
        }
    }
}

fn with_paths(value: &Value, below: &str) -> Result<Template, Unusable> {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<(Arc<str>, Template)> = Vec::with_capacity(object.len());
            for (key, value) in object.iter() {
                let (name, template) = match key.strip_suffix(".$") {
                    Some(name) => (name, entry(key, value, below)?),
                    None => (key, with_paths(value, &format!("{below}/{key}"))?),
                };
                if entries.iter().any(|(known, _)| &**known == name) {
                    return Err(Unusable { why: format!("The field '{name}' is given twice"), below: below.into() });
                }
                entries.push((name.into(), template));
            }
            Ok(object_of(entries))
        }
        Value::Array(elements) => {
            let elements = elements.iter().enumerate();
            array_of(
                elements
                    .map(|(at, element)| with_paths(element, &format!("{below}[{at}]")))
                    .collect::<Result<_, _>>()?,
            )
        }
        plain => Ok(Template::Literal(plain.clone())),
    }
}

fn entry(key: &str, value: &Value, below: &str) -> Result<Template, Unusable> {
    let text = value.as_str().unwrap_or_default();
    let form = if text.starts_with('$') {
        JsonPath::parse(text).ok().map(Form::Entry)
    } else {
        Call::parse(text).ok().map(Form::Call)
    };
    let form = form.ok_or_else(|| Unusable {
        why: format!("The value for the field '{key}' must be a valid JSONPath or a valid intrinsic function call"),
        below: below.into(),
    })?;
    Ok(Template::Query(Query { field: key.into(), form }))
}

fn with_expressions(value: &Value, field: &str, below: &str) -> Result<Template, Unusable> {
    match value {
        Value::String(text) => match text.strip_prefix("{%").and_then(|text| text.strip_suffix("%}")) {
            Some(text) => match Expression::parse(text.trim()) {
                Ok(expression) => {
                    let field = format!("{field}{below}");
                    Ok(Template::Query(Query { field: field.into(), form: Form::Expression(expression) }))
                }
                Err(error) => Err(Unusable {
                    why: format!("JSONata syntax error: {}: {error}", error.code()),
                    below: below.into(),
                }),
            },
            None => Ok(Template::Literal(value.clone())),
        },
        Value::Object(object) => {
            let mut entries = Vec::with_capacity(object.len());
            for (key, value) in object.iter() {
                entries.push((Arc::from(key), with_expressions(value, field, &format!("{below}/{key}"))?));
            }
            Ok(object_of(entries))
        }
        Value::Array(elements) => {
            let elements = elements.iter().enumerate();
            let elements = elements.map(|(at, element)| with_expressions(element, field, &format!("{below}[{at}]")));
            array_of(elements.collect::<Result<_, _>>()?)
        }
        plain => Ok(Template::Literal(plain.clone())),
    }
}

/// An object of literals is a literal itself: nothing is put together when its state runs.
fn object_of(entries: Vec<(Arc<str>, Template)>) -> Template {
    if entries.iter().any(|(_, template)| template.literal().is_none()) {
        return Template::Object(entries);
    }
    let mut object = Object::new();
    for (key, template) in entries {
        object.insert(key, template.literal().cloned().unwrap_or(Value::Null));
    }
    Template::Literal(Value::Object(object))
}

fn array_of(elements: Vec<Template>) -> Result<Template, Unusable> {
    let literals: Option<Vec<Value>> = elements.iter().map(|element| element.literal().cloned()).collect();
    Ok(literals.map_or(Template::Array(elements), |values| Template::Literal(Value::from(values))))
}
