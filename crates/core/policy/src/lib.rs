//! Judges requests by AWS resource policies, the IAM policy language as queues and topics use it.
//!
//! [`Policy::parse`] refuses what it does not understand, so that [`Policy::evaluate`] has an answer for everything
//! that was stored. Nothing here reads a clock or does I/O: what a request is known by arrives as a [`Request`].
//!
//! Reading order: `policy` (the whole), `statement` (when one applies), then what a statement is made of:
//! `principal`, `action`, `pattern` over `glob`, and `condition` over `operator`.
//!
//! # Doubt never widens access
//!
//! A part of a statement holds, does not hold, or cannot be evaluated: a policy variable without a value, or a value
//! of the request that is not of its operator's type. What cannot be evaluated keeps an Allow from applying and lets
//! a Deny apply, also when it stands behind a negation. An absent condition key is not doubt: AWS says what it means
//! for each operator, and that holds for both effects.

mod action;
mod cidr;
mod condition;
mod date;
mod edit;
mod error;
mod glob;
mod json;
mod kept;
mod limits;
mod operator;
mod pattern;
mod policy;
mod principal;
mod request;
mod statement;

pub use date::{format as iso_8601, parse as parse_iso_8601};
pub use edit::NewStatement;
pub use error::{Counted, EditError, LabelUnknown, PolicyError};
pub use limits::Limits;
pub use policy::{Policy, Verdict};
pub use principal::Principal;
pub use request::Request;
