//! Writes times as pictures describe them.

use super::calendar::{DAYS, Date, MONTHS};
use super::date::{Marker, Part, Style, component_of, parse_picture};
use super::integer::{Case, Grouping, IntegerPicture, format_integer, leading_integer};
use crate::error::Error;

const ISO: &str = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";

/// An offset from UTC, as `+hhmm` is read: hours rounded down, minutes with the sign of the whole.
struct Offset {
    hours: f64,
    minutes: f64,
}

/// Writes a time in milliseconds since the epoch, in ISO 8601 if there is no picture, in UTC if there is no zone.
pub(crate) fn format_date(millis: f64, picture: Option<&str>, zone: Option<&str>) -> Result<String, Error> {
    let offset = match zone {
        None => Offset { hours: 0.0, minutes: 0.0 },
        Some(zone) => {
            let offset = leading_integer(zone);
            Offset { hours: (offset / 100.0).floor(), minutes: offset % 100.0 }
        }
    };
    let parts = parse_picture(picture.unwrap_or(ISO))?;
    let local = millis + (60.0 * offset.hours + offset.minutes) * 60_000.0;
    let date = Date::new(local).ok_or_else(|| Error::new("D1001").with(millis))?;
    let mut text = String::new();
    for part in &parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Marker(marker) => text.push_str(&component(&date, &offset, marker)?),
        }
    }
    Ok(text)
}

fn component(date: &Date, offset: &Offset, marker: &Marker) -> Result<String, Error> {
    let misplaced = || Error::new("D3133").with(marker.component.to_string());
    match (&marker.style, marker.component) {
        (Style::Integer(picture), 'Z' | 'z') => zone(offset, marker, picture),
        (_, 'P') => {
            let is_upper = matches!(marker.style, Style::Names(Case::Upper));
            Ok(match (date.hours >= 12, is_upper) {
                (true, true) => "PM",
                (true, false) => "pm",
                (false, true) => "AM",
                (false, false) => "am",
            }
            .to_owned())
        }
        (_, 'C' | 'E') => Ok("ISO".to_owned()),
        (Style::Names(case), name @ ('M' | 'x' | 'F')) => {
            let at = component_of(date, name) as usize - 1;
            let name = if name == 'F' { DAYS[at] } else { MONTHS[at] };
            let name = match case {
                Case::Upper => name.to_uppercase(),
                Case::Lower => name.to_lowercase(),
                Case::Title => name.to_owned(),
            };
            Ok(name.chars().take(marker.width_max.unwrap_or(usize::MAX)).collect())
        }
        (Style::Names(_), _) => Err(misplaced()),
        (Style::Integer(picture), component) => {
            let mut value = component_of(date, component) as f64;
            if let Some(digits) = marker.year_digits {
                value %= 10f64.powi(digits as i32);
            }
            picture.format(value)
        }
    }
}

fn zone(offset: &Offset, marker: &Marker, picture: &IntegerPicture) -> Result<String, Error> {
    let whole = offset.hours * 100.0 + offset.minutes;
    if whole == 0.0 && marker.is_traditional {
        return Ok("Z".to_owned());
    }
    let decimal = picture.decimal();
    let digits = decimal.map_or(0, |decimal| decimal.mandatory);
    let is_grouped = decimal.is_some_and(|decimal| matches!(decimal.grouping, Grouping::Regular(..)));
    let text = match digits {
        1 | 2 if !is_grouped => {
            let mut text = picture.format(offset.hours)?;
            if offset.minutes != 0.0 {
                text.push(':');
                text.push_str(&format_integer(offset.minutes, "00")?);
            }
            text
        }
        _ if is_grouped || (3..=4).contains(&digits) => picture.format(whole)?,
        _ => return Err(Error::new("D3134").with(digits as f64)),
    };
    let sign = if whole >= 0.0 { "+" } else { "" };
    let prefix = if marker.component == 'z' { "GMT" } else { "" };
    Ok(format!("{prefix}{sign}{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_picture_says() {
        let millis = 1_521_801_216_617.0;
        for (picture, zone, text) in [
            (None, None, "2018-03-23T10:33:36.617Z"),
            (None, Some("+0530"), "2018-03-23T16:03:36.617+05:30"),
            (Some("[D1o] [MNn] [Y], [h#1]:[m01][P]"), None, "23rd March 2018, 10:33am"),
            (Some("[FNn,3-3] [[[W]]] [Z0] [z]"), Some("-0500"), "Fri [12] -5 GMT-05:00"),
            (Some("[Y,2-2]/[d]/[f001] [C]"), None, "18/82/617 ISO"),
            (Some("[DWwo] [MI] [YI]"), None, "Twenty-Third III MMXVIII"),
        ] {
            assert_eq!(format_date(millis, picture, zone).unwrap(), text, "{picture:?}");
        }
        for (picture, code) in [("[q]", "D3132"), ("[YN]", "D3133"), ("[Z010101t]", "D3134"), ("[Y", "D3135")] {
            assert_eq!(format_date(millis, Some(picture), Some("+0100")).unwrap_err().code(), code, "{picture}");
        }
    }
}
