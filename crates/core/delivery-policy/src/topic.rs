//! The delivery policy of a topic: what its HTTP subscriptions have unless they say otherwise.

use std::num::NonZeroU32;

use crate::content_type::ContentType;
use crate::json::Section;
use crate::retry::{HTTP_TOTAL_SECONDS_MAX, RetryPolicy};
use crate::{Fault, throttle};

/// A topic's attribute `DeliveryPolicy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDeliveryPolicy {
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) overrides_disabled: bool,
    pub(crate) throttle: Option<NonZeroU32>,
    pub(crate) content_type: Option<ContentType>,
}

const KEYS: [&str; 4] =
    ["defaultHealthyRetryPolicy", "disableSubscriptionOverrides", "defaultThrottlePolicy", "defaultRequestPolicy"];

impl TopicDeliveryPolicy {
    /// Reads the attribute's text; nothing if it unsets the policy: empty, or without a section that is set and
    /// without `disableSubscriptionOverrides`.
    ///
    /// Refuses what is not JSON, unknown keys, values out of range, retries of more than
    /// [`HTTP_TOTAL_SECONDS_MAX`] together, and content types that need raw message delivery.
    pub fn parse(text: &str) -> Result<Option<TopicDeliveryPolicy>, Fault> {
        let Some(whole) = Section::whole(text, &["http"])? else { return Ok(None) };
        let Some(http) = whole.section("http", &KEYS)? else { return Ok(None) };
        let policy = TopicDeliveryPolicy {
            retry: RetryPolicy::parse(&http, KEYS[0], HTTP_TOTAL_SECONDS_MAX)?,
            overrides_disabled: http.boolean(KEYS[1])?.unwrap_or(false),
            throttle: throttle::parse(&http, KEYS[2])?,
            content_type: ContentType::parse(&http, KEYS[3], false)?,
        };
        Ok(Some(policy).filter(TopicDeliveryPolicy::says_something))
    }

    fn says_something(&self) -> bool {
        self.retry.is_some() || self.overrides_disabled || self.throttle.is_some() || self.content_type.is_some()
    }

    /// The attribute as it is stored and told: the sections that are set, and `disableSubscriptionOverrides`.
    /// Parsing it gives the same policy.
    pub fn stored_text(&self) -> String {
        let sections = [
            (KEYS[0], self.retry.map(|retry| retry.text())),
            (KEYS[1], Some(self.overrides_disabled.to_string())),
            (KEYS[2], self.throttle.map(throttle::text)),
            (KEYS[3], self.content_type.map(ContentType::text)),
        ];
        let set = sections.into_iter().filter_map(|(key, section)| Some(format!(r#""{key}":{}"#, section?)));
        format!(r#"{{"http":{{{}}}}}"#, set.collect::<Vec<_>>().join(","))
    }
}
