//! Reads a whole document: the machine, and the states of each level.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bongsu_jsonata::Value;

use super::fields::{Fields, Report};
use super::{Definition, Kind, State, StateId, StateKind, state};
use crate::diagnostic::{Diagnostic, INVALID_JSON, MISSING_TARGET, NO_TERMINAL, Severity};
use crate::limits::{DEFINITION_BYTES_MAX, SECONDS_MAX, STATE_NAME_CHARS_MAX};
use crate::template::Language;

/// What is built while the document is read.
pub(super) struct Builder {
    pub(super) kind: Kind,
    pub(super) language: Language,
    pub(super) report: Report,
    /// Places are given out before states are read, so that transitions can name what comes later.
    states: Vec<Option<State>>,
    names: BTreeSet<Arc<str>>,
}

/// The states of one level, by name.
pub(super) struct Level {
    pub(super) ids: BTreeMap<Arc<str>, StateId>,
    /// Which of them a transition leads to.
    pub(super) reached: BTreeSet<StateId>,
    pub(super) has_terminal: bool,
}

/// The definition or what is wrong with it; and warnings.
pub(super) fn definition(text: &str, kind: Kind) -> (Result<Definition, Vec<Diagnostic>>, Vec<Diagnostic>) {
    let fatal = |message: String, location: Option<String>| {
        (Err(vec![Diagnostic { severity: Severity::Error, code: INVALID_JSON, message, location }]), Vec::new())
    };
    if text.len() > DEFINITION_BYTES_MAX {
        return fatal(format!("Definition must not be longer than {DEFINITION_BYTES_MAX} bytes"), None);
    }
    let document: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(_) if text.trim().is_empty() => return fatal("Definition must be a valid JSON object".into(), None),
        Err(error) => {
            let source = format!("[Source: (String)\"{text}\"; line: {}, column: {}]", error.line(), error.column());
            return fatal(error.to_string(), Some(source));
        }
    };
    let mut report = Report::default();
    let Some(mut fields) = Fields::of(&document, String::new(), Language::JsonPath, &mut report) else {
        return fatal("Definition must be a valid JSON object".into(), None);
    };
    fields.require(&["States", "StartAt"], &mut report);
    let comment = fields.text("Comment", &mut report).map(Box::from);
    if let Some(version) = fields.text("Version", &mut report)
        && version != "1.0"
    {
        report.schema("The field 'Version' should have one of these values: [1.0]", "/Version");
    }
    let timeout = fields.number("TimeoutSeconds", 1, SECONDS_MAX, &mut report);
    let language = language(&mut fields, &mut report).unwrap_or(Language::JsonPath);
    let mut builder = Builder { kind, language, report, states: Vec::new(), names: BTreeSet::new() };
    let start = builder.level(&mut fields, "");
    fields.finish(&mut builder.report);
    builder.finish(comment, timeout, start)
}

/// The field `QueryLanguage`, if it is given.
pub(super) fn language(fields: &mut Fields<'_>, report: &mut Report) -> Option<Language> {
    match fields.text("QueryLanguage", report)? {
        "JSONPath" => Some(Language::JsonPath),
        "JSONata" => Some(Language::Jsonata),
        _ => {
            let message = "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]";
            report.schema(message, fields.at("QueryLanguage"));
            None
        }
    }
}

impl Builder {
    /// The states of a level, and where it starts.
    pub(super) fn level(&mut self, fields: &mut Fields<'_>, location: &str) -> Option<StateId> {
        let start_at = fields.text("StartAt", &mut self.report);
        let states = fields.take("States")?;
        let location = format!("{location}/States");
        let Some(object) = states.as_object() else {
            self.report.schema("Expected value of type Object", location);
            return None;
        };
        if object.is_empty() {
            self.report.schema("Value cannot be empty", location);
            return None;
        }
        let mut level = self.places(object.keys(), &location);
        for (name, value) in object.iter() {
            let id = level.ids[name];
            let state = state::read(self, &mut level, name, value, &format!("{location}/{name}"));
            self.states[id.0 as usize] = state;
        }
        let start = start_at.and_then(|name| {
            let found = level.ids.get(name).copied();
            if found.is_none() {
                let parent = location.strip_suffix("/States").unwrap_or_default();
                self.report.error(
                    MISSING_TARGET,
                    format!("Missing 'StartAt' target: {name}"),
                    format!("{parent}/StartAt"),
                );
            }
            found
        });
        if let Some(start) = start {
            level.reached.insert(start);
            for (name, id) in &level.ids {
                if !level.reached.contains(id) {
                    let message = format!("State \"{name}\" is not reachable.");
                    self.report.error(MISSING_TARGET, message, format!("{location}/{name}"));
                }
            }
        }
        if !level.has_terminal && !self.report.has_errors() {
            self.report.warning(NO_TERMINAL, "No state ends this level", location);
        }
        start
    }

    /// Gives each state its place, and looks at its name.
    fn places<'n>(&mut self, names: impl Iterator<Item = &'n str>, location: &str) -> Level {
        let mut level = Level { ids: BTreeMap::new(), reached: BTreeSet::new(), has_terminal: false };
        for name in names {
            let shared: Arc<str> = name.into();
            if name.is_empty() || name.chars().count() > STATE_NAME_CHARS_MAX {
                let message = format!("State name must have 1 to {STATE_NAME_CHARS_MAX} characters");
                self.report.schema(message, format!("{location}/{name}"));
            }
            if !self.names.insert(shared.clone()) {
                self.report.schema(format!("Duplicate State name: {name}"), format!("{location}/{name}"));
            }
            level.ids.insert(shared, StateId(self.states.len() as u32));
            self.states.push(None);
        }
        level
    }

    /// The state that a field names.
    pub(super) fn target(
        &mut self,
        level: &mut Level,
        fields: &mut Fields<'_>,
        field: &'static str,
    ) -> Option<StateId> {
        let name = fields.text(field, &mut self.report)?;
        let found = level.ids.get(name).copied();
        match found {
            Some(id) => {
                level.reached.insert(id);
            }
            None => self.report.error(MISSING_TARGET, format!("Missing '{field}' target: {name}"), fields.at(field)),
        }
        found
    }

    fn finish(
        self,
        comment: Option<Box<str>>,
        timeout: Option<u32>,
        start: Option<StateId>,
    ) -> (Result<Definition, Vec<Diagnostic>>, Vec<Diagnostic>) {
        let no_errors = !self.report.has_errors();
        let diagnostics = self.report.diagnostics;
        let states: Option<Vec<State>> = self.states.into_iter().collect();
        match (states, start) {
            (Some(states), Some(start)) if no_errors => {
                let definition = Definition { kind: self.kind, comment, timeout, start, states };
                (Ok(definition), diagnostics)
            }
            _ => (Err(diagnostics), Vec::new()),
        }
    }
}

impl State {
    /// Whether an execution can end here.
    pub(super) fn is_terminal(&self) -> bool {
        match self.work {
            StateKind::Succeed | StateKind::Fail { .. } => true,
            StateKind::Choice(_) => false,
            _ => self.next.is_none(),
        }
    }
}
