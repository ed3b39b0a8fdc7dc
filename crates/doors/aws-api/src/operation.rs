//! What the operations of every service share: where their input comes from, what they may use, and the table of them.

use bongsu_broker::Text as Shared;
use bongsu_runtime::Handle;
use bongsu_traces::TraceContext;
use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderName};
use serde::Deserialize;

use crate::codec::{Dialect, Params, Text, json};
use crate::error::ApiError;
use crate::message_attributes::TRACE_HEADER_BYTES_MAX;
use crate::observation::{Seen, TRACE_ID, TRACEPARENT};
use crate::request_id::RequestId;
use crate::service::Config;
use crate::sigv4::Caller;

/// Where an operation's input comes from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Json(&'a [u8]),
    Query(&'a Params<'a>),
}

impl<'a> Source<'a> {
    pub(crate) fn decode<T: Deserialize<'a>>(self, dialect: &'static Dialect, operation: &str) -> Result<T, ApiError> {
        match self {
            Source::Json(body) => json::decode(body),
            Source::Query(params) => params.decode(dialect, operation),
        }
    }
}

/// What an operation may use besides its input. Each service adds what it needs itself.
pub(crate) struct Context<'a> {
    /// Asks on behalf of the caller.
    pub(crate) broker: Handle,
    /// Only a verified request has one.
    pub(crate) caller: &'a Caller,
    /// Whether the request carries a signature at all.
    pub(crate) is_signed: bool,
    pub(crate) config: &'a Config,
    pub(crate) headers: &'a HeaderMap,
    /// Where a Query request was sent to: may be a queue's path.
    pub(crate) path: &'a str,
    pub(crate) body: &'a Bytes,
    pub(crate) request_id: RequestId,
    /// Where it is noted what becomes known of the request.
    pub(crate) seen: &'a Seen,
}

impl Context<'_> {
    /// The caller's account, which owns what the caller creates.
    pub(crate) fn account(&self) -> Result<bongsu_broker::Account, ApiError> {
        self.caller.account().parse().map_err(|()| ApiError::internal_failure())
    }

    /// The request's trace header for its messages, unless that is too long for one, or else its `traceparent` in the same
    /// words.
    pub(crate) fn trace_header(&self) -> Option<Shared> {
        let header = |name: HeaderName| self.headers.get(name).and_then(|value| value.to_str().ok());
        match header(TRACE_ID) {
            Some(own) => Some(own).filter(|own| own.len() <= TRACE_HEADER_BYTES_MAX).map(Shared::from),
            None => Some(Shared::from(TraceContext::from_traceparent(header(TRACEPARENT)?)?.to_xray())),
        }
    }

    /// Text as the broker takes it: a slice of the request's body if it stands there as it is, otherwise a copy.
    pub(crate) fn share(&self, text: Text<'_>) -> Shared {
        let offset = (text.as_ptr() as usize).wrapping_sub(self.body.as_ptr() as usize);
        if offset < self.body.len() && text.len() <= self.body.len() - offset {
            let shared = Shared::from_utf8(self.body.slice(offset..offset + text.len()));
            return shared.unwrap_or_else(|_| Shared::from(text.into_string()));
        }
        Shared::from(text.into_string())
    }
}

/// One row an operation: its name, its module. Before the rows stands how the service spells its requests, and what says
/// which of several faults is told: `async fn(&Context, ApiError) -> ApiError`.
macro_rules! operations {
    ($dialect:path, $first_fault:path; $($name:literal => $module:ident,)*) => {
        /// Reads the input, calls the operation, and writes its output in the protocol of the request.
        pub(crate) async fn call(
            source: $crate::operation::Source<'_>,
            cx: &$crate::operation::Context<'_>,
            protocol: $crate::codec::Protocol,
            envelope: $crate::codec::Envelope<'_>,
        ) -> Result<Vec<u8>, $crate::error::ApiError> {
            match envelope.operation {
                $($name => match $module::call(source.decode(&$dialect, envelope.operation)?, cx).await {
                    Ok(output) => protocol.encode(&output, envelope),
                    Err(error) => Err($first_fault(cx, error).await),
                },)*
                unknown => Err($crate::error::ApiError::unknown_operation(unknown)),
            }
        }

        /// The names of all operations.
        pub(crate) const NAMES: &[&str] = &[$($name),*];

        /// The operation of this name, if there is one.
        pub(crate) fn find(name: &str) -> Option<&'static str> {
            NAMES.binary_search(&name).ok().map(|place| NAMES[place])
        }

        /// What each operation takes.
        #[cfg(test)]
        pub(crate) fn inputs() -> Vec<(&'static str, $crate::compat::shapes::Shape)> {
            vec![$(($name, $crate::compat::shapes::trace(|tracer, cx| {
                let input = serde::Deserialize::deserialize(tracer)?;
                cx.map_or(Ok(()), |cx| Ok(drop($module::call(input, cx))))
            }))),*]
        }

        #[cfg(test)]
        mod table {
            #[test]
            fn operations_stand_in_order_and_once() {
                assert!(super::NAMES.is_sorted_by(|a, b| a < b));
            }
        }
    };
}

pub(crate) use operations;
