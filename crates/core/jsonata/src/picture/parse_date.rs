//! Reads times that were written as pictures describe them.

use std::collections::BTreeMap;

use regex::RegexBuilder;

use super::calendar::{DAYS, Date, MILLIS_A_DAY, MILLIS_MAX, MONTHS, to_days};
use super::date::{Marker, Part, Style, component_of, parse_picture};
use super::integer::{Grouping, IntegerPicture, Numerals, leading_integer};
use super::words::word_values;
use crate::error::Error;

/// How large the compiled pattern of a picture may be.
const COMPILED_BYTES_MAX: usize = 1024 * 1024;

/// What was read of each component; nothing if it was there and is none of its names.
type Components = BTreeMap<char, Option<f64>>;

/// Reads a time, in milliseconds since the epoch; nothing if the text is not as the picture says. Components that are
/// more significant than those in the picture are those of now, less significant ones are the least there are.
pub(crate) fn parse_date(text: &str, picture: &str, now: i64) -> Result<Option<f64>, Error> {
    let parts = parse_picture(picture)?;
    let mut pattern = String::from("^");
    for part in &parts {
        pattern.push('(');
        pattern.push_str(&match part {
            Part::Literal(literal) => regex::escape(literal),
            Part::Marker(marker) => marker_pattern(marker)?,
        });
        pattern.push(')');
    }
    pattern.push('$');
    let regex = RegexBuilder::new(&pattern).case_insensitive(true).size_limit(COMPILED_BYTES_MAX).build();
    let regex = regex.map_err(|_| Error::new("U1007").saying("the picture is too long"))?;
    let Some(captures) = regex.captures(text) else { return Ok(None) };
    let mut components = Components::new();
    for (part, captured) in parts.iter().zip(captures.iter().skip(1)) {
        if let (Part::Marker(marker), Some(captured)) = (part, captured) {
            components.insert(marker.component, read(marker, captured.as_str())?);
        }
    }
    if components.is_empty() {
        return Ok(None);
    }
    assemble(components, now)
}

/// What a component looks like.
fn marker_pattern(marker: &Marker) -> Result<String, Error> {
    Ok(match (&marker.style, marker.component) {
        (Style::Integer(picture), zone @ ('Z' | 'z')) => {
            let prefix = if zone == 'z' { "GMT" } else { "" };
            match zone_separator(picture) {
                Some(separator) => format!("{prefix}[-+][0-9]+{}[0-9]+", regex::escape(&separator.to_string())),
                None => format!("{prefix}[-+][0-9]+"),
            }
        }
        (_, 'f') => "[0-9]+".to_owned(),
        (Style::Integer(picture), _) => integer_pattern(picture)?,
        (Style::Names(_), 'M' | 'x' | 'F' | 'P') => "[a-zA-Z]+".to_owned(),
        (Style::Names(_), other) => return Err(Error::new("D3133").with(other.to_string())),
    })
}

fn integer_pattern(picture: &IntegerPicture) -> Result<String, Error> {
    Ok(match &picture.numerals {
        Numerals::Letters { is_upper: true } => "[A-Z]+".to_owned(),
        Numerals::Letters { is_upper: false } => "[a-z]+".to_owned(),
        Numerals::Roman { .. } => "[MDCLXVI]+".to_owned(),
        Numerals::Words(_) => {
            let words: Vec<String> = word_values().map(|(word, _)| word).collect();
            format!(r"(?:{}|and|[\-, ])+", words.join("|"))
        }
        Numerals::Decimal(decimal) => {
            let count = decimal.parsed_width.map_or("+".to_owned(), |width| format!("{{{width}}}"));
            let suffix = if picture.is_ordinal { "(?:th|st|nd|rd)" } else { "" };
            format!("[0-9]{count}{suffix}")
        }
        Numerals::Unknown(picture) => return Err(Error::new("D3130").with(picture.as_str())),
    })
}

fn zone_separator(picture: &IntegerPicture) -> Option<char> {
    match picture.decimal().map(|decimal| &decimal.grouping) {
        Some(Grouping::Regular(_, separator)) => Some(*separator),
        _ => None,
    }
}

