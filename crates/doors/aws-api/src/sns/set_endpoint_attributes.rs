//! `SetEndpointAttributes`: changes some of what is known of a telephone that has an app.

use bongsu_broker::EntryChanges;
use bytes::Bytes;
use serde::Deserialize;

use super::kept::{self, KeptAttributes, Tries};
use super::parameters::required;
use super::platform_endpoint::{PlatformEndpoint, TOKEN, read_attributes, with_token};
use crate::codec::{Text, TextMap};
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    endpoint_arn: Option<Text<'a>>,
    #[serde(borrow)]
    attributes: Option<TextMap<'a>>,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<(), ApiError> {
    let endpoint = PlatformEndpoint::of_arn(input.endpoint_arn.as_deref(), "EndpointArn", "endpointArn", cx)?;
    let given = read_attributes(required(input.attributes, "attributes")?)?;
    let mut tries = Tries::default();
    loop {
        let changes = changes(&endpoint, &given, cx).await?;
        if tries.is_made(cx.broker.change_entries(cx.account()?, changes).await)? {
            return Ok(());
        }
    }
}

/// The endpoint as it becomes, and where it is found by its token.
async fn changes(
    endpoint: &PlatformEndpoint,
    given: &KeptAttributes,
    cx: &Context<'_>,
) -> Result<EntryChanges, ApiError> {
    let (path, application) = (endpoint.path(cx), &endpoint.application);
    let value = endpoint.value(cx).await?;
    let before = kept::decode(&value)?;
    let mut after = before.clone();
    kept::overlay(&mut after, given.clone());
    let mut changes = EntryChanges {
        expected: vec![(path.clone(), Some(value))],
        put: vec![(path, kept::encode(&after))],
        removed: Vec::new(),
    };
    if let (Some(old), Some(new)) = (before.get(TOKEN), after.get(TOKEN).filter(|new| before.get(TOKEN) != Some(new))) {
        let token_path = application.token_path(new, cx);
        if let Some(id) = cx.kept(&token_path).await? {
            return Err(with_token(application, &id)?.has_the_token(cx));
        }
        changes.expected.push((token_path.clone(), None));
        changes.removed.push(application.token_path(old, cx));
        changes.put.push((token_path, Bytes::from(endpoint.id.clone())));
    }
    Ok(changes)
}
