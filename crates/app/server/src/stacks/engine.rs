//! The engine: begins deployments, one at a time a stack, and carries them on from state to state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bongsu_aws_api::cloudformation::StackRefusal;
use bongsu_aws_api::request_id::RequestIds;
use bongsu_runtime::Clock;
use bongsu_template::{Resource, Stack, TemplateErrors};
use tracing::{info, warn};

use super::provide::{Made, Provide, Site};
use super::record::{Record, Source, Stamp, Surroundings};
use super::registry::Registry;
use super::status::{ResourceStatus, StackStatus};
use super::store::{StacksError, Store};

/// How long an answer waits for its deployment. Tools look again only after half a minute.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// What becomes of a stack whose deployment the end of the process interrupted.
const INTERRUPTED: &str = "The server stopped in the middle of the deployment";

/// All stacks of the server. Clones are the same engine.
#[derive(Clone)]
pub(crate) struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    surroundings: Surroundings,
    registry: Registry,
    provide: Arc<dyn Provide>,
    clock: Clock,
    ids: RequestIds,
    /// Stacks whose update is to be given up.
    cancelled: Mutex<BTreeSet<String>>,
}

/// How a deployment ended, for whoever waited for it.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// What came of each resource that something was done about.
    pub(crate) made: BTreeMap<String, Made>,
    /// What was deleted.
    pub(crate) deleted: Vec<Resource>,
    /// What went wrong first: the resource, if it was one, and the reason.
    pub(crate) failure: Option<Failure>,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) logical_id: Option<String>,
    pub(crate) reason: String,
}

impl Engine {
    /// Takes up the stacks of a data directory.
    pub(crate) fn open(
        store: Store,
        surroundings: Surroundings,
        provide: Arc<dyn Provide>,
        clock: Clock,
    ) -> Result<Engine, StacksError> {
        let shared = Shared {
            surroundings,
            registry: Registry::open(store)?,
            provide,
            clock,
            ids: RequestIds::default(),
            cancelled: Mutex::default(),
        };
        Ok(Engine { shared: Arc::new(shared) })
    }

    /// Takes up what the process before held in memory, and ends the deployments that it left in the middle: one that had
    /// not succeeded is rolled back, a deletion or the removal of what is left over goes on.
    pub(crate) async fn recover(&self) -> Result<(), StackRefusal> {
        for record in self.registry().all_living() {
            self.resume(&record).await;
        }
        for record in self.registry().all_living() {
            let status = match record.status {
                StackStatus::CreateInProgress => StackStatus::RollbackInProgress,
                StackStatus::UpdateInProgress => StackStatus::UpdateRollbackInProgress,
                status => status,
            };
            if !status.is_in_progress() {
                continue;
            }
            warn!(stack = %record.name, status = record.status.name(), "the deployment was interrupted; it is ended now");
            self.becomes(&record.name, status, Some(INTERRUPTED)).await?;
            self.carry_on(&record.name).await?;
        }
        Ok(())
    }

    async fn resume(&self, record: &Record) {
        let Some(source) = record.deployed.as_ref() else { return };
        let stack = match self.read(&record.name, &record.id, source) {
            Ok(stack) => stack,
            Err(reason) => return warn!(stack = %record.name, %reason, "the stack cannot be taken up"),
        };
        let site = site(record);
        for resource in stack.resources.iter().filter(|resource| record.resource(&resource.logical_id).is_some()) {
            if let Err(reason) = self.provide().resume(resource, &site).await {
                warn!(stack = %record.name, resource = %resource.logical_id, %reason, "the resource cannot be taken up");
            }
        }
    }

    /// Nothing more is changed. What goes on ends at the next start.
    pub(crate) async fn stop(&self) {
        self.registry().close().await;
    }

    /// Carries a deployment on in a task of its own, and gives it a moment: it may be done before whoever asked for it looks.
    pub(super) async fn set_off(&self, stack: &str) {
        let (engine, stack) = (self.clone(), stack.to_owned());
        let going_on = tokio::spawn(async move { engine.carry_on(&stack).await });
        // What comes of it is kept, and told to those who ask.
        drop(tokio::time::timeout(ANSWER_WITHIN, going_on).await);
    }

