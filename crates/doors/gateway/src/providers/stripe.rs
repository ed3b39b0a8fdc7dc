//! `stripe`: events of Stripe.
//!
//! One header has the time and a signature for each secret in use; a secret is taken whole, `whsec_` included. The
//! event's `id` is the deduplication id. Redirections count as failures there, and failures are tried again for days.
//!
//! No options. Where a route names no group, a customer's events are one, else those of the object they are about.

use std::{borrow::Cow, time::Duration};

use super::{
    Provider, Settings, SettingsError,
    names::Names,
    scheme::{Part, Scheme, TOLERANCE_SECONDS, Timestamp, TimestampPlace},
    signed::Signed,
};
use crate::BodyKind;

const SIGNATURE: &str = "stripe-signature";

const NAMES: Names = Names {
    groups: &["$.data.object.customer", "$.data.object.customer.id", "$.data.object.id", "$.account"],
    group_of_the_rest: Some("stripe"),
    ids: &["$.id"],
    // The first retry may come hours later.
    redelivery_window: Duration::from_secs(6 * 60 * 60),
    ..Names::NONE
};

/// <https://docs.stripe.com/webhooks#verify-manually>
const MESSAGE: &[Part] = &[Part::Timestamp, Part::Text(Cow::Borrowed(".")), Part::Body];

pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[])?;
    let place = TimestampPlace::Among("t=".into());
    let scheme = Scheme {
        separator: Some(','),
        prefix: "v1=".into(),
        message: MESSAGE.into(),
        timestamp: Some(Timestamp { place, tolerance_seconds: TOLERANCE_SECONDS }),
        ..Scheme::new(SIGNATURE, settings.secrets()?)
    };
    Ok(Box::new(Signed::new(vec![scheme], &NAMES, BodyKind::Json)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::{
        Refusal, Secret,
        signature::hmac_sha256_hex,
        testing::{Sent, check, check_body, receive, webhook},
    };

    const SECRET: &str = "whsec_test_secret";
    const NOW: u64 = 1_492_774_577;
    const BODY: &str = r#"{"id":"evt_1","object":"event","type":"charge.succeeded"}"#;
    const DIGITS: &str = "91110bb4292e56d95b06660f55b3f65c0157840684729f1271e6da44c1ed57eb";

    fn sent(header: &str) -> Sent {
        Sent::post(&[("Stripe-Signature", header)], BODY)
    }

    #[test]
    fn a_recorded_event_is_believed() {
        let webhook = webhook("stripe", &[SECRET], &[]);
        let sent = sent(&format!("t={NOW},v1={DIGITS}"));
        check(&webhook, NOW, &sent, SIGNATURE, "stripe / evt_1");
        check_body(&webhook, NOW, &sent);
        for now in [NOW - 300, NOW + 300] {
            assert_eq!(receive(&webhook, now, &sent).as_deref(), Ok("stripe / evt_1"));
        }
        for now in [0, NOW - 301, NOW + 301] {
            assert_eq!(receive(&webhook, now, &sent), Err(Refusal::Stale));
        }
    }

    #[test]
    fn any_signature_of_the_first_version_counts() {
        let webhook = webhook("stripe", &[SECRET], &[]);
        let zeros = "0".repeat(64);
        let right = [
            format!("t={NOW},v1={zeros},v1={DIGITS}"),
            format!("v1={DIGITS}, v0={zeros}, t={NOW}"),
            format!("t={NOW},v1=not hexadecimal,v1={DIGITS}"),
        ];
        right.iter().for_each(|header| assert!(receive(&webhook, NOW, &sent(header)).is_ok(), "{header}"));
        for header in [format!("t={NOW},v1={zeros}"), format!("t={},v1={DIGITS}", NOW + 1)] {
            assert_eq!(receive(&webhook, NOW, &sent(&header)), Err(Refusal::SignatureWrong), "{header}");
        }
        let malformed = [
            format!("t={NOW},v0={DIGITS}"),
            format!("v1={DIGITS}"),
            format!("t=soon,v1={DIGITS}"),
            format!("t=+{NOW},v1={DIGITS}"),
            format!("t={NOW}{},v1={DIGITS}", format!(",v1={zeros}").repeat(16)),
        ];
        for header in malformed {
            let refusal = Err(Refusal::HeaderMalformed(SIGNATURE.parse().unwrap()));
            assert_eq!(receive(&webhook, NOW, &sent(&header)), refusal, "{header}");
        }
    }

    #[test]
    fn a_customers_events_are_a_group() {
        let webhook = webhook("stripe", &[SECRET], &[]);
        for (object, group) in [
            (r#"{"id":"ch_1","customer":"cus_1"}"#, "cus_1"),
            (r#"{"id":"ch_1","customer":{"id":"cus_2"}}"#, "cus_2"),
            (r#"{"id":"ch_1","customer":null}"#, "ch_1"),
        ] {
            let body = format!(r#"{{"id":"evt_2","data":{{"object":{object}}}}}"#);
            let digits = hmac_sha256_hex(&Secret::from(SECRET), &format!("{NOW}.{body}"));
            let sent = Sent::post(&[(SIGNATURE, &format!("t={NOW},v1={digits}"))], &body);
            assert_eq!(receive(&webhook, NOW, &sent), Ok(format!("{group} / evt_2")));
        }
    }
}
