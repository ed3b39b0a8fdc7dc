//! What a schedule sends: its input with the placeholders filled in, or AWS's event.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>

use super::attempt::Row;
use super::event::{event, uuid};
use crate::{MessageId, Text};

const PLACEHOLDERS: &str = "<aws.scheduler.";

/// For the attempt that is next.
pub(crate) fn text(row: &Row) -> Text {
    match &row.target().input {
        Some(input) if row.definition.is_of_scheduler() && input.contains(PLACEHOLDERS) => {
            Text::from(filled(input, row))
        }
        Some(input) => Text::from(&**input),
        None => Text::from(event(&row.definition, row.at, row.id)),
    }
}

/// What is no placeholder stays as it is.
fn filled(input: &str, row: &Row) -> String {
    let values = [
        ("<aws.scheduler.schedule-arn>", row.definition.arn.to_string()),
        ("<aws.scheduler.scheduled-time>", bongsu_schedule::time_text(row.at.0)),
        ("<aws.scheduler.execution-id>", uuid(MessageId(row.id))),
        ("<aws.scheduler.attempt-number>", (u64::from(row.pending.failed_attempts) + 1).to_string()),
    ];
    values.iter().fold(input.to_owned(), |text, (name, value)| text.replace(name, value))
}

#[cfg(test)]
mod tests {
    use super::super::dead_letter::tests::row;
    use super::*;

    #[test]
    fn placeholders_are_filled_in() {
        let mut row = row("aws.scheduler", "arn:aws:scheduler:eu-west-1:000000000042:schedule/default/s");
        row.with_input(
            "<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time> <aws.scheduler.attempt-number> <x>",
        );
        assert_eq!(
            &*text(&row),
            "arn:aws:scheduler:eu-west-1:000000000042:schedule/default/s 1970-01-01T00:00:01Z 3 <x>"
        );
        row.with_input(r#"{"id":"<aws.scheduler.execution-id>","<aws.scheduler.other>":0}"#);
        assert_eq!(&*text(&row), r#"{"id":"00000000-0000-0000-0000-000000000007","<aws.scheduler.other>":0}"#);
    }

    #[test]
    fn rules_have_none() {
        let mut row = row("aws.events", "arn:aws:events:eu-west-1:000000000042:rule/s");
        row.with_input(r#""<aws.scheduler.attempt-number>""#);
        assert_eq!(&*text(&row), r#""<aws.scheduler.attempt-number>""#);
    }
}
