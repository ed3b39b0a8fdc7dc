//! `linear`: webhooks of Linear.
//!
//! Signed over the body, which says when it was sent. `Linear-Delivery` is the deduplication id.
//!
//! No options. Where a route names no group, what a webhook is about is one: an issue, a project.

use std::time::Duration;

use super::{
    Provider, Refusal, Settings, SettingsError,
    names::{Names, selector},
    scheme::Scheme,
    signed::Signed,
};
use crate::BodyKind;

const SIGNATURE: &str = "linear-signature";

/// How far `webhookTimestamp` may be from the present, on either side.
const TOLERANCE_MS: u64 = 60 * 1000;

const NAMES: Names = Names {
    groups: &["$.data.issue.id", "$.data.id", "$.organizationId"],
    group_of_the_rest: Some("linear"),
    ids: &["$request.header.Linear-Delivery"],
    body_identifies: true,
    redelivery_window: Duration::from_secs(2 * 60 * 60),
};

/// <https://linear.app/developers/webhooks#securing-webhooks>
pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[])?;
    let scheme = Scheme::new(SIGNATURE, settings.secrets()?);
    let sent = selector("$.webhookTimestamp");
    Ok(Box::new(Signed::new(vec![scheme], &NAMES, BodyKind::Json).with_look(Box::new(move |event, _, now_ms| {
        let sent: Option<u64> = event.select(&sent).and_then(|sent| sent.parse().ok());
        match sent {
            None => Err(Refusal::BodyUnfit("The body has no webhookTimestamp")),
            Some(sent) if now_ms.abs_diff(sent) > TOLERANCE_MS => Err(Refusal::Stale),
            Some(_) => Ok(None),
        }
    }))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identifier::digest,
        providers::{
            Secret,
            signature::hmac_sha256_hex,
            testing::{Sent, check, check_body, receive, webhook},
        },
    };

    const NOW: u64 = 1_763_800_000;
    const BODY: &str = r#"{"action":"update","type":"Issue","data":{"id":"i1"},"webhookTimestamp":1763800000000}"#;

    fn sent(body: &str, delivery: &[(&str, &str)]) -> Sent {
        let signature = hmac_sha256_hex(&Secret::from("lin_wh_x"), body);
        Sent::post(&[&[("Linear-Signature", signature.as_str())], delivery].concat(), body)
    }

    #[test]
    fn an_issue_is_believed_while_it_is_fresh() {
        let webhook = webhook("linear", &["lin_wh_x"], &[]);
        let sent = sent(BODY, &[("Linear-Delivery", "234d1a4e")]);
        check(&webhook, NOW, &sent, SIGNATURE, "i1 / 234d1a4e");
        check_body(&webhook, NOW, &sent);
        for now in [NOW - 60, NOW + 60] {
            assert!(receive(&webhook, now, &sent).is_ok());
        }
        for now in [NOW - 61, NOW + 61] {
            assert_eq!(receive(&webhook, now, &sent), Err(Refusal::Stale));
        }
    }

    #[test]
    fn what_does_not_say_when_it_was_sent_is_refused() {
        let webhook = webhook("linear", &["lin_wh_x"], &[]);
        for body in ["{}", "no JSON", r#"{"webhookTimestamp":"soon"}"#] {
            assert!(matches!(receive(&webhook, NOW, &sent(body, &[])), Err(Refusal::BodyUnfit(_))), "{body}");
        }
        let expected = format!("i1 / {}", digest(BODY.as_bytes()));
        assert_eq!(receive(&webhook, NOW, &sent(BODY, &[])), Ok(expected));
    }
}
