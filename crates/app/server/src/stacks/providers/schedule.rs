//! `AWS::Events::Rule` with a schedule, and `AWS::Scheduler::Schedule`.

use bongsu_broker::{
    Destination, QueueName, SCHEDULE_AGE, SCHEDULE_RETRIES, ScheduleDefinition, ScheduleTarget, Seconds, Timestamp,
    TopicName,
};
use bongsu_schedule::parse_time;
use bongsu_template::{ScheduleResource, Target};

use super::{Cx, Provider, destination, function_ref, told};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

impl Provider for ScheduleResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
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
    let targets = schedule.targets.iter().map(|target| target_of(target, cx)).collect::<Result<_, _>>()?;
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
        targets,
        window: Seconds(schedule.window_minutes.unwrap_or(0) * 60),
    })
}

fn target_of(target: &bongsu_template::ScheduleTarget, cx: &Cx<'_>) -> Result<ScheduleTarget, String> {
    let account = cx.world.account;
    let dead_letters = match target.dead_letter.as_deref().map(destination).transpose()? {
        None => None,
        Some(Destination::Queue(name)) => Some(name),
        Some(_) => return Err("DeadLetterConfig names no queue".to_owned()),
    };
    Ok(ScheduleTarget {
        destination: match &target.target {
            Target::Queue(name) => QueueName { account, name: name.as_str().into() }.into(),
            Target::Topic(name) => TopicName { account, name: name.as_str().into() }.into(),
            Target::Function(function) => function_ref(function).into(),
        },
        input: target.input.as_deref().map(Into::into),
        group: target.message_group.as_deref().map(Into::into),
        retries_max: target.retry_attempts_max.unwrap_or(SCHEDULE_RETRIES),
        age_max: target.event_age_max_seconds.map_or(SCHEDULE_AGE, Seconds),
        dead_letters,
    })
}
