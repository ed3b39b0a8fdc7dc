//! What is said of a schedule when it is made and when it is changed, which is the same, and what is told of it.

use bongsu_broker::{EntryChanges, ScheduleDefinition, ScheduleDescription, Seconds, Timestamp};
use bongsu_runtime::Refusal;
use bongsu_schedule::{Schedule, Zone};
use serde::{Deserialize, Serialize};

use super::dates;
use super::kept::{KeptSchedule, decode, encode};
use super::names::{ScheduleName, check_token};
use super::refusal::{conflict, invalid, not_found, refused};
use super::tags::check;
use super::target::TargetInput;
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

const DESCRIPTION_CHARS_MAX: usize = 512;
const KMS_KEY_CHARS_MAX: usize = 2048;
const EXPRESSION_CHARS_MAX: usize = 256;
const ZONE_CHARS_MAX: usize = 50;
const WINDOW_MINUTES: std::ops::RangeInclusive<i64> = 1..=1440;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    name: Option<String>,
    group_name: Option<String>,
    schedule_expression: Option<String>,
    start_date: Option<f64>,
    end_date: Option<f64>,
    description: Option<String>,
    schedule_expression_timezone: Option<String>,
    state: Option<String>,
    kms_key_arn: Option<String>,
    target: Option<TargetInput>,
    flexible_time_window: Option<WindowInput>,
    client_token: Option<String>,
    action_after_completion: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct WindowInput {
    mode: Option<String>,
    maximum_window_in_minutes: Option<Integer>,
}

/// The answer to both requests.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    pub(super) schedule_arn: String,
}

/// A schedule as a request wants it.
pub(super) struct Wanted {
    pub(super) name: ScheduleName,
    pub(super) definition: ScheduleDefinition,
    /// With no dates yet.
    pub(super) kept: KeptSchedule,
}

impl Input {
    pub(super) fn read(mut self, cx: &Context<'_>) -> Result<Wanted, ApiError> {
        let mut constraints = Constraints::default();
        let name = ScheduleName::read(self.name.take(), self.group_name.take(), &mut constraints);
        self.check(&mut constraints);
        check(constraints)?;
        cx.check_scheduler(&name.key())?;
        let window = window(self.flexible_time_window.unwrap_or_default())?;
        let zone = self.schedule_expression_timezone.unwrap_or_else(|| "UTC".to_owned());
        let expression = self.schedule_expression.unwrap_or_default();
        check_expression(&expression, &zone)?;
        let date = |name, seconds: Option<f64>| seconds.map(|seconds| date(name, seconds)).transpose();
        let (start, end) = (date("StartDate", self.start_date)?, date("EndDate", self.end_date)?);
        if let (Some(start), Some(end)) = (start, end)
            && start >= end
        {
            return Err(invalid("The StartDate has to be before the EndDate."));
        }
        let (role, target) = self.target.unwrap_or_default().read(cx)?;
        let definition = ScheduleDefinition {
            name: name.key().into(),
            arn: cx.schedule_arn(&name).into(),
            source: "aws.scheduler".into(),
            expression: expression.into(),
            zone: zone.into(),
            enabled: self.state.as_deref() != Some("DISABLED"),
            start,
            end,
            deletes_itself: self.action_after_completion.as_deref() == Some("DELETE"),
            targets: vec![target],
            window,
        };
        let kept = KeptSchedule {
            description: self.description,
            role,
            kms_key: self.kms_key_arn,
            token: self.client_token,
            ..KeptSchedule::default()
        };
        Ok(Wanted { name, definition, kept })
    }

    fn check(&self, constraints: &mut Constraints) {
        let required = |constraints: &mut Constraints, path: &str, is_missing: bool| {
            if is_missing {
                constraints.missing(path);
            }
        };
        required(constraints, "scheduleExpression", self.schedule_expression.is_none());
        constraints.length("scheduleExpression", self.schedule_expression.as_deref(), 1..=EXPRESSION_CHARS_MAX);
        let zone = self.schedule_expression_timezone.as_deref();
        constraints.length("scheduleExpressionTimezone", zone, 1..=ZONE_CHARS_MAX);
        constraints.length("description", self.description.as_deref(), 0..=DESCRIPTION_CHARS_MAX);
        constraints.length("kmsKeyArn", self.kms_key_arn.as_deref(), 1..=KMS_KEY_CHARS_MAX);
        constraints.choice("state", self.state.as_deref(), &["ENABLED", "DISABLED"]);
        constraints.choice("actionAfterCompletion", self.action_after_completion.as_deref(), &["NONE", "DELETE"]);
        check_token(constraints, self.client_token.as_deref());
        required(constraints, "target", self.target.is_none());
        if let Some(target) = &self.target {
            target.check(constraints);
        }
        required(constraints, "flexibleTimeWindow", self.flexible_time_window.is_none());
        if let Some(WindowInput { mode, maximum_window_in_minutes }) = &self.flexible_time_window {
            required(constraints, "flexibleTimeWindow.mode", mode.is_none());
            constraints.choice("flexibleTimeWindow.mode", mode.as_deref(), &["OFF", "FLEXIBLE"]);
            let path = "flexibleTimeWindow.maximumWindowInMinutes";
            constraints.number(path, *maximum_window_in_minutes, WINDOW_MINUTES);
        }
    }
}

