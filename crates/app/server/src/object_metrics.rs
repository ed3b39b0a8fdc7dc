//! What the object store counts, in the words of CloudWatch where it has any.

use std::fmt;

use bongsu_runtime::ObjectMetrics;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;

use crate::metrics::counter;

/// A number as it is now.
type Gauge = fn(&ObjectMetrics) -> f64;
/// How often something happened.
type Counter = fn(&ObjectMetrics) -> u64;

/// One row a gauge: its name, what it tells, its value.
const GAUGES: [(&str, &str, Gauge); 4] = [
    ("bongsu_s3_buckets", "Buckets that there are.", |objects| objects.statistics.buckets as f64),
    ("bongsu_s3_number_of_objects", "Objects in all buckets.", |objects| objects.statistics.objects as f64),
    ("bongsu_s3_bucket_size_bytes", "Contents of all objects.", |objects| objects.statistics.bytes as f64),
    ("bongsu_s3_unfinished_uploads", "Uploads in parts that have not ended.", |objects| {
        objects.statistics.uploads as f64
    }),
];

/// One row a counter, likewise.
const COUNTERS: [(&str, &str, Counter); 2] = [
    ("bongsu_s3_notifications", "Changes that a queue, topic or function was told of.", |objects| objects.told),
    ("bongsu_s3_notifications_failed", "Changes whose target is gone or does not take it.", |objects| {
        objects.told_in_vain
    }),
];

pub(crate) fn encode(objects: &ObjectMetrics, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
    for (name, help, value) in GAUGES {
        to.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value(objects))?;
    }
    for (name, help, value) in COUNTERS {
        counter(to.encode_descriptor(name, help, None, MetricType::Counter)?, value(objects))?;
    }
    Ok(())
}
