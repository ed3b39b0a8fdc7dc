//! Pictures: how numbers, integers and dates are written and read, as XPath's functions have it.

mod calendar;
mod date;
mod format_date;
mod integer;
mod iso;
mod number;
mod parse_date;
mod words;

pub(crate) use format_date::format_date;
pub(crate) use integer::{format_integer, parse_integer};
pub(crate) use iso::parse_iso;
pub(crate) use number::format_number;
pub(crate) use parse_date::parse_date;
