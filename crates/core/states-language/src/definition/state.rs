//! Reads one state: the fields that its type has.

use std::sync::Arc;

use bongsu_jsonata::Value;

use super::fields::{Fields, Report};
use super::read::{self, Builder, Level};
use super::{ResultPlace, Selection, State, StateId, StateKind, StateType, Wait, choice, handlers, map, task};
use crate::Timestamp;
use crate::intrinsic::{Call, Function};
use crate::limits::{SECONDS_MAX, VARIABLE_NAME_CHARS_MAX};
use crate::query::{Form, Query};
use crate::template::{Language, Template};

/// The state, if nothing about it was so wrong that it has no meaning.
pub(super) fn read(
    builder: &mut Builder,
    level: &mut Level,
    name: &str,
    value: &Value,
    location: &str,
) -> Option<State> {
    let machine = builder.language;
    let mut fields = Fields::of(value, location.into(), machine, &mut builder.report)?;
    fields.text("Comment", &mut builder.report);
    if let Some(language) = read::language(&mut fields, &mut builder.report) {
        if machine == Language::Jsonata && language == Language::JsonPath {
            let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
            builder.report.schema(message, fields.at("QueryLanguage"));
        }
        fields.language = language;
    }
    let language = fields.language;
    fields.require(&["Type"], &mut builder.report);
    let kind = kind(&mut fields, &mut builder.report)?;
    let next = transition(builder, level, &mut fields, kind);
    let assign = match kind {
        StateType::Succeed | StateType::Fail => Vec::new(),
        _ => assign(&mut fields, &mut builder.report),
    };
    let mut state = State {
        name: name.into(),
        language,
        next: next.unwrap_or_default(),
        input: Selection::All,
        parameters: None,
        result_selector: None,
        result_path: ResultPlace::Whole,
        output_path: Selection::All,
        output: None,
        assign,
        retry: Vec::new(),
        catch: Vec::new(),
        work: StateKind::Succeed,
    };
    data(&mut state, kind, &mut fields, &mut builder.report);
    if matches!(kind, StateType::Task | StateType::Parallel | StateType::Map) {
        state.retry = handlers::retriers(&mut fields, &mut builder.report);
        state.catch = handlers::catchers(builder, level, &mut fields);
    }
    state.work = match kind {
        StateType::Choice => {
            let (choice, default) = choice::read(builder, level, &mut fields)?;
            state.next = default;
            StateKind::Choice(choice)
        }
        _ => work(builder, &mut fields, kind, location)?,
    };
    fields.finish(&mut builder.report);
    level.has_terminal |= state.is_terminal();
    Some(state)
}

fn kind(fields: &mut Fields<'_>, report: &mut Report) -> Option<StateType> {
    let text = fields.text("Type", report)?;
    let kind = StateType::ALL.into_iter().find(|kind| kind.name() == text);
    if kind.is_none() {
        let names: Vec<&str> = StateType::ALL.iter().map(|kind| kind.name()).collect();
        let message = format!("The field 'Type' should have one of these values: [{}]", names.join(", "));
        report.schema(message, fields.at("Type"));
    }
    kind
}

/// `Next` or `End`: exactly one, where the type has them at all.
fn transition(
    builder: &mut Builder,
    level: &mut Level,
    fields: &mut Fields<'_>,
    kind: StateType,
) -> Option<Option<StateId>> {
    if matches!(kind, StateType::Choice | StateType::Succeed | StateType::Fail) {
        return Some(None);
    }
    fields.exclusive(&["Next", "End"], &mut builder.report);
    if fields.has("Next") {
        fields.take("End");
        return builder.target(level, fields, "Next").map(Some);
    }
    match fields.flag("End", &mut builder.report) {
        Some(true) => Some(None),
        _ if fields.has("End") => {
            builder.report.schema("Value must be true", fields.at("End"));
            None
        }
        _ => {
            let message = "One of these fields is required: [Next, End]";
            builder.report.schema(message, fields.location().to_string());
            None
        }
    }
}

/// `InputPath` to `OutputPath`, or `Arguments` and `Output`.
fn data(state: &mut State, kind: StateType, fields: &mut Fields<'_>, report: &mut Report) {
    let calls = matches!(kind, StateType::Task | StateType::Parallel);
    if fields.language == Language::Jsonata {
        if calls {
            state.parameters = fields.template("Arguments", report);
        }
        if kind != StateType::Fail {
            state.output = fields.template("Output", report);
        }
        return;
    }
    if kind != StateType::Fail {
        state.input = fields.selection("InputPath", report);
        state.output_path = fields.selection("OutputPath", report);
    }
    if calls || kind == StateType::Pass {
        state.parameters = fields.template("Parameters", report);
    }
    if calls || matches!(kind, StateType::Pass | StateType::Map) {
        state.result_path = result_path(fields, report);
    }
    if calls || kind == StateType::Map {
        state.result_selector = fields.template("ResultSelector", report);
    }
}

/// Where `ResultPath` puts the result.
pub(super) fn result_path(fields: &mut Fields<'_>, report: &mut Report) -> ResultPlace {
    match fields.take("ResultPath") {
        None => ResultPlace::Whole,
        Some(Value::Null) => ResultPlace::Nowhere,
        Some(Value::String(text)) if &**text == "$" => ResultPlace::Whole,
        Some(_) => fields.reference("ResultPath", report).map_or(ResultPlace::Whole, ResultPlace::At),
    }
}

