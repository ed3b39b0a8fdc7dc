//! The fields of one JSON object of a definition: each is taken once, and what is left over is unknown.

use bongsu_jsonata::{Object, Value};

use super::{Reference, Selection};
use crate::diagnostic::{Diagnostic, SCHEMA, Severity};
use crate::jsonpath::JsonPath;
use crate::template::{Language, Template, Unusable};

/// What was found to be wrong so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Report {
    pub(super) fn error(&mut self, code: &'static str, message: impl Into<String>, location: impl Into<String>) {
        let (message, location) = (message.into(), Some(location.into()));
        self.diagnostics.push(Diagnostic { severity: Severity::Error, code, message, location });
    }

    pub(super) fn schema(&mut self, message: impl Into<String>, location: impl Into<String>) {
        self.error(SCHEMA, message, location);
    }

    pub(super) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    pub(super) fn warning(&mut self, code: &'static str, message: impl Into<String>, location: impl Into<String>) {
        let (message, location) = (message.into(), Some(location.into()));
        self.diagnostics.push(Diagnostic { severity: Severity::Warning, code, message, location });
    }
}

/// One object and where it stands.
pub(super) struct Fields<'v> {
    object: &'v Object,
    location: String,
    taken: Vec<&'static str>,
    pub(super) language: Language,
}

