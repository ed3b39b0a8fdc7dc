//! The front door's ways into the server: queues, functions, the AWS APIs, and who signs.

mod elsewhere;
mod fetches;
mod functions;
mod metrics;
mod queues;
mod services;

pub(crate) use metrics::encode;

use std::sync::Arc;
use std::time::Duration;

use bongsu_aws_api::AwsApi;
use bongsu_aws_api::lambda::Invoker;
use bongsu_broker::Account;
use bongsu_delivery::FunctionCredentials;
use bongsu_delivery::http::HttpCourier;
use bongsu_gateway::{Apis, FrontDoor, Outside, PAYLOAD_BYTES_MAX, Settings};
use bongsu_http::Limits;
use bongsu_runtime::{Clock, Handle};

use elsewhere::Elsewhere;
use fetches::Fetches;
use functions::Functions;
use queues::Queues;
use services::{AwsServices, Signatures};

/// What stands behind the front door.
pub(crate) struct Ways {
    pub(crate) broker: Handle,
    pub(crate) functions: Arc<dyn Invoker>,
    pub(crate) aws: Arc<AwsApi>,
    /// With which it asks services.
    pub(crate) credentials: FunctionCredentials,
    /// With which it fetches.
    pub(crate) http: HttpCourier,
    pub(crate) account: Account,
    pub(crate) region: String,
    /// The server's, which a test may set ahead.
    pub(crate) clock: Clock,
    pub(crate) slow_after: Duration,
}

/// The bounds of the listener before the front door.
pub(crate) fn limits() -> Limits {
    Limits { body_bytes_max: PAYLOAD_BYTES_MAX, ..Limits::default() }
}

/// Opens the front door.
pub(crate) fn open(apis: Apis, ways: Ways) -> Arc<FrontDoor> {
    let Ways { broker, functions, aws, credentials, http, account, region, clock, slow_after } = ways;
    let outside = Outside {
        queues: Arc::new(Queues { broker, account }),
        functions: Arc::new(Functions { invoker: functions, request_ids: Default::default() }),
        services: Arc::new(AwsServices { aws: aws.clone(), credentials, region: region.clone() }),
        identities: Arc::new(Signatures { aws, account: account.to_string() }),
        fetch: Arc::new(Fetches::new(http.clone())),
        elsewhere: Arc::new(Elsewhere::new(http)),
    };
    // As senders sign with this machine's time, so are their signatures compared with it.
    let settings = Settings {
        clock: Arc::new(|| Clock::System.now().0),
        server_clock: Arc::new(move || clock.now().0),
        limits: limits(),
        account: account.to_string(),
        region,
        slow_after,
    };
    Arc::new(FrontDoor::new(apis, outside, settings))
}

#[cfg(test)]
mod tests;
