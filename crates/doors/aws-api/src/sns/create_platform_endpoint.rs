//! `CreatePlatformEndpoint`: registers a telephone that has an app, or finds it by its token.

use bongsu_broker::EntryChanges;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::kept::{self, KeptAttributes, Tries};
use super::parameters::required;
use super::platform_application::PlatformApplication;
use super::platform_endpoint::{
    CUSTOM_USER_DATA, ENABLED, PlatformEndpoint, TOKEN, check_token, read_attributes, with_token,
};
use crate::codec::{Text, TextMap};
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    platform_application_arn: Option<Text<'a>>,
    #[serde(borrow)]
    token: Option<Text<'a>>,
    #[serde(borrow)]
    custom_user_data: Option<Text<'a>>,
    #[serde(borrow)]
    attributes: Option<TextMap<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    endpoint_arn: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let application = PlatformApplication::of_arn(input.platform_application_arn.as_deref(), cx)?;
    let token = required(input.token, "token")?;
    let attributes = attributes(&token, input.custom_user_data, input.attributes.unwrap_or_default())?;
    let token_path = application.token_path(&token, cx);
    let mut tries = Tries::default();
    loop {
        let registered = application.value(cx).await?;
        if let Some(id) = cx.kept(&token_path).await? {
            let known = with_token(&application, &id)?;
            // Both are put and removed together: one without the other was changed in between.
            let value = cx.kept(&known.path(cx)).await?.ok_or_else(kept::too_busy)?;
            if kept::decode(&value)? != attributes {
                return Err(known.has_the_token(cx));
            }
            return Ok(Output { endpoint_arn: known.arn(cx)? });
        }
        let endpoint = PlatformEndpoint { application: application.clone(), id: cx.request_id.to_string() };
        let changes = EntryChanges {
            // The application must still be there: its end takes its endpoints with it.
            expected: vec![
                (application.path(cx), Some(registered)),
                (token_path.clone(), None),
                (endpoint.path(cx), None),
            ],
            put: vec![
                (endpoint.path(cx), kept::encode(&attributes)),
                (token_path.clone(), Bytes::from(endpoint.id.clone())),
            ],
            removed: Vec::new(),
        };
        if tries.is_made(cx.broker.change_entries(cx.account()?, changes).await)? {
            return Ok(Output { endpoint_arn: endpoint.arn(cx)? });
        }
    }
}

/// What the endpoint is to be set to. Among the attributes, custom user data stand before the member of that name.
fn attributes<'a>(
    token: &str,
    custom_user_data: Option<Text<'a>>,
    mut given: TextMap<'a>,
) -> Result<KeptAttributes, ApiError> {
    check_token(token)?;
    if let Some(data) = custom_user_data {
        given.0.entry(Text::from(CUSTOM_USER_DATA)).or_insert(data);
    }
    let mut attributes = KeptAttributes::from([(ENABLED.to_owned(), true.to_string())]);
    kept::overlay(&mut attributes, read_attributes(given)?);
    attributes.insert(TOKEN.to_owned(), token.to_owned());
    Ok(attributes)
}
