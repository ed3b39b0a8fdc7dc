//! The front door: HTTP APIs, REST APIs and functions' own addresses; webhook providers; signature to command.
//!
//! A request is matched to a [`Route`], read within its limits, and, where the route is a webhook's, given to the route's
//! provider (a file each under `providers/`), which alone can turn it into a verified webhook or answers a handshake on
//! the spot. A route may also ask an authorizer (`authorizer/`) or for a key (`usage`). Then its integration (a file each
//! under `integration/`) works on it: a function through [`Invoke`], a queue through [`Enqueue`], a service's own API
//! through [`Services`], another server through [`Forward`]. Who sends a message gets its 200 once that is
//! durable. Whatever else happens is answered in the envelopes of API Gateway.

mod answer;
mod api;
mod authorizer;
mod calendar;
mod call;
mod cors;
mod event;
mod failure;
mod front_door;
mod identifier;
mod integration;
mod json_path;
mod mapping;
mod observation;
mod outside;
mod providers;
mod request_id;
mod returned;
mod route_key;
#[cfg(test)]
mod sample;
mod selector;
mod table;
mod throttle;
mod usage;
mod velocity;

pub use api::{
    Access, Api, ApiKind, BodyKind, FunctionUrl, Integration, IntegrationResponse, KeySource, Passthrough,
    PayloadFormat, RestIntegration, Route, Service, Stage, Throttle, Webhook, WorkflowAction,
};
pub use authorizer::{Authorizer, AuthorizerKind, AuthorizerQuestion, CACHED_ANSWERS_MAX};
pub use cors::Cors;
pub use front_door::{Clock, FrontDoor, HEADER_BYTES_MAX, LARGE_BODIES_MAX, PAYLOAD_BYTES_MAX, Settings};
pub use integration::{
    EVENT_BYTES_MAX, MESSAGE_BYTES_MAX, MESSAGE_PARAMETERS, NOTIFICATION_PARAMETERS, SERVICE_REQUEST_BYTES_MAX,
};
pub use observation::{Counts, LATENCY_MICROS, LOG_LINES_A_SECOND_MAX, LatencyMicros, RouteMetrics};
pub use outside::{
    BoxFuture, Enqueue, EnqueueError, Enqueued, Forward, ForwardError, ForwardRequest, Identify, Identity, Invocation,
    Invoke, InvokeError, NewMessage, Outside, ServiceRequest, Services,
};
pub use providers::{FETCHED_BYTES_MAX, Fetch, FetchError, Secret, SettingsError};
pub use route_key::{KeyError, RouteKey};
pub use selector::{Selector, SelectorError};
pub use table::{Apis, RouteError};
pub use usage::{ApiKey, Period, Quota, UsagePlan};
