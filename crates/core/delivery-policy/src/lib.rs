//! Delivery policies of SNS: what may be written in one, when a failed delivery is tried again, and how fast
//! deliveries may follow each other.
//!
//! Reading order: `topic` and `subscription` (the two texts that users write), `effective` (what holds when both
//! speak), then what they are made of: `retry`, `content_type` and `throttle`. `schedule` turns the retry part into
//! delays, by the functions of `backoff`. Nothing here reads a clock, draws a number or keeps a float.
//!
//! # Which schedule holds
//!
//! | endpoint | schedule |
//! | --- | --- |
//! | http, https | [`EffectivePolicy::schedule`] |
//! | sqs, firehose | [`RetrySchedule::AWS_MANAGED`] |
//! | lambda | [`RetrySchedule::of_function`]: AWS-managed unless the subscription says otherwise |
//! | email, email-json, sms, application | [`RetrySchedule::CUSTOMER_MANAGED`] |
//!
//! # Chosen where AWS is silent
//!
//! - A retry section is stored whole: what it leaves out has its default, not the topic's value.
//! - Limits on the time of all retries together are checked when a policy is written, not cut off later.
//! - The formulas of the backoff functions, of which AWS shows only a graph: see [`RetrySchedule`].
//! - A topic's content type is one that every subscription can have, with raw message delivery or without.
//! - A key that is given twice is refused, and so is a text in place of a number.
//!
//! # Beyond the original
//!
//! A lambda subscription, whose schedule is fixed at AWS, may have a policy of its own: the JSON of an HTTP
//! subscription without `requestPolicy`, with up to [`FUNCTION_TOTAL_SECONDS_MAX`] for all retries. A topic's policy
//! has an `http` section only, so neither its defaults nor its `disableSubscriptionOverrides` concern functions.

mod backoff;
mod content_type;
mod effective;
mod fault;
mod json;
mod retry;
mod schedule;
mod subscription;
mod throttle;
mod topic;

pub use effective::EffectivePolicy;
pub use fault::Fault;
pub use retry::{DELAY_TARGET_SECONDS_MAX, FUNCTION_TOTAL_SECONDS_MAX, HTTP_TOTAL_SECONDS_MAX, RETRIES_MAX};
pub use schedule::{JITTER_PERCENT, Milliseconds, RetrySchedule};
pub use subscription::{Endpoint, SubscriptionDeliveryPolicy};
pub use throttle::Throttle;
pub use topic::TopicDeliveryPolicy;
