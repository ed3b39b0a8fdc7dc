//! `ResponseParameters`: what is changed of an answer before its caller gets it.

use std::collections::BTreeMap;

use bongsu_http::Response;
use hyper::{
    HeaderMap, StatusCode,
    header::{HeaderName, HeaderValue},
};

use crate::{call::Call, failure::Failure, mapping::Mapping};

/// The changes of an HTTP API, by the status that the integration answered.
pub(super) struct ResponseChanges(BTreeMap<u16, Vec<Change>>);

struct Change {
    what: What,
    value: ResponseValue,
}

enum What {
    Status,
    Append(HeaderName),
    Overwrite(HeaderName),
    Remove(HeaderName),
}

/// Where the value of a header is found.
pub(super) enum ResponseValue {
    /// In the integration's answer.
    Header(HeaderName),
    /// In the request, or fixed.
    Mapped(Mapping),
}

impl ResponseChanges {
    pub(super) fn of_http(parameters: &BTreeMap<u16, BTreeMap<String, String>>) -> Result<Self, String> {
        let changes = |(status, changes): (&u16, &BTreeMap<String, String>)| {
            let changes =
                changes.iter().map(|(name, text)| Change::parse(name, text)).collect::<Result<_, String>>()?;
            Ok((*status, changes))
        };
        parameters.iter().map(changes).collect::<Result<_, String>>().map(Self)
    }

    /// Changes the answer.
    ///
    /// # Errors
    ///
    /// A mapped status that is none.
    pub(super) fn apply(&self, call: &Call<'_>, answer: &mut Response) -> Result<(), Failure> {
        let Some(changes) = self.0.get(&answer.status().as_u16()) else { return Ok(()) };
        let before = answer.headers().clone();
        for Change { what, value } in changes {
            let value = value.of(call, &before);
            match (what, value) {
                (What::Remove(name), _) => drop(answer.headers_mut().remove(name)),
                (_, None) => {}
                (What::Append(name), Some(value)) => drop(answer.headers_mut().append(name, value)),
                (What::Overwrite(name), Some(value)) => drop(answer.headers_mut().insert(name, value)),
                (What::Status, Some(value)) => {
                    let status = StatusCode::from_bytes(value.as_bytes()).ok().filter(|status| status.as_u16() >= 200);
                    let wrong = || Failure::Integration(format!("{value:?} is no status"));
                    *answer.status_mut() = status.ok_or_else(wrong)?;
                }
            }
        }
        Ok(())
    }
}

impl Change {
    /// Reads `append:header.x`, `overwrite:header.x`, `remove:header.x` or `overwrite:statuscode`.
    fn parse(name: &str, text: &str) -> Result<Self, String> {
        let unknown = || format!("there is no response parameter {name}");
        let (action, place) = name.split_once(':').ok_or_else(unknown)?;
        let header = place.strip_prefix("header.").and_then(|name| name.parse().ok());
        let what = match (action, header) {
            ("overwrite", None) if place == "statuscode" => What::Status,
            ("append", Some(name)) => What::Append(name),
            ("overwrite", Some(name)) => What::Overwrite(name),
            ("remove", Some(name)) => What::Remove(name),
            _ => return Err(unknown()),
        };
        Ok(Self { what, value: ResponseValue::of_http(text).map_err(|reason| format!("{name}: {reason}"))? })
    }
}

impl ResponseValue {
    /// `$response.header.x`, or what a request's parameter may be.
    fn of_http(text: &str) -> Result<Self, String> {
        match text.strip_prefix("$response.header.") {
            Some(name) => name.parse().map(Self::Header).map_err(|_| format!("`{text}` is no header")),
            None => Mapping::parse(text).map(Self::Mapped),
        }
    }

    /// `integration.response.header.X`, or what a REST API's request parameter may be.
    pub(super) fn of_rest(text: &str) -> Result<Self, String> {
        match text.strip_prefix("integration.response.header.") {
            Some(name) => name.parse().map(Self::Header).map_err(|_| format!("`{text}` is no header")),
            None => Mapping::parse_rest(text).map(Self::Mapped),
        }
    }

    /// The value, if it is there and a header's.
    pub(super) fn of(&self, call: &Call<'_>, answered: &HeaderMap) -> Option<HeaderValue> {
        match self {
            Self::Header(name) => answered.get(name).cloned(),
            Self::Mapped(mapping) => HeaderValue::try_from(mapping.value(call)?).ok(),
        }
    }
}
