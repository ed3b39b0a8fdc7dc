//! Reads `Retry` and `Catch`.

use std::sync::Arc;

use super::fields::{Fields, Report};
use super::read::{Builder, Level};
use super::state::{assign, result_path};
use super::{ResultPlace, StateId};
use crate::fault;
use crate::limits::{RETRY_SECONDS_MAX, SECONDS_MAX};
use crate::template::{Language, Template};

/// When and how often a state is tried again.
#[derive(Debug)]
pub(crate) struct Retrier {
    pub(crate) errors: Vec<Box<str>>,
    pub(crate) interval: u32,
    pub(crate) attempts: u32,
    pub(crate) rate: f64,
    pub(crate) delay_max: Option<u32>,
    /// A random part of the delay is waited for.
    pub(crate) jitter: bool,
}

/// Where an error leads to.
#[derive(Debug)]
pub(crate) struct Catcher {
    pub(crate) errors: Vec<Box<str>>,
    pub(crate) next: StateId,
    pub(crate) result_path: ResultPlace,
    pub(crate) assign: Vec<(Arc<str>, Template)>,
    pub(crate) output: Option<Template>,
}

pub(super) fn retriers(fields: &mut Fields<'_>, report: &mut Report) -> Vec<Retrier> {
    let Some(list) = fields.array("Retry", report) else { return Vec::new() };
    let location = fields.at("Retry");
    let read = list.iter().enumerate().filter_map(|(at, value)| {
        let mut fields = Fields::of(value, format!("{location}[{at}]"), fields.language, report)?;
        let retrier = retrier(&mut fields, at + 1 == list.len(), report);
        fields.finish(report);
        retrier
    });
    read.collect()
}

fn retrier(fields: &mut Fields<'_>, last: bool, report: &mut Report) -> Option<Retrier> {
    let errors = errors(fields, last, report);
    fields.text("Comment", report);
    let interval = fields.number("IntervalSeconds", 1, SECONDS_MAX, report).unwrap_or(1);
    let attempts = fields.number("MaxAttempts", 0, SECONDS_MAX, report).unwrap_or(3);
    let rate = fields.take("BackoffRate").map_or(Some(2.0), |value| value.as_f64().filter(|rate| *rate >= 1.0));
    if rate.is_none() {
        report.schema("Value must be a number that is not less than 1.0", fields.at("BackoffRate"));
    }
    let delay_max = fields.number("MaxDelaySeconds", 1, RETRY_SECONDS_MAX, report);
    if delay_max.is_some_and(|most| most <= interval) {
        let message = "The field 'MaxDelaySeconds' must be greater than 'IntervalSeconds'";
        report.schema(message, fields.at("MaxDelaySeconds"));
    }
    let jitter = match fields.text("JitterStrategy", report) {
        None | Some("NONE") => false,
        Some("FULL") => true,
        Some(_) => {
            let message = "The field 'JitterStrategy' should have one of these values: [FULL, NONE]";
            report.schema(message, fields.at("JitterStrategy"));
            false
        }
    };
    Some(Retrier { errors: errors?, interval, attempts, rate: rate?, delay_max, jitter })
}

pub(super) fn catchers(builder: &mut Builder, level: &mut Level, fields: &mut Fields<'_>) -> Vec<Catcher> {
    let Some(list) = fields.array("Catch", &mut builder.report) else { return Vec::new() };
    let location = fields.at("Catch");
    let mut catchers = Vec::with_capacity(list.len());
    for (at, value) in list.iter().enumerate() {
        let location = format!("{location}[{at}]");
        let Some(mut fields) = Fields::of(value, location, fields.language, &mut builder.report) else { continue };
        catchers.extend(catcher(builder, level, &mut fields, at + 1 == list.len()));
        fields.finish(&mut builder.report);
    }
    catchers
}

fn catcher(builder: &mut Builder, level: &mut Level, fields: &mut Fields<'_>, last: bool) -> Option<Catcher> {
    fields.require(&["Next"], &mut builder.report);
    let errors = errors(fields, last, &mut builder.report);
    fields.text("Comment", &mut builder.report);
    let next = builder.target(level, fields, "Next");
    let assign = assign(fields, &mut builder.report);
    let (result_path, output) = match fields.language {
        Language::JsonPath => (result_path(fields, &mut builder.report), None),
        Language::Jsonata => (ResultPlace::Whole, fields.template("Output", &mut builder.report)),
    };
    Some(Catcher { errors: errors?, next: next?, result_path, assign, output })
}

fn errors(fields: &mut Fields<'_>, last: bool, report: &mut Report) -> Option<Vec<Box<str>>> {
    fields.require(&["ErrorEquals"], report);
    let list = fields.array("ErrorEquals", report)?;
    let location = fields.at("ErrorEquals");
    let names: Option<Vec<Box<str>>> = list.iter().map(|value| value.as_str().map(Box::from)).collect();
    let Some(names) = names else {
        report.schema("Expected value of type String", location);
        return None;
    };
    if names.is_empty() {
        report.schema("Value cannot be empty", location);
        return None;
    }
    if names.iter().any(|name| &**name == fault::ALL) && (names.len() > 1 || !last) {
        let message = "The error name 'States.ALL' must appear alone, and in the last element";
        report.schema(message, location.clone());
    }
    for name in &names {
        if name.starts_with("States.") && !KNOWN.contains(&&**name) && !name.starts_with("States.Http.") {
            report.schema(format!("The error name '{name}' is reserved and not known"), location.clone());
        }
    }
    Some(names)
}

const KNOWN: &[&str] = &[
    fault::ALL,
    fault::RUNTIME,
    fault::TIMEOUT,
    fault::HEARTBEAT_TIMEOUT,
    fault::TASK_FAILED,
    fault::DATA_LIMIT_EXCEEDED,
    fault::INTRINSIC_FAILURE,
    fault::NO_CHOICE_MATCHED,
    fault::QUERY_EVALUATION,
    fault::RESULT_PATH_MATCH,
    fault::ITEM_READER_FAILED,
    fault::RESULT_WRITER_FAILED,
    fault::TOLERANCE_EXCEEDED,
    "States.BranchFailed",
    "States.ParameterPathFailure",
    "States.Permissions",
];
