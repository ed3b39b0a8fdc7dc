//! `microsoft-graph`: change notifications of Microsoft Graph.
//!
//! Nothing is signed: the `clientState` of every notification has to be one of the secrets. The validation of an address
//! says its token and is answered with it. Notifications with ids are known by them; others by their body, which tells
//! apart two changes of one resource as far as Graph does. The tokens that come with rich notifications are not checked.
//!
//! No options. Where a route names no group, a subscription is one. The answer is 202.

use std::time::Duration;

use hyper::StatusCode;
use serde::Deserialize;

use super::{
    Answer, Judged, Provider, Refusal, Secret, Settings, SettingsError, Unverified,
    names::{Namer, Names},
};
use crate::{BodyKind, identifier::digest};

const NAMES: Names = Names {
    groups: &["$.value[0].subscriptionId"],
    group_of_the_rest: Some("microsoft-graph"),
    ids: &[],
    body_identifies: true,
    // Retries go on for four hours.
    redelivery_window: Duration::from_secs(4 * 60 * 60),
};

struct Graph {
    client_states: Vec<Secret>,
    namer: Namer,
}

#[derive(Deserialize)]
struct Notifications {
    value: Vec<Notification>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    client_state: Option<String>,
    id: Option<String>,
}

pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&[])?;
    Ok(Box::new(Graph { client_states: settings.secrets()?, namer: Namer::new(&NAMES) }))
}

impl Provider for Graph {
    /// <https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks>
    fn judge<'a>(&self, request: Unverified<'a>, _: u64) -> Result<Judged<'a>, Refusal> {
        if let Some(token) = request.query_parameter("validationToken") {
            return Ok(Judged::Answer(Answer::text(token)));
        }
        let Ok(Notifications { value }) = serde_json::from_slice(request.body) else {
            return Err(Refusal::BodyUnfit(
                "Only change notifications are taken here: a JSON object with a list `value`",
            ));
        };
        if value.is_empty() || !value.iter().all(|notification| self.knows(notification)) {
            return Err(Refusal::Forbidden("The clientState does not match"));
        }
        let mut event = request.verified();
        self.namer.name(&mut event);
        let ids: Option<Vec<String>> = value.into_iter().map(|notification| notification.id).collect();
        if let Some(ids) = ids {
            event.deduplication =
                Some(if let [id] = &ids[..] { id.clone() } else { digest(ids.join("\n").as_bytes()) });
        }
        event.answer = Some(Answer { status: StatusCode::ACCEPTED, ..Answer::text("") });
        Ok(Judged::Event(event))
    }

    fn gives_group(&self) -> bool {
        self.namer.gives_group()
    }

    fn body(&self) -> BodyKind {
        BodyKind::Json
    }
}

impl Graph {
    fn knows(&self, notification: &Notification) -> bool {
        let given = notification.client_state.as_deref().unwrap_or_default();
        self.client_states.iter().any(|own| own.equals(given.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::testing::{Sent, receive, webhook};

    fn notification(client_state: &str, more: &str) -> String {
        let resource = r#""resourceData":{"id":"AAMk","@odata.etag":"W/1"}"#;
        format!(r#"{{"subscriptionId":"s1","clientState":"{client_state}","changeType":"updated",{resource}{more}}}"#)
    }

    fn body(notifications: &[String]) -> String {
        format!(r#"{{"value":[{}]}}"#, notifications.join(","))
    }

    fn hear(body: &str) -> Result<String, Refusal> {
        receive(&webhook("microsoft-graph", &["next", "state"], &[]), 0, &Sent::post(&[], body))
    }

    #[test]
    fn notifications_of_the_known_state_are_believed_and_accepted() {
        let one = body(&[notification("state", "")]);
        let expected = format!("s1 / {}, 202 text/plain; charset=utf-8 ", digest(one.as_bytes()));
        assert_eq!(hear(&one), Ok(expected));
        let named = body(&[notification("next", r#","id":"n1""#)]);
        assert_eq!(hear(&named).as_deref(), Ok("s1 / n1, 202 text/plain; charset=utf-8 "));
        let two = body(&[notification("state", r#","id":"n1""#), notification("next", r#","id":"n2""#)]);
        assert_eq!(hear(&two), Ok(format!("s1 / {}, 202 text/plain; charset=utf-8 ", digest(b"n1\nn2"))));
    }

    #[test]
    fn every_notification_has_to_know_the_state() {
        let wrong = Err(Refusal::Forbidden("The clientState does not match"));
        for notifications in [
            &[][..],
            &[notification("other", "")],
            &[notification("", "")],
            &[notification("state", ""), notification("other", "")],
            &[r#"{"subscriptionId":"s1","clientState":null}"#.to_owned()],
            &["{}".to_owned()],
        ] {
            assert_eq!(hear(&body(notifications)), wrong, "{notifications:?}");
        }
        for text in ["", "{}", "[]", r#"{"value":{}}"#, r#"{"value":[{"clientState":5}]}"#] {
            assert!(matches!(hear(text), Err(Refusal::BodyUnfit(_))), "{text}");
        }
    }

    #[test]
    fn a_validation_is_answered_with_its_decoded_token() {
        let sent = Sent::new("POST", "/graph?validationToken=Validation%3A+a%2Fb%C3%A9", &[], "");
        let answer = receive(&webhook("microsoft-graph", &["state"], &[]), 0, &sent);
        assert_eq!(answer.as_deref(), Ok("200 text/plain; charset=utf-8 Validation: a/bé"));
    }
}
