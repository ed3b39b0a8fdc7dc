//! Notification rules: of which changes in a bucket who is told.

use super::ObjectKey;
use crate::Destination;
use crate::wire::{Malformed, Wire, wire_struct};

/// Rules that a bucket may have.
pub const NOTIFICATION_RULES_MAX: usize = 100;

/// A change of an object that somebody may be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectEvent {
    /// It was put in one piece.
    Put,
    /// It is a copy of another.
    Copy,
    /// It was put together from its parts.
    CompleteMultipartUpload,
    /// It is gone.
    Delete,
}

impl ObjectEvent {
    /// As the notification names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ObjectEvent::Put => "ObjectCreated:Put",
            ObjectEvent::Copy => "ObjectCreated:Copy",
            ObjectEvent::CompleteMultipartUpload => "ObjectCreated:CompleteMultipartUpload",
            ObjectEvent::Delete => "ObjectRemoved:Delete",
        }
    }
}

/// Which changes a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventPattern {
    /// `s3:ObjectCreated:*`
    Created,
    /// `s3:ObjectCreated:Put`
    CreatedByPut,
    /// `s3:ObjectCreated:Post`: never happens here, where no form is posted.
    CreatedByPost,
    /// `s3:ObjectCreated:Copy`
    CreatedByCopy,
    /// `s3:ObjectCreated:CompleteMultipartUpload`
    CreatedByUpload,
    /// `s3:ObjectRemoved:*`
    Removed,
    /// `s3:ObjectRemoved:Delete`
    RemovedByDelete,
}

impl EventPattern {
    /// All there are, each at the place of its number in a fact, and as AWS writes it.
    pub const ALL: [(EventPattern, &'static str); 7] = [
        (EventPattern::Created, "s3:ObjectCreated:*"),
        (EventPattern::CreatedByPut, "s3:ObjectCreated:Put"),
        (EventPattern::CreatedByPost, "s3:ObjectCreated:Post"),
        (EventPattern::CreatedByCopy, "s3:ObjectCreated:Copy"),
        (EventPattern::CreatedByUpload, "s3:ObjectCreated:CompleteMultipartUpload"),
        (EventPattern::Removed, "s3:ObjectRemoved:*"),
        (EventPattern::RemovedByDelete, "s3:ObjectRemoved:Delete"),
    ];

    /// `None`: nothing that happens here.
    pub fn parse(name: &str) -> Option<EventPattern> {
        EventPattern::ALL.into_iter().find(|(_, known)| *known == name).map(|(pattern, _)| pattern)
    }

    /// As AWS writes it.
    pub fn name(self) -> &'static str {
        EventPattern::ALL[self as usize].1
    }

    fn is_of(self, event: ObjectEvent) -> bool {
        match self {
            EventPattern::Created => event != ObjectEvent::Delete,
            EventPattern::CreatedByPut => event == ObjectEvent::Put,
            EventPattern::CreatedByPost => false,
            EventPattern::CreatedByCopy => event == ObjectEvent::Copy,
            EventPattern::CreatedByUpload => event == ObjectEvent::CompleteMultipartUpload,
            EventPattern::Removed | EventPattern::RemovedByDelete => event == ObjectEvent::Delete,
        }
    }

    fn overlaps(self, other: EventPattern) -> bool {
        let (wide, narrow) = if self as u8 <= other as u8 { (self, other) } else { (other, self) };
        wide == narrow
            || match wide {
                EventPattern::Created => !matches!(narrow, EventPattern::Removed | EventPattern::RemovedByDelete),
                EventPattern::Removed => narrow == EventPattern::RemovedByDelete,
                _ => false,
            }
    }
}

impl Wire for EventPattern {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }

    fn take(from: &mut bytes::Bytes) -> Result<EventPattern, Malformed> {
        let number = usize::from(u8::take(from)?);
        let known = EventPattern::ALL.get(number).map(|(pattern, _)| *pattern);
        known.ok_or(Malformed("an event that this version does not know"))
    }
}

