//! `ConfirmSubscription`: says yes to a subscription, or no to the end of one. Anybody may who knows the token; saying it
//! again changes nothing.

use bongsu_broker::{Caller, Token};
use serde::{Deserialize, Serialize};

use super::parameters::{invalid, required, topic_of_arn};
use crate::codec::Text;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    topic_arn: Option<Text<'a>>,
    #[serde(borrow)]
    token: Option<Text<'a>>,
    #[serde(borrow)]
    authenticate_on_unsubscribe: Option<Text<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    subscription_arn: String,
}

pub(super) async fn call(input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let arn = required(input.topic_arn, "topicArn")?;
    let token = required(input.token, "token")?;
    topic_of_arn(Some(&arn), "TopicArn", &cx.config.region).map_err(|_| invalid("Topic"))?;
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ApiError::new(ErrorKind::InvalidParameterException, "Invalid token"));
    }
    let token: Token = token.parse().map_err(|()| invalid("Token"))?;
    let asks = input.authenticate_on_unsubscribe.is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let id = cx.broker.confirm_subscription(token, asks && cx.is_signed).await?;
    // The token says which topic it is, whatever the ARN says; whoever knows it may be told.
    let described = cx.broker.on_behalf_of(Caller::Server).describe_subscription(id).await?;
    cx.seen.topic.get_or_init(|| described.topic.clone());
    Ok(Output { subscription_arn: id.arn(&described.topic, &cx.config.region) })
}
