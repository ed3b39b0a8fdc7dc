//! What is kept of a stack: what it was made of, what it is made of, and what happened to it.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use bongsu_template::{Inputs, Stack, TemplateErrors};
use serde::{Deserialize, Serialize};

use super::status::{ResourceStatus, StackStatus};

/// How many events are kept of a stack; the oldest go first.
pub(crate) const EVENTS_MAX: usize = 200;

/// The layout of the files that is written.
pub(super) const FORMAT: u32 = 1;

/// CloudFormation's name for the type of a stack itself.
const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// A stack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// [`FORMAT`].
    pub(crate) format: u32,
    pub(crate) name: String,
    /// An ARN.
    pub(crate) id: String,
    pub(crate) status: StackStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// Milliseconds since the Unix epoch, as all times here.
    pub(crate) created_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) updated_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deleted_at: Option<u64>,
    pub(crate) settings: Settings,
    /// What the stack is, or would be again after a rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deployed: Option<Source>,
    /// What it was to become, as long as it is neither that nor what it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<Source>,
    /// How the deployment that goes on was asked for.
    #[serde(default)]
    pub(crate) operation: Operation,
    /// In the order in which they were made.
    pub(crate) resources: Vec<ResourceRecord>,
    pub(crate) outputs: Vec<OutputRecord>,
    /// Names of values of other stacks.
    #[serde(default)]
    pub(crate) imports: Vec<String>,
    #[serde(default)]
    pub(crate) change_sets: Vec<ChangeSet>,
    /// The change set that was executed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) change_set_id: Option<String>,
    /// The oldest first.
    pub(crate) events: VecDeque<Event>,
}

/// What is set apart from deployments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    pub(crate) policy: Option<String>,
    pub(crate) timeout_minutes: Option<u32>,
    pub(crate) protected: bool,
    pub(crate) disable_rollback: bool,
}

/// Where resources come from: a template and what it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    pub(crate) template: String,
    /// What the template is called in front of people.
    pub(crate) file: String,
    /// What code directories are relative to; a template that came over the wire has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) folder: Option<PathBuf>,
    /// As they were given, secrets too: the next deployment may ask for the same.
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) surroundings: Surroundings,
    #[serde(default)]
    pub(crate) labels: Labels,
}

/// What templates need to know of the server, as it was when they were deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Surroundings {
    pub(crate) region: String,
    /// Twelve digits.
    pub(crate) account: String,
    /// What queue URLs begin with.
    pub(crate) api_base: String,
    /// Where HTTP APIs are served.
    pub(crate) ingress_base: String,
}

/// What is told of a deployment, and changes nothing of the resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Labels {
    pub(crate) description: Option<String>,
    /// With `****` for secrets.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) capabilities: Vec<String>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) role_arn: Option<String>,
    pub(crate) notification_arns: Vec<String>,
}

/// How a deployment was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Operation {
    /// By which a request that is sent again is known.
    pub(crate) token: Option<String>,
    pub(crate) on_failure: OnFailure,
    pub(crate) retain_except_on_create: bool,
    /// Resources that exist already become the stack's, instead of a failure; and those that did not change are brought
    /// to what the template says all the same.
    pub(crate) adopts: bool,
    /// Logical ids that a deletion or a rollback leaves alone.
    pub(crate) skipped: Vec<String>,
    /// Whether what cannot be deleted is left behind.
    pub(crate) forced: bool,
}

/// What becomes of a new stack that fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OnFailure {
    #[default]
    RollBack,
    Delete,
    DoNothing,
}

/// A resource that a stack has, or that something is being done about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResourceRecord {
    pub(crate) logical_id: String,
    pub(crate) type_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) physical_id: Option<String>,
    /// What only its making told, for references to it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) status: ResourceStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    pub(crate) at: u64,
    /// It was there before the stack, and stays when the stack goes.
    #[serde(default)]
    pub(crate) adopted: bool,
    /// What the deployment that goes on began to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) undo: Option<Undo>,
}

/// What has to be undone about a resource. Written before it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Undo {
    Created,
    Updated,
    /// The one before still is there, unless its physical id is the same.
    Replaced {
        physical_id: Option<String>,
        adopted: bool,
    },
    /// The one before is in its place again, and this one is still there.
    Restored {
        physical_id: Option<String>,
    },
}

/// An output, resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OutputRecord {
    pub(crate) name: String,
    pub(crate) value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) export: Option<String>,
}

