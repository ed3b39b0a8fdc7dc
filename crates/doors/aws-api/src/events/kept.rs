//! Connections and destinations as they are kept: documents of an account, as entries by path.

use bongsu_broker::{Account, EntryChanges, EntryKey, Rejection};
use bongsu_runtime::{Handle, Refusal};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::parameters::invalid;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;
use crate::service::Config;

/// Of each kind, as many as AWS lets an account have.
pub(super) const DOCUMENTS_MAX: usize = 3_000;

/// A thing that is kept by its name.
pub(super) trait Document: Serialize + DeserializeOwned {
    /// The first word of its ARN's last part.
    const KIND: &'static str;
    /// The same in a sentence.
    const CALLED: &'static str;

    fn name(&self) -> &str;

    /// Tells it from an earlier one of the same name.
    fn id(&self) -> &str;
}

/// A document, and the bytes that have to be there still when it is changed.
pub(super) struct Found<D> {
    pub(super) document: D,
    bytes: Bytes,
}

/// What is kept of one account in one region.
pub(super) struct Kept {
    broker: Handle,
    account: Account,
    region: String,
}

impl Kept {
    /// Of the caller's account.
    pub(super) fn of_caller(cx: &Context<'_>) -> Result<Kept, ApiError> {
        Ok(Kept { broker: cx.broker.clone(), account: cx.account()?, region: cx.config.region.clone() })
    }

    /// Of the server's account.
    pub(super) fn of_server(config: &Config, broker: &Handle) -> Kept {
        Kept { broker: broker.clone(), account: config.account, region: config.region.clone() }
    }

    pub(super) fn account(&self) -> Account {
        self.account
    }

    /// The ARN of a document.
    pub(super) fn arn<D: Document>(&self, document: &D) -> String {
        let (name, id) = (document.name(), document.id());
        format!("arn:aws:events:{}:{}:{}/{name}/{id}", self.region, self.account, D::KIND)
    }

    /// The document of this ARN, if there is one in this account and region.
    pub(super) async fn of_arn<D: Document>(&self, arn: &str) -> Result<Option<D>, ApiError> {
        let prefix = format!("arn:aws:events:{}:{}:{}/", self.region, self.account, D::KIND);
        let Some((name, id)) = arn.strip_prefix(&prefix).and_then(|rest| rest.split_once('/')) else {
            return Ok(None);
        };
        let found = self.find::<D>(name).await?.map(|found| found.document);
        Ok(found.filter(|document| document.id() == id))
    }

    /// The ARN of the secret that AWS would keep a connection's parameters in.
    pub(super) fn secret_arn(&self, name: &str, id: &str) -> String {
        format!("arn:aws:secretsmanager:{}:{}:secret:events!connection/{name}/{id}", self.region, self.account)
    }

    /// The document of this name, if there is one.
    pub(super) async fn find<D: Document>(&self, name: &str) -> Result<Option<Found<D>>, ApiError> {
        let key = EntryKey { account: self.account, path: self.path::<D>(name) };
        self.broker.entry(key).await?.map(|bytes| Ok(Found { document: decode(&bytes)?, bytes })).transpose()
    }

    /// The document of this name.
    pub(super) async fn get<D: Document>(&self, name: &str) -> Result<Found<D>, ApiError> {
        self.find(name).await?.ok_or_else(|| does_not_exist::<D>(name))
    }

    /// Documents whose names begin so and come after another, in order.
    pub(super) async fn list<D: Document>(
        &self,
        name_prefix: &str,
        after: Option<&str>,
        max: usize,
    ) -> Result<Vec<D>, ApiError> {
        let (prefix, after) = (self.path::<D>(name_prefix), after.map(|after| self.path::<D>(after)));
        let entries = self.broker.entries(self.account, &prefix, after.as_deref(), max).await?;
        entries.iter().map(|entry| decode(&entry.value)).collect()
    }

    /// Keeps a document of a new name.
    pub(super) async fn create<D: Document>(&self, document: &D) -> Result<(), ApiError> {
        let name = document.name();
        let exists = || {
            let text = format!("{} {name} already exists.", D::CALLED);
            ApiError::new(ErrorKind::ResourceAlreadyExistsException, text)
        };
        if self.find::<D>(name).await?.is_some() {
            return Err(exists());
        }
        if self.list::<D>("", None, DOCUMENTS_MAX).await?.len() == DOCUMENTS_MAX {
            let text = format!("The account has {DOCUMENTS_MAX} of these, and may not have more.");
            return Err(ApiError::new(ErrorKind::EventsLimitExceededException, text));
        }
        let is_made = self.change(document, None).await?;
        if is_made { Ok(()) } else { Err(exists()) }
    }

    /// Keeps a document in place of what was found.
    pub(super) async fn replace<D: Document>(&self, found: Found<D>) -> Result<D, ApiError> {
        let Found { document, bytes } = found;
        if self.change(&document, Some(bytes)).await? { Ok(document) } else { Err(changed::<D>(document.name())) }
    }

    /// Forgets what was found.
    pub(super) async fn remove<D: Document>(&self, found: &Found<D>) -> Result<(), ApiError> {
        let path = self.path::<D>(found.document.name());
        let changes = EntryChanges {
            expected: vec![(path.clone(), Some(found.bytes.clone()))],
            removed: vec![path],
            ..EntryChanges::default()
        };
        match self.broker.change_entries(self.account, changes).await {
            Err(Refusal::Rejected(Rejection::EntryChanged)) => Err(changed::<D>(found.document.name())),
            other => Ok(other?),
        }
    }

    /// Whether nobody came in between.
    async fn change<D: Document>(&self, document: &D, before: Option<Bytes>) -> Result<bool, ApiError> {
        let path = self.path::<D>(document.name());
        let value = serde_json::to_vec(document).expect("texts and numbers are JSON");
        let changes = EntryChanges {
            expected: vec![(path.clone(), before)],
            put: vec![(path, value.into())],
            ..EntryChanges::default()
        };
        match self.broker.change_entries(self.account, changes).await {
            Ok(()) => Ok(true),
            Err(Refusal::Rejected(Rejection::EntryChanged)) => Ok(false),
            Err(Refusal::Rejected(Rejection::EntryTooLong)) => {
                Err(invalid(format!("{} with all its parameters is too large to be kept", D::CALLED)))
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    fn path<D: Document>(&self, name: &str) -> Box<str> {
        format!("events/{}/{}/{name}", self.region, D::KIND).into()
    }
}

/// Nothing has the name that a request gives.
pub(super) fn does_not_exist<D: Document>(name: &str) -> ApiError {
    ApiError::new(ErrorKind::EventsResourceNotFoundException, format!("{} '{name}' does not exist.", D::CALLED))
}

fn changed<D: Document>(name: &str) -> ApiError {
    let text = format!("{} '{name}' is being changed by others.", D::CALLED);
    ApiError::new(ErrorKind::ConcurrentModificationException, text)
}

fn decode<D: Document>(bytes: &[u8]) -> Result<D, ApiError> {
    serde_json::from_slice(bytes).map_err(|_| ApiError::internal_failure())
}
