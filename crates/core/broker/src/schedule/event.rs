//! The event that a schedule sends to targets that were given nothing else.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html>

use super::ScheduleDefinition;
use crate::{MessageId, Timestamp};

/// For the time that the schedule meant, which may be earlier than now.
pub(crate) fn event(schedule: &ScheduleDefinition, at: Timestamp, id: u128) -> String {
    let mut parts = schedule.arn.split(':').skip(3);
    let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let detail = if &*schedule.source == "aws.scheduler" { r#""{}""# } else { "{}" };
    format!(
        r#"{{"version":"0","id":"{}","detail-type":"Scheduled Event","source":"{}","account":"{account}","time":"{}","region":"{region}","resources":[{}],"detail":{detail}}}"#,
        uuid(MessageId(id)),
        schedule.source,
        bongsu_schedule::time_text(at.0),
        serde_json::Value::from(&*schedule.arn),
    )
}

pub(crate) fn uuid(MessageId(id): MessageId) -> String {
    let hex = format!("{id:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_says_which_schedule_it_comes_from_and_for_when() {
        let schedule = ScheduleDefinition {
            name: "rule/tick".into(),
            arn: "arn:aws:events:eu-west-1:000000000000:rule/tick".into(),
            source: "aws.events".into(),
            expression: "rate(1 minute)".into(),
            zone: "UTC".into(),
            enabled: true,
            start: None,
            end: None,
            deletes_itself: false,
            targets: Vec::new(),
            window: crate::Seconds(0),
        };
        let expected = r#"{"version":"0","id":"00000000-0000-0000-0000-000000000007","detail-type":"Scheduled Event","source":"aws.events","account":"000000000000","time":"2026-01-01T00:00:00Z","region":"eu-west-1","resources":["arn:aws:events:eu-west-1:000000000000:rule/tick"],"detail":{}}"#;
        assert_eq!(event(&schedule, Timestamp(1_767_225_600_000), 7), expected);
    }
}
