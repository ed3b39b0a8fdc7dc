//! Why a text is not accepted as a delivery policy.

use std::error::Error;
use std::fmt;

/// Why a delivery policy is refused. Displayed as the part of AWS's text that follows `DeliveryPolicy: `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(Box<str>);

/// How much of a stranger's word a fault repeats, in characters.
const ECHO_CHARS_MAX: usize = 64;

impl Fault {
    pub(crate) fn new(text: impl Into<Box<str>>) -> Fault {
        Fault(text.into())
    }
}

/// The beginning of a word that somebody wrote, for use in a [`Fault`].
pub(crate) fn echo(word: &str) -> &str {
    word.char_indices().nth(ECHO_CHARS_MAX).map_or(word, |(end, _)| &word[..end])
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Fault {}
