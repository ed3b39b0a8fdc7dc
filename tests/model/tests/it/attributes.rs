//! Queue attributes as the model knows them, as clients give them, and as a script writes them.

use std::collections::BTreeMap;
use std::fmt;

use bongsu_broker::{AttributesGiven, QueueAttributes, Rejection};

use crate::model::Fault;
use crate::system::{REGION, queue_name};

/// One attribute with its value, as CreateQueue and SetQueueAttributes are given it.
#[derive(Clone, Debug)]
pub(crate) enum Setting {
    Visibility(u32),
    Retention(u32),
    Delay(u32),
    Size(u32),
    ContentDeduplication(bool),
    ScopePerGroup(bool),
    ThroughputPerGroup(bool),
    /// The dead-letter queue and `maxReceiveCount`; none removes it.
    Redrive(Option<(String, u32)>),
    Allow(Allow),
}

/// Which queues may name a queue for their dead letters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Allow {
    Everybody,
    Nobody,
    Only(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attributes {
    pub(crate) visibility: u32,
    pub(crate) retention: u32,
    pub(crate) delay: u32,
    pub(crate) size: u32,
    pub(crate) content_deduplication: bool,
    pub(crate) scope_per_group: bool,
    /// The effective scope.
    pub(crate) deduplicates_per_group: bool,
    pub(crate) throughput_per_group: bool,
    pub(crate) redrive: Option<(String, u32)>,
    pub(crate) allow: Allow,
}

/// The defaults of section 3.
impl Default for Attributes {
    fn default() -> Attributes {
        Attributes {
            visibility: 30,
            retention: 345_600,
            delay: 0,
            size: 1_048_576,
            content_deduplication: false,
            scope_per_group: false,
            deduplicates_per_group: false,
            throughput_per_group: false,
            redrive: None,
            allow: Allow::Everybody,
        }
    }
}

impl Attributes {
    pub(crate) fn set(&mut self, setting: &Setting) {
        match setting.clone() {
            Setting::Visibility(seconds) => self.visibility = seconds,
            Setting::Retention(seconds) => self.retention = seconds,
            Setting::Delay(seconds) => self.delay = seconds,
            Setting::Size(bytes) => self.size = bytes,
            Setting::ContentDeduplication(is) => self.content_deduplication = is,
            Setting::ScopePerGroup(is) => self.scope_per_group = is,
            Setting::ThroughputPerGroup(is) => self.throughput_per_group = is,
            Setting::Redrive(redrive) => self.redrive = redrive,
            Setting::Allow(allow) => self.allow = allow,
        }
    }

    pub(crate) fn has(&self, setting: &Setting) -> bool {
        let mut changed = self.clone();
        changed.set(setting);
        changed == *self
    }

    pub(crate) fn allows(&self, source: &str) -> bool {
        match &self.allow {
            Allow::Everybody => true,
            Allow::Nobody => false,
            Allow::Only(allowed) => allowed == source,
        }
    }

    /// What is wrong with these attributes for a queue of that name, given these settings.
    pub(crate) fn faults(&self, name: &str, given: &[Setting]) -> Vec<Fault> {
        let mut faults = Vec::new();
        for setting in given.iter().filter(|_| !is_fifo(name)) {
            // "Standard queue given ContentBasedDeduplication → InvalidAttributeName; given DeduplicationScope or
            // FifoThroughputLimit → You can specify it only when FifoQueue is set to true."
            match setting {
                Setting::ContentDeduplication(_) => faults.push("AttributeUnknown"),
                Setting::ScopePerGroup(_) | Setting::ThroughputPerGroup(_) => faults.push("AttributeForFifoOnly"),
                _ => {}
            }
        }
        // "FifoThroughputLimit=perMessageGroupId demands DeduplicationScope=messageGroup."
        if self.throughput_per_group && !self.scope_per_group {
            faults.push("AttributeInvalid");
        }
        faults
    }

    /// Panics unless the broker has the same.
    pub(crate) fn are(&self, told: &QueueAttributes) {
        let redrive = told.redrive.as_ref().map(|redrive| (redrive.target.name.to_string(), redrive.receive_count_max));
        assert_eq!(redrive, self.redrive, "the redrive policy");
        let numbers = (told.visibility_timeout.0, told.retention.0, told.delay.0, told.message_bytes_max);
        assert_eq!(numbers, (self.visibility, self.retention, self.delay, self.size), "attributes");
        let flags = (told.content_based_deduplication, told.deduplication_scope_per_group, told.throughput_per_group);
        assert_eq!(flags, (self.content_deduplication, self.scope_per_group, self.throughput_per_group), "attributes");
    }
}

/// "FIFO: mandatory suffix `.fifo`."
pub(crate) fn is_fifo(name: &str) -> bool {
    name.ends_with(".fifo")
}

/// As a door hands them to the broker.
pub(crate) fn given(name: &str, settings: &[Setting], creates: bool) -> Result<AttributesGiven, Rejection> {
    let mut given: BTreeMap<String, String> = settings.iter().map(Setting::name_and_value).collect();
    if creates && is_fifo(name) {
        given.insert("FifoQueue".into(), "true".into());
    }
    let name = queue_name(name);
    if creates {
        AttributesGiven::parse(&given, &name, REGION)
    } else {
        AttributesGiven::parse_change(&given, &name, REGION)
    }
}

impl Setting {
    fn name_and_value(&self) -> (String, String) {
        let (name, value) = match self {
            Setting::Visibility(seconds) => ("VisibilityTimeout", seconds.to_string()),
            Setting::Retention(seconds) => ("MessageRetentionPeriod", seconds.to_string()),
            Setting::Delay(seconds) => ("DelaySeconds", seconds.to_string()),
            Setting::Size(bytes) => ("MaximumMessageSize", bytes.to_string()),
            Setting::ContentDeduplication(is) => ("ContentBasedDeduplication", is.to_string()),
            Setting::ScopePerGroup(is) => ("DeduplicationScope", if *is { "messageGroup" } else { "queue" }.into()),
            Setting::ThroughputPerGroup(is) => {
                ("FifoThroughputLimit", if *is { "perMessageGroupId" } else { "perQueue" }.into())
            }
            Setting::Redrive(None) => ("RedrivePolicy", String::new()),
            Setting::Redrive(Some((target, count))) => {
                let arn = queue_name(target).arn(REGION);
                ("RedrivePolicy", format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{count}}}"#))
            }
            Setting::Allow(Allow::Everybody) => ("RedriveAllowPolicy", String::new()),
            Setting::Allow(Allow::Nobody) => ("RedriveAllowPolicy", r#"{"redrivePermission":"denyAll"}"#.into()),
            Setting::Allow(Allow::Only(source)) => {
                let arn = queue_name(source).arn(REGION);
                ("RedriveAllowPolicy", format!(r#"{{"redrivePermission":"byQueue","sourceQueueArns":["{arn}"]}}"#))
            }
        };
        (name.into(), value)
    }
}

/// In the words of the core's scenarios, where these have one.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setting::Visibility(seconds) => write!(f, "visibility={seconds}"),
            Setting::Retention(seconds) => write!(f, "retention={seconds}"),
            Setting::Delay(seconds) => write!(f, "delay={seconds}"),
            Setting::Size(bytes) => write!(f, "size={bytes}"),
            Setting::ContentDeduplication(true) => f.write_str("content-deduplication"),
            Setting::ContentDeduplication(false) => f.write_str("no-content-deduplication"),
            Setting::ScopePerGroup(true) => f.write_str("per-group"),
            Setting::ScopePerGroup(false) => f.write_str("per-queue"),
            Setting::ThroughputPerGroup(is) => write!(f, "throughput-per-group={is}"),
            Setting::Redrive(Some((target, count))) => write!(f, "dead-letters={target} after={count}"),
            Setting::Redrive(None) => f.write_str("dead-letters=none"),
            Setting::Allow(Allow::Everybody) => f.write_str("allow=all"),
            Setting::Allow(Allow::Nobody) => f.write_str("allow=none"),
            Setting::Allow(Allow::Only(source)) => write!(f, "allow={source}"),
        }
    }
}
