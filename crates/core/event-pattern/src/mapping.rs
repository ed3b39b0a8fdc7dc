//! Filters of event source mappings: which messages of a queue a function gets.

use std::collections::BTreeSet;

use crate::demand::{Demand, Outcome};
use crate::event_pattern::EventPattern;
use crate::fault::InvalidPattern;
use crate::part::{Member, Members, Part};

/// Filters of one mapping: AWS's five, or ten for those who ask.
pub const FILTERS_MAX: usize = 10;

/// A message as functions see it, without what all messages of a queue have in common.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// `messageId`
    pub message_id: &'a str,
    /// `receiptHandle`
    pub receipt_handle: &'a str,
    /// `body`, as it was sent.
    pub body: &'a str,
    /// `md5OfBody`
    pub md5_of_body: &'a str,
    /// `md5OfMessageAttributes`, of messages that have some.
    pub md5_of_message_attributes: Option<&'a str>,
    /// `attributes`: names and values of the system's.
    pub attributes: &'a [(&'a str, &'a str)],
    /// `messageAttributes`: the sender's own.
    pub message_attributes: &'a [RecordAttribute<'a>],
}

/// A sender's attribute of a message.
#[derive(Clone, Copy, Debug)]
pub struct RecordAttribute<'a> {
    /// Its name.
    pub name: &'a str,
    /// `dataType`, with its label.
    pub data_type: &'a str,
    /// `stringValue`, of strings and numbers.
    pub string_value: Option<&'a str>,
    /// `binaryValue`, in base64.
    pub binary_value: Option<&'a str>,
}

/// One pattern of a mapping's `FilterCriteria`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingFilter(EventPattern);

/// The patterns of a mapping, of which a message has to match one. Without patterns every message matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters(Box<[MappingFilter]>);

impl MappingFilter {
    /// Reads a pattern, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<MappingFilter, InvalidPattern> {
        EventPattern::parse(text).map(MappingFilter)
    }

    /// As it was given.
    pub fn text(&self) -> &str {
        self.0.text()
    }

    fn demands(&self) -> &[Demand] {
        &self.0.alternatives
    }
}

impl Filters {
    /// Reads all patterns, or says what is wrong with the first that is none, or that they are more than
    /// [`FILTERS_MAX`].
    pub fn parse<T: AsRef<str>>(patterns: &[T]) -> Result<Filters, InvalidPattern> {
        if patterns.len() > FILTERS_MAX {
            return Err(InvalidPattern::new(format!("There are at most {FILTERS_MAX} filters")));
        }
        let filters: Result<_, _> = patterns.iter().map(|pattern| MappingFilter::parse(pattern.as_ref())).collect();
        filters.map(Filters)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &MappingFilter> {
        self.0.iter()
    }

    /// Whether there is none, so that every message matches.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the function gets this message. Only what some pattern names is looked at, and the body is read once.
    pub fn admits(&self, record: &Record<'_>) -> bool {
        if self.is_empty() {
            return true;
        }
        let named: BTreeSet<&str> = self.demands().flat_map(Demand::keys).collect();
        let read = ReadRecord::of(record, &named);
        self.demands().any(|demand| read.meets(demand))
    }

    fn demands(&self) -> impl Iterator<Item = &Demand> {
        self.0.iter().flat_map(MappingFilter::demands)
    }
}

/// What patterns name of a record.
struct ReadRecord<'a> {
    part: Part<'a>,
    /// Of a body that patterns name: a JSON object or array. A text that spells a number or a string is plain.
    body_is_json: bool,
}

impl<'a> ReadRecord<'a> {
    fn of(record: &Record<'a>, named: &BTreeSet<&str>) -> ReadRecord<'a> {
        let mut body_is_json = false;
        let members = named.iter().filter_map(|name| {
            let part = match *name {
                "messageId" => Part::text(record.message_id),
                "receiptHandle" => Part::text(record.receipt_handle),
                "md5OfBody" => Part::text(record.md5_of_body),
                "md5OfMessageAttributes" => Part::text(record.md5_of_message_attributes?),
                "attributes" => object(record.attributes.iter().map(|(name, value)| (*name, Part::text(*value)))),
                "messageAttributes" => {
                    object(record.message_attributes.iter().map(|attribute| (attribute.name, attribute.part())))
                }
                "body" => {
                    let json = read_json(record.body);
                    body_is_json = json.is_some();
                    json.unwrap_or_else(|| Part::text(record.body))
                }
                _ => return None,
            };
            Some((*name, part))
        });
        // The names are the patterns', which do not outlive this call: their texts are the record's own.
        let members: Vec<Member<'a>> = members.map(|(name, part)| (name.to_owned().into(), part)).collect();
        ReadRecord { part: Part::Object(Members::new(members)), body_is_json }
    }

    /// A pattern for texts never admits a JSON body, nor one for JSON a plain text, whatever else they say.
    fn meets(&self, demand: &Demand) -> bool {
        let fits_body = demand.at("body").is_none_or(|of_body| {
            if self.body_is_json { !of_body.tests_value() } else { of_body.keys().next().is_none() }
        });
        fits_body && demand.judge(Some(&self.part)) != Outcome::Unmet
    }
}

fn read_json(body: &str) -> Option<Part<'_>> {
    Part::read(body).filter(|part| !matches!(part, Part::Leaf(_)))
}

fn object<'a>(members: impl Iterator<Item = (&'a str, Part<'a>)>) -> Part<'a> {
    Part::Object(Members::new(members.map(|(name, part)| (name.into(), part)).collect()))
}

impl<'a> RecordAttribute<'a> {
    fn part(&self) -> Part<'a> {
        let members = [
            ("dataType", Some(self.data_type)),
            ("stringValue", self.string_value),
            ("binaryValue", self.binary_value),
        ];
        object(members.into_iter().filter_map(|(name, value)| Some((name, Part::text(value?)))))
    }
}
