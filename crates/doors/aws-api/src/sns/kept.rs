//! What SNS keeps for an account besides its topics: maps of attributes, as entries by path.

use std::collections::BTreeMap;

use bongsu_broker::{Account, EntryKey, Rejection};
use bongsu_runtime::Refusal;
use bytes::Bytes;

use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

/// Attributes by their names.
pub(super) type KeptAttributes = BTreeMap<String, String>;

/// How often a change is made anew because others came in between.
const TRIES_MAX: u32 = 10;

impl Context<'_> {
    /// Where the entries of this region lie, and below that these.
    pub(super) fn path(&self, below: &str) -> Box<str> {
        format!("sns/{}/{below}", self.config.region).into()
    }

    /// The value of the caller's entry of this path, if there is one.
    pub(super) async fn kept(&self, path: &str) -> Result<Option<Bytes>, ApiError> {
        Ok(self.broker.entry(EntryKey { account: self.account()?, path: path.into() }).await?)
    }

    /// Refuses what belongs to another account: these things have no policies.
    pub(super) fn check_owner(&self, account: Account, arn: &str) -> Result<(), ApiError> {
        if account == self.account()? {
            return Ok(());
        }
        let operation = self.seen.operation.get().copied().unwrap_or_default();
        let caller = self.caller.arn().into();
        Err(Refusal::Rejected(Rejection::AccessDenied { caller, operation, resource: arn.into(), by_deny: false })
            .into())
    }
}

pub(super) fn encode(attributes: &KeptAttributes) -> Bytes {
    serde_json::to_vec(attributes).expect("a map of text is JSON").into()
}

pub(super) fn decode(value: &[u8]) -> Result<KeptAttributes, ApiError> {
    serde_json::from_slice(value).map_err(|_| ApiError::internal_failure())
}

/// Changes some attributes; an empty text unsets one.
pub(super) fn overlay(attributes: &mut KeptAttributes, given: KeptAttributes) {
    attributes.extend(given);
    attributes.retain(|_, value| !value.is_empty());
}

/// Counts how often something is read, decided and written, until nothing comes in between.
#[derive(Default)]
pub(super) struct Tries(u32);

impl Tries {
    /// Whether the change was made; if not, it is to be decided anew.
    pub(super) fn is_made(&mut self, changed: Result<(), Refusal>) -> Result<bool, ApiError> {
        self.0 += 1;
        match changed {
            Err(Refusal::Rejected(Rejection::EntryChanged)) if self.0 < TRIES_MAX => Ok(false),
            Err(refusal) => Err(refusal.into()),
            Ok(()) => Ok(true),
        }
    }
}

/// Others change the same thing again and again.
pub(super) fn too_busy() -> ApiError {
    ApiError::new(ErrorKind::InternalErrorException, "Others are changing the same thing. Please try again.")
}
