//! `AWS::Scheduler::ScheduleGroup`.

use bongsu_template::ScheduleGroupResource;
use serde_json::{Value, json};

use super::{Cx, Provider, asked, asked_away};
use crate::queues::Outcome;
use crate::stacks::provide::Made;

impl Provider for ScheduleGroupResource {
    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        Ok(cx.world.lambda.ask_scheduler("GetScheduleGroup", json!({ "Name": self.name })).await.is_ok())
    }

    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        if !self.exists(cx).await? {
            asked(cx.world.lambda.ask_scheduler("CreateScheduleGroup", json!({ "Name": self.name })).await)?;
        }
        tag(self, cx).await?;
        Ok(if before.is_some() { Outcome::Changed } else { Outcome::Made }.into())
    }

    /// All its schedules go with it.
    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        asked_away(cx.world.lambda.ask_scheduler("DeleteScheduleGroup", json!({ "Name": self.name })).await)
    }
}

/// Gives a group its tags, and no others.
async fn tag(group: &ScheduleGroupResource, cx: &Cx<'_>) -> Result<(), String> {
    let (scheduler, ScheduleGroupResource { arn, tags, .. }) = (&cx.world.lambda, group);
    let there = scheduler.ask_scheduler("ListTagsForResource", json!({ "ResourceArn": arn })).await;
    let there = asked(there)?["Tags"].as_array().cloned().unwrap_or_default();
    let keys = there.iter().filter_map(|tag| tag["Key"].as_str());
    let gone: Vec<&str> = keys.filter(|key| !tags.contains_key(*key)).collect();
    if !gone.is_empty() {
        asked(scheduler.ask_scheduler("UntagResource", json!({ "ResourceArn": arn, "TagKeys": gone })).await)?;
    }
    if !tags.is_empty() {
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        asked(scheduler.ask_scheduler("TagResource", json!({ "ResourceArn": arn, "Tags": tags })).await)?;
    }
    Ok(())
}
