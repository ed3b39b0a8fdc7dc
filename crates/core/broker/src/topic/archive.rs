//! What a topic keeps of what was published, and how a subscription gets it once more.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::wire::wire_struct;
use crate::{Place, Seconds, Timestamp};

const DAY_SECONDS: u32 = 86_400;
/// How many days a topic may keep messages.
const RETENTION_DAYS: std::ops::RangeInclusive<u32> = 1..=365;

/// How long a topic keeps what was published, from its `ArchivePolicy`; `None` if it keeps nothing.
///
/// # Errors
///
/// What is wrong with the policy.
pub(crate) fn retention(policy: &str) -> Result<Option<Seconds>, &'static str> {
    let policy: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(if policy.is_empty() { "{}" } else { policy }).map_err(|_| "failed to parse JSON")?;
    let Some(days) = policy.get("MessageRetentionPeriod") else {
        return if policy.is_empty() { Ok(None) } else { Err("Missing MessageRetentionPeriod") };
    };
    let days = days.as_str().map_or_else(|| days.as_u64(), |text| text.parse().ok());
    let days = days.and_then(|days| u32::try_from(days).ok()).filter(|days| RETENTION_DAYS.contains(days));
    match days {
        Some(days) if policy.len() == 1 => Ok(Some(Seconds(days * DAY_SECONDS))),
        Some(_) => Err("MessageRetentionPeriod is the only member"),
        None => Err("MessageRetentionPeriod must be between 1 and 365"),
    }
}

/// From when, and until when, a subscription wants to have again what was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayPolicy {
    /// The first that it wants was published then or later.
    pub from: Timestamp,
    /// The last was published then or earlier; none for all.
    pub until: Option<Timestamp>,
}

impl ReplayPolicy {
    /// Reads a `ReplayPolicy`; `None` if it asks for nothing.
    ///
    /// # Errors
    ///
    /// What is wrong with the policy.
    pub(crate) fn parse(policy: &str) -> Result<Option<ReplayPolicy>, String> {
        let policy: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(if policy.is_empty() { "{}" } else { policy })
                .map_err(|_| "failed to parse JSON".to_owned())?;
        if policy.is_empty() {
            return Ok(None);
        }
        if let Some(name) = policy.keys().find(|n| !["PointType", "StartingPoint", "EndingPoint"].contains(&n.as_str()))
        {
            return Err(format!("unknown member {name}"));
        }
        if policy.get("PointType").and_then(|kind| kind.as_str()) != Some("Timestamp") {
            return Err("PointType must be Timestamp".to_owned());
        }
        let point = |name: &str| -> Result<Option<Timestamp>, String> {
            let Some(value) = policy.get(name) else { return Ok(None) };
            let time = value.as_str().and_then(bongsu_policy::parse_iso_8601).and_then(|time| u64::try_from(time).ok());
            time.map(|time| Some(Timestamp(time))).ok_or_else(|| format!("{name} must be a timestamp"))
        };
        let from = point("StartingPoint")?.ok_or_else(|| "Missing StartingPoint".to_owned())?;
        let until = point("EndingPoint")?;
        if until.is_some_and(|until| until < from) {
            return Err("EndingPoint must not be before StartingPoint".to_owned());
        }
        Ok(Some(ReplayPolicy { from, until }))
    }
}

/// A replay, and how far it has come. Numbers are those of the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    /// What comes next.
    pub next: u64,
    /// Where what was asked for ends.
    pub end: u64,
    /// Where what was published since the start begins, which follows when all that was asked for is delivered. Until
    /// then the subscription gets nothing else, so that order holds.
    pub resume_at: u64,
    /// Whether everything is delivered.
    pub completed: bool,
}

wire_struct!(Replay { next, end, resume_at, completed });

/// A message in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Archived {
    pub(crate) place: Place,
    pub(crate) published_at: Timestamp,
}

/// What a topic keeps, by rising numbers, which are in the order of the publishes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Archive {
    messages: BTreeMap<u64, Archived>,
    pub(crate) next_sequence: u64,
}

impl Archive {
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(crate) fn get(&self, sequence: u64) -> Option<&Archived> {
        self.messages.get(&sequence)
    }

    pub(crate) fn insert(&mut self, sequence: u64, archived: Archived) {
        self.messages.insert(sequence, archived);
        self.next_sequence = self.next_sequence.max(sequence + 1);
    }

    /// Notes that a message's record now lies somewhere else, and says where it was.
    pub(crate) fn relocate(&mut self, sequence: u64, place: Place) -> Option<Place> {
        Some(std::mem::replace(&mut self.messages.get_mut(&sequence)?.place, place))
    }

    /// When the oldest message was published.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        self.messages.first_key_value().map(|(_, archived)| archived.published_at)
    }

    pub(crate) fn pop_oldest(&mut self) -> Option<Archived> {
        self.messages.pop_first().map(|(_, archived)| archived)
    }

    /// Up to `max` messages from a number on, below another one.
    pub(crate) fn range(&self, from: u64, below: u64, max: usize) -> impl Iterator<Item = (u64, Place)> {
        let range = (Bound::Included(from), Bound::Excluded(below.max(from)));
        self.messages.range(range).take(max).map(|(sequence, archived)| (*sequence, archived.place))
    }

    /// The number of the first message that was published then or later.
    pub(crate) fn first_from(&self, time: Timestamp) -> u64 {
        let first = self.messages.iter().find(|(_, archived)| archived.published_at >= time);
        first.map_or(self.next_sequence, |(sequence, _)| *sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_policy_says_for_how_many_days() {
        let days = |days: u32| Ok(Some(Seconds(days * DAY_SECONDS)));
        assert_eq!(retention(r#"{"MessageRetentionPeriod":"30"}"#), days(30));
        assert_eq!(retention(r#"{"MessageRetentionPeriod":365}"#), days(365));
        assert_eq!(retention("{}"), Ok(None));
        assert_eq!(retention(""), Ok(None));
        for wrong in [
            "[]",
            "nonsense",
            r#"{"MessageRetentionPeriod":"0"}"#,
            r#"{"MessageRetentionPeriod":366}"#,
            r#"{"MessageRetentionPeriod":"x"}"#,
            r#"{"Days":"1"}"#,
            r#"{"MessageRetentionPeriod":"1","Days":"1"}"#,
        ] {
            assert!(retention(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_replay_policy_says_from_when_and_until_when() {
        let parse = |text: &str| ReplayPolicy::parse(text).unwrap();
        let from = r#"{"PointType":"Timestamp","StartingPoint":"1970-01-01T00:00:01.500Z""#;
        assert_eq!(parse(&format!("{from}}}")), Some(ReplayPolicy { from: Timestamp(1500), until: None }));
        assert_eq!(
            parse(&format!(r#"{from},"EndingPoint":"1970-01-01T00:00:02Z"}}"#)),
            Some(ReplayPolicy { from: Timestamp(1500), until: Some(Timestamp(2000)) })
        );
        assert_eq!(parse("{}"), None);
        for wrong in [
            "nonsense".to_owned(),
            r#"{"PointType":"Sequence","StartingPoint":"1970-01-01T00:00:01Z"}"#.to_owned(),
            r#"{"PointType":"Timestamp"}"#.to_owned(),
            r#"{"PointType":"Timestamp","StartingPoint":"yesterday"}"#.to_owned(),
            format!(r#"{from},"EndingPoint":"1970-01-01T00:00:01Z"}}"#),
            format!(r#"{from},"Speed":"1"}}"#),
        ] {
            assert!(ReplayPolicy::parse(&wrong).is_err(), "{wrong}");
        }
    }
}