/// A deployment that waits to be executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangeSet {
    pub(crate) name: String,
    /// An ARN.
    pub(crate) id: String,
    pub(crate) created_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) source: Source,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) on_failure: Option<OnFailure>,
    /// Why it cannot be executed, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) at: u64,
    pub(crate) logical_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) physical_id: Option<String>,
    pub(crate) type_name: String,
    pub(crate) status: EventStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
}

/// Of the stack, or of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EventStatus {
    Stack(StackStatus),
    Resource(ResourceStatus),
}

/// When something happens, and the name of the event about it.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    pub(crate) at: u64,
    pub(crate) id: String,
}

impl Record {
    /// A stack that nothing was done about yet.
    pub(crate) fn new(name: &str, id: String, status: StackStatus, stamp: Stamp) -> Record {
        let mut record = Record {
            format: FORMAT,
            name: name.to_owned(),
            id,
            status,
            reason: None,
            created_at: stamp.at,
            updated_at: None,
            deleted_at: None,
            settings: Settings::default(),
            deployed: None,
            target: None,
            operation: Operation::default(),
            resources: Vec::new(),
            outputs: Vec::new(),
            imports: Vec::new(),
            change_sets: Vec::new(),
            change_set_id: None,
            events: VecDeque::new(),
        };
        record.becomes(status, Some("User Initiated"), stamp);
        record
    }

    /// The stack changes its state.
    pub(crate) fn becomes(&mut self, status: StackStatus, reason: Option<&str>, stamp: Stamp) {
        self.status = status;
        self.reason = reason.map(str::to_owned);
        let (name, id) = (self.name.clone(), self.id.clone());
        self.tell(name, Some(id), STACK_TYPE.to_owned(), EventStatus::Stack(status), reason, stamp);
    }

    /// What the deployment that goes on is about, or else what the stack is.
    pub(crate) fn source(&self) -> Option<&Source> {
        self.target.as_ref().or(self.deployed.as_ref())
    }

    /// A resource changes its state.
    pub(crate) fn resource_becomes(
        &mut self,
        logical_id: &str,
        status: ResourceStatus,
        reason: Option<&str>,
        stamp: Stamp,
    ) {
        let Some(resource) = self.resource_mut(logical_id) else { return };
        (resource.status, resource.at, resource.reason) = (status, stamp.at, reason.map(str::to_owned));
        let (physical_id, type_name) = (resource.physical_id.clone(), resource.type_name.clone());
        self.tell(logical_id.to_owned(), physical_id, type_name, EventStatus::Resource(status), reason, stamp);
    }

    pub(crate) fn resource(&self, logical_id: &str) -> Option<&ResourceRecord> {
        self.resources.iter().find(|resource| resource.logical_id == logical_id)
    }

    pub(crate) fn resource_mut(&mut self, logical_id: &str) -> Option<&mut ResourceRecord> {
        self.resources.iter_mut().find(|resource| resource.logical_id == logical_id)
    }

    /// The names and values that it has for other stacks.
    pub(crate) fn exports(&self) -> impl Iterator<Item = (&str, &str)> {
        self.outputs.iter().filter_map(|output| Some((output.export.as_deref()?, output.value.as_str())))
    }

    pub(crate) fn change_set(&self, name_or_id: &str) -> Option<&ChangeSet> {
        self.change_sets.iter().find(|change_set| change_set.name == name_or_id || change_set.id == name_or_id)
    }

    /// Tells of something that has no record, such as the old one of a resource that was replaced.
    pub(crate) fn tell(
        &mut self,
        logical_id: String,
        physical_id: Option<String>,
        type_name: String,
        status: EventStatus,
        reason: Option<&str>,
        stamp: Stamp,
    ) {
        let token = self.operation.token.clone();
        let reason = reason.map(str::to_owned);
        let Stamp { at, id } = stamp;
        self.events.push_back(Event { id, at, logical_id, physical_id, type_name, status, reason, token });
        while self.events.len() > EVENTS_MAX {
            self.events.pop_front();
        }
    }
}

impl Source {
    /// Reads the template for the stack of this name and id. `exports` are the values that other stacks have for it.
    pub(crate) fn read(
        &self,
        name: &str,
        id: &str,
        exports: BTreeMap<String, String>,
    ) -> Result<Stack, TemplateErrors> {
        let Surroundings { region, account, api_base, ingress_base } = self.surroundings.clone();
        let inputs = Inputs {
            stack_name: name.to_owned(),
            stack_id: id.to_owned(),
            region,
            account,
            api_base,
            ingress_base,
            parameters: self.parameters.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect(),
            exports,
        };
        bongsu_template::parse(&self.template, &self.file, &inputs)
    }
}
