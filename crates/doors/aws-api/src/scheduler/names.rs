//! Names and ARNs of schedules and their groups.

use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

use super::refusal::invalid;

/// The group of schedules that name none; it is always there.
pub(super) const DEFAULT_GROUP: &str = "default";
const NAME_CHARS_MAX: usize = 64;
const TOKEN_CHARS_MAX: usize = 64;
const NAME_PATTERN: &str = "^[0-9a-zA-Z-_.]+$";
const TOKEN_PATTERN: &str = "^[a-zA-Z0-9-_]+$";

/// The name of a schedule or a group, or how such names begin.
pub(super) fn check_name(constraints: &mut Constraints, path: &str, name: Option<&str>) {
    let Some(name) = name else { return };
    constraints.length(path, Some(name), 1..=NAME_CHARS_MAX);
    let is_matched = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    constraints.pattern(path, name, NAME_PATTERN, is_matched);
}

pub(super) fn check_token(constraints: &mut Constraints, token: Option<&str>) {
    let Some(token) = token else { return };
    constraints.length("clientToken", Some(token), 1..=TOKEN_CHARS_MAX);
    let is_matched = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    constraints.pattern("clientToken", token, TOKEN_PATTERN, is_matched);
}

/// A schedule by its group and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScheduleName {
    pub(super) group: String,
    pub(super) name: String,
}

impl ScheduleName {
    /// A schedule that a request names, with what else is wrong with the request.
    pub(super) fn read(name: Option<String>, group: Option<String>, constraints: &mut Constraints) -> ScheduleName {
        check_name(constraints, "name", name.as_deref());
        check_name(constraints, "groupName", group.as_deref());
        let name = constraints.required("name", name);
        ScheduleName { group: group.unwrap_or_else(|| DEFAULT_GROUP.to_owned()), name }
    }

    /// By which the broker knows it.
    pub(super) fn key(&self) -> String {
        format!("schedule/{}/{}", self.group, self.name)
    }

    /// The schedule that the broker knows so, if it is one of the scheduler's.
    pub(super) fn of_key(key: &str) -> Option<ScheduleName> {
        let (group, name) = key.strip_prefix("schedule/")?.split_once('/')?;
        Some(ScheduleName { group: group.to_owned(), name: name.to_owned() })
    }
}

impl Context<'_> {
    pub(super) fn schedule_arn(&self, schedule: &ScheduleName) -> String {
        format!("arn:aws:scheduler:{}:{}:{}", self.config.region, self.config.account, schedule.key())
    }

    pub(super) fn group_arn(&self, group: &str) -> String {
        format!("arn:aws:scheduler:{}:{}:schedule-group/{group}", self.config.region, self.config.account)
    }

    /// The name of the group that an ARN of this account and region is.
    pub(super) fn group_of_arn(&self, arn: &str) -> Result<String, ApiError> {
        let group = arn.strip_prefix(&self.group_arn("")).filter(|group| !group.is_empty() && !group.contains('/'));
        group.map(str::to_owned).ok_or_else(|| invalid(format!("{arn} is not the ARN of a schedule group here.")))
    }

    /// Refuses whoever is not of the account that has the schedules.
    pub(super) fn check_scheduler(&self, resource: &str) -> Result<(), ApiError> {
        if self.caller.account() == self.config.account.to_string() {
            return Ok(());
        }
        let operation = self.seen.operation.get().copied().unwrap_or_default();
        let arn = format!("arn:aws:scheduler:{}:{}:{resource}", self.config.region, self.config.account);
        let text = format!(
            "User: {} is not authorized to perform: scheduler:{operation} on resource: {arn}",
            self.caller.arn()
        );
        Err(ApiError::new(crate::error::ErrorKind::AccessDeniedException, text))
    }
}
