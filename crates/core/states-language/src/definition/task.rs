//! Reads what a Task has more than other states.

use bongsu_jsonata::Value;

use super::fields::{Fields, Report};
use super::{Kind, Task};
use crate::limits::SECONDS_MAX;
use crate::resource::{Pattern, Resource};
use crate::template::Template;

pub(super) fn read(fields: &mut Fields<'_>, kind: Kind, report: &mut Report) -> Option<Task> {
    fields.require(&["Resource"], report);
    let resource = resource(fields, kind, report);
    let role = role(fields, report);
    let timeout = fields.amount("TimeoutSeconds", "TimeoutSecondsPath", 1, SECONDS_MAX, report);
    let heartbeat = fields.amount("HeartbeatSeconds", "HeartbeatSecondsPath", 1, SECONDS_MAX, report);
    let literal = |template: &Option<Template>| template.as_ref()?.literal()?.as_i64();
    if let (Some(timeout), Some(heartbeat)) = (literal(&timeout), literal(&heartbeat))
        && heartbeat >= timeout
    {
        let message = "The field 'HeartbeatSeconds' must be smaller than 'TimeoutSeconds'";
        report.schema(message, fields.location().to_string());
    }
    Some(Task { resource: resource?, role, timeout, heartbeat })
}

fn resource(fields: &mut Fields<'_>, kind: Kind, report: &mut Report) -> Option<Resource> {
    let text = fields.text("Resource", report)?;
    let Some(resource) = Resource::parse(text) else {
        let message = format!(
            "The resource provided {text} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region."
        );
        report.schema(message, fields.at("Resource"));
        return None;
    };
    if kind == Kind::Express {
        // The spaces are as AWS has them.
        let refused = match (&resource, resource.pattern()) {
            (Resource::Activity { .. }, _) => Some("Express state machine does not support Activity ARN".to_string()),
            (_, Pattern::RequestResponse) => None,
            (_, Pattern::WaitForTaskToken) => {
                Some("Express state machine does not support '.waitForTaskToken' service integration ".to_string())
            }
            (_, Pattern::Sync | Pattern::Sync2) => {
                Some("Express state machine does not support '.sync' service integration".to_string())
            }
        };
        if let Some(message) = refused {
            report.schema(message, fields.at("Resource"));
        }
    }
    Some(resource)
}

fn role(fields: &mut Fields<'_>, report: &mut Report) -> Option<Template> {
    let location = fields.at("Credentials");
    let credentials = fields.template("Credentials", report)?;
    let role = match credentials {
        Template::Literal(Value::Object(object)) => object.get("RoleArn").cloned().map(Template::Literal),
        Template::Object(entries) => {
            entries.into_iter().find(|(name, _)| &**name == "RoleArn").map(|(_, template)| template)
        }
        _ => None,
    };
    if role.is_none() {
        report.schema("The field 'RoleArn' is required but was missing", location);
    }
    role
}
