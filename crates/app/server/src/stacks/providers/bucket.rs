//! `AWS::S3::Bucket`.

use bongsu_broker::{
    BucketName, Destination, EventOrigin, EventPattern, NotificationRule, ObjectRejection, QueueName, Rejection, Tags,
    Text, TopicName,
};
use bongsu_runtime::Refusal;
use bongsu_template::{BucketNotification, BucketResource, Target};

use super::{Cx, Provider, function_ref, told};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

impl Provider for BucketResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        name(self)?;
        Ok(rules(self, cx).map(drop)?)
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        match cx.world.broker.describe_bucket(name(self)?).await {
            Err(refusal) if is_missing(&refusal) => Ok(false),
            described => told(described).map(|_| true),
        }
    }

    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let (broker, bucket) = (&cx.world.broker, name(self)?);
        let tags: Tags = self.tags.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect();
        if !self.exists(cx).await? {
            told(broker.create_bucket(bucket.clone(), cx.world.account, tags).await)?;
        } else if told(broker.describe_bucket(bucket.clone()).await)?.owner != cx.world.account {
            return Err(format!("the bucket {} is another account's", self.name));
        } else {
            told(broker.set_bucket_tags(bucket.clone(), tags).await)?;
        }
        // Rules that nobody asked for here are somebody else's.
        if !self.notifications.is_empty() || before.is_some_and(|before| !before.notifications.is_empty()) {
            let origin = EventOrigin {
                region: Text::from(cx.world.region.as_str()),
                request_id: Text::from(""),
                host_id: Text::from(""),
                principal_id: Text::from(""),
                source_ip: Text::from("127.0.0.1"),
            };
            told(broker.set_notification_rules(bucket, rules(self, cx)?, true, origin).await)?;
        }
        Ok(Outcome::Made.into())
    }

    /// A bucket with objects in it stays, and that is told.
    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        match cx.world.broker.delete_bucket(name(self)?).await {
            Err(refusal) if is_missing(&refusal) => Ok(()),
            deleted => told(deleted),
        }
    }
}

fn name(bucket: &BucketResource) -> Result<BucketName, String> {
    BucketName::parse(&bucket.name).ok_or_else(|| format!("{} is not a bucket's name", bucket.name))
}

fn is_missing(refusal: &Refusal) -> bool {
    let missing = ObjectRejection::BucketDoesNotExist;
    matches!(refusal, Refusal::Rejected(Rejection::Object(rejection)) if *rejection == missing)
}

fn rules(bucket: &BucketResource, cx: &Cx<'_>) -> Result<Vec<NotificationRule>, String> {
    let account = cx.world.account;
    let rule = |(number, notification): (usize, &BucketNotification)| {
        let event = &notification.event;
        let pattern = EventPattern::parse(event).ok_or_else(|| format!("the event {event} does not happen here"))?;
        Ok(NotificationRule {
            id: format!("{}-{number}", cx.resource.logical_id).into(),
            events: vec![pattern],
            prefix: notification.prefix.as_deref().unwrap_or_default().into(),
            suffix: notification.suffix.as_deref().unwrap_or_default().into(),
            target: match &notification.target {
                Target::Function(function) => Destination::Function(function_ref(function)),
                Target::Queue(name) => Destination::Queue(QueueName { account, name: name.as_str().into() }),
                Target::Topic(name) => Destination::Topic(TopicName { account, name: name.as_str().into() }),
            },
        })
    };
    bucket.notifications.iter().enumerate().map(rule).collect()
}
