//! Messages for one telephone or one app, past all topics: checked as if they were sent, and written to the log.

use bongsu_broker::{TOPIC_MESSAGE_BYTES_MAX_DEFAULT, Text as Shared};
use serde_json::{Map, Value};
use tracing::info;

use super::parameters::invalid;
use super::platform_endpoint::{ENABLED, PlatformEndpoint};
use super::publication::{JSON, MessageInput};
use super::{kept, phone_number};
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

/// Who gets the message.
pub(super) enum Recipient {
    /// An app on a telephone.
    Endpoint(PlatformEndpoint),
    /// A telephone.
    Phone(String),
}

impl Recipient {
    /// The endpoint of this ARN; it has to exist and to be enabled.
    pub(super) async fn endpoint(arn: &str, cx: &Context<'_>) -> Result<Recipient, ApiError> {
        let endpoint = PlatformEndpoint::of_arn(Some(arn), "TargetArn", "targetArn", cx)?;
        let unknown = || invalid("TargetArn Reason: No endpoint found for the target arn specified");
        let value = cx.kept(&endpoint.path(cx)).await?.ok_or_else(unknown)?;
        if kept::decode(&value)?.get(ENABLED).is_some_and(|enabled| enabled == "false") {
            return Err(ApiError::new(ErrorKind::EndpointDisabledException, "Endpoint is disabled"));
        }
        Ok(Recipient::Endpoint(endpoint))
    }

    pub(super) fn phone(number: &str) -> Result<Recipient, ApiError> {
        Ok(Recipient::Phone(phone_number::to_publish_to(number)?.to_owned()))
    }

    /// The key of its own text in a message that has several.
    fn protocol(&self) -> &str {
        match self {
            Recipient::Endpoint(endpoint) => endpoint.application.platform(),
            Recipient::Phone(_) => "sms",
        }
    }
}

/// Writes the message to the log, because this server sends none; the answer is its id.
pub(super) async fn publish(
    recipient: Recipient,
    mut input: MessageInput<'_>,
    cx: &Context<'_>,
) -> Result<String, ApiError> {
    let attributes = input.attributes("")?;
    let own = own_text(&input, recipient.protocol());
    let publication = input.prepare(&attributes, "", cx)?;
    if publication.message_bytes + publication.attributes_size > TOPIC_MESSAGE_BYTES_MAX_DEFAULT as usize {
        return Err(invalid("Message too long"));
    }
    let message = own.unwrap_or(publication.body);
    let endpoint = match &recipient {
        Recipient::Endpoint(endpoint) => endpoint.arn(cx)?,
        Recipient::Phone(number) => number.clone(),
    };
    info!(target: "not_sent", protocol = recipient.protocol(), %endpoint, %message);
    Ok(cx.request_id.to_string())
}

/// The text for this protocol, or this platform, of a message that has several.
fn own_text(input: &MessageInput<'_>, protocol: &str) -> Option<Shared> {
    let message = input.message.as_deref().filter(|_| input.message_structure.as_deref() == Some(JSON))?;
    let members: Map<String, Value> = serde_json::from_str(message).ok()?;
    members.get(protocol)?.as_str().filter(|text| !text.is_empty()).map(Shared::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Text;

    #[test]
    fn a_platform_gets_its_own_text_of_a_message_that_has_one() {
        let input = |message, structure| MessageInput {
            message: Some(Text::from(message)),
            message_structure: Some(Text::from(structure)),
            ..MessageInput::default()
        };
        let message = r#"{"default":"d","GCM":"{\"data\":1}","sms":"","APNS":7}"#;
        let own = |protocol| own_text(&input(message, "json"), protocol).map(|text| text.to_string());
        assert_eq!(own("GCM").as_deref(), Some(r#"{"data":1}"#));
        assert_eq!((own("sms"), own("APNS"), own("ADM")), (None, None, None));
        assert_eq!(own_text(&input(message, ""), "GCM"), None);
    }
}
