//! What becomes of an event that no target could take: a message with the event, and with the reason in its attributes.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>

use bytes::Bytes;
use md5::{Digest as _, Md5};

use super::attempt::{GivenUp, Row};
use super::destination::ScheduleDestination;
use super::event::uuid;
use super::fault::TargetFault;
use crate::{Destination, MessageId, Outgoing, SendOrigin, Text};

const STRING: &str = "String";
/// As the doors mark a text: docs/formats/facts.md, "message attributes".
const KIND_TEXT: u8 = 1;

/// The message; `text` is the event.
pub(crate) fn letter(row: &Row, text: Text, fault: &TargetFault, why: GivenUp, region: &str) -> Outgoing {
    let definition = &row.definition;
    let is_scheduler = definition.is_of_scheduler();
    let target = target_arn(row, region);
    let retries = row.pending.failed_attempts.to_string();
    let mut attributes = vec![
        ("ERROR_CODE", fault.code.to_string()),
        ("ERROR_MESSAGE", fault.message.to_string()),
        ("RETRY_ATTEMPTS", retries),
        ("TARGET_ARN", target),
    ];
    match why {
        GivenUp::Attempts => attributes.push(("EXHAUSTED_RETRY_CONDITION", "MaximumRetryAttempts".to_owned())),
        GivenUp::Age => attributes.push(("EXHAUSTED_RETRY_CONDITION", "MaximumEventAgeInSeconds".to_owned())),
        GivenUp::AtOnce => {}
    }
    if is_scheduler {
        attributes.push(("EXECUTION_ID", uuid(MessageId(row.id))));
        attributes.push(("IS_PAYLOAD_TRUNCATED", "false".to_owned()));
        attributes.push(("SCHEDULE_ARN", definition.arn.to_string()));
    } else {
        attributes.push(("RULE_ARN", definition.arn.to_string()));
    }
    attributes.sort_unstable();
    let size = attributes.iter().map(|(name, value)| name.len() + STRING.len() + value.len()).sum();
    Outgoing {
        body_md5: Md5::digest(text.as_bytes()).into(),
        body: text,
        attributes: encode(&attributes),
        attributes_size: size,
        delay: None,
        group: None,
        deduplication_id: None,
        sender: Text::from(&*definition.source),
        trace_header: None,
        origin: SendOrigin::Api,
    }
}

fn target_arn(row: &Row, region: &str) -> String {
    let account = row.definition.arn.split(':').nth(4).unwrap_or_default();
    match &row.target().destination {
        ScheduleDestination::Told(Destination::Queue(name)) => name.arn(region),
        ScheduleDestination::Told(Destination::Topic(name)) => name.arn(region),
        ScheduleDestination::Told(Destination::Function(function)) => {
            format!("arn:aws:lambda:{region}:{account}:function:{function}")
        }
        ScheduleDestination::Machine(machine) => {
            let arn = format!("arn:aws:states:{region}:{account}:stateMachine:{}", machine.name);
            machine.qualifier.iter().fold(arn, |arn, qualifier| format!("{arn}:{qualifier}"))
        }
        ScheduleDestination::Operation { service, action } => {
            format!("arn:aws:scheduler:::aws-sdk:{service}:{action}")
        }
    }
}