/// The value of a component.
fn read(marker: &Marker, text: &str) -> Result<Option<f64>, Error> {
    let width = marker.width_max.filter(|width| *width > 0).unwrap_or(usize::MAX);
    let name_in = |names: &[&str]| {
        let is_it = |name: &&str| name.chars().take(width).eq(text.chars());
        names.iter().position(is_it).map(|at| at as f64 + 1.0)
    };
    Ok(match (&marker.style, marker.component) {
        (Style::Integer(picture), 'Z' | 'z') => {
            Some(zone_minutes(text.trim_start_matches(['G', 'M', 'T', 'g', 'm', 't']), picture))
        }
        (_, 'f') => {
            let digits: String = text.chars().take(3).collect();
            Some(format!("0.{digits}").parse::<f64>().unwrap_or(f64::NAN) * 1000.0)
        }
        (Style::Integer(picture), _) => Some(picture.read(text)?),
        (Style::Names(_), 'F') => name_in(&DAYS),
        (Style::Names(_), 'P') => match text {
            "am" | "AM" => Some(0.0),
            "pm" | "PM" => Some(1.0),
            _ => None,
        },
        (Style::Names(_), _) => name_in(&MONTHS),
    })
}

fn zone_minutes(text: &str, picture: &IntegerPicture) -> f64 {
    let (hours, minutes) = match zone_separator(picture).and_then(|separator| text.split_once(separator)) {
        Some((hours, minutes)) => (hours, minutes),
        None if text.len() <= 3 => (text, "0"),
        None => text.split_at(3),
    };
    leading_integer(hours) * 60.0 + leading_integer(minutes)
}

/// Puts a time together of its components.
fn assemble(mut components: Components, now: i64) -> Result<Option<f64>, Error> {
    let has = |component: char| matches!(components.get(&component), Some(Some(value)) if *value != 0.0);
    // A way to give a date or a time has at least one of its own components, and none of the others.
    let is = |own: &str, all: &str| {
        own.chars().any(has) && all.chars().all(|component| own.contains(component) || !has(component))
    };
    let is_date = |own: &str| is(own, "YXMxWwdD");
    let is_day_of_year = !is_date("YMD") && is_date("Yd");
    let is_week = is_date("Xxw") || is_date("XW");
    let is_half_day = !is("Hmsf", "PHhmsf") && is("Phmsf", "PHhmsf");
    if is_week {
        // Dates by week are written, but not read.
        return Err(Error::new("D3136"));
    }
    let dates = if is_day_of_year { "YD" } else { "YMD" };
    let times = if is_half_day { "Phmsf" } else { "Hmsf" };
    fill(&mut components, &format!("{dates}{times}"), now)?;
    let value = |component: char| components.get(&component).copied().flatten().unwrap_or(0.0);
    let (mut month, mut day) = (value('M').max(1.0), value('D'));
    if is_day_of_year {
        (month, day) = (1.0, value('d'));
    }
    let hours = match is_half_day {
        true => value('h') % 12.0 + 12.0 * value('P'),
        false => value('H'),
    };
    // JavaScript takes years of two digits as those of the twentieth century.
    let year = if (0.0..=99.0).contains(&value('Y')) { value('Y') + 1900.0 } else { value('Y') };
    if [year, month, day].iter().any(|part| part.is_nan() || part.abs() > 1e9) {
        return Ok(Some(f64::NAN));
    }
    let days = to_days(year as i64, month as i64, day as i64) as f64;
    let time = ((hours * 60.0 + value('m')) * 60.0 + value('s')) * 1000.0 + value('f').trunc();
    let zone = if value('Z') != 0.0 { value('Z') } else { value('z') };
    let millis = days * MILLIS_A_DAY + time - zone * 60_000.0;
    Ok(Some(if millis.abs() > MILLIS_MAX { f64::NAN } else { millis }))
}

/// Fills in what was not given, from the most significant component to the least; there may be no gap.
fn fill(components: &mut Components, order: &str, now: i64) -> Result<(), Error> {
    let (mut has_begun, mut has_ended) = (false, false);
    for component in order.chars() {
        if let Some(Some(_)) = components.get(&component) {
            has_begun = true;
            if has_ended {
                return Err(Error::new("D3136"));
            }
            continue;
        }
        let value = if has_begun {
            has_ended = true;
            i64::from("MD".contains(component))
        } else if component == 'P' {
            0
        } else {
            Date::new(now as f64).map_or(0, |now| component_of(&now, component))
        };
        components.insert(component, Some(value as f64));
    }
    Ok(())
}
