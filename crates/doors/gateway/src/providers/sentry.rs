//! `sentry`: webhooks of integrations of Sentry, signed with the integration's client secret.
//!
//! Signed over the body. `Request-ID` is the deduplication id.
//!
//! No options. Where a route names no group, an issue is one, else an installation.

use super::{Provider, Settings, SettingsError, names::Names, scheme::Scheme, signed::Signed};
use crate::BodyKind;

const SIGNATURE: &str = "sentry-hook-signature";

const NAMES: Names = Names {
    groups: &["$.data.issue.id", "$.data.event.issue_id", "$.installation.uuid"],
    group_of_the_rest: Some("sentry"),
    ids: &["$request.header.Request-ID"],
    ..Names::NONE
};

/// <https://docs.sentry.io/organization/integrations/integration-platform/webhooks/>
pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[])?;
    let scheme = Scheme::new(SIGNATURE, settings.secrets()?);
    Ok(Box::new(Signed::new(vec![scheme], &NAMES, BodyKind::Json)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::{
        Secret,
        signature::hmac_sha256_hex,
        testing::{Sent, check, check_body, webhook},
    };

    #[test]
    fn an_issue_is_believed() {
        let body = r#"{"action":"created","installation":{"uuid":"a8e5d37a"},"data":{"issue":{"id":"123"}}}"#;
        let signature = hmac_sha256_hex(&Secret::from("client secret"), body);
        let sent = Sent::post(&[("Sentry-Hook-Signature", &signature), ("Request-ID", "4a12bc")], body);
        let webhook = webhook("sentry", &["client secret"], &[]);
        check(&webhook, 0, &sent, SIGNATURE, "123 / 4a12bc");
        check_body(&webhook, 0, &sent);
    }
}
