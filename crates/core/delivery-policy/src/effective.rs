//! The delivery policy that holds over HTTP when the topic, the subscription and the defaults have been heard.

use std::num::NonZeroU32;

use crate::content_type::ContentType;
use crate::retry::RetryPolicy;
use crate::{RetrySchedule, SubscriptionDeliveryPolicy, TopicDeliveryPolicy, subscription};

/// Every section of a policy, as it holds for a topic's or a subscription's deliveries over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectivePolicy {
    retry: RetryPolicy,
    overrides_disabled: bool,
    throttle: Option<NonZeroU32>,
    content_type: ContentType,
}

impl EffectivePolicy {
    /// Section by section: the subscription's, else the topic's, else the default. A topic that disables overrides
    /// is heard alone. Without a subscription's policy it is the topic's own effective policy.
    pub fn of(
        topic: Option<&TopicDeliveryPolicy>,
        subscription: Option<&SubscriptionDeliveryPolicy>,
    ) -> EffectivePolicy {
        let overrides_disabled = topic.is_some_and(|topic| topic.overrides_disabled);
        let subscription = subscription.filter(|_| !overrides_disabled);
        let retry = subscription.and_then(|own| own.retry).or(topic.and_then(|topic| topic.retry));
        let throttle = subscription.and_then(|own| own.throttle).or(topic.and_then(|topic| topic.throttle));
        let content_type = subscription.and_then(|own| own.content_type);
        let content_type = content_type.or(topic.and_then(|topic| topic.content_type));
        EffectivePolicy {
            retry: retry.unwrap_or(RetryPolicy::DEFAULT),
            overrides_disabled,
            throttle,
            content_type: content_type.unwrap_or(ContentType::DEFAULT),
        }
    }

    /// When failed deliveries are tried again.
    pub fn schedule(&self) -> RetrySchedule {
        RetrySchedule::as_written(self.retry)
    }

    /// The rate of deliveries to each subscription; without one they are not throttled.
    pub fn max_receives_per_second(&self) -> Option<NonZeroU32> {
        self.throttle
    }

    /// The header `Content-Type` of notifications. Confirmations always have the default.
    pub fn content_type(&self) -> &'static str {
        self.content_type.name()
    }

    /// A topic's attribute `EffectiveDeliveryPolicy`.
    pub fn topic_text(&self) -> String {
        let effective = TopicDeliveryPolicy {
            retry: Some(self.retry),
            overrides_disabled: self.overrides_disabled,
            throttle: self.throttle,
            content_type: Some(self.content_type),
        };
        effective.stored_text()
    }

    /// A subscription's attribute `EffectiveDeliveryPolicy`.
    pub fn subscription_text(&self) -> String {
        subscription::text(Some(self.retry), self.throttle, Some(self.content_type))
    }
}
