//! The delivery policy of a subscription, over HTTP or to a function.

use std::num::NonZeroU32;

use crate::content_type::ContentType;
use crate::json::Section;
use crate::retry::{FUNCTION_TOTAL_SECONDS_MAX, HTTP_TOTAL_SECONDS_MAX, RetryPolicy};
use crate::{Fault, throttle};

/// What a subscription delivers to, as far as its delivery policy is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// http or https.
    Http {
        /// Whether raw message delivery is on, which allows more content types.
        raw: bool,
    },
    /// lambda; an extension.
    Function,
    /// Any other, which has no policy of its own.
    Other,
}

/// A subscription's attribute `DeliveryPolicy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionDeliveryPolicy {
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) throttle: Option<NonZeroU32>,
    pub(crate) content_type: Option<ContentType>,
}

const KEYS: [&str; 5] = ["healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy", "guaranteed"];

impl SubscriptionDeliveryPolicy {
    /// Reads the attribute's text; nothing if it unsets the policy: empty, or without a section that is set.
    ///
    /// Refuses what is not JSON, unknown keys, values out of range, a content type that needs raw message delivery
    /// where that is off, the obsolete `sicklyRetryPolicy` and `guaranteed`, and retries of more than
    /// [`HTTP_TOTAL_SECONDS_MAX`] together, or [`FUNCTION_TOTAL_SECONDS_MAX`] to a function, which has no
    /// `requestPolicy`. Any policy of [`Endpoint::Other`] is refused.
    pub fn parse(text: &str, endpoint: Endpoint) -> Result<Option<SubscriptionDeliveryPolicy>, Fault> {
        let Some(whole) = Section::whole(text, &KEYS)? else { return Ok(None) };
        let (total_seconds_max, raw) = match endpoint {
            Endpoint::Http { raw } => (HTTP_TOTAL_SECONDS_MAX, raw),
            Endpoint::Function => (FUNCTION_TOTAL_SECONDS_MAX, false),
            Endpoint::Other => return Err(Fault::new("only http, https and lambda subscriptions have one")),
        };
        check_obsolete(&whole)?;
        if endpoint == Endpoint::Function && whole.is_set(KEYS[3]) {
            return Err(whole.fault(KEYS[3], "must be null on a lambda subscription"));
        }
        let policy = SubscriptionDeliveryPolicy {
            retry: RetryPolicy::parse(&whole, KEYS[0], total_seconds_max)?,
            throttle: throttle::parse(&whole, KEYS[2])?,
            content_type: ContentType::parse(&whole, KEYS[3], raw)?,
        };
        Ok(Some(policy).filter(SubscriptionDeliveryPolicy::says_something))
    }

    fn says_something(&self) -> bool {
        self.retry.is_some() || self.throttle.is_some() || self.content_type.is_some()
    }

    /// Whether raw message delivery may be turned off: refused while the policy has a content type that needs it.
    ///
    /// AWS is silent on this. Refusing keeps what was written true; the user changes the policy first.
    pub fn check_raw_off(&self) -> Result<(), Fault> {
        match self.content_type.filter(|content_type| content_type.needs_raw()) {
            Some(needy) => {
                Err(Fault::new(format!("the headerContentType [{}] needs raw message delivery", needy.name())))
            }
            None => Ok(()),
        }
    }

    /// The rate of a function's deliveries, if it has one. Over HTTP the topic has a say in it:
    /// [`EffectivePolicy`](crate::EffectivePolicy).
    pub fn max_receives_per_second(&self) -> Option<NonZeroU32> {
        self.throttle
    }

    /// The attribute as it is stored and told: every section, null where it is not set. Parsing it for the same
    /// endpoint gives the same policy.
    pub fn stored_text(&self) -> String {
        text(self.retry, self.throttle, self.content_type)
    }
}

/// Both are told in every policy, so they are taken back as they are told.
fn check_obsolete(whole: &Section<'_>) -> Result<(), Fault> {
    if whole.is_set(KEYS[1]) {
        return Err(whole.fault(KEYS[1], "is obsolete and must be null"));
    }
    if whole.boolean(KEYS[4])? == Some(true) {
        return Err(whole.fault(KEYS[4], "is obsolete and must be false"));
    }
    Ok(())
}

/// A subscription's policy in AWS's order.
pub(crate) fn text(
    retry: Option<RetryPolicy>,
    throttle: Option<NonZeroU32>,
    content_type: Option<ContentType>,
) -> String {
    let or_null = |section: Option<String>| section.unwrap_or_else(|| "null".to_owned());
    format!(
        r#"{{"healthyRetryPolicy":{},"sicklyRetryPolicy":null,"throttlePolicy":{},"requestPolicy":{},"guaranteed":false}}"#,
        or_null(retry.map(|retry| retry.text())),
        or_null(throttle.map(throttle::text)),
        or_null(content_type.map(ContentType::text)),
    )
}
