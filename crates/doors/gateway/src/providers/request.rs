//! A request before and after its provider believes it.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use hyper::{HeaderMap, Method, StatusCode, header::HeaderName, http::request::Parts};

use super::Refusal;
use crate::Selector;

/// SQS remembers deduplication ids that long in any case.
pub(super) const REDELIVERY_WINDOW_MIN: Duration = Duration::from_secs(5 * 60);

/// What came of a request that is believed.
#[derive(Debug, PartialEq)]
pub(crate) enum Received<'a> {
    /// Becomes a message.
    Event(Verified<'a>),
    /// A handshake: answered at once, and no message comes of it.
    Answer(Answer),
}

/// An answer in the words of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
}

impl Answer {
    pub(super) fn text(body: impl Into<String>) -> Self {
        Self { status: StatusCode::OK, content_type: "text/plain; charset=utf-8", body: body.into() }
    }

    pub(super) fn json(body: impl Into<String>) -> Self {
        Self { status: StatusCode::OK, content_type: "application/json", body: body.into() }
    }
}

/// A request as it came. Anybody may have sent it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unverified<'a> {
    head: &'a Parts,
    pub(super) body: &'a Bytes,
}

impl<'a> Unverified<'a> {
    pub(crate) fn new(head: &'a Parts, body: &'a Bytes) -> Self {
        Self { head, body }
    }

    pub(super) fn method(&self) -> &'a Method {
        &self.head.method
    }

    pub(super) fn headers(&self) -> &'a HeaderMap {
        &self.head.headers
    }

    /// The path as it was sent, undecoded.
    pub(super) fn path(&self) -> &'a str {
        self.head.uri.path()
    }

    /// What stands behind the `?`, undecoded, if there is one.
    pub(super) fn query(&self) -> Option<&'a str> {
        self.head.uri.query()
    }

    /// The first parameter of the query by this name, decoded.
    pub(super) fn query_parameter(&self, name: &str) -> Option<Cow<'a, str>> {
        form_urlencoded::parse(self.query()?.as_bytes()).find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The only value of a header that must be there.
    pub(super) fn header(&self, name: &HeaderName) -> Result<&'a str, Refusal> {
        let mut values = self.head.headers.get_all(name).iter();
        let value = values.next().ok_or_else(|| Refusal::HeaderMissing(name.clone()))?;
        match (values.next(), value.to_str()) {
            (None, Ok(value)) => Ok(value),
            _ => Err(Refusal::HeaderMalformed(name.clone())),
        }
    }

    /// Says that a provider believes the request. Private to the providers: nobody else can.
    pub(super) fn verified(self) -> Verified<'a> {
        Verified {
            headers: &self.head.headers,
            body: self.body,
            group: None,
            deduplication: None,
            redelivery_window: REDELIVERY_WINDOW_MIN,
            answer: None,
        }
    }
}

/// A request that its provider vouches for, with the provider's defaults.
#[derive(Debug, PartialEq)]
pub(crate) struct Verified<'a> {
    headers: &'a HeaderMap,
    body: &'a Bytes,
    pub(super) group: Option<String>,
    pub(super) deduplication: Option<String>,
    pub(super) redelivery_window: Duration,
    pub(super) answer: Option<Answer>,
}

impl Verified<'_> {
    pub(crate) fn body(&self) -> &Bytes {
        self.body
    }

    pub(crate) fn select(&self, selector: &Selector) -> Option<String> {
        selector.select(self.headers, str::from_utf8(self.body).ok()?)
    }

    pub(crate) fn default_group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    pub(crate) fn default_deduplication(&self) -> Option<&str> {
        self.deduplication.as_deref()
    }

    pub(crate) fn redelivery_window(&self) -> Duration {
        self.redelivery_window
    }

    /// What the sender wants to hear once the message is durable, if it is particular about that.
    pub(crate) fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }
}
