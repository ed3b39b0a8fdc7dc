//! Keeps what functions print, in files of a bounded size, and finds it again.
//!
//! [`LogStore`] takes lines without ever holding up who hands them in; one thread writes them. A [`Query`] with a
//! [`FilterPattern`], which is CloudWatch Logs', reads them back page by page. Logs are no promises: they are written
//! within a tenth of a second and never synced, and what comes too fast is left out, counted and told.

mod cursor;
mod files;
mod line;
mod moment;
mod pattern;
mod search;
mod store;
mod streams;
mod writer;

pub use cursor::Cursor;
pub use line::{Line, NewLine, Source};
pub use moment::parse_moment;
pub use pattern::{FilterPattern, PATTERN_CHARACTERS_MAX, PatternError};
pub use search::{LINES_A_PAGE_MAX, PAGE_BYTES_MAX, Page, Query, Take};
pub use store::{LogCounts, LogStore, SearchError, TOTAL_BYTES_DEFAULT};
pub use streams::{LogStream, Streams};
