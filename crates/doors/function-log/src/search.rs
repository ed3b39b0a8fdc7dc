//! Finds lines: reads the files in order, and looks at bytes before it looks at JSON.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom};
use std::time::{Duration, UNIX_EPOCH};

use memchr::memmem::Finder;

use crate::files::Files;
use crate::line::Stored;
use crate::streams::{DAY_MS, stream_name};
use crate::{Cursor, FilterPattern, Line};

/// The most lines of a page.
pub const LINES_A_PAGE_MAX: usize = 10_000;
/// A page ends before it would be longer than this, as its lines are stored; it always has one line, if there is one.
pub const PAGE_BYTES_MAX: usize = 1 << 20;

/// What is read of a file at once.
const READ_BYTES: usize = 256 << 10;
/// How an escaped character of a text that is JSON itself begins in a stored line.
const ESCAPED: &[u8] = br"\\u";

/// What is looked for. Every condition that is given must hold.
#[derive(Clone, Debug)]
pub struct Query {
    /// The function's name.
    pub function: Option<String>,
    /// Names of log streams, of which the line must be of one, if there are any. What follows a name's bracket tells
    /// processes apart at AWS, and is not looked at.
    pub streams: Vec<String>,
    /// How the name of its log stream begins.
    pub stream_prefix: Option<String>,
    /// What the line says.
    pub pattern: Option<FilterPattern>,
    /// The invocation, or how its id begins or ends.
    pub request_id: Option<String>,
    /// Lines of this time, in milliseconds since 1970, and later ones.
    pub since_ms: Option<u64>,
    /// Lines before this time.
    pub until_ms: Option<u64>,
    /// Lines behind this place.
    pub after: Cursor,
    /// Lines before this place.
    pub before: Option<Cursor>,
    /// How many, at most [`LINES_A_PAGE_MAX`].
    pub max: usize,
    /// Which, if there are more.
    pub take: Take,
}

/// Which lines a page has, if there are more than it can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// The first, and reading ends with them.
    First,
    /// The last, as they stand between the places that are given.
    Last,
}

/// Lines that were found, in the order in which they were written.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The lines.
    pub lines: Vec<Line>,
    /// Behind all that was looked at: a further search goes on from there.
    pub next: Cursor,
    /// Whether everything was looked at that there is.
    pub is_end: bool,
}

impl Default for Query {
    fn default() -> Query {
        Query {
            function: None,
            streams: Vec::new(),
            stream_prefix: None,
            pattern: None,
            request_id: None,
            since_ms: None,
            until_ms: None,
            after: Cursor::default(),
            before: None,
            max: LINES_A_PAGE_MAX,
            take: Take::First,
        }
    }
}

pub(crate) fn search(files: &Files, query: &Query) -> io::Result<Page> {
    let (sieve, mut found) = (Sieve::new(query), Found::new(query));
    let mut next = query.after;
    for number in files.numbers()? {
        if number < query.after.file {
            continue;
        }
        let from = if number == query.after.file { query.after.offset } else { 0 };
        let Some(file) = files.read(number)? else { continue };
        next = Cursor { file: number, offset: from };
        if query.since_ms.is_some_and(|since_ms| is_older(&file, since_ms)) {
            next.offset = file.metadata()?.len();
            continue;
        }
        let mut reader = Reader::new(file, number, from)?;
        while let Some((at, bytes)) = reader.next()? {
            if query.before.is_some_and(|before| at >= before) {
                next = at;
                return Ok(Page { lines: found.into_lines(), next, is_end: true });
            }
            let line = sieve.line(bytes, at);
            if let Some(line) = line
                && !found.take(line, bytes.len())
            {
                return Ok(Page { lines: found.into_lines(), next: at, is_end: false });
            }
            next = reader.place;
        }
    }
    Ok(Page { lines: found.into_lines(), next, is_end: true })
}

/// Whether the file was last written before this time, and so has only lines from before.
fn is_older(file: &File, since_ms: u64) -> bool {
    let written = file.metadata().and_then(|metadata| metadata.modified());
    written.is_ok_and(|written| written < UNIX_EPOCH + Duration::from_millis(since_ms))
}

/// The whole lines of one file, from a place on.
pub(crate) struct Reader {
    lines: BufReader<File>,
    /// Behind the lines that were read.
    place: Cursor,
    line: Vec<u8>,
}

impl Reader {
    pub(crate) fn new(mut file: File, number: u64, from: u64) -> io::Result<Reader> {
        file.seek(SeekFrom::Start(from))?;
        let lines = BufReader::with_capacity(READ_BYTES, file);
        Ok(Reader { lines, place: Cursor { file: number, offset: from }, line: Vec::new() })
    }

