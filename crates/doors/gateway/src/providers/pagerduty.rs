//! `pagerduty`: webhooks of PagerDuty's third version.
//!
//! Signed over the body, once for each secret in use. The event's `id` is the deduplication id.
//!
//! No options. Where a route names no group, what an event is about is one: an incident, a service.

use std::time::Duration;

use super::{Provider, Settings, SettingsError, names::Names, scheme::Scheme, signed::Signed};
use crate::BodyKind;

const SIGNATURE: &str = "x-pagerduty-signature";

const NAMES: Names = Names {
    groups: &["$.event.data.incident.id", "$.event.data.id"],
    group_of_the_rest: Some("pagerduty"),
    ids: &["$.event.id"],
    redelivery_window: Duration::from_secs(60 * 60),
    ..Names::NONE
};

/// <https://developer.pagerduty.com/docs/verifying-webhook-signatures>
pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[])?;
    let scheme = Scheme { separator: Some(','), prefix: "v1=".into(), ..Scheme::new(SIGNATURE, settings.secrets()?) };
    Ok(Box::new(Signed::new(vec![scheme], &NAMES, BodyKind::Json)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::testing::{Sent, check, check_body, receive, webhook};

    #[test]
    fn a_recorded_event_is_believed_by_any_of_its_signatures() {
        let signature = "v1=3b9296d963abef691803a89e8a76f22252d8c6b81a67378b6d0d3d8e69dbd62e";
        let (webhook, body) = (webhook("pagerduty", &["pd-secret"], &[]), r#"{"event":{"id":"01ABC"}}"#);
        let sent = Sent::post(&[(SIGNATURE, signature)], body);
        check(&webhook, 0, &sent, SIGNATURE, "pagerduty / 01ABC");
        check_body(&webhook, 0, &sent);
        let both = format!("v1={},{signature}", "0".repeat(64));
        assert_eq!(receive(&webhook, 0, &Sent::post(&[(SIGNATURE, &both)], body)).as_deref(), Ok("pagerduty / 01ABC"));
    }
}
