//! `AWS::S3::Bucket` → a bucket, and who hears of its objects.

use std::collections::BTreeMap;

use crate::names;
use crate::queue;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Naming, Read, Reading, ResourceType};
use crate::{Inputs, Target};

pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::S3::Bucket",
    identity,
    read: Read::Properties(|reading| Some(Definition::Bucket(read(reading)))),
    metadata: &[],
    told: &[
        ("AccessControl", "access lists are not evaluated"),
        ("BucketEncryption", "objects are kept as they are"),
        ("LifecycleConfiguration", "objects stay until they are deleted"),
        ("OwnershipControls", "access lists are not evaluated"),
        ("PublicAccessBlockConfiguration", "nothing is public"),
        ("VersioningConfiguration", "objects have one version: what is overwritten or deleted is gone"),
    ],
    replaced_by: &["BucketName"],
};

/// The properties of `NotificationConfiguration`, and what each calls its target.
const NOTIFICATIONS: [(&str, &str); 3] =
    [("LambdaConfigurations", "Function"), ("QueueConfigurations", "Queue"), ("TopicConfigurations", "Topic")];

/// A bucket to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketResource {
    /// The bucket's name.
    pub name: String,
    /// Who hears of what happens to its objects.
    pub notifications: Vec<BucketNotification>,
    /// The tags of the bucket.
    pub tags: BTreeMap<String, String>,
}

/// One entry of a bucket's notification configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketNotification {
    /// What is told: `s3:ObjectCreated:*`.
    pub event: String,
    /// Only of keys that begin with this.
    pub prefix: Option<String>,
    /// Only of keys that end with this.
    pub suffix: Option<String>,
    /// Who hears of it.
    pub target: Target,
}

fn identity(naming: &mut Naming<'_, '_>) -> Identity {
    let (inputs, given) = (naming.inputs, naming.text("BucketName"));
    let name = given.unwrap_or_else(|| {
        names::generated(inputs, naming.logical_id, "", names::BUCKET_NAME_MAX).to_ascii_lowercase()
    });
    let region = &inputs.region;
    let attributes = vec![
        ("Arn", format!("arn:aws:s3:::{name}")),
        ("DomainName", format!("{name}.s3.amazonaws.com")),
        ("DualStackDomainName", format!("{name}.s3.dualstack.{region}.amazonaws.com")),
        ("RegionalDomainName", format!("{name}.s3.{region}.amazonaws.com")),
    ];
    Identity::named(name, attributes)
}

fn read(Reading { identity, inputs, mut reader, .. }: Reading<'_, '_>) -> BucketResource {
    reader.text("BucketName");
    if !names::is_bucket_name(&identity.name) {
        reader.fault(
            reader.line_of("BucketName"),
            "BucketName must be 3 to 63 lower-case letters, digits, dots and hyphens, and begin and end with a letter \
             or digit",
        );
    }
    let notifications = notifications(&mut reader, inputs);
    let tags = queue::tags(&mut reader);
    reader.finish();
    BucketResource { name: identity.name.clone(), notifications, tags }
}

fn notifications(reader: &mut Reader<'_>, inputs: &Inputs) -> Vec<BucketNotification> {
    let mut notifications = Vec::new();
    let Some(mut configuration) = reader.map("NotificationConfiguration") else { return notifications };
    for (list, target) in NOTIFICATIONS {
        for node in configuration.list(list) {
            let Some(entry) = configuration.within(node, list) else { continue };
            notifications.extend(notification(entry, target, inputs));
        }
    }
    configuration.finish();
    notifications
}

fn notification(mut reader: Reader<'_>, property: &str, inputs: &Inputs) -> Option<BucketNotification> {
    let event = reader.required("Event");
    if let Some(event) = event.as_ref().filter(|event| !event.starts_with("s3:")) {
        reader.fault(reader.line_of("Event"), format!("Event must begin with s3:, not {event}"));
    }
    let target = reader.required(property).and_then(|arn| {
        let found = names::target(&arn, inputs).and_then(|target| match (property, &target) {
            ("Function", Target::Function(_)) | ("Queue", Target::Queue(_)) | ("Topic", Target::Topic(_)) => Ok(target),
            _ => Err(format!("{arn} is another kind of resource")),
        });
        found.map_err(|reason| reader.fault(reader.line_of(property), format!("{property}: {reason}"))).ok()
    });
    if let Some(Target::Queue(name) | Target::Topic(name)) = &target
        && name.ends_with(names::FIFO_SUFFIX)
    {
        reader.fault(reader.line_of(property), "a bucket tells standard queues and topics only");
    }
    let (mut prefix, mut suffix) = (None, None);
    if let Some(mut filter) = reader.map("Filter") {
        filter.require("S3Key");
        if let Some(mut key) = filter.map("S3Key") {
            for node in key.list("Rules") {
                let Some(mut rule) = key.within(node, "a rule") else { continue };
                rule.require("Name");
                rule.require("Value");
                let name = rule.one_of("Name", &["prefix", "Prefix", "suffix", "Suffix"]);
                let value = rule.string("Value");
                rule.finish();
                match name.as_deref() {
                    Some("prefix" | "Prefix") => prefix = value,
                    Some(_) => suffix = value,
                    None => {}
                }
            }
            key.finish();
        }
        filter.finish();
    }
    reader.finish();
    Some(BucketNotification { event: event?, prefix, suffix, target: target? })
}
