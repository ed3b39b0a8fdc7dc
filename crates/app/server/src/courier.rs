//! Delivers what topics have for endpoints that are not queues: web servers, functions, mailboxes.

use std::sync::Arc;

use bongsu_broker::{
    Account, CopyForm, DeliveryEnd, DeliveryOutcome, Notification, PendingDelivery, Protocol, Question, TopicName,
};
use bongsu_delivery::http::{Attempt, Body, Endpoint, HttpCourier, Outcome, Post};
use bongsu_delivery_policy::EffectivePolicy;
use bongsu_journal::BoxFuture;
use bongsu_notification::{ConfirmationKind, DELIVERY_STATUS_TARGET, DeliveryStatus, Header, SigningKeyError};
use bongsu_rate_limit::Feedback;
use bongsu_runtime::{Attempted, Clock, Courier, Envelopes as _, Parcel, ParcelContent};
use hyper::header::{HeaderName, HeaderValue};
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use crate::functions::Processes;
use crate::log_budget::LogBudget;
use crate::mail::{Mail, Maildir};
use crate::notifications::Notifications;

/// Every way out of the server.
#[derive(Clone)]
pub(crate) struct Couriers(Arc<Ways>);

struct Ways {
    notifications: Arc<Notifications>,
    http: HttpCourier,
    functions: Processes,
    /// Whose the functions are.
    account: Account,
    mail: Maildir,
    clock: Clock,
    /// For failed attempts: an outage must not fill the disk.
    failures: LogBudget,
    /// For deliveries that are given up, where nobody asks to be told of each.
    given_up: LogBudget,
}

/// How an attempt went, for the log.
struct Report {
    outcome: DeliveryOutcome,
    feedback: Feedback,
    status: Option<u16>,
    response: String,
}

impl Report {
    fn of(outcome: DeliveryOutcome) -> Report {
        Report { outcome, feedback: Feedback::default(), status: None, response: String::new() }
    }

    fn delivered(response: impl Into<String>) -> Report {
        Report { response: response.into(), ..Report::of(DeliveryOutcome::Delivered) }
    }

    fn failed(response: impl ToString) -> Report {
        Report { response: response.to_string(), ..Report::of(DeliveryOutcome::Failed) }
    }

    fn refused(response: impl ToString) -> Report {
        Report { response: response.to_string(), ..Report::of(DeliveryOutcome::Refused) }
    }
}

impl Couriers {
    pub(crate) fn new(
        notifications: Arc<Notifications>,
        http: HttpCourier,
        functions: Processes,
        account: Account,
        mail: Maildir,
        clock: Clock,
    ) -> Couriers {
        let (failures, given_up) = (LogBudget::default(), LogBudget::default());
        Couriers(Arc::new(Ways { notifications, http, functions, account, mail, clock, failures, given_up }))
    }
}

impl Courier for Couriers {
    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Attempted> {
        let ways = self.0.clone();
        Box::pin(async move {
            let report = ways.attempt(&parcel).await;
            let (outcome, feedback) = (report.outcome, report.feedback);
            Attempted { outcome, feedback, then: Box::new(move |end| ways.tell(&parcel, &report, end)) }
        })
    }
}

impl Ways {
    async fn attempt(&self, parcel: &Parcel) -> Report {
        match (&parcel.content, parcel.definition.protocol) {
            (ParcelContent::Notification(notification, form), Protocol::Http | Protocol::Https) => {
                let headers = self.notifications.headers(notification, *form, content_type(parcel));
                let (notifications, notification, form) = (self.notifications.clone(), notification.clone(), *form);
                let write = move || notifications.request_body(&notification, form).map_err(|error| error.to_string());
                self.post(parcel, headers, Body::written_by(write)).await
            }
            (ParcelContent::Question(question), Protocol::Http | Protocol::Https) => {
                match self.question(parcel, *question).await {
                    Ok((headers, body)) => self.post(parcel, headers, body.into()).await,
                    Err(error) => Report::failed(error),
                }
            }
            (ParcelContent::Notification(notification, form), Protocol::Lambda) => {
                self.invoke(parcel, notification, *form).await
            }
            (content, Protocol::Email | Protocol::EmailJson) => self.mail(parcel, content).await,
            // Nothing of this server sends these; what would be sent is told in the log.
            (ParcelContent::Notification(notification, form), protocol) => {
                let message = form.body(notification);
                info!(target: "not_sent", protocol = protocol.name(), endpoint = %parcel.definition.endpoint, %message);
                Report::delivered("written to the log: this server sends no such messages")
            }
            (ParcelContent::Question(_), _) => Report::delivered("nobody to ask"),
        }
    }

