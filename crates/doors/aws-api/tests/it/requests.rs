//! Requests as clients spell them, in JSON and in Query.

use bongsu_aws_api::sigv4::Signer;
use bytes::Bytes;
use hyper::Request;
use serde_json::Value;

pub(crate) fn json_request(operation: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    Request::post("/")
        .header("host", "127.0.0.1:4566")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("AmazonSQS.{operation}"))
        .body(body.into())
        .expect("a good request")
}

/// The same request, signed in its header at this time.
pub(crate) fn sign(signer: Signer<'_>, request: Request<Bytes>, at: u64) -> Request<Bytes> {
    let (mut head, body) = request.into_parts();
    signer.sign(&head.method, &head.uri, &mut head.headers, &body, at);
    Request::from_parts(head, body)
}

pub(crate) fn query_request(operation: &str, input: &Value) -> Request<Bytes> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", operation).append_pair("Version", "2012-11-05");
    flatten(operation, "", input, &mut form);
    form_request("/", form.finish())
}

pub(crate) fn sns_request(operation: &str, input: &Value) -> Request<Bytes> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", operation).append_pair("Version", "2010-03-31");
    nest("", input, &mut form);
    form_request("/", form.finish())
}

pub(crate) fn cloudformation_request(operation: &str, input: &Value) -> Request<Bytes> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", operation).append_pair("Version", "2010-05-15");
    nest("", input, &mut form);
    form_request("/", form.finish())
}

/// Members of requests that are structures, where all others are maps.
const STRUCTURES: [&str; 2] = ["DeploymentConfig", "RollbackConfiguration"];

/// Spells the members of a structure as botocore does for SNS and CloudFormation.
fn nest(prefix: &str, input: &Value, form: &mut form_urlencoded::Serializer<'_, String>) {
    for (member, value) in input.as_object().expect("a structure") {
        match value {
            Value::Array(elements) if elements.is_empty() => drop(form.append_pair(&format!("{prefix}{member}"), "")),
            Value::Array(elements) => {
                for (number, element) in (1..).zip(elements) {
                    let name = format!("{prefix}{member}.member.{number}");
                    match element {
                        Value::Object(_) => nest(&format!("{name}."), element, form),
                        scalar => drop(form.append_pair(&name, &text(scalar))),
                    }
                }
            }
            Value::Object(_) if STRUCTURES.contains(&member.as_str()) => {
                nest(&format!("{prefix}{member}."), value, form)
            }
            Value::Object(entries) => {
                let (key, value_name) =
                    if member == "MessageAttributes" { ("Name", "Value") } else { ("key", "value") };
                for (number, (entry, value)) in (1..).zip(entries) {
                    let name = format!("{prefix}{member}.entry.{number}");
                    form.append_pair(&format!("{name}.{key}"), entry);
                    match value {
                        Value::Object(_) => nest(&format!("{name}.{value_name}."), value, form),
                        scalar => drop(form.append_pair(&format!("{name}.{value_name}"), &text(scalar))),
                    }
                }
            }
            scalar => drop(form.append_pair(&format!("{prefix}{member}"), &text(scalar))),
        }
    }
}

pub(crate) fn form_request(path: &str, form: impl Into<Bytes>) -> Request<Bytes> {
    Request::post(path)
        .header("host", "127.0.0.1:4566")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into())
        .expect("a good request")
}

/// Spells the members of a structure as botocore does.
fn flatten(operation: &str, prefix: &str, input: &Value, form: &mut form_urlencoded::Serializer<'_, String>) {
    for (member, value) in input.as_object().expect("a structure") {
        let name = match member.as_str() {
            "Entries" => format!("{prefix}{operation}RequestEntry"),
            "tags" | "Tags" => format!("{prefix}Tag"),
            "Actions" => format!("{prefix}ActionName"),
            plural => format!("{prefix}{}", plural.strip_suffix('s').filter(|_| !value.is_number()).unwrap_or(plural)),
        };
        match value {
            Value::Array(elements) if elements.is_empty() => drop(form.append_pair(&name, "")),
            Value::Array(elements) => {
                for (number, element) in (1..).zip(elements) {
                    match element {
                        Value::Object(_) => flatten(operation, &format!("{name}.{number}."), element, form),
                        scalar => drop(form.append_pair(&format!("{name}.{number}"), &text(scalar))),
                    }
                }
            }
            Value::Object(entries) => {
                let (key, value_name) =
                    if member.eq_ignore_ascii_case("tags") { ("Key", "Value") } else { ("Name", "Value") };
                for (number, (entry, value)) in (1..).zip(entries) {
                    form.append_pair(&format!("{name}.{number}.{key}"), entry);
                    match value {
                        Value::Object(_) => {
                            flatten(operation, &format!("{name}.{number}.{value_name}."), value, form);
                        }
                        scalar => drop(form.append_pair(&format!("{name}.{number}.{value_name}"), &text(scalar))),
                    }
                }
            }
            scalar => drop(form.append_pair(&format!("{prefix}{member}"), &text(scalar))),
        }
    }
}

fn text(scalar: &Value) -> String {
    scalar.as_str().map_or_else(|| scalar.to_string(), str::to_owned)
}
