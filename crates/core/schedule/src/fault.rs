//! Why a text is no schedule.

/// Why a text is no schedule, or no time zone. EventBridge itself says only `Parameter ScheduleExpression is not valid.`
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSchedule(Box<str>);

impl InvalidSchedule {
    pub(crate) fn new(reason: impl Into<Box<str>>) -> InvalidSchedule {
        InvalidSchedule(reason.into())
    }
}
