//! The front door: routes, webhook providers, signature to command.
//!
//! A request is matched to a [`Route`], read within its limits, and given to the route's provider (a file each under
//! `providers/`), which alone can turn it into a verified webhook or answers a handshake on the spot. A verified webhook
//! becomes one message through [`Enqueue`]; the sender gets its 200 once that message is durable. Whatever else happens
//! is answered `{"message":"…"}`, the envelope of API Gateway.

mod answer;
mod enqueue;
mod front_door;
mod identifier;
mod providers;
mod route;
mod selector;

pub use enqueue::{BoxFuture, Enqueue, EnqueueError, Enqueued, WebhookMessage};
pub use front_door::{Clock, FrontDoor, MESSAGE_BYTES_MAX};
pub use providers::{FETCHED_BYTES_MAX, Fetch, FetchError, Secret, SettingsError};
pub use route::{BodyKind, KeyError, Route, RouteError, RouteKey, Webhook};
pub use selector::{Selector, SelectorError};