/// That somebody is told of some changes of some objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationRule {
    /// Given by the user, or made by the door.
    pub id: Box<str>,
    /// Of which changes.
    pub events: Vec<EventPattern>,
    /// How the keys begin; empty for all.
    pub prefix: Box<str>,
    /// How the keys end; empty for all.
    pub suffix: Box<str>,
    /// Who.
    pub target: Destination,
}

wire_struct!(NotificationRule { id, events, prefix, suffix, target });

impl NotificationRule {
    pub(crate) fn is_about(&self, event: ObjectEvent, key: &ObjectKey) -> bool {
        let is_of = self.events.iter().any(|pattern| pattern.is_of(event));
        is_of && key.starts_with(&*self.prefix) && key.ends_with(&*self.suffix)
    }

    /// Whether both could be about the same change, which AWS refuses: each change is told to one at most.
    pub(crate) fn overlaps(&self, other: &NotificationRule) -> bool {
        let share_events = self.events.iter().any(|event| other.events.iter().any(|also| event.overlaps(*also)));
        let share_prefix = self.prefix.starts_with(&*other.prefix) || other.prefix.starts_with(&*self.prefix);
        let share_suffix = self.suffix.ends_with(&*other.suffix) || other.suffix.ends_with(&*self.suffix);
        share_events && share_prefix && share_suffix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(events: &[&str], prefix: &str, suffix: &str) -> NotificationRule {
        let events = events.iter().map(|name| EventPattern::parse(name).unwrap()).collect();
        let target = Destination::Function(crate::FunctionRef::latest("f"));
        NotificationRule { id: "r".into(), events, prefix: prefix.into(), suffix: suffix.into(), target }
    }

    #[test]
    fn patterns_stand_at_the_place_of_their_number() {
        for (number, (pattern, name)) in EventPattern::ALL.into_iter().enumerate() {
            assert_eq!((pattern as usize, pattern.name(), EventPattern::parse(name)), (number, name, Some(pattern)));
        }
        assert_eq!(EventPattern::parse("s3:ObjectTagging:*"), None);
    }

    #[test]
    fn a_rule_is_about_the_events_and_keys_that_it_names() {
        let key = ObjectKey::parse("images/a.jpg").unwrap();
        let is_about = |events: &[&str], prefix, suffix| rule(events, prefix, suffix).is_about(ObjectEvent::Copy, &key);
        assert!(is_about(&["s3:ObjectCreated:*"], "", ""));
        assert!(is_about(&["s3:ObjectRemoved:*", "s3:ObjectCreated:Copy"], "images/", ".jpg"));
        assert!(!is_about(&["s3:ObjectCreated:Put"], "", "") && !is_about(&["s3:ObjectRemoved:Delete"], "", ""));
        assert!(!is_about(&["s3:ObjectCreated:*"], "image/", "") && !is_about(&["s3:ObjectCreated:*"], "", ".png"));
    }

    #[test]
    fn rules_overlap_if_a_change_could_be_both_theirs() {
        let overlap = |one: &NotificationRule, other: &NotificationRule| {
            assert_eq!(one.overlaps(other), other.overlaps(one));
            one.overlaps(other)
        };
        let all = rule(&["s3:ObjectCreated:*"], "", "");
        assert!(overlap(&all, &rule(&["s3:ObjectCreated:Put"], "a/", ".jpg")));
        assert!(!overlap(&all, &rule(&["s3:ObjectRemoved:*"], "", "")));
        let put = rule(&["s3:ObjectCreated:Put"], "a/", "");
        assert!(overlap(&put, &rule(&["s3:ObjectCreated:Put"], "a/b/", ".jpg")));
        assert!(!overlap(&put, &rule(&["s3:ObjectCreated:Put"], "b/", "")));
        assert!(!overlap(&put, &rule(&["s3:ObjectCreated:Copy"], "", "")));
        let jpg = rule(&["s3:ObjectRemoved:*"], "", ".jpg");
        assert!(!overlap(&jpg, &rule(&["s3:ObjectRemoved:Delete"], "", ".png")));
        assert!(overlap(&jpg, &rule(&["s3:ObjectRemoved:Delete"], "", "jpg")));
    }
}
