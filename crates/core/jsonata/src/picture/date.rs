//! Pictures of dates: text, and markers in brackets such as `[Y0001]` and `[FNn,3-3]`.

use super::calendar::Date;
use super::integer::{Case, IntegerPicture};
use crate::error::Error;

/// The parts of a picture, in order.
#[derive(Debug)]
pub(super) enum Part {
    Literal(String),
    Marker(Marker),
}

/// A component of a date, and how it is written.
#[derive(Debug)]
pub(super) struct Marker {
    pub(super) component: char,
    pub(super) style: Style,
    /// At most how many characters a name has.
    pub(super) width_max: Option<usize>,
    /// Years are written with so many of their last digits.
    pub(super) year_digits: Option<usize>,
    /// `t`: UTC is written as `Z`.
    pub(super) is_traditional: bool,
}

#[derive(Debug)]
pub(super) enum Style {
    Names(Case),
    Integer(IntegerPicture),
}

/// Components that are numbers.
const NUMBERS: &str = "YMDdFWwXxHhmsf";

/// How a component is written if the picture does not say.
fn default_presentation(component: char) -> Option<&'static str> {
    match component {
        'Y' | 'M' | 'D' | 'd' | 'W' | 'w' | 'X' | 'x' | 'H' | 'h' | 'f' => Some("1"),
        'F' | 'P' | 'C' | 'E' => Some("n"),
        'm' | 's' => Some("01"),
        'Z' | 'z' => Some("01:01"),
        _ => None,
    }
}

/// Reads a picture.
pub(super) fn parse_picture(picture: &str) -> Result<Vec<Part>, Error> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = picture;
    while let Some((text, after)) = rest.split_once('[') {
        push_literal(&mut parts, text);
        if let Some(after) = after.strip_prefix('[') {
            parts.push(Part::Literal("[".to_owned()));
            rest = after;
            continue;
        }
        let (marker, after) = after.split_once(']').ok_or_else(|| Error::new("D3135"))?;
        let marker = Marker::parse(marker)?;
        // Digits that follow digits at once are read by their number.
        if let (Style::Integer(_), Some(Part::Marker(Marker { style: Style::Integer(before), .. }))) =
            (&marker.style, parts.last_mut())
            && NUMBERS.contains(marker.component)
            && let Some(before) = before.decimal_mut()
        {
            before.parsed_width = Some(before.mandatory);
        }
        parts.push(Part::Marker(marker));
        rest = after;
    }
    push_literal(&mut parts, rest);
    Ok(parts)
}

fn push_literal(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Literal(text.replace("]]", "]")));
    }
}

impl Marker {
    fn parse(text: &str) -> Result<Marker, Error> {
        let text: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        let component = text.chars().next();
        let unknown = || Error::new("D3132").with(component.map(String::from).unwrap_or_default());
        let Some(component) = component else { return Err(unknown()) };
        let default = default_presentation(component).ok_or_else(unknown)?;
        let (presentation, widths) = match text[component.len_utf8()..].rsplit_once(',') {
            Some((presentation, widths)) => (presentation, widths),
            None => (&text[component.len_utf8()..], ""),
        };
        let (min, max) = widths.split_once('-').unwrap_or((widths, ""));
        let (width_min, width_max) = (min.parse::<usize>().ok(), max.parse::<usize>().ok());
        let (presentation, modifier) = match presentation.char_indices().next_back() {
            None => (default, None),
            Some((at, modifier @ ('a' | 't' | 'c' | 'o'))) if at > 0 => (&presentation[..at], Some(modifier)),
            Some(_) => (presentation, None),
        };
        let mut marker = Marker {
            component,
            style: Style::of(component, presentation, modifier)?,
            width_max,
            year_digits: None,
            is_traditional: modifier == Some('t'),
        };
        if let Style::Integer(picture) = &mut marker.style
            && NUMBERS.contains(component)
            && let Some(decimal) = picture.decimal_mut()
        {
            decimal.mandatory = decimal.mandatory.max(width_min.unwrap_or(0)).min(WIDTH_MAX);
            if component == 'Y' {
                let digits = decimal.mandatory + decimal.optional;
                marker.year_digits = width_max.or((digits >= 2).then_some(digits));
                decimal.mandatory = width_max.unwrap_or(decimal.mandatory).min(WIDTH_MAX);
            }
        }
        Ok(marker)
    }
}

/// More digits than this are not written of a component.
const WIDTH_MAX: usize = 100;

impl Style {
    fn of(component: char, presentation: &str, modifier: Option<char>) -> Result<Style, Error> {
        let is_zone = matches!(component, 'Z' | 'z');
        if !is_zone && presentation.starts_with('n') {
            return Ok(Style::Names(Case::Lower));
        }
        if !is_zone && presentation.starts_with('N') {
            return Ok(Style::Names(if presentation.starts_with("Nn") { Case::Title } else { Case::Upper }));
        }
        let pattern = match modifier {
            Some(modifier) if !is_zone => format!("{presentation};{modifier}"),
            _ => presentation.to_owned(),
        };
        IntegerPicture::parse(&pattern).map(Style::Integer)
    }
}

/// The value of a component that is a number.
pub(super) fn component_of(date: &Date, component: char) -> i64 {
    match component {
        'Y' => date.year,
        'M' => date.month,
        'D' => date.day_of_month,
        'd' => date.day_of_year(),
        'F' => date.day_of_week(),
        'W' => date.week_of_year(),
        'w' => date.week_of_month(),
        'X' => date.year_of_week(),
        'x' => date.month_of_week(),
        'H' => date.hours,
        'h' => (date.hours + 11) % 12 + 1,
        'm' => date.minutes,
        's' => date.seconds,
        'f' => date.millis,
        _ => 0,
    }
}
