//! Patterns of terms: words and phrases that a line must have, may have, or must not have.

use memchr::memmem::Finder;

use super::PatternError;
use super::reader::Reader;

/// The terms of a pattern. They are found anywhere in a line, in the middle of words too.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    /// All of these.
    wanted: Vec<Finder<'static>>,
    /// One of these, if there are any.
    optional: Vec<Finder<'static>>,
    /// None of these.
    unwanted: Vec<Finder<'static>>,
}

impl Terms {
    pub(super) fn parse(text: &str) -> Result<Terms, PatternError> {
        let (mut terms, mut reader) = (Terms::default(), Reader::new(text));
        loop {
            reader.skip_spaces();
            if reader.peek().is_none() {
                return Ok(terms);
            }
            let terms = if reader.take("-") {
                &mut terms.unwanted
            } else if reader.take("?") {
                &mut terms.optional
            } else {
                &mut terms.wanted
            };
            terms.push(Finder::new(term(&mut reader)?.as_bytes()).into_owned());
        }
    }

    pub(super) fn match_text(&self, text: &[u8]) -> bool {
        let is_there = |term: &Finder<'_>| term.find(text).is_some();
        self.wanted.iter().all(is_there)
            && (self.optional.is_empty() || self.optional.iter().any(is_there))
            && !self.unwanted.iter().any(is_there)
    }

    pub(super) fn needles(&self) -> Vec<String> {
        let texts = self.wanted.iter().filter_map(|term| std::str::from_utf8(term.needle()).ok());
        texts.filter(|text| is_same_in_json(text)).map(str::to_owned).collect()
    }
}

fn term(reader: &mut Reader<'_>) -> Result<String, PatternError> {
    let begin = reader.place();
    let term = match reader.peek() {
        Some('"') => reader.take_quoted('"')?,
        Some('%') => return Err(PatternError::no_regular_expressions(begin)),
        _ => reader.take_while(|character| !character.is_whitespace() && character != '"').to_owned(),
    };
    if term.is_empty() {
        return Err(PatternError::at(begin, "a term is missing"));
    }
    if reader.peek().is_some_and(|next| !next.is_whitespace()) {
        return Err(reader.fault("a space is missing"));
    }
    Ok(term)
}

/// Whether JSON spells it without escapes.
fn is_same_in_json(text: &str) -> bool {
    !text.contains(|character: char| character < ' ' || matches!(character, '"' | '\\'))
}
