//! An API destination: an endpoint, a method, a connection, and how often it may be called.

use std::num::NonZeroU32;

use bongsu_broker::Timestamp;
use bongsu_rate_limit::CALLS_MAX;
use hyper::Method;
use serde::{Deserialize, Serialize};

use super::calls::check_url;
use super::kept::{Document, Kept, does_not_exist};
use super::parameters::{count, invalid, one_of};
use super::{Connection, ConnectionState};
use crate::codec::{Integer, Text};
use crate::error::ApiError;
use crate::states::Time;

/// AWS's own, unless another is asked for.
const CALLS_PER_SECOND: NonZeroU32 = NonZeroU32::new(300).expect("300 is not 0");
const ENDPOINT_CHARS_MAX: usize = 2048;
const METHODS: [(&str, Method); 7] = [
    ("POST", Method::POST),
    ("GET", Method::GET),
    ("HEAD", Method::HEAD),
    ("OPTIONS", Method::OPTIONS),
    ("PUT", Method::PUT),
    ("PATCH", Method::PATCH),
    ("DELETE", Method::DELETE),
];

/// As it is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Destination {
    pub(super) name: String,
    /// Tells it from an earlier one of the same name.
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) connection_arn: String,
    /// With `*` where a call says what stands there.
    pub(super) endpoint: String,
    pub(super) method: String,
    pub(super) calls_per_second: NonZeroU32,
    /// Milliseconds since 1970.
    pub(super) created_at: u64,
    pub(super) changed_at: u64,
}

impl Document for Destination {
    const KIND: &'static str = "api-destination";
    const CALLED: &'static str = "An api-destination";

    fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> &str {
        &self.id
    }
}

/// `ApiDestinationState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum DestinationState {
    #[serde(rename = "ACTIVE")]
    Active,
    /// Its connection is gone or not authorized.
    #[serde(rename = "INACTIVE")]
    Inactive,
}

/// What of a destination can be set; nothing stands for what is there, or what is usual.
#[derive(Debug, Default)]
pub(super) struct DestinationSettings {
    pub(super) connection_arn: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) method: Option<String>,
    pub(super) calls_per_second: Option<NonZeroU32>,
}

impl DestinationSettings {
    pub(super) async fn check(
        connection_arn: Option<Text<'_>>,
        endpoint: Option<Text<'_>>,
        method: Option<Text<'_>>,
        calls_per_second: Option<Integer>,
        kept: &Kept,
    ) -> Result<DestinationSettings, ApiError> {
        let endpoint = endpoint.map(Text::into_string);
        if let Some(endpoint) = &endpoint {
            check_endpoint(endpoint)?;
        }
        let method = method.map(Text::into_string);
        if let Some(method) = &method {
            one_of(method, "httpMethod", &METHODS.each_ref().map(|(name, _)| (*name, ())))?;
        }
        let calls_per_second = calls_per_second.map(|calls| count(calls, "invocationRateLimitPerSecond", CALLS_MAX));
        let connection_arn = connection_arn.map(Text::into_string);
        if let Some(arn) = &connection_arn {
            kept.of_arn::<Connection>(arn).await?.ok_or_else(|| does_not_exist::<Connection>(arn))?;
        }
        let calls_per_second = calls_per_second.transpose()?.and_then(NonZeroU32::new);
        Ok(DestinationSettings { connection_arn, endpoint, method, calls_per_second })
    }

    /// In place of what a destination has.
    pub(super) fn apply(self, destination: &mut Destination) {
        let DestinationSettings { connection_arn, endpoint, method, calls_per_second } = self;
        destination.connection_arn = connection_arn.unwrap_or_else(|| std::mem::take(&mut destination.connection_arn));
        destination.endpoint = endpoint.unwrap_or_else(|| std::mem::take(&mut destination.endpoint));
        destination.method = method.unwrap_or_else(|| std::mem::take(&mut destination.method));
        destination.calls_per_second = calls_per_second.unwrap_or(destination.calls_per_second);
    }
}

impl Destination {
    /// One that has nothing but a name.
    pub(super) fn new(name: String, id: String, now: u64) -> Destination {
        Destination {
            name,
            id,
            description: None,
            connection_arn: String::new(),
            endpoint: String::new(),
            method: String::new(),
            calls_per_second: CALLS_PER_SECOND,
            created_at: now,
            changed_at: now,
        }
    }

    pub(super) fn method(&self) -> Method {
        let known = METHODS.iter().find(|(name, _)| *name == self.method);
        known.map(|(_, method)| method.clone()).unwrap_or_default()
    }

    /// Whether it can be called.
    pub(super) async fn state(&self, kept: &Kept) -> Result<DestinationState, ApiError> {
        let connection = kept.of_arn::<Connection>(&self.connection_arn).await?;
        Ok(match connection.map(|connection| connection.state()) {
            Some(ConnectionState::Authorized) => DestinationState::Active,
            _ => DestinationState::Inactive,
        })
    }
}

fn check_endpoint(endpoint: &str) -> Result<(), ApiError> {
    if endpoint.len() > ENDPOINT_CHARS_MAX {
        return Err(invalid(format!("InvocationEndpoint has at most {ENDPOINT_CHARS_MAX} characters")));
    }
    check_url(endpoint).map_err(|fault| invalid(format!("InvocationEndpoint: {fault}")))
}

/// What operations that change a destination answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Told {
    api_destination_arn: String,
    api_destination_state: DestinationState,
    creation_time: Time,
    last_modified_time: Time,
}

impl Told {
    pub(super) async fn of(destination: &Destination, kept: &Kept) -> Result<Told, ApiError> {
        Ok(Told {
            api_destination_arn: kept.arn(destination),
            api_destination_state: destination.state(kept).await?,
            creation_time: Time(Timestamp(destination.created_at)),
            last_modified_time: Time(Timestamp(destination.changed_at)),
        })
    }
}

/// A destination as it is described and listed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Described {
    #[serde(flatten)]
    told: Told,
    name: String,
    connection_arn: String,
    invocation_endpoint: String,
    http_method: String,
    invocation_rate_limit_per_second: NonZeroU32,
}

impl Described {
    pub(super) async fn of(destination: Destination, kept: &Kept) -> Result<Described, ApiError> {
        Ok(Described {
            told: Told::of(&destination, kept).await?,
            name: destination.name,
            connection_arn: destination.connection_arn,
            invocation_endpoint: destination.endpoint,
            http_method: destination.method,
            invocation_rate_limit_per_second: destination.calls_per_second,
        })
    }
}