    /// Does what the stack's status says, until there is no more to do.
    pub(super) async fn carry_on(&self, stack: &str) -> Result<Report, StackRefusal> {
        let mut report = Report::default();
        while let Ok(record) = self.registry().living(stack) {
            match record.status {
                StackStatus::CreateInProgress | StackStatus::UpdateInProgress => {
                    self.go_forward(&record, &mut report).await?;
                }
                StackStatus::UpdateCleanup => self.clean_up(&record, &mut report).await?,
                StackStatus::RollbackInProgress | StackStatus::DeleteInProgress => {
                    self.take_down(&record, &mut report).await?;
                }
                StackStatus::UpdateRollbackInProgress => self.go_back(&record, &mut report).await?,
                StackStatus::UpdateRollbackCleanup => self.clean_up_after_rollback(&record, &mut report).await?,
                _ => break,
            }
        }
        self.cancelled().remove(stack);
        let status = self.registry().find(stack).map_or(StackStatus::DeleteComplete, |record| record.status);
        match &report.failure {
            None => info!(%stack, status = status.name(), "deployed"),
            Some(Failure { logical_id, reason }) => {
                warn!(%stack, status = status.name(), resource = logical_id.as_deref(), %reason, "deployment failed");
            }
        }
        Ok(report)
    }

    /// Reads a template with what is around it.
    pub(super) fn read(&self, name: &str, id: &str, source: &Source) -> Result<Stack, String> {
        self.read_source(name, id, source).map_err(|faults| faults.to_string())
    }

    /// The same, for whoever shows the faults one by one.
    pub(super) fn read_source(&self, name: &str, id: &str, source: &Source) -> Result<Stack, TemplateErrors> {
        let others = self.registry().all_living().into_iter().filter(|record| record.name != name);
        let exports = others.flat_map(|record| {
            let exports = record.exports().map(|(name, value)| (name.to_owned(), value.to_owned()));
            exports.collect::<Vec<_>>()
        });
        source.read(name, id, exports.collect())
    }

    /// What the stack is, and what it is to become; nothing where there is nothing.
    pub(super) fn both(&self, record: &Record) -> Result<(Stack, Stack), String> {
        let read = |source: &Option<Source>| match source {
            Some(source) => self.read(&record.name, &record.id, source),
            None => Ok(Stack::default()),
        };
        Ok((read(&record.deployed)?, read(&record.target)?))
    }

    pub(super) async fn becomes(
        &self,
        stack: &str,
        status: StackStatus,
        reason: Option<&str>,
    ) -> Result<(), StackRefusal> {
        self.change(stack, |record, stamp| record.becomes(status, reason, stamp)).await
    }

    pub(super) async fn resource_becomes(
        &self,
        stack: &str,
        logical_id: &str,
        status: ResourceStatus,
        reason: Option<&str>,
    ) -> Result<(), StackRefusal> {
        self.change(stack, |record, stamp| record.resource_becomes(logical_id, status, reason, stamp)).await
    }

    /// Makes a change durable.
    pub(super) async fn change(
        &self,
        stack: &str,
        change: impl FnOnce(&mut Record, Stamp),
    ) -> Result<(), StackRefusal> {
        let stamp = self.stamp();
        let changed = |record: &mut Record| {
            change(record, stamp);
            Ok(())
        };
        self.registry().change(stack, changed).await
    }

    pub(super) fn stamp(&self) -> Stamp {
        Stamp { at: self.shared.clock.now().0, id: self.shared.ids.next().to_string() }
    }

    /// An ARN of this server's account: `stack/<name>/<uuid>`.
    pub(super) fn arn(&self, kind: &str, name: &str) -> String {
        let Surroundings { region, account, .. } = &self.shared.surroundings;
        format!("arn:aws:cloudformation:{region}:{account}:{kind}/{name}/{}", self.shared.ids.next())
    }

    pub(super) fn surroundings(&self) -> &Surroundings {
        &self.shared.surroundings
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    pub(super) fn provide(&self) -> &dyn Provide {
        &*self.shared.provide
    }

    pub(super) fn cancelled(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.shared.cancelled.lock().expect("nothing panics while it holds this lock")
    }
}

/// Where the resources of a stack stand at present.
pub(super) fn site(record: &Record) -> Site<'_> {
    let folder = record.source().and_then(|source| source.folder.as_deref());
    Site { stack: &record.name, folder, record }
}

/// What the template says of the resource that there is: the newer one if it was made or changed, or else the other.
pub(super) fn definition<'a>(from: &'a Stack, to: &'a Stack, logical_id: &str, is_newer: bool) -> Option<&'a Resource> {
    let (first, second) = if is_newer { (to, from) } else { (from, to) };
    first.resource(logical_id).or_else(|| second.resource(logical_id))
}
