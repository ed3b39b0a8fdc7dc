//! Telling of changes: in the same decision as the change, so that both are durable or neither is.

use bongsu_policy::{Policy, Principal, Request, Verdict};
use bytes::Bytes;
use md5::{Digest, Md5};

use crate::decide::telling;
use crate::object::{Bucket, TOLD_SUBJECT, change_text, test_text};
use crate::{
    Account, Broker, BucketDefinition, BucketName, Decision, Destination, ETag, Entropy, EventOrigin, Fact,
    InvocationRecord, NOTIFICATION_RULES_MAX, NotificationRule, ObjectEvent, ObjectKey, ObjectRejection, Outgoing,
    Publication, QueueName, QueuedInvocation, Rejection, Reply, SendOrigin, Text, Told, TopicName,
};

/// Who sends: a name of ours where AWS has one of its own.
const SENDER: &str = "AIDABONGSUS3BUCKETS00";

/// What happened to an object.
pub(super) struct Change<'a> {
    pub(super) event: ObjectEvent,
    pub(super) key: &'a ObjectKey,
    /// Size and ETag, unless it is gone.
    pub(super) content: Option<(u64, ETag)>,
}

impl Broker {
    /// The facts by which somebody learns of a change. Rules do not overlap, so it is one at most; who cannot be told is
    /// no reason to refuse the change.
    pub(super) fn tell(
        &self,
        bucket: &Bucket,
        change: Change<'_>,
        version: u64,
        origin: &EventOrigin,
        entropy: &mut Entropy,
    ) -> (Told, Vec<Fact>) {
        let definition = bucket.definition();
        let Some(rule) = definition.rules.iter().find(|rule| rule.is_about(change.event, change.key)) else {
            return (Told::Nobody, Vec::new());
        };
        let Change { event, key, content } = change;
        let text = change_text(definition, &rule.id, event, key, content, version, self.now(), origin);
        let told = self.tell_target(definition, &rule.target, text, &origin.region, entropy);
        (if told.failed == 0 { Told::Somebody } else { Told::InVain }, told.facts)
    }

    /// Through the decisions that all others send and publish by.
    fn tell_target(
        &self,
        bucket: &BucketDefinition,
        target: &Destination,
        text: String,
        region: &str,
        entropy: &mut Entropy,
    ) -> telling::Told {
        if self.check_target(bucket, target, region).is_err() {
            return telling::Told::in_vain();
        }
        let record = match target {
            Destination::Queue(_) => InvocationRecord::Message(message(text)),
            Destination::Topic(_) => InvocationRecord::Publication(publication(text)),
            Destination::Function(_) => InvocationRecord::Event(QueuedInvocation {
                qualifier: None,
                request_id: entropy.next_uuid(),
                payload: Text::from(text),
                trace_header: None,
            }),
        };
        self.tell_all(vec![(target.clone(), record)], region, entropy)
    }

    pub(super) fn decide_set_notification_rules(
        &self,
        name: &BucketName,
        rules: Vec<NotificationRule>,
        validate: bool,
        region: &str,
    ) -> Result<Decision, Rejection> {
        let (_, bucket) = self.bucket(name)?;
        if rules.len() > NOTIFICATION_RULES_MAX {
            return Err(ObjectRejection::TooManyRules.into());
        }
        for (index, rule) in rules.iter().enumerate() {
            let others = &rules[..index];
            if others.iter().any(|other| other.id == rule.id) {
                return Err(ObjectRejection::RuleIdTaken { id: rule.id.clone() }.into());
            }
            if others.iter().any(|other| other.overlaps(rule)) {
                return Err(ObjectRejection::RulesOverlap.into());
            }
            check_kind(&rule.target).map_err(|reason| invalid(&rule.id, reason))?;
            if validate {
                let checked = self.check_target(bucket.definition(), &rule.target, region);
                checked.map_err(|reason| invalid(&rule.id, reason))?;
            }
        }
        self.redefine(name, |definition| definition.rules = rules)
    }