    async fn question(&self, parcel: &Parcel, question: Question) -> Result<(Vec<Header>, String), String> {
        let (notifications, topic) = (self.notifications.clone(), parcel.topic.clone());
        let (id, queued_at) = (question_id(parcel), parcel.pending.queued_at);
        let subscription_arn = parcel.subscription.arn(&topic.name, notifications.region());
        signed(move || {
            let (kind, token) = match question {
                Question::Confirm { token } => (ConfirmationKind::Subscription, token),
                Question::Restore { token } => {
                    (ConfirmationKind::Unsubscribe { subscription_arn: &subscription_arn }, token)
                }
            };
            notifications.question(kind, id, &topic, token, queued_at.0)
        })
        .await
    }

    async fn post(&self, parcel: &Parcel, headers: Vec<Header>, body: Body) -> Report {
        let endpoint = match Endpoint::parse(&parcel.definition.endpoint) {
            Ok(endpoint) => endpoint,
            Err(error) => return Report::refused(error),
        };
        let headers = headers.into_iter().filter_map(to_hyper).collect();
        let attempt = self.http.post(Post { endpoint, headers, body }).await;
        let (outcome, feedback) = said(&attempt, self.clock.now().0);
        Report {
            outcome,
            feedback,
            status: attempt.status,
            response: attempt.fault.map_or(attempt.provider_response, |fault| fault.to_string()),
        }
    }

    async fn invoke(&self, parcel: &Parcel, notification: &Notification, form: CopyForm) -> Report {
        let is_own =
            is_own_function(&parcel.definition.endpoint, &parcel.topic.name, self.account, self.notifications.region());
        let Some(function) = parcel.function.as_ref().filter(|_| is_own) else {
            return Report::refused("the function does not exist");
        };
        let (notifications, owned) = (self.notifications.clone(), Box::new(notification.clone()));
        let payload = match signed(move || notifications.event(&owned, form)).await {
            Ok(payload) => payload,
            Err(error) => return Report::failed(error),
        };
        match self.functions.notify(function, payload.into(), notification.trace_header.as_deref()).await {
            Ok(()) => Report { status: Some(200), ..Report::delivered("") },
            Err(failure) => Report::failed(failure),
        }
    }

    async fn mail(&self, parcel: &Parcel, content: &ParcelContent) -> Report {
        let subject = |usual: &str| usual.to_owned();
        let written = match content {
            ParcelContent::Question(question) => {
                let written = self.question(parcel, *question).await;
                written.map(|(_, body)| (subject("AWS Notification - Subscription Confirmation"), body))
            }
            ParcelContent::Notification(notification, form) if parcel.definition.protocol == Protocol::EmailJson => {
                let (notifications, owned) = (self.notifications.clone(), notification.clone());
                let form = CopyForm { raw: false, ..*form };
                let body = signed(move || notifications.request_body(&owned, form)).await;
                body.map(|body| (subject("AWS Notification Message"), String::from_utf8_lossy(&body).into_owned()))
            }
            ParcelContent::Notification(notification, form) => {
                let about = notification.subject.as_deref().unwrap_or("AWS Notification Message").to_owned();
                Ok((about, form.body(notification).to_string()))
            }
        };
        let (subject, body) = match written {
            Ok(written) => written,
            Err(error) => return Report::failed(error),
        };
        let PendingDelivery { queued_at, .. } = parcel.pending;
        let id = match content {
            ParcelContent::Notification(notification, form) => form.message_id(notification).0,
            ParcelContent::Question(_) => question_id(parcel),
        };
        let mail = Mail { id, to: parcel.definition.endpoint.to_string(), subject, body, at: queued_at };
        match self.mail.put(mail).await {
            Ok(place) => Report::delivered(place),
            Err(error) => Report::failed(error),
        }
    }

