//! Why a request is not taken.

use hyper::{StatusCode, header::HeaderName};

use crate::Selector;

/// Why a request is not believed, or not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("The header {0} is missing")]
    HeaderMissing(HeaderName),
    #[error("The header {0} is malformed")]
    HeaderMalformed(HeaderName),
    #[error("The signature does not match")]
    SignatureWrong,
    #[error("The timestamp is too far from the present")]
    Stale,
    /// Who asks does not know what was agreed on.
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("{0}")]
    BodyUnfit(&'static str),
    #[error("{selector} selects nothing")]
    NothingSelected { selector: Selector },
    /// What is needed to judge the request, or to answer it, could not be had: the sender may try again.
    #[error("{0}")]
    Unavailable(&'static str),
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            // Discord insists on 401, and tries it out.
            Self::HeaderMissing(_) | Self::HeaderMalformed(_) | Self::SignatureWrong | Self::Stale => {
                StatusCode::UNAUTHORIZED
            }
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::BodyUnfit(_) | Self::NothingSelected { .. } => StatusCode::BAD_REQUEST,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
