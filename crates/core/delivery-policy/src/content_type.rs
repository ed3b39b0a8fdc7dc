//! The content types that a delivery policy may give to notifications over HTTP.

use crate::Fault;
use crate::json::Section;

/// A value of the header `Content-Type` that AWS allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentType(&'static str);

/// For every notification, in its envelope or raw.
const ALWAYS: [&str; 3] = [ContentType::DEFAULT.0, "text/plain", "application/json"];

/// For raw notifications only, whose body is what the publisher wrote.
const RAW_ONLY: [&str; 10] = [
    "text/css",
    "text/csv",
    "text/html",
    "text/xml",
    "application/atom+xml",
    "application/octet-stream",
    "application/soap+xml",
    "application/x-www-form-urlencoded",
    "application/xhtml+xml",
    "application/xml",
];

const KEY: &str = "headerContentType";

impl ContentType {
    pub(crate) const DEFAULT: ContentType = ContentType("text/plain; charset=UTF-8");

    /// Reads the request section at `key`; nothing if it is unset or names no content type.
    pub(crate) fn parse(parent: &Section<'_>, key: &str, raw: bool) -> Result<Option<ContentType>, Fault> {
        let Some(section) = parent.section(key, &[KEY])? else { return Ok(None) };
        let Some(name) = section.string(KEY)? else { return Ok(None) };
        let found = ALWAYS.iter().chain(&RAW_ONLY).find(|known| **known == name).map(|known| ContentType(known));
        match found {
            Some(found) if raw || !found.needs_raw() => Ok(Some(found)),
            Some(_) => Err(section.value_fault(KEY, &name, "needs raw message delivery")),
            None => Err(section.value_fault(KEY, &name, "is not a valid header content type")),
        }
    }

    pub(crate) fn needs_raw(self) -> bool {
        RAW_ONLY.contains(&self.0)
    }

    pub(crate) fn name(self) -> &'static str {
        self.0
    }

    /// The request section.
    pub(crate) fn text(self) -> String {
        format!(r#"{{"{KEY}":"{}"}}"#, self.0)
    }
}