    /// Tells what became of a delivery: how it ended if it did, and otherwise that it will be tried again.
    fn tell(&self, parcel: &Parcel, report: &Report, end: DeliveryEnd) {
        let attempts = parcel.pending.failed_attempts + 1;
        match end {
            DeliveryEnd::Delivered if !is_told(parcel) => {}
            DeliveryEnd::Delivered => self.record(parcel, report, attempts, true),
            DeliveryEnd::DeadLettered | DeliveryEnd::GivenUp => {
                if is_told_of_failures(parcel) || self.given_up.allows_a_line() {
                    self.record(parcel, report, attempts, false);
                }
            }
            DeliveryEnd::Again { at } => {
                if self.failures.allows_a_line() {
                    let subscription = parcel.subscription.arn(&parcel.topic.name, self.notifications.region());
                    let (status, response) = (report.status, &report.response);
                    info!(%subscription, attempts, status, %response, again_at = %at.iso_8601(), "delivery failed");
                }
            }
            DeliveryEnd::Unknown => {}
        }
    }

    fn record(&self, parcel: &Parcel, report: &Report, attempts: u32, succeeded: bool) {
        let topic_arn = parcel.topic.name.arn(self.notifications.region());
        let ParcelContent::Notification(notification, form) = &parcel.content else {
            if !succeeded {
                let subscription = parcel.subscription.arn(&parcel.topic.name, self.notifications.region());
                warn!(%subscription, attempts, response = %report.response, "the endpoint was not asked to confirm");
            }
            return;
        };
        let record = DeliveryStatus {
            message_id: notification.message_id.0,
            message: form.body(notification),
            topic_arn: &topic_arn,
            timestamp_ms: notification.published_at.0,
            delivery_id: form.message_id(notification).0,
            destination: &parcel.definition.endpoint,
            provider_response: &report.response,
            dwell_time_ms: self.clock.now().0.saturating_sub(notification.published_at.0),
            attempts,
            status_code: report.status,
            succeeded,
        };
        if succeeded {
            info!(target: DELIVERY_STATUS_TARGET, "{}", record.render());
        } else {
            warn!(target: DELIVERY_STATUS_TARGET, "{}", record.render());
        }
    }
}

/// How the attributes of delivery status begin for a protocol, if it has them.
fn feedback(protocol: Protocol) -> Option<&'static str> {
    match protocol {
        Protocol::Http | Protocol::Https => Some("HTTP"),
        Protocol::Lambda => Some("Lambda"),
        Protocol::Application => Some("Application"),
        Protocol::Firehose => Some("Firehose"),
        Protocol::Sqs => Some("SQS"),
        Protocol::Email | Protocol::EmailJson | Protocol::Sms => None,
    }
}

/// Whether the topic wants to be told of every delivery that is given up: where a role is named for it.
fn is_told_of_failures(parcel: &Parcel) -> bool {
    let role = feedback(parcel.definition.protocol).map(|name| format!("{name}FailureFeedbackRoleArn"));
    role.and_then(|role| parcel.topic.attributes.text(&role)).is_some_and(|role| !role.is_empty())
}

/// Whether the topic wants to be told of this success: where a role is named for it, in so many of a hundred cases.
fn is_told(parcel: &Parcel) -> bool {
    let Some(name) = feedback(parcel.definition.protocol) else { return false };
    let attribute = |rest: &str| parcel.topic.attributes.text(&format!("{name}{rest}"));
    let is_wanted = attribute("SuccessFeedbackRoleArn").is_some_and(|role| !role.is_empty());
    let rate: u128 = attribute("SuccessFeedbackSampleRate").and_then(|rate| rate.parse().ok()).unwrap_or(100);
    let ParcelContent::Notification(notification, form) = &parcel.content else { return false };
    is_wanted && form.message_id(notification).0 % 100 < rate
}