    pub(super) fn decide_send_test_event(
        &self,
        name: &BucketName,
        target: &Destination,
        origin: &EventOrigin,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let (_, bucket) = self.bucket(name)?;
        let text = test_text(bucket.definition(), self.now(), origin);
        let told = self.tell_target(bucket.definition(), target, text, &origin.region, entropy);
        Ok(Decision { facts: told.facts, reply: Reply::Told { failed: told.failed }, effects: Vec::new() })
    }

    /// Whether a target is there and takes what the bucket sends, as AWS checks it too.
    fn check_target(&self, bucket: &BucketDefinition, target: &Destination, region: &str) -> Result<(), &'static str> {
        check_kind(target)?;
        let is_open = match target {
            Destination::Queue(name) => {
                let queue = self.queue(name).map_err(|_| "The queue does not exist.")?;
                admits(
                    queue.attributes().policy.as_ref(),
                    "sqs:SendMessage",
                    &Target::queue(name, region),
                    bucket,
                    self,
                )
            }
            Destination::Topic(name) => {
                let topic = self.topic(name).map_err(|_| "The topic does not exist.")?;
                let policy = topic.definition().attributes.policy.as_ref();
                admits(policy, "SNS:Publish", &Target::topic(name, region), bucket, self)
            }
            Destination::Function(function) => {
                self.resolve(function, 0).map_err(|_| "The function does not exist.")?;
                true
            }
        };
        if is_open { Ok(()) } else { Err("Its policy does not let the bucket send.") }
    }
}

/// What can be told from the target's name.
fn check_kind(target: &Destination) -> Result<(), &'static str> {
    match target {
        Destination::Queue(name) if name.is_fifo() => Err("A FIFO queue cannot be told of changes."),
        Destination::Topic(name) if name.is_fifo() => Err("A FIFO topic cannot be told of changes."),
        Destination::Queue(_) | Destination::Topic(_) | Destination::Function(_) => Ok(()),
    }
}

fn invalid(id: &str, reason: &str) -> Rejection {
    ObjectRejection::RuleTargetInvalid { id: id.into(), reason: Text::from(reason) }.into()
}

/// What a policy stands at.
struct Target {
    arn: String,
    account: Account,
}

impl Target {
    fn queue(name: &QueueName, region: &str) -> Target {
        Target { arn: name.arn(region), account: name.account }
    }

    fn topic(name: &TopicName, region: &str) -> Target {
        Target { arn: name.arn(region), account: name.account }
    }
}

/// What belongs to the bucket's account takes it unless a policy denies it; anything else only if one allows it.
fn admits(policy: Option<&Policy>, action: &str, target: &Target, bucket: &BucketDefinition, broker: &Broker) -> bool {
    let is_own = target.account == bucket.owner;
    let Some(policy) = policy else { return is_own };
    let verdict = policy.evaluate(&Request {
        principal: &Principal::Service { name: "s3.amazonaws.com".into() },
        action,
        resource: &target.arn,
        source_arn: Some(&bucket.name.arn()),
        source_account: Some(&bucket.owner.to_string()),
        now_ms: broker.now().0,
        secure_transport: true,
        source_ip: None,
    });
    match verdict {
        Verdict::Allow => true,
        Verdict::Deny => false,
        Verdict::Silent => is_own,
    }
}

fn message(text: String) -> Outgoing {
    Outgoing {
        body_md5: Md5::digest(text.as_bytes()).into(),
        body: Text::from(text),
        attributes: Bytes::new(),
        attributes_size: 0,
        delay: None,
        group: None,
        deduplication_id: None,
        sender: Text::from(SENDER),
        trace_header: None,
        origin: SendOrigin::Api,
    }
}

fn publication(text: String) -> Publication {
    Publication {
        message_bytes: text.len(),
        body: Text::from(text),
        bodies: Vec::new(),
        subject: Some(Text::from(TOLD_SUBJECT)),
        attributes: Bytes::new(),
        attributes_size: 0,
        attributes_count: 0,
        facets: Vec::new(),
        group: None,
        deduplication_id: None,
        trace_header: None,
    }
}
