//! The parameters of a request.

use hyper::http::request::Parts;

use crate::error::S3Error;

/// Most that a page of a list has, and what it has if nobody says.
pub(crate) const PAGE_MAX: usize = 1000;

/// The parameters in order, decoded.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn of(head: &Parts) -> Query {
        let query = head.uri.query().unwrap_or_default();
        Query(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(given, _)| given == name)
    }

    /// The first of this name. One without a value has an empty one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The same, unless it is empty: what narrows nothing down.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// How many entries a page may have: of this parameter, and no more than [`PAGE_MAX`].
    ///
    /// # Errors
    ///
    /// `InvalidArgument` when it is no number.
    pub(crate) fn page(&self, name: &'static str) -> Result<usize, S3Error> {
        let Some(given) = self.filled(name) else { return Ok(PAGE_MAX) };
        let number = given.parse::<i32>().ok().and_then(|number| usize::try_from(number).ok());
        let text = format!("Argument {name} must be an integer between 0 and 2147483647");
        Ok(number.ok_or_else(|| S3Error::argument(name, given, text))?.min(PAGE_MAX))
    }

    /// Whether keys in the answer are to be encoded as in a URL.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` for any other encoding.
    pub(crate) fn wants_urls(&self) -> Result<bool, S3Error> {
        match self.filled("encoding-type") {
            None => Ok(false),
            Some("url") => Ok(true),
            Some(other) => {
                Err(S3Error::argument("encoding-type", other, "Invalid Encoding Method specified in Request"))
            }
        }
    }
}
