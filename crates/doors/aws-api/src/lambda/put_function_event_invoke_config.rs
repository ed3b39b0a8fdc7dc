//! `PutFunctionEventInvokeConfig`: how events are treated from now on; what is not said is as usual.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html>

use bongsu_broker::InvokeConfig;
use serde::Deserialize;

use super::invoke_config::{Asked, Destinations, EventInvokeConfig};
use crate::codec::Integer;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    qualifier: Option<String>,
    maximum_retry_attempts: Option<Integer>,
    maximum_event_age_in_seconds: Option<Integer>,
    destination_config: Option<Destinations>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<EventInvokeConfig, ApiError> {
    let function = cx.own_function(&input.function_name, input.qualifier.as_deref())?;
    let asked = Asked {
        retries: input.maximum_retry_attempts,
        age: input.maximum_event_age_in_seconds,
        destinations: input.destination_config,
    };
    let config = asked.over(InvokeConfig::default(), &function, cx)?;
    cx.put_invoke_config(function, config).await
}