    /// The next line, and the place before it. One without an end is still being written, or never will be.
    pub(crate) fn next(&mut self) -> io::Result<Option<(Cursor, &[u8])>> {
        self.line.clear();
        let read = self.lines.read_until(b'\n', &mut self.line)?;
        if self.line.last() != Some(&b'\n') {
            return Ok(None);
        }
        let at = self.place;
        self.place.offset += read as u64;
        Ok(Some((at, &self.line)))
    }
}

/// A query, prepared to be asked of very many lines.
struct Sieve<'a> {
    query: &'a Query,
    /// What a line must contain to be read at all.
    members: Vec<Finder<'static>>,
    /// What its text must contain besides, unless there are escapes in it.
    texts: Vec<Finder<'static>>,
    escaped: Finder<'static>,
}

impl Sieve<'_> {
    fn new(query: &Query) -> Sieve<'_> {
        let in_json = |text: &String| serde_json::to_string(text).expect("a text has JSON");
        let request_id = query.request_id.as_ref().map(|id| in_json(id).trim_matches('"').to_owned());
        // Quotation marks in a text have backslashes before them: this can only be the member.
        let function = query.function.as_ref().map(|function| format!("\"function\":{}", in_json(function)));
        let members = [request_id, function].into_iter().flatten();
        let texts = query.pattern.as_ref().map(FilterPattern::needles).unwrap_or_default();
        Sieve {
            query,
            members: members.map(|member| Finder::new(member.as_bytes()).into_owned()).collect(),
            texts: texts.iter().map(|text| Finder::new(text.as_bytes()).into_owned()).collect(),
            escaped: Finder::new(ESCAPED),
        }
    }

    /// The line that these bytes are, if it is looked for.
    fn line(&self, bytes: &[u8], at: Cursor) -> Option<Line> {
        let query = self.query;
        let has = |needle: &Finder<'_>| needle.find(bytes).is_some();
        if !self.members.iter().all(has) || !(self.texts.iter().all(has) || has(&self.escaped)) {
            return None;
        }
        let stored = Stored::read(bytes)?;
        let is_wanted = query.since_ms.is_none_or(|since| stored.time >= since)
            && query.until_ms.is_none_or(|until| stored.time < until)
            && query.function.as_ref().is_none_or(|function| *function == stored.function)
            && query
                .request_id
                .as_ref()
                .is_none_or(|wanted| stored.request_id.as_ref().is_some_and(|id| is_meant(wanted, id)))
            && query.pattern.as_ref().is_none_or(|pattern| pattern.matches(&stored.text))
            && self.is_of_streams(&stored);
        is_wanted.then(|| stored.into_line(at))
    }
}

/// The server's ids differ at their end; clients cut others off there.
fn is_meant(wanted: &str, id: &str) -> bool {
    id.starts_with(wanted) || id.ends_with(wanted)
}

impl Sieve<'_> {
    fn is_of_streams(&self, line: &Stored<'_>) -> bool {
        let Query { streams, stream_prefix, .. } = self.query;
        if streams.is_empty() && stream_prefix.is_none() {
            return true;
        }
        let own = stream_name(line.time / DAY_MS, &line.version);
        let is_of = |prefix: &String| own.starts_with(prefix) || prefix.starts_with(&own);
        (streams.is_empty() || streams.iter().any(|stream| stream.starts_with(&own)))
            && stream_prefix.as_ref().is_none_or(is_of)
    }
}

/// The lines of a page, and what they take.
struct Found {
    lines: VecDeque<(Line, usize)>,
    bytes: usize,
    max: usize,
    take: Take,
}

impl Found {
    fn new(query: &Query) -> Found {
        Found { lines: VecDeque::new(), bytes: 0, max: query.max.min(LINES_A_PAGE_MAX), take: query.take }
    }

    /// Takes a line of so many bytes. False if the page is full without it.
    fn take(&mut self, line: Line, bytes: usize) -> bool {
        let is_full = |this: &Found| {
            this.lines.len() >= this.max || !this.lines.is_empty() && this.bytes + bytes > PAGE_BYTES_MAX
        };
        if self.take == Take::First && is_full(self) {
            return false;
        }
        while is_full(self)
            && let Some((_, gone)) = self.lines.pop_front()
        {
            self.bytes -= gone;
        }
        if self.max > 0 {
            self.bytes += bytes;
            self.lines.push_back((line, bytes));
        }
        true
    }

    fn into_lines(self) -> Vec<Line> {
        self.lines.into_iter().map(|(line, _)| line).collect()
    }
}
