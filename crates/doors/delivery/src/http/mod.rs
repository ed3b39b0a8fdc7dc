//! HTTP(S) endpoints: one guarded attempt to hand over one request.
//!
//! [`HttpCourier::post`] makes one attempt and says what came of it. Schedules, retries and state live with the caller,
//! who also bounds how many attempts are under way. No proxy is ever used, whatever the environment names: a proxy
//! would make the connections that [`AddressGuard`] is there to refuse.

mod addresses;
mod answer;
mod attempt;
mod authorization;
mod body;
mod challenge;
mod connector;
mod courier;
mod endpoint;
mod excerpt;
mod fetch;
mod forward;
mod guard;
mod line;
mod lookups;
mod net;
mod pool;
mod request;
mod settings;
mod tls;

pub use answer::{ANSWER_BODY_BYTES_MAX, ANSWER_HEAD_BYTES_MAX};
pub use attempt::{Attempt, Fault, Outcome, Post};
pub use body::Body;
pub use courier::HttpCourier;
pub use endpoint::{ENDPOINT_BYTES_MAX, Endpoint, EndpointError};
pub use excerpt::EXCERPT_BYTES_MAX;
pub use fetch::FetchFault;
pub use forward::{Forward, ForwardFault};
pub use guard::{AddressGuard, Forbidden};
pub use lookups::{LOOKUPS_MAX, Resolve, Resolving, SystemResolver};
pub use net::{Net, NetError};
pub use settings::{
    ATTEMPT_TIMEOUT, ATTEMPTS_MAX, CONNECT_TIMEOUT, HttpSettings, IDLE_MAX, IDLE_PER_HOST_MAX, IDLE_TIME,
};