/// Sorted by their names.
fn encode(attributes: &[(&str, String)]) -> Bytes {
    let mut out = vec![u8::try_from(attributes.len()).expect("there are a handful")];
    for (name, value) in attributes {
        for short in [name, STRING] {
            out.push(u8::try_from(short.len()).expect("names are short"));
            out.extend_from_slice(short.as_bytes());
        }
        out.push(KIND_TEXT);
        out.extend_from_slice(&u32::try_from(value.len()).expect("ARNs and reasons are short").to_le_bytes());
        out.extend_from_slice(value.as_bytes());
    }
    out.into()
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::schedule::ScheduleDefinition;
    use crate::{
        FunctionRef, PendingDelivery, Place, Rejection, SCHEDULE_AGE, SCHEDULE_RETRIES, ScheduleTarget, Seconds,
        Timestamp,
    };

    impl Row {
        pub(in crate::schedule) fn with_input(&mut self, input: &str) {
            let mut definition = (*self.definition).clone();
            definition.targets[0].input = Some(input.into());
            self.definition = Arc::new(definition);
        }
    }

    pub(in crate::schedule) fn row(source: &str, arn: &str) -> Row {
        let target = ScheduleTarget {
            destination: FunctionRef::latest("f").into(),
            input: None,
            group: None,
            retries_max: SCHEDULE_RETRIES,
            age_max: SCHEDULE_AGE,
            dead_letters: None,
        };
        let definition = ScheduleDefinition {
            name: "s".into(),
            arn: arn.into(),
            source: source.into(),
            expression: "rate(1 minute)".into(),
            zone: "UTC".into(),
            enabled: true,
            start: None,
            end: None,
            deletes_itself: false,
            targets: vec![target],
            window: Seconds(0),
        };
        let at = Timestamp(1000);
        let pending = PendingDelivery { queued_at: at, failed_attempts: 2, next_attempt_at: at };
        Row { definition: Arc::new(definition), target: 0, at, id: 7, pending, place: Place::default() }
    }

    /// Names and values, as a consumer reads them.
    fn attributes(letter: &Outgoing) -> Vec<String> {
        let mut rest = &letter.attributes[1..];
        let mut found = Vec::new();
        for _ in 0..letter.attributes[0] {
            let mut short = || {
                let (length, after) = rest.split_first().unwrap();
                let (text, after) = after.split_at(usize::from(*length));
                rest = after;
                str::from_utf8(text).unwrap().to_owned()
            };
            let (name, _) = (short(), short());
            let (length, after) = rest[1..].split_first_chunk::<4>().unwrap();
            let (value, after) = after.split_at(u32::from_le_bytes(*length) as usize);
            found.push(format!("{name}={}", str::from_utf8(value).unwrap()));
            rest = after;
        }
        assert!(rest.is_empty());
        found
    }

    #[test]
    fn a_letter_has_the_event_and_says_why() {
        let arn = "arn:aws:scheduler:eu-west-1:000000000042:schedule/default/s";
        let missing = Rejection::FunctionDoesNotExist { name: "f".into() };
        let row_of = |source, arn| row(source, arn);
        let fault = TargetFault::of(&missing, true);
        let scheduled = letter(&row_of("aws.scheduler", arn), "{}".into(), &fault, GivenUp::Attempts, "eu-west-1");
        assert_eq!(
            attributes(&scheduled),
            [
                "ERROR_CODE=ResourceNotFoundException",
                "ERROR_MESSAGE=Function not found",
                "EXECUTION_ID=00000000-0000-0000-0000-000000000007",
                "EXHAUSTED_RETRY_CONDITION=MaximumRetryAttempts",
                "IS_PAYLOAD_TRUNCATED=false",
                "RETRY_ATTEMPTS=2",
                "SCHEDULE_ARN=arn:aws:scheduler:eu-west-1:000000000042:schedule/default/s",
                "TARGET_ARN=arn:aws:lambda:eu-west-1:000000000042:function:f",
            ]
        );
        assert_eq!(&*scheduled.body, "{}");
        let arn = "arn:aws:events:eu-west-1:000000000042:rule/s";
        let fault = TargetFault::of(&missing, false);
        let ruled = letter(&row_of("aws.events", arn), "{}".into(), &fault, GivenUp::Age, "eu-west-1");
        assert_eq!(
            attributes(&ruled),
            [
                "ERROR_CODE=NO_RESOURCE",
                "ERROR_MESSAGE=Function not found",
                "EXHAUSTED_RETRY_CONDITION=MaximumEventAgeInSeconds",
                "RETRY_ATTEMPTS=2",
                "RULE_ARN=arn:aws:events:eu-west-1:000000000042:rule/s",
                "TARGET_ARN=arn:aws:lambda:eu-west-1:000000000042:function:f",
            ]
        );
    }
}
