//! EventBridge's patterns: a text that it accepts, and which JSON documents it admits.

use crate::demand::{Demand, Outcome};
use crate::dialect::Dialect;
use crate::fault::InvalidPattern;
use crate::grammar;
use crate::part::Part;

/// Characters of a pattern's text.
pub const PATTERN_CHARS_MAX: usize = 4096;

/// In how many ways a pattern may be fulfilled: what the numbers of alternatives of its `$or`s come to, multiplied.
pub const COMBINATIONS_MAX: usize = 1000;

/// A pattern that JSON documents match or do not.
#[derive(Clone, Debug)]
pub struct EventPattern {
    text: Box<str>,
    pub(crate) alternatives: Box<[Demand]>,
}

/// A JSON document, read once and held against any number of patterns.
#[derive(Clone, Debug)]
pub struct Document<'a>(Part<'a>);

impl EventPattern {
    /// Reads a pattern, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<EventPattern, InvalidPattern> {
        if text.chars().count() > PATTERN_CHARS_MAX {
            return Err(InvalidPattern::new(format!("A pattern has at most {PATTERN_CHARS_MAX} characters")));
        }
        let group = grammar::read(text, Dialect::Event)?;
        if group.keys() == 0 {
            return Err(InvalidPattern::new("Empty objects are not allowed"));
        }
        if group.combinations() > COMBINATIONS_MAX {
            return Err(InvalidPattern::new(format!("There are more than {COMBINATIONS_MAX} combinations of $or")));
        }
        Ok(EventPattern { text: text.into(), alternatives: Demand::alternatives(&group).into() })
    }

    /// As it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the document matches.
    pub fn admits(&self, document: &Document<'_>) -> bool {
        self.alternatives.iter().any(|demand| demand.judge(Some(&document.0)) != Outcome::Unmet)
    }
}

/// The same text. Patterns that differ in white space are not equal.
impl PartialEq for EventPattern {
    fn eq(&self, other: &EventPattern) -> bool {
        self.text == other.text
    }
}

impl Eq for EventPattern {}

impl<'a> Document<'a> {
    /// Reads a JSON object. `None` for any other text, and for one that is deeper than [`DEPTH_MAX`](crate::DEPTH_MAX).
    pub fn read(text: &'a str) -> Option<Document<'a>> {
        let part = Part::read(text)?;
        matches!(part, Part::Object(_)).then_some(Document(part))
    }
}
