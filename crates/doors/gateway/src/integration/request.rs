//! `RequestParameters` of `HTTP_PROXY`: what is changed of a request before another server gets it.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html>

use std::collections::BTreeMap;

use form_urlencoded::Serializer;
use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};

use crate::{ApiKind, call::Call, mapping::Mapping};

/// Headers that no API may change, and the beginnings of others.
const RESERVED: [&str; 15] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-location",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "via",
];
const RESERVED_PREFIXES: [&str; 6] = ["access-control-", "apigw-", "proxy-", "x-amz-", "x-amzn-", "x-forwarded-"];

/// The changes, in order.
pub(super) struct RequestChanges(Vec<Change>);

struct Change {
    action: Action,
    place: Place,
    value: Mapping,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Append,
    Overwrite,
    Remove,
}

enum Place {
    Header(HeaderName),
    Query(String),
    /// Of HTTP APIs: all of it.
    Path,
    /// Of REST APIs: what fills a place of the address.
    Parameter(String),
}

/// A request that is being changed.
pub(super) struct Changed {
    pub(super) headers: HeaderMap,
    pub(super) query: String,
    /// In place of the address's own.
    pub(super) path: Option<String>,
    /// By name: what fills the address.
    pub(super) parameters: BTreeMap<String, String>,
}

impl RequestChanges {
    pub(super) fn new(parameters: &BTreeMap<String, String>, kind: ApiKind) -> Result<Self, String> {
        let change = |(name, text): (&String, &String)| match kind {
            ApiKind::Http => Change::of_http(name, text),
            ApiKind::Rest => Change::of_rest(name, text),
        };
        parameters.iter().map(change).collect::<Result<_, _>>().map(Self)
    }

    /// The names of places of the address that are filled by it.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|change| match &change.place {
            Place::Parameter(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Changes a request. What is mapped and not there changes nothing.
    pub(super) fn apply(&self, call: &Call<'_>, changed: &mut Changed) {
        for Change { action, place, value } in &self.0 {
            let value = if *action == Action::Remove { Some(String::new()) } else { value.value(call) };
            let Some(value) = value else { continue };
            match place {
                Place::Header(name) => change_header(&mut changed.headers, *action, name, value),
                Place::Query(name) => changed.query = change_query(&changed.query, *action, name, &value),
                Place::Path => changed.path = Some(value),
                Place::Parameter(name) => drop(changed.parameters.insert(name.clone(), value)),
            }
        }
    }
}

fn change_header(headers: &mut HeaderMap, action: Action, name: &HeaderName, value: String) {
    let Ok(value) = HeaderValue::try_from(value) else { return };
    match action {
        Action::Append => drop(headers.append(name, value)),
        Action::Overwrite => drop(headers.insert(name, value)),
        Action::Remove => drop(headers.remove(name)),
    }
}

fn change_query(query: &str, action: Action, name: &str, value: &str) -> String {
    let mut form = Serializer::new(String::new());
    for (found, value) in form_urlencoded::parse(query.as_bytes()) {
        if found != name || action == Action::Append {
            form.append_pair(&found, &value);
        }
    }
    if action != Action::Remove {
        form.append_pair(name, value);
    }
    form.finish()
}

impl Change {
    /// Reads `append:header.x`, `overwrite:querystring.x`, `remove:header.x`, `overwrite:path` and their like.
    fn of_http(name: &str, text: &str) -> Result<Self, String> {
        let unknown = || format!("there is no request parameter {name}");
        let (action, place) = name.split_once(':').ok_or_else(unknown)?;
        let action = match action {
            "append" => Action::Append,
            "overwrite" => Action::Overwrite,
            "remove" => Action::Remove,
            _ => return Err(unknown()),
        };
        let place = match place.split_once('.') {
            None if place == "path" && action == Action::Overwrite => Place::Path,
            Some(("header", header)) => Place::Header(free(header).ok_or_else(unknown)?),
            Some(("querystring", parameter)) if !parameter.is_empty() => Place::Query(parameter.into()),
            _ => return Err(unknown()),
        };
        // What is removed has no value; templates write an empty text.
        let text = if action == Action::Remove { "" } else { text };
        let value = Mapping::parse(text).map_err(|reason| format!("{name}: {reason}"))?;
        Ok(Self { action, place, value })
    }

    /// Reads `integration.request.header.X`, `….querystring.x` and `….path.x`.
    fn of_rest(name: &str, text: &str) -> Result<Self, String> {
        let unknown = || format!("there is no request parameter {name}");
        let place = match name.strip_prefix("integration.request.").and_then(|place| place.split_once('.')) {
            Some(("header", header)) => Place::Header(header.parse().map_err(|_| unknown())?),
            Some(("querystring", parameter)) => Place::Query(parameter.into()),
            Some(("path", parameter)) => Place::Parameter(parameter.into()),
            _ => return Err(unknown()),
        };
        let value = Mapping::parse_rest(text).map_err(|reason| format!("{name}: {reason}"))?;
        Ok(Self { action: Action::Overwrite, place, value })
    }
}

/// A header that may be changed.
fn free(name: &str) -> Option<HeaderName> {
    let name: HeaderName = name.parse().ok()?;
    let text = name.as_str();
    let is_reserved = RESERVED.contains(&text) || RESERVED_PREFIXES.iter().any(|prefix| text.starts_with(prefix));
    (!is_reserved).then_some(name)
}
