//! `square`: events of Square.
//!
//! Signed over the notification URL, as it was given there, and the body. `event_id` is the deduplication id.
//!
//! | option | meaning | unless given |
//! | --- | --- | --- |
//! | `PublicUrl` | the notification URL up to its query; without a path, the path that arrives counts | required |
//!
//! Where a route names no group, a merchant is one.

use std::time::Duration;

use super::{
    Provider, Settings, SettingsError,
    names::Names,
    scheme::{Encoding, Part, Scheme},
    signed::Signed,
};
use crate::BodyKind;

const SIGNATURE: &str = "x-square-hmacsha256-signature";

const NAMES: Names = Names {
    groups: &["$.merchant_id"],
    group_of_the_rest: Some("square"),
    ids: &["$.event_id"],
    redelivery_window: Duration::from_secs(60 * 60),
    ..Names::NONE
};

/// <https://developer.squareup.com/docs/webhooks/step3validate>
const MESSAGE: &[Part] = &[Part::Url, Part::Body];

pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&["PublicUrl"])?;
    settings.required("PublicUrl")?;
    let scheme = Scheme {
        encoding: Encoding::Base64,
        message: MESSAGE.into(),
        public_url: settings.parsed("PublicUrl")?,
        ..Scheme::new(SIGNATURE, settings.secrets()?)
    };
    Ok(Box::new(Signed::new(vec![scheme], &NAMES, BodyKind::Json)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::{
        self, Refusal,
        testing::{Sent, check, check_body, receive, webhook},
    };

    const HEADERS: &[(&str, &str)] = &[(SIGNATURE, "clU1YNSW1h7bapgdZiP1ng+iG3xz5FCQX/s2CWNlpXg=")];
    const BODY: &str = r#"{"hello":"world"}"#;

    #[test]
    fn a_recorded_event_is_believed_at_its_public_address() {
        for url in ["https://example.com/webhook", "https://example.com"] {
            let webhook = webhook("square", &["sq-key"], &[("PublicUrl", url)]);
            check(&webhook, 0, &Sent::post(HEADERS, BODY), SIGNATURE, "square / -");
            check_body(&webhook, 0, &Sent::post(HEADERS, BODY));
        }
    }

    #[test]
    fn an_event_for_another_address_is_refused() {
        for (url, target) in [
            ("https://example.com/other", "/webhook"),
            ("http://example.com", "/webhook"),
            ("https://example.com", "/other"),
            ("https://example.com/webhook", "/webhook?a=b"),
        ] {
            let webhook = webhook("square", &["sq-key"], &[("PublicUrl", url)]);
            let sent = Sent::new("POST", target, HEADERS, BODY);
            assert_eq!(receive(&webhook, 0, &sent), Err(Refusal::SignatureWrong), "{url} {target}");
        }
    }

    #[test]
    fn the_public_address_has_to_be_given() {
        for options in [&[][..], &[("PublicUrl", "")], &[("PublicUrl", "example.com")], &[("PublicURL", "https://a")]] {
            assert!(providers::make(&webhook("square", &["sq-key"], options)).is_err(), "{options:?}");
        }
    }
}
