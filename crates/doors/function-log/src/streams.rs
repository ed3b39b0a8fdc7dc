//! What there is in the log: which functions and versions, on which days, and how much.

use std::collections::BTreeMap;
use std::io;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::files::Files;
use crate::line::Stored;
use crate::search::Reader;

/// A day, in milliseconds.
pub(crate) const DAY_MS: u64 = 86_400_000;

/// The lines of a version of a function on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogStream {
    /// The time of its first line, in milliseconds since 1970.
    pub first_ms: u64,
    /// The time of its last line.
    pub last_ms: u64,
    /// What the texts of its lines take.
    pub bytes: u64,
}

/// By function, and by the name of the stream, such as `2026/11/23/[$LATEST]`: in the order of days.
pub type Streams = BTreeMap<String, BTreeMap<String, LogStream>>;

/// The name of a version's stream of a day since 1970. At AWS each process has one of its own, and its name goes on.
pub(crate) fn stream_name(day: u64, version: &str) -> String {
    let date = i32::try_from(day).ok().and_then(|day| Date::new(1970, 1, 1).ok()?.checked_add(day.days()).ok());
    let date = date.unwrap_or(Date::MAX);
    format!("{:04}/{:02}/{:02}/[{version}]", date.year(), date.month(), date.day())
}

pub(crate) fn streams(files: &Files, function: Option<&str>) -> io::Result<Streams> {
    let mut streams = Streams::new();
    for number in files.numbers()? {
        let Some(file) = files.read(number)? else { continue };
        let mut reader = Reader::new(file, number, 0)?;
        while let Some((_, bytes)) = reader.next()? {
            let Some(line) = Stored::read(bytes) else { continue };
            if function.is_none_or(|function| function == line.function) {
                add(&mut streams, &line);
            }
        }
    }
    Ok(streams)
}

fn add(streams: &mut Streams, line: &Stored<'_>) {
    let name = stream_name(line.time / DAY_MS, &line.version);
    if !streams.contains_key(&*line.function) {
        streams.insert(line.function.to_string(), BTreeMap::new());
    }
    let of_function = streams.get_mut(&*line.function).expect("it is there by now");
    let new = LogStream { first_ms: line.time, last_ms: line.time, bytes: 0 };
    let stream = of_function.entry(name).or_insert(new);
    stream.first_ms = stream.first_ms.min(line.time);
    stream.last_ms = stream.last_ms.max(line.time);
    stream.bytes += line.text.len() as u64;
}
