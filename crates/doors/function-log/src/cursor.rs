//! Places in the log.

use std::fmt;
use std::str::FromStr;

/// A place between two lines. Places of later lines are greater; files that went leave a gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The number of the file.
    pub(crate) file: u64,
    /// Bytes before it.
    pub(crate) offset: u64,
}

impl Cursor {
    /// As digits alone, 39 of them: AWS's ids of log events look like that.
    pub fn digits(self) -> String {
        format!("{:019}{:020}", self.file, self.offset)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.file, self.offset)
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Cursor, ()> {
        let (file, offset) = text.split_once('-').ok_or(())?;
        Ok(Cursor { file: file.parse().map_err(drop)?, offset: offset.parse().map_err(drop)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let cursor = Cursor { file: 3, offset: 1042 };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!(cursor.digits(), "000000000000000000300000000000000001042");
        for wrong in ["", "3", "3-", "-3", "3-x", "3-1-2", "99999999999999999999-0"] {
            assert_eq!(wrong.parse::<Cursor>(), Err(()), "{wrong}");
        }
    }
}
