//! `TestState`: runs one state by itself and shows what becomes of its data.

use std::sync::Arc;

use bongsu_jsonata::{Object, Value};

use crate::Timestamp;
use crate::definition::{Definition, Kind, StateKind};
use crate::diagnostic::Diagnostic;
use crate::execution::Execution;
use crate::history::Problem;
use crate::machine::{Machine, Mock, Surrounding, Tried};
use crate::resource::Resource;

/// The name of a state that is given without one.
const NAMELESS: &str = "State";

/// A state and what it is tested with.
#[derive(Clone, Copy, Debug)]
pub struct StateTest<'a> {
    /// JSON: one state, or a whole machine.
    pub definition: &'a str,
    /// Which state of a machine.
    pub state: Option<&'a str>,
    /// JSON.
    pub input: &'a str,
    /// JSON: an object of the variables that have values.
    pub variables: Option<&'a str>,
    /// JSON: the context object, whole.
    pub context: Option<&'a str>,
    /// What work outside is pretended to have given.
    pub mock: Option<Mock<'a>>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    /// How the state ended.
    pub status: TestStatus,
    /// JSON, unless it failed or is to be called.
    pub output: Option<String>,
    /// The error and its cause.
    pub problem: Problem,
    /// Where it leads to.
    pub next: Option<Arc<str>>,
    /// What a Task has to be asked, if there is no pretended answer: its resource and the input. Come back with the
    /// answer as a [`Mock`].
    pub call: Option<(Resource, String)>,
    /// Values on the way by their names in `inspectionData`, as JSON: `afterParameters`, `result`.
    pub inspection: Vec<(&'static str, String)>,
}

/// How a tested state ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestStatus {
    /// Well.
    Succeeded,
    /// With an error that nothing handles.
    Failed,
    /// With an error after which it is tried again.
    Retriable,
    /// With an error that a catcher handles.
    CaughtError,
    /// Not yet: something has to be called.
    Asks,
}

/// Why a state cannot be tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untestable {
    /// The definition is not in order.
    Definition(Vec<Diagnostic>),
    /// This is not JSON, or not an object where one is wanted: `input`, `variables`, `context`, `mock`.
    Json(&'static str),
    /// There is no state of that name.
    NoSuchState,
    /// A Map or Parallel, or a call that is waited for, needs a pretended answer.
    NeedsMock,
}

/// Runs one state. Nothing outside is called.
pub fn test_state(test: &StateTest<'_>, now: Timestamp, random: &mut dyn FnMut() -> u64) -> Result<Tested, Untestable> {
    let definition = Definition::parse(&document(test)?, Kind::Standard).map_err(Untestable::Definition)?;
    let context = match test.context {
        Some(context) => object(context, "context")?,
        None => Object::new(),
    };
    let variables = match test.variables {
        Some(variables) => object(variables, "variables")?,
        None => Object::new(),
    };
    if let Some(Mock::Result(result)) = test.mock {
        serde_json::from_str::<Value>(result).map_err(|_| Untestable::Json("mock"))?;
    }
    let (execution, context) = (Execution::default(), Value::Object(context));
    let mut machine = Machine::new(&definition, &execution, Surrounding::Given(&context), now, random);
    machine.watched = Some(Vec::new());
    machine.start(test.input).map_err(|_| Untestable::Json("input"))?;
    let variables = variables.iter().map(|(name, value)| (name.into(), value.clone())).collect();
    let tried = machine.try_state(variables, test.mock);
    let watched = machine.watched.take().unwrap_or_default();
    let inspection = watched.into_iter().map(|(key, value)| (key, value.to_string())).collect();
    let nothing = Tested {
        status: TestStatus::Succeeded,
        output: None,
        problem: Problem::default(),
        next: None,
        call: None,
        inspection,
    };
    Ok(match tried {
        Tried::NeedsMock => return Err(Untestable::NeedsMock),
        Tried::Asks(input) => {
            let StateKind::Task(task) = &definition.state(definition.start).work else {
                return Err(Untestable::NeedsMock);
            };
            Tested { status: TestStatus::Asks, call: Some((task.resource.clone(), input.to_string())), ..nothing }
        }
        Tried::Left { output, next, caught } => {
            let status = if caught { TestStatus::CaughtError } else { TestStatus::Succeeded };
            Tested { status, output: Some(output.to_string()), next, ..nothing }
        }
        Tried::Retries(problem) => Tested { status: TestStatus::Retriable, problem, ..nothing },
        Tried::Failed(problem) => Tested { status: TestStatus::Failed, problem, ..nothing },
    })
}

fn object(text: &str, what: &'static str) -> Result<Object, Untestable> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Untestable::Json(what)),
    }
}

/// A machine of the state and of stand-ins for all that it leads to.
fn document(test: &StateTest<'_>) -> Result<String, Untestable> {
    // What is not even JSON is judged as any definition is.
    let Ok(value) = serde_json::from_str::<Value>(test.definition) else { return Ok(test.definition.into()) };
    let (name, state) = match test.state {
        Some(name) => (name, found(&value, name).cloned().ok_or(Untestable::NoSuchState)?),
        None => (NAMELESS, value.clone()),
    };
    let mut states = Object::new();
    let mut stand_in = Object::new();
    stand_in.insert("Type", Value::from("Succeed"));
    for target in targets(&state).into_iter().filter(|target| *target != name) {
        states.insert(target, Value::Object(stand_in.clone()));
    }
    states.insert(name, state.clone());
    let mut machine = Object::new();
    machine.insert("StartAt", Value::from(name));
    if let Some(language) = value.get("QueryLanguage") {
        machine.insert("QueryLanguage", language.clone());
    }
    machine.insert("States", Value::Object(states));
    Ok(Value::Object(machine).to_string())
}

/// The state of that name, at any level.
fn found<'v>(machine: &'v Value, name: &str) -> Option<&'v Value> {
    let states = machine.get("States")?.as_object()?;
    states.get(name).or_else(|| {
        states.iter().find_map(|(_, state)| {
            let branches = state.get("Branches").and_then(Value::as_array).unwrap_or_default();
            let processors = [state.get("ItemProcessor"), state.get("Iterator")];
            branches.iter().chain(processors.into_iter().flatten()).find_map(|below| found(below, name))
        })
    })
}

/// The names of the states that a state leads to.
fn targets(state: &Value) -> Vec<&str> {
    let rules = ["Choices", "Catch"].into_iter().filter_map(|field| state.get(field)?.as_array()).flatten();
    let next = rules.map(|rule| rule.get("Next")).chain([state.get("Next"), state.get("Default")]);
    next.flatten().filter_map(Value::as_str).collect()
}
