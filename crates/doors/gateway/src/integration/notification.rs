//! A notification for each request: for HTTP APIs what AWS has for REST APIs alone.

use std::collections::BTreeMap;

use bongsu_http::Response;
use form_urlencoded::Serializer;
use hyper::{
    HeaderMap,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
};
use serde::Deserialize;

use super::{
    Event, mappings,
    message::{body, ids, value},
};
use crate::{
    Outside, Service, ServiceRequest,
    answer::{self, JSON},
    call::Call,
    failure::Failure,
    mapping::Mapping,
};

/// The request parameters of [`Integration::Publish`](crate::Integration::Publish). `MessageAttributes` is JSON as SQS's;
/// `Message` is the body as it came unless it is given.
pub const NOTIFICATION_PARAMETERS: [&str; 6] =
    ["Message", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId", "MessageStructure", "Subject"];

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// How a notification is made of a request.
pub(crate) struct Notification {
    topic_arn: String,
    /// `None` is the body as it came.
    body: Option<Mapping>,
    rest: BTreeMap<String, Mapping>,
}

/// A message attribute as clients write it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    data_type: String,
    string_value: Option<String>,
    binary_value: Option<String>,
}

impl Notification {
    pub(super) fn new(
        topic_arn: &str,
        parameters: &BTreeMap<String, String>,
        is_webhook: bool,
    ) -> Result<Self, String> {
        let mut rest = mappings(parameters, &NOTIFICATION_PARAMETERS)?;
        let body = rest.remove("Message");
        if body.is_none() && !is_webhook {
            return Err("the request parameter Message is missing".into());
        }
        Ok(Self { topic_arn: topic_arn.into(), body: body.filter(|body| !body.is_body()), rest })
    }

    fn is_fifo(&self) -> bool {
        self.topic_arn.ends_with(".fifo")
    }

    pub(super) fn lacks_group(&self) -> bool {
        self.is_fifo() && !self.rest.contains_key("MessageGroupId")
    }

    pub(super) async fn run(
        &self,
        call: &Call<'_>,
        event: Option<Event<'_>>,
        outside: &Outside,
    ) -> Result<Response, Failure> {
        let body = self.form(call, event)?.into();
        let headers: HeaderMap = [(CONTENT_TYPE, FORM), (ACCEPT, JSON)].into_iter().collect();
        let request = ServiceRequest { service: Service::Sns, target: "/".into(), headers, body };
        let answer = outside.services.ask(request).await;
        let own = event.and_then(|event| event.verified.answer()).filter(|_| answer.status().is_success());
        Ok(own.map_or(answer, answer::of_provider))
    }

    fn form(&self, call: &Call<'_>, event: Option<Event<'_>>) -> Result<String, Failure> {
        let message = body(self.body.as_ref(), call, event)?;
        let message = str::from_utf8(&message).map_err(|_| Failure::Unfit("The body is not UTF-8".into()))?;
        let (group, deduplication_id) = ids(&self.rest, call, event, self.is_fifo())?;
        let mut form = Serializer::new(String::new());
        form.append_pair("Action", "Publish").append_pair("TopicArn", &self.topic_arn).append_pair("Message", message);
        // A standard topic takes no deduplication id, and would refuse what a provider knows by itself.
        let deduplication_id = deduplication_id.filter(|_| self.is_fifo());
        for (name, value) in [("MessageGroupId", group), ("MessageDeduplicationId", deduplication_id)] {
            value.map(|value| form.append_pair(name, &value));
        }
        for name in ["Subject", "MessageStructure"] {
            value(&self.rest, name, call)?.map(|value| form.append_pair(name, &value));
        }
        if let Some(attributes) = value(&self.rest, "MessageAttributes", call)? {
            let attributes: BTreeMap<String, Attribute> = serde_json::from_str(&attributes)
                .map_err(|_| Failure::Unfit("MessageAttributes is no JSON of attributes".into()))?;
            for (number, (name, attribute)) in (1..).zip(attributes) {
                let prefix = format!("MessageAttributes.entry.{number}");
                form.append_pair(&format!("{prefix}.Name"), &name);
                form.append_pair(&format!("{prefix}.Value.DataType"), &attribute.data_type);
                let values = [("StringValue", attribute.string_value), ("BinaryValue", attribute.binary_value)];
                for (kind, value) in values {
                    value.map(|value| form.append_pair(&format!("{prefix}.Value.{kind}"), &value));
                }
            }
        }
        Ok(form.finish())
    }
}
