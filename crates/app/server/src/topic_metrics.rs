//! The part of the page at `/metrics` that is about topics.

use std::fmt;

use bongsu_broker::FilteredOut;
use bongsu_runtime::TopicMetrics;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;

use crate::metrics::{counter, distribution, faults, histogram};

/// A number of a topic as it is now.
type TopicGauge = fn(&TopicMetrics) -> f64;
/// How often something happened at a topic.
type TopicCounter = fn(&TopicMetrics) -> u64;

/// One row a gauge of a topic: its name, what it tells, its value.
const GAUGES: &[(&str, &str, TopicGauge)] = &[
    ("bongsu_sns_subscriptions_confirmed", "Subscriptions that get what is published.", |topic| {
        topic.statistics.confirmed as f64
    }),
    ("bongsu_sns_subscriptions_pending", "Subscriptions that wait for their endpoint's yes.", |topic| {
        topic.statistics.pending as f64
    }),
    ("bongsu_sns_approximate_number_of_notifications_undelivered", "Still to be delivered to endpoints.", |topic| {
        topic.statistics.undelivered as f64
    }),
    ("bongsu_sns_approximate_number_of_attempts", "Attempts at endpoints that go on.", |topic| {
        topic.statistics.attempts as f64
    }),
    (
        "bongsu_sns_approximate_age_of_oldest_undelivered_notification_seconds",
        "Since the oldest of what is still to be delivered was published.",
        |topic| topic.statistics.oldest_age.unwrap_or_default().as_secs_f64(),
    ),
    ("bongsu_sns_approximate_number_of_messages_archived", "Messages in the topic's archive.", |topic| {
        topic.statistics.archived as f64
    }),
];

/// One row a counter of a topic, whose name is served with `_total` behind it.
const COUNTERS: &[(&str, &str, TopicCounter)] = &[
    ("bongsu_sns_number_of_messages_published", "Messages published, without duplicates.", |topic| {
        topic.counters.published_bytes.count()
    }),
    ("bongsu_sns_number_of_deduplicated_messages_published", "Publishes that the topic had already.", |topic| {
        topic.counters.deduplicated
    }),
    ("bongsu_sns_number_of_notifications_delivered", "Notifications that an endpoint took.", |topic| {
        topic.counters.delivered
    }),
    (
        "bongsu_sns_number_of_notifications_failed",
        "Web servers: failed attempts; others: notifications given up.",
        |topic| topic.counters.failed,
    ),
    ("bongsu_sns_number_of_notifications_filtered_out", "Notifications that subscribers do not want.", |topic| {
        topic.counters.filtered_out.values().sum()
    }),
    ("bongsu_sns_number_of_notifications_redriven_to_dlq", "Given up, and in dead-letter queues.", |topic| {
        topic.counters.dead_lettered
    }),
    (
        "bongsu_sns_number_of_notifications_failed_to_redrive_to_dlq",
        "Given up, and their dead-letter queue does not exist.",
        |topic| topic.counters.not_dead_lettered,
    ),
    ("bongsu_sns_number_of_replayed_notifications_delivered", "Out of the archive, and in queues.", |topic| {
        topic.counters.replayed
    }),
];

/// One row a reason for which notifications are filtered out, in CloudWatch's words.
const REASONS: [(&str, FilteredOut); 5] = [
    ("message_attributes", FilteredOut::MessageAttributes),
    ("message_body", FilteredOut::MessageBody),
    ("invalid_attributes", FilteredOut::InvalidAttributes),
    ("no_message_attributes", FilteredOut::NoMessageAttributes),
    ("invalid_message_body", FilteredOut::InvalidMessageBody),
];

const FILTERED_OUT_BY: (&str, &str) =
    ("bongsu_sns_number_of_notifications_filtered_out_by_reason", "Notifications that subscribers do not want.");
const FAULTS: (&str, &str) =
    ("bongsu_sns_faults_injected", "Subscribers' copies with which something went wrong on purpose.");
const PUBLISH_SIZE: (&str, &str) = ("bongsu_sns_publish_size_bytes", "Sizes of messages, attributes included.");

/// Writes the numbers of all topics.
pub(crate) fn encode(topics: &[TopicMetrics], to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let topics: Vec<_> = topics.iter().map(|topic| (topic, topic.name.account.to_string())).collect();
    for (name, help, value) in GAUGES {
        let mut metric = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (topic, account) in &topics {
            metric.encode_family(&labels(topic, account))?.encode_gauge(&value(topic))?;
        }
    }
    for (name, help, value) in COUNTERS {
        let mut metric = to.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (topic, account) in &topics {
            counter(metric.encode_family(&labels(topic, account))?, value(topic))?;
        }
    }
    let mut metric = to.encode_descriptor(FILTERED_OUT_BY.0, FILTERED_OUT_BY.1, None, MetricType::Counter)?;
    for (topic, account) in &topics {
        for (label, reason) in REASONS {
            let [name, account] = labels(topic, account);
            let count = topic.counters.filtered_out.get(&reason).copied().unwrap_or_default();
            counter(metric.encode_family(&[name, account, ("reason", label)])?, count)?;
        }
    }
    let mut metric = to.encode_descriptor(FAULTS.0, FAULTS.1, None, MetricType::Counter)?;
    for (topic, account) in &topics {
        for (kind, count) in faults(&topic.counters.faults) {
            let [name, account] = labels(topic, account);
            counter(metric.encode_family(&[name, account, ("fault", kind.name())])?, count)?;
        }
    }
    let mut metric = distribution(to, PUBLISH_SIZE)?;
    for (topic, account) in &topics {
        histogram(metric.encode_family(&labels(topic, account))?, &topic.counters.published_bytes, 1.0)?;
    }
    Ok(())
}

fn labels<'a>(topic: &'a TopicMetrics, account: &'a str) -> [(&'static str, &'a str); 2] {
    [("topic", &*topic.name.name), ("account", account)]
}
