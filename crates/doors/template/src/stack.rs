//! What a template asks for: plain data, with every reference resolved to a name.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ActivityResource, AliasResource, ApiDestinationResource, ApiResource, BucketResource, ConnectionResource,
    EventInvokeConfigResource, FunctionResource, FunctionUrlResource, LayerVersionResource, MachineAliasResource,
    MachineVersionResource, MappingResource, PermissionResource, PipeResource, PolicyResource, QueueResource,
    ScheduleGroupResource, ScheduleResource, StateMachineResource, SubscriptionResource, TopicResource,
    VersionResource,
};

/// A template, read for a stack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack {
    /// The template's `Description`.
    pub description: Option<String>,
    /// The parameters that the template declares, in its order.
    pub parameters: Vec<Parameter>,
    /// What it asks for, in the order of creation: everything comes after what it refers to.
    pub resources: Vec<Resource>,
    /// The `Outputs` section.
    pub outputs: Vec<Output>,
    /// What `Fn::ImportValue` asked other stacks for.
    pub imports: BTreeSet<String>,
    /// What the template has for AWS's sake and has no effect here, to be shown to the user.
    pub ignored: Vec<Ignored>,
}

/// Lists of one kind of definition, each with its resource, in the order of creation.
macro_rules! kinds {
    ($($(#[$doc:meta])* $list:ident: $kind:ident($type:ty);)*) => {
        impl Stack {
            $(
                $(#[$doc])*
                pub fn $list(&self) -> impl Iterator<Item = (&Resource, &$type)> {
                    self.resources.iter().filter_map(|resource| match &resource.definition {
                        Definition::$kind(definition) => Some((resource, definition)),
                        _ => None,
                    })
                }
            )*
        }
    };
}

kinds! {
    /// Queues; a dead-letter queue comes before the queues that refer to it.
    queues: Queue(QueueResource);
    /// Topics.
    topics: Topic(TopicResource);
    /// Access policies; no two for the same queue or topic.
    policies: Policy(PolicyResource);
    /// Subscriptions that are resources; those inside of a topic are the topic's.
    subscriptions: Subscription(SubscriptionResource);
    /// Functions.
    functions: Function(FunctionResource);
    /// What connects queues with functions.
    mappings: Mapping(MappingResource);
    /// Buckets.
    buckets: Bucket(BucketResource);
    /// Groups of schedules.
    schedule_groups: ScheduleGroup(ScheduleGroupResource);
    /// Schedules.
    schedules: Schedule(ScheduleResource);
    /// Connections.
    connections: Connection(ConnectionResource);
    /// API destinations.
    api_destinations: ApiDestination(ApiDestinationResource);
    /// State machines.
    state_machines: StateMachine(StateMachineResource);
    /// HTTP and REST APIs with all of their routes; no two routes of one take the same requests.
    apis: Api(ApiResource);
}

impl Stack {
    /// The resource of this logical id.
    pub fn resource(&self, logical_id: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.logical_id == logical_id)
    }
}

/// A parameter and the value it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its key.
    pub name: String,
    /// Its value, the items of a list joined with `,`; `****` for a `NoEcho` parameter.
    pub value: String,
    /// Whether the value is not to be shown.
    pub no_echo: bool,
}

/// One entry of the `Outputs` section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its key.
    pub name: String,
    /// Where it begins in the template.
    pub line: u32,
    /// The value; `****` when a `NoEcho` parameter is part of it.
    pub value: Reference,
    /// Its `Description`.
    pub description: Option<String>,
    /// The name under which other stacks import it.
    pub export: Option<String>,
}

/// A value, or where the deployment finds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// The value.
    Known(String),
    /// What a resource of the stack turns out to have.
    Later {
        /// The resource.
        logical_id: String,
        /// The attribute of `Fn::GetAtt`; `None` for `Ref`, which gives the physical id.
        attribute: Option<String>,
    },
}

/// A resource, or a property of one, that has no effect here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The resource's name inside the template.
    pub logical_id: String,
    /// Where it begins in the template.
    pub line: u32,
    /// Its `Type`, or the property's name.
    pub kind: String,
    /// Why it can be left out.
    pub why: &'static str,
}

/// A resource of the stack; those that SAM generates are resources like all others.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its name inside the template.
    pub logical_id: String,
    /// Where it begins in the template.
    pub line: u32,
    /// AWS's name of its type.
    pub type_name: &'static str,
    /// What `Ref` gives, the same each time the same stack is read; `None` when only the deployment tells.
    pub physical_id: Option<String>,
    /// The logical ids of resources of the stack that it names or refers to.
    pub depends_on: Vec<String>,
    /// What `Fn::GetAtt` gives, as far as that is known before the deployment.
    pub attributes: BTreeMap<String, String>,
    /// What becomes of it when it leaves the stack.
    pub deletion_policy: DeletionPolicy,
    /// What becomes of the old one when it is replaced.
    pub update_replace_policy: DeletionPolicy,
    /// The resolved properties, for comparison: every scalar is a text, and what is made from a `NoEcho` parameter
    /// is `sha256:` and its hash. Empty for what is only recorded.
    pub properties: serde_json::Map<String, serde_json::Value>,
    /// What stands under `Metadata: Bongsu:`, in the same form; signing secrets are hashes.
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// What it is.
    pub definition: Definition,
}

/// What becomes of a resource that the stack no longer wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// It is deleted.
    #[default]
    Delete,
    /// It stays, outside of the stack.
    Retain,
    /// It stays, unless its creation is being rolled back.
    RetainExceptOnCreate,
}

/// What a resource is, typed.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant holds the type that says it")]
pub enum Definition {
    Queue(QueueResource),
    Topic(TopicResource),
    Policy(PolicyResource),
    Subscription(SubscriptionResource),
    Function(FunctionResource),
    Version(VersionResource),
    Alias(AliasResource),
    LayerVersion(LayerVersionResource),
    FunctionUrl(FunctionUrlResource),
    EventInvokeConfig(EventInvokeConfigResource),
    Permission(PermissionResource),
    Mapping(MappingResource),
    Bucket(BucketResource),
    ScheduleGroup(ScheduleGroupResource),
    Schedule(ScheduleResource),
    StateMachine(StateMachineResource),
    MachineVersion(MachineVersionResource),
    MachineAlias(MachineAliasResource),
    Activity(ActivityResource),
    Pipe(PipeResource),
    Connection(ConnectionResource),
    ApiDestination(ApiDestinationResource),
    Api(ApiResource),
    /// An integration, route, stage, deployment, method or path: contained in its API.
    ApiPart {
        /// The logical id of the API.
        api: String,
    },
    /// A key, a usage plan, or what joins the two: contained in the APIs whose stages the plan is for.
    UsagePart,
    /// Accepted for AWS's sake, with the reason why it has no effect here.
    Recorded(&'static str),
}
