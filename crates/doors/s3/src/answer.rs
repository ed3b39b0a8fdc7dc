//! What an operation answers.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::outgoing::Outgoing;

const XML: HeaderValue = HeaderValue::from_static("application/xml");

/// An answer, but for what all answers have.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Outgoing,
}

impl Answer {
    /// Without a body.
    pub(crate) fn empty(status: StatusCode) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: Outgoing::whole(Bytes::new()) }
    }

    /// With a document.
    pub(crate) fn document(document: Vec<u8>) -> Answer {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, XML)]);
        Answer { status: StatusCode::OK, headers, body: Outgoing::whole(document.into()) }
    }

    /// The same, with one more header.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Answer {
        self.headers.insert(name, value);
        self
    }
}
