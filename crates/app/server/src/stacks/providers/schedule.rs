//! `AWS::Events::Rule` with a schedule, and `AWS::Scheduler::Schedule`.

use bongsu_broker::{
    Destination, MachineRef, QueueName, SCHEDULE_AGE, SCHEDULE_RETRIES, ScheduleDefinition, ScheduleDestination,
    ScheduleTarget, Seconds, TopicName,
};
use bongsu_schedule::parse_time;
use bongsu_template::{ScheduleResource, Scheduled, SchedulerDetails, Target};
use serde_json::{Value, json};

use super::{Cx, Provider, asked, asked_away, destination, function_ref, told};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

impl Provider for ScheduleResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        match &self.scheduler {
            Some(details) => members(self, details).map(drop)?,
            None => rule(self, cx).map(drop)?,
        }
        Ok(())
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        match &self.scheduler {
            Some(details) => Ok(cx.world.lambda.ask_scheduler("GetSchedule", named(self, details)).await.is_ok()),
            None => {
                let name = rule_name(self);
                Ok(told(cx.world.broker.schedules().await)?.iter().any(|rule| *rule.definition.name == *name))
            }
        }
    }

    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        match &self.scheduler {
            Some(details) => {
                let operation = if self.exists(cx).await? { "UpdateSchedule" } else { "CreateSchedule" };
                asked(cx.world.lambda.ask_scheduler(operation, members(self, details)?).await)?;
            }
            None => told(cx.world.broker.put_schedule(rule(self, cx)?).await)?,
        }
        Ok(if before.is_some() { Outcome::Changed } else { Outcome::Made }.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        match &self.scheduler {
            Some(details) => asked_away(cx.world.lambda.ask_scheduler("DeleteSchedule", named(self, details)).await),
            None => told(cx.world.broker.delete_schedule(&rule_name(self)).await),
        }
    }
}

fn named(schedule: &ScheduleResource, details: &SchedulerDetails) -> Value {
    json!({ "Name": schedule.name, "GroupName": details.group })
}

/// As `CreateSchedule` takes it. What CloudFormation made is CloudFormation's to take away: it never does so itself.
fn members(schedule: &ScheduleResource, details: &SchedulerDetails) -> Result<Value, String> {
    let date = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => parse_time(text).map(|at| Some(at as f64 / 1000.0)).map_err(|invalid| invalid.to_string()),
    };
    let target = schedule.targets.first().ok_or("a schedule has one target")?;
    let window = match schedule.window_minutes {
        Some(minutes) => json!({ "Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes }),
        None => json!({ "Mode": "OFF" }),
    };
    let members = json!({
        "Name": schedule.name,
        "GroupName": details.group,
        "Description": details.description,
        "KmsKeyArn": details.kms_key,
        "ScheduleExpression": schedule.expression,
        "ScheduleExpressionTimezone": schedule.timezone,
        "StartDate": date(&schedule.start)?,
        "EndDate": date(&schedule.end)?,
        "State": if schedule.enabled { "ENABLED" } else { "DISABLED" },
        "FlexibleTimeWindow": window,
        "Target": {
            "Arn": target.arn,
            "RoleArn": target.role,
            "Input": target.input,
            "SqsParameters": target.message_group.as_ref().map(|group| json!({ "MessageGroupId": group })),
            "DeadLetterConfig": target.dead_letter.as_ref().map(|arn| json!({ "Arn": arn })),
            "RetryPolicy": {
                "MaximumRetryAttempts": target.retry_attempts_max,
                "MaximumEventAgeInSeconds": target.event_age_max_seconds,
            },
        },
    });
    Ok(given(members))
}

/// What is null is not given.
fn given(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(members.map(|(name, value)| (name, given(value))).collect())
        }
        other => other,
    }
}

/// Rules and schedules may have the same name.
fn rule_name(rule: &ScheduleResource) -> String {
    format!("rule/{}", rule.name)
}

fn rule(rule: &ScheduleResource, cx: &Cx<'_>) -> Result<ScheduleDefinition, String> {
    let name = rule_name(rule);
    let targets = rule.targets.iter().map(|target| target_of(target, cx)).collect::<Result<_, _>>()?;
    Ok(ScheduleDefinition {
        arn: format!("arn:aws:events:{}:{}:{name}", cx.world.region, cx.world.account).into(),
        name: name.into(),
        source: "aws.events".into(),
        expression: rule.expression.as_str().into(),
        zone: "UTC".into(),
        enabled: rule.enabled,
        start: None,
        end: None,
        deletes_itself: false,
        targets,
        window: Seconds(0),
    })
}

fn target_of(target: &bongsu_template::ScheduleTarget, cx: &Cx<'_>) -> Result<ScheduleTarget, String> {
    let account = cx.world.account;
    let dead_letters = match target.dead_letter.as_deref().map(destination).transpose()? {
        None => None,
        Some(Destination::Queue(name)) => Some(name),
        Some(_) => return Err("DeadLetterConfig names no queue".to_owned()),
    };
    let destination = match &target.target {
        Scheduled::Told(Target::Queue(name)) => QueueName { account, name: name.as_str().into() }.into(),
        Scheduled::Told(Target::Topic(name)) => TopicName { account, name: name.as_str().into() }.into(),
        Scheduled::Told(Target::Function(function)) => function_ref(function).into(),
        Scheduled::Machine { name, qualifier } => {
            let qualifier = qualifier.as_deref().map(Into::into);
            ScheduleDestination::Machine(MachineRef { name: name.as_str().into(), qualifier })
        }
        Scheduled::Operation => return Err("a rule calls no operations".to_owned()),
    };
    Ok(ScheduleTarget {
        destination,
        input: target.input.as_deref().map(Into::into),
        group: target.message_group.as_deref().map(Into::into),
        retries_max: target.retry_attempts_max.unwrap_or(SCHEDULE_RETRIES),
        age_max: target.event_age_max_seconds.map_or(SCHEDULE_AGE, Seconds),
        dead_letters,
    })
}
