//! A notification's body, as policies see it: the leaves of a JSON object by the paths that lead to them.

use crate::fields::{Collector, Fields, Value};
use crate::json::{Reader, Token};
use crate::path::Path;

/// Levels of objects and arrays in a body that is matched.
pub const DEPTH_MAX: usize = 128;

/// Bytes of all paths to the leaves of a body that is matched. A path is as long as all keys above the leaf, so that
/// a few long keys above many leaves are much more text than the body.
pub const PATHS_BYTES_MAX: usize = 8 << 20;

/// Bytes of a usual body for each of its leaves.
const BYTES_A_LEAF: usize = 24;

/// The body of one notification, read once and matched against many policies.
#[derive(Clone, Debug)]
pub struct Body<'a> {
    /// `None` if it is no JSON object, or more than the bounds allow.
    pub(crate) fields: Option<Fields<'a>>,
}

impl<'a> Body<'a> {
    /// Reads the text. One that is no JSON object is a body as well; only a policy without keys admits it.
    pub fn read(text: &'a str) -> Body<'a> {
        let collector = Collector::with_room(text.len() / BYTES_A_LEAF);
        let mut leaves = Leaves { reader: Reader::new(text), collector };
        Body { fields: leaves.read().map(|()| leaves.collector.finish()) }
    }
}

struct Leaves<'a> {
    reader: Reader<'a>,
    collector: Collector<'a>,
}

impl<'a> Leaves<'a> {
    fn read(&mut self) -> Option<()> {
        let Token::Object = self.reader.value().ok()? else { return None };
        self.object(&mut Path::default(), DEPTH_MAX)?;
        self.reader.end().ok()
    }

    fn object(&mut self, path: &mut Path, levels_left: usize) -> Option<()> {
        let levels_left = levels_left.checked_sub(1)?;
        let mut first = true;
        while let Some(key) = self.reader.member(&mut first).ok()? {
            let token = self.reader.value().ok()?;
            path.with(&key, |path| self.value(token, path, &mut None, levels_left))?;
        }
        Some(())
    }

    /// `kept` is where the current path was kept, once it led to a leaf.
    fn value(&mut self, token: Token<'a>, path: &mut Path, kept: &mut Option<usize>, levels_left: usize) -> Option<()> {
        match token {
            Token::Object => self.object(path, levels_left),
            Token::Array => {
                let levels_left = levels_left.checked_sub(1)?;
                let mut first = true;
                while let Some(element) = self.reader.element(&mut first).ok()? {
                    self.value(element, path, kept, levels_left)?;
                }
                Some(())
            }
            leaf => {
                let place = match *kept {
                    Some(place) => place,
                    None => *kept.insert(self.keep(path)?),
                };
                self.collector.add(place, Value::of(leaf)?);
                Some(())
            }
        }
    }

    fn keep(&mut self, path: &Path) -> Option<usize> {
        let bytes = self.collector.paths_bytes() + path.text().len();
        (bytes <= PATHS_BYTES_MAX).then(|| self.collector.keep_path(path.text()))
    }
}
