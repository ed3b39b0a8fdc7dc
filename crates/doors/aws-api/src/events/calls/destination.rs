//! Calls of API destinations.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html>

use std::collections::BTreeMap;
use std::time::Duration;

use bongsu_broker::LimitKey;
use bongsu_rate_limit::Limit;
use bytes::Bytes;
use hyper::Method;
use hyper::header::{HeaderMap, HeaderValue, RANGE, USER_AGENT};

use super::request::fill;
use super::{
    ApiAnswer, ApiFault, ApiRequest, Limits, RequestBody, USER_AGENT_OF_DESTINATIONS, check_header, connection_of, send,
};
use crate::error::ApiError;
use crate::events::Destination;
use crate::events::kept::Kept;
use crate::operation::Context;
use crate::service::AwsApi;

/// How long a destination may take for its answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// What a pipe's enrichment may answer.
const ANSWER_BYTES_MAX: usize = 6 << 20;
const RANGE_OF_ANSWERS: &str = "bytes=0-1048575";
const JSON: &str = "application/json; charset=utf-8";
/// No body is sent with these.
const BARE: [Method; 3] = [Method::GET, Method::HEAD, Method::OPTIONS];

/// What whoever calls a destination adds to it.
#[derive(Clone, Debug, Default)]
pub struct HttpParameters {
    /// For the `*` of the endpoint's path, in order; exactly as many as there are.
    pub path_values: Vec<String>,
    /// By their names.
    pub headers: BTreeMap<String, String>,
    /// By their names, behind what the endpoint has.
    pub query: BTreeMap<String, String>,
}

impl HttpParameters {
    /// Refuses headers that cannot be sent, or that nobody may set.
    ///
    /// # Errors
    ///
    /// What is wrong, with the header's name.
    pub fn check(&self) -> Result<(), String> {
        self.headers().map(drop)
    }

    fn headers(&self) -> Result<HeaderMap, String> {
        self.headers.iter().map(|(name, value)| check_header(name, value)).collect()
    }
}

/// One call of a destination of the server's account.
#[derive(Clone, Debug)]
pub struct DestinationCall<'a> {
    /// By its ARN.
    pub destination: &'a str,
    /// What is added.
    pub parameters: HttpParameters,
    /// JSON. Not sent with GET, HEAD and OPTIONS.
    pub body: Bytes,
    /// Who waits for the destination's limit gets turns by this.
    pub turn: Box<str>,
}

impl AwsApi {
    /// Waits until the destination's rate lets a call begin, however long that takes, and makes it within 5 seconds.
    ///
    /// # Errors
    ///
    /// Whatever keeps an answer from being there; an answer of any status is none.
    pub async fn call_destination(&self, call: DestinationCall<'_>) -> Result<ApiAnswer, ApiFault> {
        let DestinationCall { destination: arn, parameters, body, turn } = call;
        let kept = Kept::of_server(&self.config, &self.broker);
        let no_such = || ApiFault::NoSuchDestination(arn.to_owned());
        let destination: Destination = kept.of_arn(arn).await?.ok_or_else(no_such)?;
        let connection = connection_of(&destination.connection_arn, &self.config, &self.broker).await?;
        let request = request(&destination, parameters, body)?;
        let key = LimitKey { scope: format!("destination/{}", destination.name).into(), key: "".into() };
        let limits =
            Limits { limits: vec![(key, Some(Limit::per_second(destination.calls_per_second)))], turn, task: None };
        send(request, &connection, &limits, &self.config, &self.broker).await
    }

    /// Whether the server's account has the API destination of this ARN.
    ///
    /// # Errors
    ///
    /// When the server is stopping.
    pub async fn has_api_destination(&self, arn: &str) -> Result<bool, ApiError> {
        is_there(&Kept::of_server(&self.config, &self.broker), arn).await
    }
}

impl Context<'_> {
    /// Whether the server's account has the API destination of this ARN.
    pub(crate) async fn has_api_destination(&self, arn: &str) -> Result<bool, ApiError> {
        is_there(&Kept::of_server(self.config, &self.broker), arn).await
    }
}

async fn is_there(kept: &Kept, arn: &str) -> Result<bool, ApiError> {
    Ok(kept.of_arn::<Destination>(arn).await?.is_some())
}

/// What a call of a destination is before its connection adds to it.
fn request(destination: &Destination, parameters: HttpParameters, body: Bytes) -> Result<ApiRequest, ApiFault> {
    let mut headers = HeaderMap::from_iter([
        (USER_AGENT, HeaderValue::from_static(USER_AGENT_OF_DESTINATIONS)),
        (RANGE, HeaderValue::from_static(RANGE_OF_ANSWERS)),
    ]);
    headers.extend(parameters.headers().map_err(ApiFault::Unusable)?);
    let method = destination.method();
    Ok(ApiRequest {
        url: fill(&destination.endpoint, &parameters.path_values)?,
        query: parameters.query.into_iter().collect(),
        headers,
        body: match BARE.contains(&method) {
            true => RequestBody::Never,
            false => RequestBody::Json { text: body, content_type: JSON },
        },
        method,
        timeout: TIMEOUT,
        answer_bytes_max: ANSWER_BYTES_MAX,
    })
}
