//! Queries: a path, an intrinsic function or a JSONata expression, and what they are asked against.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bongsu_jsonata::{Bindings, Expression, Host, Library, Limits, Object, Outcome, Value};

use crate::Timestamp;
use crate::fault::{Fault, INTRINSIC_FAILURE};
use crate::intrinsic::{self, Argument, Call};
use crate::jsonpath::{JsonPath, Root};
use crate::limits::{EXPRESSION_SIZE_MAX, EXPRESSION_STEPS_MAX};

/// Something that is looked up or computed when its state runs.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// The field that it was written for, as errors name it.
    pub(crate) field: Arc<str>,
    pub(crate) form: Form,
}

#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// The path of a field such as `InputPath`.
    Path(JsonPath),
    /// The path of a key that ends in `.$`.
    Entry(JsonPath),
    Call(Call),
    Expression(Expression),
}

/// What a query sees.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// `$`, of JSONPath.
    pub(crate) input: Value,
    /// `$$`
    pub(crate) context: Value,
    /// `$name`.
    pub(crate) variables: BTreeMap<Arc<str>, Value>,
    /// `$states`: `input`, `result` or `errorOutput` where there is one, and the context if it is read.
    pub(crate) states: Object,
    pub(crate) now: Timestamp,
    /// Steps that expressions took so far.
    pub(crate) work: Cell<u64>,
}

impl Query {
    /// What it gives.
    pub(crate) fn evaluate(&self, scope: &Scope, random: &mut dyn FnMut() -> u64) -> Result<Value, Fault> {
        match &self.form {
            Form::Path(path) => find(path, scope, |why, _| format!("Invalid path '{}' : {why}", path.text())),
            Form::Entry(path) => find(path, scope, |_, root| {
                let (path, field) = (path.text(), &self.field);
                format!(
                    "The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{root}'"
                )
            }),
            Form::Call(call) => self.call(call, scope, random),
            Form::Expression(expression) => self.express(expression, scope, random),
        }
    }

    fn call(&self, call: &Call, scope: &Scope, random: &mut dyn FnMut() -> u64) -> Result<Value, Fault> {
        let mut values = Vec::with_capacity(call.arguments.len());
        for (at, argument) in call.arguments.iter().enumerate() {
            values.push(match argument {
                Argument::Path(path) => find(path, scope, |_, root| {
                    let (path, field) = (path.text(), &self.field);
                    format!(
                        "The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{root}'"
                    )
                })?,
                Argument::Call(call) => self.call(call, scope, random)?,
                literal => literal.literal(call.function, at).unwrap_or(Value::Null),
            });
        }
        call.function.call(&values, random).map_err(|why| {
            let text = format!("The function '{}' had the following error: {why}", call.text());
            Fault::new(INTRINSIC_FAILURE, text)
        })
    }

    fn express(&self, expression: &Expression, scope: &Scope, random: &mut dyn FnMut() -> u64) -> Result<Value, Fault> {
        let mut bindings = Bindings::new(Library::StepFunctions);
        for (name, value) in &scope.variables {
            bindings.bind(name.clone(), value.clone());
        }
        if expression.free_variables().any(|name| name == "states") {
            bindings.bind("states", Value::Object(scope.states.clone()));
        }
        let mut host = Chance { now: scope.now, random, work: &scope.work };
        let told = |what: String| {
            let (text, field) = (expression.text(), &self.field);
            Fault::query(field, format!("The JSONata expression '{text}' specified for the field '{field}' {what}"))
        };
        let limits = Limits { steps: EXPRESSION_STEPS_MAX, size: EXPRESSION_SIZE_MAX, ..Limits::default() };
        match expression.evaluate(None, &bindings, &mut host, limits) {
            Ok(Outcome::Value(value)) => Ok(value),
            Ok(Outcome::Nothing) => Err(told("returned nothing (undefined).".into())),
            Ok(Outcome::Function) => Err(told("returned an unsupported result type: function.".into())),
            Err(error) => Err(told(format!("threw an error during evaluation. {}: {error}", error.code()))),
        }
    }

