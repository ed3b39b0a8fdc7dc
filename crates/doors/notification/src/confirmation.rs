//! What an endpoint gets when it was subscribed, and when somebody unsubscribed it: a token to answer with.

use serde::Serialize;

use crate::headers::{Delivery, Header, headers};
use crate::json;
use crate::text::{Time, Uuid};
use crate::{Addresses, SignatureVersion, Signatures, SigningKeyError};

/// A confirmation message to an HTTP endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation<'a> {
    /// Which of the two.
    pub kind: ConfirmationKind<'a>,
    /// Its own.
    pub message_id: u128,
    /// The topic of the subscription.
    pub topic_arn: &'a str,
    /// What `ConfirmSubscription` asks for. It goes into a URL as it is.
    pub token: &'a str,
    /// When it was sent, in milliseconds since 1970.
    pub timestamp_ms: u64,
    /// The topic's version.
    pub signature_version: SignatureVersion,
}

/// Which confirmation it is. A visit of its `SubscribeURL` confirms in both cases.
#[derive(Clone, Copy, Debug)]
pub enum ConfirmationKind<'a> {
    /// The endpoint is asked whether it wants the topic's notifications. The subscription has no ARN to show yet.
    Subscription,
    /// The endpoint is told that it gets no more, and may take that back.
    Unsubscribe {
        /// The subscription that has ended.
        subscription_arn: &'a str,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    r#type: &'static str,
    message_id: Uuid,
    token: &'a str,
    topic_arn: &'a str,
    message: &'a str,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: &'a str,
    timestamp: Time,
    signature_version: &'static str,
    signature: &'a str,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: &'a str,
}

impl Confirmation<'_> {
    /// The body, as JSON of several lines.
    pub fn render(&self, signatures: &Signatures, addresses: &Addresses) -> Result<String, SigningKeyError> {
        let message = self.message();
        let subscribe_url = addresses.subscribe_url(self.topic_arn, self.token);
        let signature = signatures.sign(self.signature_version, &self.canonical(addresses))?;
        Ok(json::in_lines(&Body {
            r#type: self.kind(),
            message_id: Uuid(self.message_id),
            token: self.token,
            topic_arn: self.topic_arn,
            message: &message,
            subscribe_url: &subscribe_url,
            timestamp: Time(self.timestamp_ms),
            signature_version: self.signature_version.as_str(),
            signature: &signature,
            signing_cert_url: &addresses.certificate_url(signatures.certificate()?),
        }))
    }

    /// What is signed: each key and its value on lines of their own.
    pub fn canonical(&self, addresses: &Addresses) -> String {
        format!(
            "Message\n{}\nMessageId\n{}\nSubscribeURL\n{}\nTimestamp\n{}\nToken\n{}\nTopicArn\n{}\nType\n{}\n",
            self.message(),
            Uuid(self.message_id),
            addresses.subscribe_url(self.topic_arn, self.token),
            Time(self.timestamp_ms),
            self.token,
            self.topic_arn,
            self.kind(),
        )
    }

    /// The headers of the request, but for `Host` and `Content-Length`. No delivery policy changes the content type.
    pub fn headers(&self) -> Vec<Header> {
        headers(&Delivery {
            kind: self.kind(),
            message_id: self.message_id,
            topic_arn: self.topic_arn,
            subscription_arn: match self.kind {
                ConfirmationKind::Subscription => None,
                ConfirmationKind::Unsubscribe { subscription_arn } => Some(subscription_arn),
            },
            raw: false,
            content_type: None,
            trace_header: None,
        })
    }

    fn kind(&self) -> &'static str {
        match self.kind {
            ConfirmationKind::Subscription => "SubscriptionConfirmation",
            ConfirmationKind::Unsubscribe { .. } => "UnsubscribeConfirmation",
        }
    }

    fn message(&self) -> String {
        match self.kind {
            ConfirmationKind::Subscription => format!(
                "You have chosen to subscribe to the topic {}.\n\
                 To confirm the subscription, visit the SubscribeURL included in this message.",
                self.topic_arn
            ),
            ConfirmationKind::Unsubscribe { subscription_arn } => format!(
                "You have chosen to deactivate subscription {subscription_arn}.\n\
                 To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notification::tests::{EXAMPLE, check};

    const SUBSCRIPTION: Confirmation<'static> = Confirmation {
        kind: ConfirmationKind::Subscription,
        message_id: EXAMPLE.message_id,
        topic_arn: EXAMPLE.topic_arn,
        token: "abc",
        timestamp_ms: EXAMPLE.timestamp_ms,
        signature_version: SignatureVersion::V1,
    };
    const UNSUBSCRIBE: Confirmation<'static> = Confirmation {
        kind: ConfirmationKind::Unsubscribe { subscription_arn: EXAMPLE.subscription_arn },
        ..SUBSCRIPTION
    };

    #[test]
    fn the_canonical_string_of_a_confirmation_has_its_url_and_token() {
        check(
            &SUBSCRIPTION.canonical(&Addresses::at("http://localhost:9911")),
            462,
            "73e9bfdf06bb45326a4f6a166558dbc72ba231e2",
            "f64b3e5c3633ceb788451a3997a3c82cc7b70b637e3e3f00dde3f1970f4b971c",
        );
    }

    #[test]
    fn only_an_ended_subscription_is_named_in_the_headers() {
        let names = |confirmation: &Confirmation<'_>| -> Vec<_> {
            confirmation.headers().into_iter().take(4).map(|(name, value)| format!("{name}: {value}")).collect()
        };
        assert_eq!(
            names(&SUBSCRIPTION),
            [
                "x-amz-sns-message-type: SubscriptionConfirmation".to_owned(),
                "x-amz-sns-message-id: 11111111-2222-3333-4444-555555555555".to_owned(),
                format!("x-amz-sns-topic-arn: {}", EXAMPLE.topic_arn),
                "content-type: text/plain; charset=UTF-8".to_owned(),
            ]
        );
        assert_eq!(names(&UNSUBSCRIBE)[0], "x-amz-sns-message-type: UnsubscribeConfirmation");
        assert_eq!(names(&UNSUBSCRIBE)[3], format!("x-amz-sns-subscription-arn: {}", EXAMPLE.subscription_arn));
    }

    #[test]
    fn an_ended_subscription_is_named_in_the_text() {
        assert_eq!(
            UNSUBSCRIBE.message(),
            format!(
                "You have chosen to deactivate subscription {}.\nTo cancel this operation and restore the subscription, \
                 visit the SubscribeURL included in this message.",
                EXAMPLE.subscription_arn
            )
        );
    }
}