impl<'v> Fields<'v> {
    /// The fields of a value that has to be an object.
    pub(super) fn of(
        value: &'v Value,
        location: String,
        language: Language,
        report: &mut Report,
    ) -> Option<Fields<'v>> {
        match value {
            Value::Object(object) => Some(Fields { object, location, taken: Vec::new(), language }),
            _ => {
                report.schema("Expected value of type Object", location);
                None
            }
        }
    }

    /// Where a field stands.
    pub(super) fn at(&self, field: &str) -> String {
        format!("{}/{field}", self.location)
    }

    /// Where the object itself stands.
    pub(super) fn location(&self) -> &str {
        if self.location.is_empty() { "/" } else { &self.location }
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.object.get(field).is_some()
    }

    pub(super) fn take(&mut self, field: &'static str) -> Option<&'v Value> {
        self.taken.push(field);
        self.object.get(field)
    }

    /// Says which of these are missing.
    pub(super) fn require(&self, fields: &[&str], report: &mut Report) {
        let missing: Vec<&str> = fields.iter().copied().filter(|field| !self.has(field)).collect();
        if !missing.is_empty() {
            report.schema(format!("These fields are required: [{}]", missing.join(", ")), self.location());
        }
    }

    /// Says that no two of these may stand side by side.
    pub(super) fn exclusive(&self, fields: &[&str], report: &mut Report) {
        let given: Vec<&str> = fields.iter().copied().filter(|field| self.has(field)).collect();
        if given.len() > 1 {
            report.schema(format!("Only one of these fields is allowed: [{}]", given.join(", ")), self.location());
        }
    }

    /// Says what nobody asked for.
    pub(super) fn finish(self, report: &mut Report) {
        for (field, _) in self.object.iter() {
            if !self.taken.contains(&field) {
                let language = match self.language {
                    Language::JsonPath => "JSONPath",
                    Language::Jsonata => "JSONata",
                };
                let known_elsewhere = JSONPATH_ONLY.contains(&field) || JSONATA_ONLY.contains(&field);
                let message = if known_elsewhere {
                    format!("The field '{field}' is not supported here when the query language is '{language}'")
                } else {
                    format!("Field '{field}' is not supported")
                };
                report.schema(message, self.at(field));
            }
        }
    }

    pub(super) fn text(&mut self, field: &'static str, report: &mut Report) -> Option<&'v str> {
        let value = self.take(field)?;
        let text = value.as_str();
        if text.is_none() {
            report.schema("Expected value of type String", self.at(field));
        }
        text
    }

    pub(super) fn flag(&mut self, field: &'static str, report: &mut Report) -> Option<bool> {
        let value = self.take(field)?;
        let flag = value.as_bool();
        if flag.is_none() {
            report.schema("Expected value of type Boolean", self.at(field));
        }
        flag
    }

    pub(super) fn array(&mut self, field: &'static str, report: &mut Report) -> Option<&'v [Value]> {
        let value = self.take(field)?;
        let array = value.as_array();
        if array.is_none() {
            report.schema("Expected value of type Array", self.at(field));
        }
        array
    }

    /// A whole number of that range.
    pub(super) fn number(&mut self, field: &'static str, from: u32, to: u32, report: &mut Report) -> Option<u32> {
        let value = self.take(field)?;
        self.number_of(value, field, from, to, report)
    }

    fn number_of(&self, value: &Value, field: &str, from: u32, to: u32, report: &mut Report) -> Option<u32> {
        let number = value.as_i64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (from..=to).contains(number));
        if number.is_none() {
            report.schema(format!("Value must be an integer from {from} to {to}"), self.at(field));
        }
        number
    }

    /// A number that may also be an expression, in JSONata, or come from a path under another name, in JSONPath.
    pub(super) fn amount(
        &mut self,
        field: &'static str,
        path_field: &'static str,
        from: u32,
        to: u32,
        report: &mut Report,
    ) -> Option<Template> {
        if self.language == Language::JsonPath && self.has(path_field) {
            self.exclusive(&[field, path_field], report);
            self.take(field);
            return self.path(path_field, report);
        }
        let value = self.take(field)?;
        match self.read_template(value, field, report)? {
            Template::Literal(value) => self
                .number_of(&value, field, from, to, report)
                .map(|number| Template::Literal(Value::from(u64::from(number)))),
            template => Some(template),
        }
    }

    /// A path by itself.
    pub(super) fn path(&mut self, field: &'static str, report: &mut Report) -> Option<Template> {
        let text = self.text(field, report)?;
        match Template::path(text, field) {
            Ok(template) => Some(template),
            Err(unusable) => self.unusable(field, unusable, report),
        }
    }

    /// A template of the state's language.
    pub(super) fn template(&mut self, field: &'static str, report: &mut Report) -> Option<Template> {
        let value = self.take(field)?;
        self.read_template(value, field, report)
    }

    fn read_template(&self, value: &Value, field: &str, report: &mut Report) -> Option<Template> {
        match Template::parse(value, field, self.language) {
            Ok(template) => Some(template),
            Err(unusable) => self.unusable(field, unusable, report),
        }
    }

    fn unusable(&self, field: &str, unusable: Unusable, report: &mut Report) -> Option<Template> {
        report.schema(unusable.why, format!("{}{}", self.at(field), unusable.below));
        None
    }

    /// `InputPath` and `OutputPath`.
    pub(super) fn selection(&mut self, field: &'static str, report: &mut Report) -> Selection {
        match self.object.get(field) {
            None => Selection::All,
            Some(Value::Null) => {
                self.take(field);
                Selection::Nothing
            }
            Some(Value::String(text)) if &**text == "$" => {
                self.take(field);
                Selection::All
            }
            Some(_) => self.path(field, report).map_or(Selection::All, Selection::Query),
        }
    }

    /// A path that names one place below the input.
    pub(super) fn reference(&mut self, field: &'static str, report: &mut Report) -> Option<Reference> {
        let text = self.text(field, report)?;
        let reference = JsonPath::parse(text).ok().as_ref().and_then(Reference::of);
        if reference.is_none() {
            report.schema(format!("Value is not a Reference Path: {text}"), self.at(field));
        }
        reference
    }
}

const JSONPATH_ONLY: &[&str] = &[
    "InputPath",
    "OutputPath",
    "Parameters",
    "ResultPath",
    "ResultSelector",
    "ItemsPath",
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "ErrorPath",
    "CausePath",
    "MaxConcurrencyPath",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
    "MaxItemsPath",
    "MaxItemsPerBatchPath",
    "MaxInputBytesPerBatchPath",
    "Variable",
];

const JSONATA_ONLY: &[&str] = &["Arguments", "Output", "Items", "Condition"];