    /// That the value is not of the type that the field needs.
    pub(crate) fn unexpected(&self, expected: &str, value: &Value) -> Fault {
        let (field, found) = (&self.field, type_name(value));
        let shown = value.as_str().map_or_else(|| value.to_string(), String::from);
        match &self.form {
            Form::Expression(expression) => Fault::query(
                field,
                format!(
                    "The JSONata expression '{}' specified for the field '{field}' returned an unexpected result type. \
                     Expected '{expected}', but was '{found}' for value: {value}",
                    expression.text()
                ),
            ),
            Form::Path(path) | Form::Entry(path) => Fault::runtime(format!(
                "The {field} parameter does not reference a valid {expected}: {} == {shown}",
                path.text()
            )),
            Form::Call(call) => Fault::runtime(format!(
                "The {field} parameter does not give a valid {expected}: {} == {shown}",
                call.text()
            )),
        }
    }

    pub(crate) fn is_path(&self) -> bool {
        matches!(self.form, Form::Path(_) | Form::Entry(_))
    }

    /// The text as it was written, without `{%` and `%}`.
    pub(crate) fn text(&self) -> &str {
        match &self.form {
            Form::Path(path) | Form::Entry(path) => path.text(),
            Form::Call(call) => call.text(),
            Form::Expression(expression) => expression.text(),
        }
    }
}

/// What is in `$states` besides the context, which takes more to put together than most expressions to evaluate.
const STATES_WITHOUT_CONTEXT: &[&str] = &["input", "result", "errorOutput"];

/// What queries need besides the input.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    /// `$states`
    pub(crate) states: bool,
    /// `$$` or `$states.context`
    pub(crate) context: bool,
    pub(crate) variables: BTreeSet<Arc<str>>,
}

impl Reads {
    /// Adds what the query needs.
    pub(crate) fn add(&mut self, query: &Query) {
        match &query.form {
            Form::Path(path) | Form::Entry(path) => self.add_path(path),
            Form::Call(call) => self.add_call(call),
            Form::Expression(expression) => {
                for name in expression.free_variables() {
                    match name {
                        "states" => {
                            self.states = true;
                            self.context |= expression.reads_more_of("states", STATES_WITHOUT_CONTEXT);
                        }
                        name => {
                            self.variables.insert(name.into());
                        }
                    }
                }
            }
        }
    }

    pub(crate) fn add_path(&mut self, path: &JsonPath) {
        match &path.root {
            Root::Input => {}
            Root::Context => self.context = true,
            Root::Variable(name) => {
                self.variables.insert(name.clone());
            }
        }
    }

    fn add_call(&mut self, call: &Call) {
        for argument in &call.arguments {
            match argument {
                Argument::Path(path) => self.add_path(path),
                Argument::Call(call) => self.add_call(call),
                Argument::Text(_) | Argument::Literal(_) => {}
            }
        }
    }
}

/// The name of a value's type, as JSON has it.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Boolean(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) | Value::Function(_) => "object",
    }
}

/// What a path finds; `told` makes the sentence if it finds nothing.
pub(crate) fn find(path: &JsonPath, scope: &Scope, told: impl Fn(&str, &Value) -> String) -> Result<Value, Fault> {
    let root = match &path.root {
        Root::Input => &scope.input,
        Root::Context => &scope.context,
        Root::Variable(name) => scope.variables.get(name).ok_or_else(|| {
            Fault::runtime(format!("The variable '${name}' that the path '{}' reads has no value", path.text()))
        })?,
    };
    path.evaluate(root).map_err(|missing| Fault::runtime(told(&missing.why, root)))
}

/// Time and chance, as an expression asks for them.
struct Chance<'a> {
    now: Timestamp,
    random: &'a mut dyn FnMut() -> u64,
    work: &'a Cell<u64>,
}

impl Host for Chance<'_> {
    fn now(&mut self) -> i64 {
        i64::try_from(self.now.0).unwrap_or(i64::MAX)
    }

    fn random(&mut self) -> f64 {
        // 53 bits fill a double's mantissa.
        ((self.random)() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn uuid(&mut self) -> String {
        intrinsic::uuid(self.random)
    }

    fn took(&mut self, steps: u64) {
        self.work.set(self.work.get().saturating_add(steps));
    }
}
