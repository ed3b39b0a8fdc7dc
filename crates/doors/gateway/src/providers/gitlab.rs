//! `gitlab`: webhooks of projects and groups.
//!
//! Nothing is signed: `X-Gitlab-Token` has to be one of the secrets. `Idempotency-Key`, which is the same in every retry,
//! is the deduplication id, else `X-Gitlab-Event-UUID`.
//!
//! No options. Where a route names no group, a project is one.

use std::time::Duration;

use super::{
    Provider, Settings, SettingsError,
    names::Names,
    scheme::{Encoding, Scheme},
    signature::Algorithm,
    signed::Signed,
};
use crate::BodyKind;

const TOKEN: &str = "x-gitlab-token";

const NAMES: Names = Names {
    groups: &["$.project.path_with_namespace", "$.project_id", "$.group_id"],
    group_of_the_rest: Some("gitlab"),
    ids: &["$request.header.Idempotency-Key", "$request.header.X-Gitlab-Event-UUID"],
    redelivery_window: Duration::from_secs(60 * 60),
    ..Names::NONE
};

/// <https://docs.gitlab.com/user/project/integrations/webhooks/#validate-payloads-by-using-a-secret-token>
pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[])?;
    let scheme =
        Scheme { algorithm: Algorithm::Token, encoding: Encoding::Plain, ..Scheme::new(TOKEN, settings.secrets()?) };
    Ok(Box::new(Signed::new(vec![scheme], &NAMES, BodyKind::Json)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::testing::{Sent, check, receive, webhook};

    #[test]
    fn a_push_with_the_token_is_believed() {
        let headers = [("X-Gitlab-Token", "tok"), ("X-Gitlab-Event-UUID", "e1"), ("Idempotency-Key", "k1")];
        let body = r#"{"object_kind":"push","project":{"path_with_namespace":"g/p"}}"#;
        let webhook = webhook("gitlab", &["tok"], &[]);
        check(&webhook, 0, &Sent::post(&headers, body), TOKEN, "g/p / k1");
        assert_eq!(receive(&webhook, 0, &Sent::post(&headers[..2], "{}")).as_deref(), Ok("gitlab / e1"));
    }
}