fn window(given: WindowInput) -> Result<Seconds, ApiError> {
    match (given.mode.as_deref(), given.maximum_window_in_minutes) {
        (Some("FLEXIBLE"), Some(Integer(minutes))) => Ok(Seconds(u32::try_from(minutes * 60).unwrap_or_default())),
        (Some("FLEXIBLE"), None) => Err(invalid("MaximumWindowInMinutes is required when Mode is FLEXIBLE.")),
        (_, Some(_)) => Err(invalid("MaximumWindowInMinutes is only for the Mode FLEXIBLE.")),
        (_, None) => Ok(Seconds(0)),
    }
}

fn check_expression(expression: &str, zone: &str) -> Result<(), ApiError> {
    let zone = Zone::parse(zone).map_err(|fault| invalid(format!("Invalid Schedule Expression Timezone: {fault}.")))?;
    match Schedule::parse_in(expression, zone) {
        Ok(_) => Ok(()),
        Err(fault) => Err(invalid(format!("Invalid Schedule Expression {expression}: {fault}."))),
    }
}

fn date(name: &str, seconds: f64) -> Result<Timestamp, ApiError> {
    dates::read(seconds).ok_or_else(|| invalid(format!("{name} is no time between 1970 and 9999.")))
}

impl Wanted {
    /// Whether a schedule was made by this very request.
    pub(super) fn is_made(&self, found: &ScheduleDescription) -> Result<bool, ApiError> {
        let kept = KeptSchedule::of(found)?;
        let KeptSchedule { created_at, modified_at, .. } = kept;
        let wanted = KeptSchedule { created_at, modified_at, ..self.kept.clone() };
        Ok(self.kept.token.is_some() && kept == wanted && *found.definition == self.definition)
    }

    /// Puts it in the place of the one that was found, or of none, and into a group that is there. False if somebody came
    /// in between.
    pub(super) async fn put(&self, before: Option<&ScheduleDescription>, cx: &Context<'_>) -> Result<bool, ApiError> {
        let now = cx.config.clock.now().0;
        let created_at = before.map(KeptSchedule::of).transpose()?.map_or(now, |kept| kept.created_at);
        let kept = KeptSchedule { created_at, modified_at: now, ..self.kept.clone() };
        let path = self.definition.entry_key().path;
        let group = cx.expected_group(&self.name.group).await?;
        let entry = (path.clone(), before.and_then(|before| before.entry.clone()));
        let changes = EntryChanges {
            expected: group.into_iter().chain([entry]).collect(),
            put: vec![(path, encode(&kept))],
            ..EntryChanges::default()
        };
        match cx.broker.put_schedule_and_entries(self.definition.clone(), changes).await {
            Ok(()) => Ok(true),
            Err(Refusal::Rejected(bongsu_broker::Rejection::EntryChanged)) => Ok(false),
            Err(refusal) => Err(refused(refusal)),
        }
    }

    pub(super) fn exists(&self) -> ApiError {
        conflict(format!("Schedule {} already exists.", self.name.name))
    }
}

impl KeptSchedule {
    /// Of one that an earlier version made, only since when it is as it is.
    pub(super) fn of(found: &ScheduleDescription) -> Result<KeptSchedule, ApiError> {
        match &found.entry {
            Some(entry) => decode(entry),
            None => {
                let (created_at, modified_at) = (found.made_at.0, found.made_at.0);
                Ok(KeptSchedule { created_at, modified_at, ..KeptSchedule::default() })
            }
        }
    }
}

impl Context<'_> {
    /// The schedule, if there is one.
    pub(super) async fn known_schedule(&self, name: &ScheduleName) -> Result<Option<ScheduleDescription>, ApiError> {
        match self.broker.schedule(&name.key()).await {
            Ok(found) => Ok(Some(found)),
            Err(Refusal::Rejected(bongsu_broker::Rejection::ScheduleDoesNotExist)) => Ok(None),
            Err(refusal) => Err(refused(refusal)),
        }
    }

    pub(super) async fn described_schedule(&self, name: &ScheduleName) -> Result<ScheduleDescription, ApiError> {
        let found = self.known_schedule(name).await?;
        found.ok_or_else(|| not_found(format!("Schedule {} does not exist.", name.name)))
    }
}
