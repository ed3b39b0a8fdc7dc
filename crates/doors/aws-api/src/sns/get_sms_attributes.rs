//! `GetSMSAttributes`: tells how the account's text messages would be sent.

use serde::{Deserialize, Serialize};

use super::kept::KeptAttributes;
use super::sms_attributes;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Input<'a> {
    /// Without any, all are told.
    #[serde(borrow)]
    attributes: Option<Vec<Text<'a>>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Output {
    attributes: KeptAttributes,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let wanted = input.attributes.unwrap_or_default();
    wanted.iter().try_for_each(|name| sms_attributes::check_name(name))?;
    let kept = cx.kept(&sms_attributes::path(cx)).await?;
    let mut attributes = sms_attributes::with_defaults(sms_attributes::read(kept.as_deref())?);
    attributes.retain(|name, _| wanted.is_empty() || wanted.iter().any(|wanted| **wanted == **name));
    Ok(Output { attributes })
}
