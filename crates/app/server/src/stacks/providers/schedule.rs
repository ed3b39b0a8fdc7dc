//! `AWS::Events::Rule` with a schedule, and `AWS::Scheduler::Schedule`.

use bongsu_broker::{QueueName, ScheduleDefinition, ScheduleTarget, Timestamp, TopicName};
use bongsu_schedule::parse_time;
use bongsu_template::{ScheduleResource, Target};

use super::{Cx, Provider, function_ref, told};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

impl Provider for ScheduleResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        let has_policy = |target: &bongsu_template::ScheduleTarget| {
            target.dead_letter.is_some()
                || target.retry_attempts_max.is_some()
                || target.event_age_max_seconds.is_some()
        };
        if self.targets.iter().any(has_policy) {
            let reason = "a target's RetryPolicy and DeadLetterConfig are not supported: what the queue, topic or function \
                          refuses is logged, and what a function has taken is retried as its EventInvokeConfig says";
            return Err(reason.to_owned().into());
        }
        definition(self, cx)?;
        Ok(())
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        let name = key(self);
        Ok(told(cx.world.broker.schedules().await)?.iter().any(|schedule| *schedule.definition.name == *name))
    }

    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        told(cx.world.broker.put_schedule(definition(self, cx)?).await)?;
        Ok(if before.is_some() { Outcome::Changed } else { Outcome::Made }.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        told(cx.world.broker.delete_schedule(&key(self)).await)
    }
}

/// Rules and schedules may have the same name.
fn key(schedule: &ScheduleResource) -> String {
    format!("{}/{}", if schedule.of_scheduler { "schedule/default" } else { "rule" }, schedule.name)
}

fn definition(schedule: &ScheduleResource, cx: &Cx<'_>) -> Result<ScheduleDefinition, String> {
    let (service, source) =
        if schedule.of_scheduler { ("scheduler", "aws.scheduler") } else { ("events", "aws.events") };
    let time = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => parse_time(text).map(|at| Some(Timestamp(at))).map_err(|invalid| invalid.to_string()),
    };
    let name = key(schedule);
    let targets = schedule.targets.iter().map(|target| ScheduleTarget {
        destination: match &target.target {
            Target::Queue(name) => QueueName { account: cx.world.account, name: name.as_str().into() }.into(),
            Target::Topic(name) => TopicName { account: cx.world.account, name: name.as_str().into() }.into(),
            Target::Function(function) => function_ref(function).into(),
        },
        input: target.input.as_deref().map(Into::into),
        group: target.message_group.as_deref().map(Into::into),
    });
    Ok(ScheduleDefinition {
        arn: format!("arn:aws:{service}:{}:{}:{name}", cx.world.region, cx.world.account).into(),
        name: name.into(),
        source: source.into(),
        expression: schedule.expression.as_str().into(),
        zone: schedule.timezone.clone().unwrap_or_else(|| "UTC".to_owned()).into(),
        enabled: schedule.enabled,
        start: time(&schedule.start)?,
        end: time(&schedule.end)?,
        // What CloudFormation made is CloudFormation's to take away.
        deletes_itself: false,
        targets: targets.collect(),
    })
}
