//! `github`: webhooks of repositories, organizations and apps.
//!
//! Signed over the body. `X-GitHub-Delivery` is the deduplication id: GitHub does not try again by itself, and a delivery
//! that somebody repeats by hand keeps its id. The `ping` that comes when a webhook is made is answered at once and
//! becomes no message. Bodies are JSON or forms, as it was chosen there.
//!
//! No options. Where a route names no group, a repository is one, else its organization.

use super::{
    Answer, Provider, Settings, SettingsError,
    names::{Names, selector},
    scheme::Scheme,
    signed::Signed,
};
use crate::BodyKind;

const SIGNATURE: &str = "x-hub-signature-256";

const NAMES: Names = Names {
    groups: &["$.repository.full_name", "$.organization.login"],
    group_of_the_rest: Some("github"),
    ids: &["$request.header.X-GitHub-Delivery"],
    ..Names::NONE
};

/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[])?;
    let scheme = Scheme { prefix: "sha256=".into(), ..Scheme::new(SIGNATURE, settings.secrets()?) };
    let kind = selector("$request.header.X-GitHub-Event");
    Ok(Box::new(Signed::new(vec![scheme], &NAMES, BodyKind::Text).with_look(Box::new(move |event, _, _| {
        let is_ping = event.select(&kind).as_deref() == Some("ping");
        Ok(is_ping.then(|| Answer::text("pong")))
    }))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::{
        Secret,
        signature::hmac_sha256_hex,
        testing::{Sent, check, check_body, receive, webhook},
    };

    /// GitHub's published example.
    const SECRET: &str = "It's a Secret to Everybody";
    const PUBLISHED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn sent(event: &str, body: &str) -> Sent {
        let signature = format!("sha256={}", hmac_sha256_hex(&Secret::from(SECRET), body));
        let id = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
        Sent::post(&[(SIGNATURE, &signature), ("X-GitHub-Event", event), ("X-GitHub-Delivery", id)], body)
    }

    #[test]
    fn the_published_signature_is_believed() {
        let (webhook, sent) =
            (webhook("github", &[SECRET], &[]), Sent::post(&[(SIGNATURE, PUBLISHED)], "Hello, World!"));
        check(&webhook, 0, &sent, SIGNATURE, "github / -");
        check_body(&webhook, 0, &sent);
    }

    #[test]
    fn a_push_belongs_to_its_repository_and_is_named_by_its_delivery() {
        let webhook = webhook("github", &[SECRET], &[]);
        for (body, group) in [
            (r#"{"repository":{"full_name":"o/r"},"organization":{"login":"o"}}"#, "o/r"),
            (r#"{"action":"member_added","organization":{"login":"o"}}"#, "o"),
            ("payload=%7B%22zen%22%3A%22x%22%7D", "github"),
        ] {
            let expected = format!("{group} / 72d3162e-cc78-11e3-81ab-4c9367dc0958");
            assert_eq!(receive(&webhook, 0, &sent("push", body)), Ok(expected), "{body}");
        }
    }

    #[test]
    fn a_ping_is_answered() {
        let webhook = webhook("github", &[SECRET], &[]);
        let answer = receive(&webhook, 0, &sent("ping", r#"{"zen":"Design for failure."}"#));
        assert_eq!(answer.as_deref(), Ok("200 text/plain; charset=utf-8 pong"));
    }
}
