//! What each queue attribute does.

/// An attribute's name, and what is to be said of it.
pub(crate) const ATTRIBUTES: &[(&str, &str)] = &[
    ("DelaySeconds", "as AWS"),
    ("MaximumMessageSize", "as AWS"),
    ("MessageRetentionPeriod", "as AWS"),
    ("ReceiveMessageWaitTimeSeconds", "as AWS"),
    ("VisibilityTimeout", "as AWS"),
    ("KmsDataKeyReusePeriodSeconds", "kept, and told while there is a KMS key; nothing is encrypted"),
    ("FifoQueue", "as AWS"),
    ("ContentBasedDeduplication", "as AWS"),
    ("DeduplicationScope", "as AWS: what is set later is told and without effect"),
    ("FifoThroughputLimit", "kept and told; nothing is throttled"),
    ("RedrivePolicy", "as AWS"),
    ("RedriveAllowPolicy", "as AWS"),
    ("Policy", "as AWS: evaluated at every request"),
    ("KmsMasterKeyId", "kept and told; nothing is encrypted"),
    ("SqsManagedSseEnabled", "kept and told; nothing is encrypted"),
    ("QueueArn", "as AWS"),
    ("CreatedTimestamp", "as AWS"),
    ("LastModifiedTimestamp", "as AWS"),
    ("ApproximateNumberOfMessages", "exact"),
    ("ApproximateNumberOfMessagesNotVisible", "exact"),
    ("ApproximateNumberOfMessagesDelayed", "exact"),
];