/// The variables that are set, and to what.
pub(super) fn assign(fields: &mut Fields<'_>, report: &mut Report) -> Vec<(Arc<str>, Template)> {
    let location = fields.at("Assign");
    let Some(value) = fields.take("Assign") else { return Vec::new() };
    let Some(object) = value.as_object() else {
        report.schema("Expected value of type Object", location);
        return Vec::new();
    };
    let mut assigned = Vec::with_capacity(object.len());
    for (key, value) in object.iter() {
        let name = match fields.language {
            Language::JsonPath => key.strip_suffix(".$").unwrap_or(key),
            Language::Jsonata => key,
        };
        if !is_variable_name(name) {
            report.schema(format!("'{name}' is not a valid variable name"), location.clone());
        }
        // A single entry is read as a template of its own, so that its key may end in `.$`.
        let entry = Value::Object([(key, value.clone())].into_iter().collect());
        match Template::parse(&entry, "Assign", fields.language) {
            Ok(Template::Object(entries)) => assigned.extend(entries),
            Ok(Template::Literal(Value::Object(object))) => {
                assigned.extend(object.iter().map(|(name, value)| (Arc::from(name), Template::Literal(value.clone()))));
            }
            Ok(_) => {}
            Err(unusable) => report.schema(unusable.why, format!("{location}{}", unusable.below)),
        }
    }
    assigned
}

fn is_variable_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|c| c.is_alphanumeric() || c == '_')
        && name.chars().count() <= VARIABLE_NAME_CHARS_MAX
        && name != "states"
}

fn work(builder: &mut Builder, fields: &mut Fields<'_>, kind: StateType, location: &str) -> Option<StateKind> {
    Some(match kind {
        StateType::Pass => StateKind::Pass {
            result: match fields.language {
                Language::JsonPath => fields.take("Result").cloned(),
                Language::Jsonata => None,
            },
        },
        StateType::Task => StateKind::Task(Box::new(task::read(fields, builder.kind, &mut builder.report)?)),
        StateType::Wait => StateKind::Wait(wait(fields, &mut builder.report)?),
        StateType::Succeed | StateType::Choice => StateKind::Succeed,
        StateType::Fail => StateKind::Fail {
            error: words(fields, "Error", "ErrorPath", &mut builder.report),
            cause: words(fields, "Cause", "CausePath", &mut builder.report),
        },
        StateType::Parallel => StateKind::Parallel { branches: branches(builder, fields, location)? },
        StateType::Map => StateKind::Map(Box::new(map::read(builder, fields, location)?)),
    })
}

fn wait(fields: &mut Fields<'_>, report: &mut Report) -> Option<Wait> {
    let forms: &[&str] = match fields.language {
        Language::JsonPath => &["Seconds", "Timestamp", "SecondsPath", "TimestampPath"],
        Language::Jsonata => &["Seconds", "Timestamp"],
    };
    let given = forms.iter().filter(|form| fields.has(form)).count();
    if given != 1 {
        let message = format!("Exactly one of these fields is required: [{}]", forms.join(", "));
        report.schema(message, fields.location().to_string());
        for form in ["Seconds", "Timestamp", "SecondsPath", "TimestampPath"] {
            fields.take(form);
        }
        return None;
    }
    if fields.has("Seconds") || fields.has("SecondsPath") {
        return fields.amount("Seconds", "SecondsPath", 0, SECONDS_MAX, report).map(Wait::Seconds);
    }
    if fields.has("TimestampPath") {
        return fields.path("TimestampPath", report).map(Wait::Until);
    }
    let template = fields.template("Timestamp", report)?;
    if let Some(value) = template.literal()
        && value.as_str().and_then(Timestamp::parse).is_none()
    {
        report.schema("Value is not a valid RFC3339 timestamp", fields.at("Timestamp"));
        return None;
    }
    Some(Wait::Until(template))
}

/// `Error` and `Cause` of a Fail state.
fn words(
    fields: &mut Fields<'_>,
    field: &'static str,
    path_field: &'static str,
    report: &mut Report,
) -> Option<Template> {
    if fields.language == Language::Jsonata || !fields.has(path_field) {
        let template = fields.template(field, report)?;
        if template.literal().is_some_and(|value| value.as_str().is_none()) {
            report.schema("Expected value of type String", fields.at(field));
            return None;
        }
        return Some(template);
    }
    fields.exclusive(&[field, path_field], report);
    fields.take(field);
    let text = fields.text(path_field, report)?;
    if text.starts_with('$') {
        return fields.path(path_field, report);
    }
    let call = Call::parse(text).ok().filter(|call| GIVES_TEXT.contains(&call.function));
    if call.is_none() {
        let message = "Value is not a valid Reference Path or an intrinsic function that returns a string";
        report.schema(message, fields.at(path_field));
    }
    call.map(|call| Template::Query(Query { field: path_field.into(), form: Form::Call(call) }))
}

/// The functions that `ErrorPath` and `CausePath` may name.
const GIVES_TEXT: &[Function] = &[
    Function::Format,
    Function::JsonToString,
    Function::ArrayGetItem,
    Function::Base64Encode,
    Function::Base64Decode,
    Function::Hash,
    Function::Uuid,
];

fn branches(builder: &mut Builder, fields: &mut Fields<'_>, location: &str) -> Option<Vec<StateId>> {
    fields.require(&["Branches"], &mut builder.report);
    let list = fields.array("Branches", &mut builder.report)?;
    if list.is_empty() {
        builder.report.schema("Value cannot be empty", fields.at("Branches"));
    }
    let mut starts = Vec::with_capacity(list.len());
    for (at, branch) in list.iter().enumerate() {
        let location = format!("{location}/Branches[{at}]");
        let mut fields = Fields::of(branch, location.clone(), fields.language, &mut builder.report)?;
        fields.require(&["States", "StartAt"], &mut builder.report);
        fields.text("Comment", &mut builder.report);
        starts.extend(builder.level(&mut fields, &location));
        fields.finish(&mut builder.report);
    }
    (starts.len() == list.len()).then_some(starts)
}
