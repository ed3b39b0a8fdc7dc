//! `shopify`: webhooks of shops, signed with the app's client secret.
//!
//! Signed over the body. `X-Shopify-Webhook-Id` is the deduplication id; several webhooks of one merchant's action share
//! their `X-Shopify-Event-Id`, which is not looked at. Nothing signed says when a webhook was sent.
//!
//! No options. Where a route names no group, a shop is one.

use std::time::Duration;

use super::{
    Provider, Settings, SettingsError,
    names::Names,
    scheme::{Encoding, Scheme},
    signed::Signed,
};
use crate::BodyKind;

const SIGNATURE: &str = "x-shopify-hmac-sha256";

const NAMES: Names = Names {
    groups: &["$request.header.X-Shopify-Shop-Domain"],
    group_of_the_rest: Some("shopify"),
    ids: &["$request.header.X-Shopify-Webhook-Id"],
    // Eight retries within four hours.
    redelivery_window: Duration::from_secs(4 * 60 * 60),
    ..Names::NONE
};

/// <https://shopify.dev/docs/apps/build/webhooks/subscribe/https>
pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[])?;
    let scheme = Scheme { encoding: Encoding::Base64, ..Scheme::new(SIGNATURE, settings.secrets()?) };
    Ok(Box::new(Signed::new(vec![scheme], &NAMES, BodyKind::Json)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::testing::{Sent, check, check_body, webhook};

    #[test]
    fn a_recorded_webhook_is_believed() {
        let headers = [
            ("X-Shopify-Hmac-Sha256", "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY="),
            ("X-Shopify-Shop-Domain", "shop.myshopify.com"),
            ("X-Shopify-Webhook-Id", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"),
        ];
        let webhook = webhook("shopify", &["hush"], &[]);
        let sent = Sent::post(&headers, r#"{"id":1}"#);
        check(&webhook, 0, &sent, SIGNATURE, "shop.myshopify.com / b54557e4-bdd9-4b37-8a5f-bf7d70bcd043");
        check_body(&webhook, 0, &sent);
        let bare = Sent::post(&headers[..1], r#"{"id":1}"#);
        check(&webhook, 0, &bare, SIGNATURE, "shopify / -");
    }
}
