//! Who works on a route's requests: a file a kind. Texts of the template are compiled once, when they are loaded.

mod address;
mod function;
mod message;
mod notification;
mod proxy;
mod request;
mod response;
mod rest;
mod workflow;

use std::collections::BTreeMap;

use bongsu_http::Response;

use crate::{
    ApiKind, Integration, Outside, Route, call::Call, failure::Failure, mapping::Mapping, providers::Verified,
    table::ReadyWebhook,
};

pub use function::EVENT_BYTES_MAX;
pub(crate) use function::FunctionCall;
pub use message::{MESSAGE_BYTES_MAX, MESSAGE_PARAMETERS};
pub use notification::NOTIFICATION_PARAMETERS;
pub use rest::SERVICE_REQUEST_BYTES_MAX;

use message::Message;
use notification::Notification;
use proxy::Proxy;
use rest::Rest;
use workflow::Workflow;

/// An integration, ready to be run.
pub(crate) enum Ready {
    Function(FunctionCall),
    Message(Message),
    Notification(Notification),
    Proxy(Proxy),
    Rest(Rest),
    Workflow(Workflow),
}

/// A webhook that its provider vouches for, with what its route says of it.
#[derive(Clone, Copy)]
pub(crate) struct Event<'a> {
    pub(crate) verified: &'a Verified<'a>,
    pub(crate) ready: &'a ReadyWebhook,
}

impl Ready {
    /// Compiles the integration of a route of an API of this kind; a webhook brings what a message is made of by itself.
    pub(crate) fn new(route: &Route, kind: ApiKind) -> Result<Self, String> {
        let is_webhook = route.webhook.is_some();
        let of = |meant: ApiKind, what: &str| match kind == meant {
            true => Ok(()),
            false if meant == ApiKind::Rest => Err(format!("only a REST API has {what}")),
            false => Err(format!("only an HTTP API has {what}")),
        };
        Ok(match &route.integration {
            Integration::Function { function, payload, timeout } => {
                Self::Function(FunctionCall::new(function, *payload, *timeout, kind)?)
            }
            Integration::SendMessage { queue, parameters, responses } => {
                of(ApiKind::Http, "integrations of the subtype SQS-SendMessage")?;
                Self::Message(Message::new(queue, parameters, responses, is_webhook)?)
            }
            Integration::Publish { topic_arn, parameters } => {
                of(ApiKind::Http, "integrations that publish; a REST API asks SNS itself")?;
                Self::Notification(Notification::new(topic_arn, parameters, is_webhook)?)
            }
            Integration::Workflow { action, parameters, responses, timeout } => {
                of(ApiKind::Http, "integrations of the subtype StepFunctions; a REST API asks the service itself")?;
                let timeout = function::checked(*timeout, kind)?;
                Self::Workflow(Workflow::new(*action, parameters, responses, timeout)?)
            }
            Integration::Aws { service, path, rest, timeout } => {
                of(ApiKind::Rest, "integrations of the type AWS")?;
                Self::Rest(Rest::of_service(*service, path, rest, function::checked(*timeout, kind)?)?)
            }
            Integration::Proxy { method, uri, parameters, responses, timeout } => {
                let timeout = function::checked(*timeout, kind)?;
                Self::Proxy(Proxy::new(method.as_deref(), uri, parameters, responses, timeout, &route.key, kind)?)
            }
            Integration::Http { method, uri, rest, timeout } => {
                of(ApiKind::Rest, "integrations of the type HTTP")?;
                Self::Rest(Rest::of_server(method, uri, rest, function::checked(*timeout, kind)?)?)
            }
            Integration::Mock(rest) => {
                of(ApiKind::Rest, "integrations of the type MOCK")?;
                Self::Rest(Rest::mock(rest)?)
            }
        })
    }

    /// Whether its messages go to a FIFO queue or topic and nobody says in which group.
    pub(crate) fn lacks_group(&self, webhook: Option<&ReadyWebhook>) -> bool {
        let webhooks = webhook.is_some_and(|ready| ready.webhook.group.is_some() || ready.provider.gives_group());
        let own = match self {
            Self::Message(message) => message.lacks_group(),
            Self::Notification(notification) => notification.lacks_group(),
            Self::Function(_) | Self::Proxy(_) | Self::Rest(_) | Self::Workflow(_) => false,
        };
        own && !webhooks
    }

    /// Bytes that a request's body may have.
    pub(crate) fn body_bytes_max(&self) -> usize {
        match self {
            // More would be no message.
            Self::Message(message) if message.sends_whole_body() => MESSAGE_BYTES_MAX,
            _ => usize::MAX,
        }
    }

    pub(crate) async fn run(
        &self,
        call: &Call<'_>,
        event: Option<Event<'_>>,
        outside: &Outside,
    ) -> Result<Response, Failure> {
        match self {
            Self::Function(function) => function.run(call, outside).await,
            Self::Message(message) => message.run(call, event, outside).await,
            Self::Notification(notification) => notification.run(call, event, outside).await,
            Self::Proxy(proxy) => proxy.run(call, outside).await,
            Self::Rest(rest) => rest.run(call, outside).await,
            Self::Workflow(workflow) => workflow.run(call, outside).await,
        }
    }
}

/// The mappings of an integration's parameters, each of which must be one of those known.
fn mappings(parameters: &BTreeMap<String, String>, known: &[&str]) -> Result<BTreeMap<String, Mapping>, String> {
    let mapping = |(name, text): (&String, &String)| {
        if !known.contains(&name.as_str()) {
            return Err(format!("there is no request parameter {name}, only {}", known.join(", ")));
        }
        let mapping = Mapping::parse(text).map_err(|reason| format!("{name}: {reason}"))?;
        Ok((name.clone(), mapping))
    };
    parameters.iter().map(mapping).collect()
}
