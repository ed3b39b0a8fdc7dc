//! What the engine of stacks asks of the providers, one for each type of resource.

use std::collections::BTreeMap;
use std::path::Path;

use bongsu_journal::BoxFuture;
use bongsu_template::{Reference, Resource};

use super::record::Record;
use crate::queues::Outcome;

/// Makes, changes and deletes resources. An error is the reason, the end of a sentence without a full stop.
pub(crate) trait Provide: Send + Sync {
    /// Refuses what cannot be made, before anything is made.
    fn check(&self, resource: &Resource, site: &Site<'_>) -> Result<(), Fault>;

    /// Whether something of its name is there already. What has no name never is.
    fn exists<'a>(&'a self, resource: &'a Resource, site: &'a Site<'_>) -> BoxFuture<'a, Result<bool, String>>;

    /// Makes the resource, or brings the one that is there to what the template says of it. `before` is what was last asked
    /// for, if anything was. Asked again, it changes nothing.
    fn bring_about<'a>(
        &'a self,
        before: Option<&'a Resource>,
        resource: &'a Resource,
        site: &'a Site<'_>,
    ) -> BoxFuture<'a, Result<Made, String>>;

    /// Deletes the resource of this physical id. One that is gone already is deleted.
    fn delete<'a>(
        &'a self,
        resource: &'a Resource,
        physical_id: Option<&'a str>,
        site: &'a Site<'_>,
    ) -> BoxFuture<'a, Result<(), String>>;

    /// The template at an address.
    fn fetch<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<String, String>>;

    /// Takes up what the process before held in memory.
    fn resume<'a>(&'a self, resource: &'a Resource, site: &'a Site<'_>) -> BoxFuture<'a, Result<(), String>>;
}

/// What is wrong with a resource, or with a part of it that is a resource of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// That part.
    pub(crate) logical_id: Option<String>,
    pub(crate) reason: String,
}

impl Fault {
    pub(crate) fn of(logical_id: &str, reason: String) -> Fault {
        Fault { logical_id: Some(logical_id.to_owned()), reason }
    }
}

impl From<String> for Fault {
    fn from(reason: String) -> Fault {
        Fault { logical_id: None, reason }
    }
}

/// What came of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// For `Ref`; what the template could tell by itself need not be told again.
    pub(crate) physical_id: Option<String>,
    /// For `Fn::GetAtt`, likewise.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) outcome: Outcome,
    /// Its other end was asked, and has yet to say yes.
    pub(crate) pending: bool,
}

impl From<Outcome> for Made {
    fn from(outcome: Outcome) -> Made {
        Made { physical_id: None, attributes: BTreeMap::new(), outcome, pending: false }
    }
}

/// Where a resource stands.
pub(crate) struct Site<'a> {
    /// The name of its stack.
    pub(crate) stack: &'a str,
    /// What code directories are relative to.
    pub(crate) folder: Option<&'a Path>,
    /// The stack's resources, as far as they are made.
    pub(crate) record: &'a Record,
}

impl Site<'_> {
    /// The text that a reference stands for.
    pub(crate) fn resolve(&self, reference: &Reference) -> Result<String, String> {
        let (logical_id, attribute) = match reference {
            Reference::Known(text) => return Ok(text.clone()),
            Reference::Later { logical_id, attribute } => (logical_id, attribute),
        };
        let resource = self.record.resource(logical_id);
        let found = resource.and_then(|resource| match attribute {
            None => resource.physical_id.as_ref(),
            Some(attribute) => resource.attributes.get(attribute),
        });
        let shown = attribute.as_deref().map_or_else(|| logical_id.clone(), |name| format!("{logical_id}.{name}"));
        found.cloned().ok_or_else(|| format!("{shown} is not known yet"))
    }
}