/// What an answer means, and what it says of how often the endpoint may be called. A 429 that does not say for how long is
/// a failure like any other: the delivery policy says when to try again.
fn said(attempt: &Attempt, now_ms: u64) -> (DeliveryOutcome, Feedback) {
    let limits = attempt.limits.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let feedback = attempt.status.map(|status| Feedback::from_response(status, limits, now_ms)).unwrap_or_default();
    let says_when = feedback.pause_ms.is_some() || feedback.window.is_some_and(|window| window.remaining == 0);
    match attempt.outcome {
        _ if feedback.refused && says_when => (DeliveryOutcome::TooEarly, feedback),
        Outcome::Retry if feedback.refused => (DeliveryOutcome::Failed, Feedback::default()),
        Outcome::Delivered => (DeliveryOutcome::Delivered, feedback),
        Outcome::Retry => (DeliveryOutcome::Failed, feedback),
        Outcome::Refused => (DeliveryOutcome::Refused, feedback),
    }
}

fn content_type(parcel: &Parcel) -> &'static str {
    let (topic, subscription) = (&parcel.topic.attributes, &parcel.definition.attributes);
    EffectivePolicy::of(topic.delivery.as_ref(), subscription.delivery.as_ref()).content_type()
}

fn to_hyper((name, value): Header) -> Option<(HeaderName, HeaderValue)> {
    // ARNs and numbers are header values.
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(&value).ok()?))
}

/// What is signed, on a thread that may take its time.
async fn signed<T: Send + 'static>(
    write: impl FnOnce() -> Result<T, SigningKeyError> + Send + 'static,
) -> Result<T, String> {
    match spawn_blocking(write).await {
        Ok(written) => written.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// The same however often the question is put.
fn question_id(parcel: &Parcel) -> u128 {
    parcel.subscription.0 ^ u128::from(parcel.pending.queued_at.0)
}

/// Whether a function is this server's, and the topic is of the same account: functions have no policies that could let
/// others in.
fn is_own_function(arn: &str, topic: &TopicName, account: Account, region: &str) -> bool {
    let elements: Vec<&str> = arn.splitn(6, ':').collect();
    let is_here = matches!(elements[..], ["arn", _, "lambda", of, owner, _]
        if of == region && owner.parse() == Ok(account));
    is_here && topic.account == account
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_says_for_how_long_it_has_had_enough_has_not_failed() {
        let said = |status, outcome, limits: &[(&str, &str)]| {
            let limits = limits.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let (fault, provider_response, elapsed) = (None, String::new(), std::time::Duration::ZERO);
            said(&Attempt { outcome, status: Some(status), limits, fault, provider_response, elapsed }, 1000)
        };
        let (outcome, feedback) = said(429, Outcome::Retry, &[("Retry-After", "7")]);
        assert_eq!((outcome, feedback.pause_ms), (DeliveryOutcome::TooEarly, Some(7000)));
        let window = [("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "9")];
        assert_eq!(said(429, Outcome::Retry, &window).0, DeliveryOutcome::TooEarly);
        assert_eq!(said(429, Outcome::Retry, &[]), (DeliveryOutcome::Failed, Feedback::default()));
        assert_eq!(said(503, Outcome::Retry, &[]).0, DeliveryOutcome::Failed);
        let (outcome, feedback) = said(200, Outcome::Delivered, &window);
        assert!(outcome == DeliveryOutcome::Delivered && feedback.window.is_some());
    }

    #[test]
    fn a_topic_runs_the_functions_of_its_own_account_and_no_others() {
        let may_run = |arn: &str, account: u64| {
            let topic = TopicName { account: Account(account), name: "t".into() };
            is_own_function(arn, &topic, Account(1), "us-east-1")
        };
        let own = "arn:aws:lambda:us-east-1:000000000001:function:f";
        assert!(may_run(own, 1) && may_run(&format!("{own}:live"), 1));
        assert!(!may_run(own, 2), "somebody else's topic");
        for other in [
            "arn:aws:lambda:us-east-1:000000000002:function:f",
            "arn:aws:lambda:eu-west-1:000000000001:function:f",
            "f",
        ] {
            assert!(!may_run(other, 1) && !may_run(other, 2), "{other}");
        }
    }
}
