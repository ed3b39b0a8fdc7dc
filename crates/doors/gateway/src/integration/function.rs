//! A function behind a route.

use std::time::Duration;

use bongsu_http::Response;

use crate::{
    ApiKind, Invocation, Outside, PayloadFormat,
    call::Call,
    event::event,
    failure::Failure,
    returned::{answer, streamed},
};

/// The largest event that a function takes.
pub const EVENT_BYTES_MAX: usize = 6 << 20;

const TIMEOUT_MIN: Duration = Duration::from_millis(50);
const HTTP_TIMEOUT_MAX: Duration = Duration::from_millis(30_000);
const REST_TIMEOUT_MAX: Duration = Duration::from_millis(29_000);

/// How a function is invoked.
pub(crate) struct FunctionCall {
    function: String,
    payload: PayloadFormat,
    timeout: Option<Duration>,
    streams: bool,
}

/// A time limit that an API of this kind may have.
pub(super) fn checked(timeout: Duration, kind: ApiKind) -> Result<Duration, String> {
    let timeout_max = match kind {
        ApiKind::Http => HTTP_TIMEOUT_MAX,
        ApiKind::Rest => REST_TIMEOUT_MAX,
    };
    if !(TIMEOUT_MIN..=timeout_max).contains(&timeout) {
        let (min, max) = (TIMEOUT_MIN.as_millis(), timeout_max.as_millis());
        return Err(format!("the timeout of an integration is {min} to {max} ms"));
    }
    Ok(timeout)
}

impl FunctionCall {
    pub(super) fn new(
        function: &str,
        payload: PayloadFormat,
        timeout: Duration,
        kind: ApiKind,
    ) -> Result<Self, String> {
        let timeout = checked(timeout, kind)?;
        if kind == ApiKind::Rest && payload == PayloadFormat::V2 {
            return Err("a REST API has payload format 1.0 alone".into());
        }
        Ok(Self { function: function.into(), payload, timeout: Some(timeout), streams: false })
    }

    /// Behind an address of its own a function takes the time that it has.
    pub(crate) fn of_url(function: String, streams: bool) -> Self {
        Self { function, payload: PayloadFormat::V2, timeout: None, streams }
    }

    pub(super) async fn run(&self, call: &Call<'_>, outside: &Outside) -> Result<Response, Failure> {
        let payload = event(call, self.payload);
        if payload.len() > EVENT_BYTES_MAX {
            return Err(Failure::TooLarge { limit: EVENT_BYTES_MAX });
        }
        let function = self.function.clone();
        let invocation = Invocation { function, payload, timeout: self.timeout, trace_id: call.trace_id() };
        let returned = outside.functions.invoke(invocation).await?;
        let answer = if self.streams { streamed(&returned) } else { answer(&returned, self.payload, call.place.kind) };
        answer.map_err(Failure::Returned)
    }
}
