//! `DeleteEndpoint`: removes a telephone that has an app; one that is not there does not matter.

use bongsu_broker::EntryChanges;
use serde::Deserialize;

use super::kept::{self, Tries};
use super::platform_endpoint::{PlatformEndpoint, TOKEN};
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    endpoint_arn: Option<Text<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let endpoint = PlatformEndpoint::of_arn(input.endpoint_arn.as_deref(), "EndpointArn", "endpointArn", cx)?;
    let path = endpoint.path(cx);
    let mut tries = Tries::default();
    loop {
        let Some(before) = cx.kept(&path).await? else { return Ok(()) };
        let token = kept::decode(&before)?.remove(TOKEN).unwrap_or_default();
        let changes = EntryChanges {
            expected: vec![(path.clone(), Some(before))],
            removed: vec![path.clone(), endpoint.application.token_path(&token, cx)],
            put: Vec::new(),
        };
        if tries.is_made(cx.broker.change_entries(cx.account()?, changes).await)? {
            return Ok(());
        }
    }
}
