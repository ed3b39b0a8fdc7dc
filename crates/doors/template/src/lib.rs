//! Reads CloudFormation and SAM templates into resources: text in, a [`Stack`] or all faults with their lines out; and
//! tells what makes one stack of another.

mod alias;
mod api;
mod bucket;
mod conditions;
mod connection;
mod declared;
mod error;
mod event_invoke_config;
mod function;
mod function_url;
mod inputs;
mod intrinsics;
mod json;
mod layer_version;
mod machine_definition;
mod machine_version;
mod mapping;
mod metadata;
mod names;
mod node;
mod order;
mod parameters;
mod permission;
mod pipe;
mod plan;
mod policy;
mod queue;
mod reader;
mod recorded;
mod reference;
mod resources;
mod sam;
mod schedule;
mod schedule_target;
mod scope;
mod secret;
mod stack;
mod state_machine;
mod subscription;
mod summary;
mod template;
mod topic;
mod types;
mod value;
mod webhook;
mod yaml;

pub use alias::{AliasResource, VersionResource};
pub use api::authorizer::{AccessResource, AuthorizerKind, AuthorizerQuestion, AuthorizerResource};
pub use api::integration::{
    AwsService, IntegrationResource, IntegrationResponse, Passthrough, PayloadFormat, RestIntegrationResource,
    WorkflowAction,
};
pub use api::route_key::RouteKey;
pub use api::usage::{Quota, QuotaPeriod, UsagePlanResource};
pub use api::{ApiKind, ApiResource, Cors, RouteResource, StageResource, Throttle};
pub use bucket::{BucketNotification, BucketResource};
pub use connection::{ApiDestinationResource, ConnectionResource};
pub use error::{ERRORS_MAX, REASON_CHARS_MAX, TemplateError, TemplateErrors};
pub use event_invoke_config::EventInvokeConfigResource;
pub use function::{
    Architecture, CapacityProvider, Code, ENVIRONMENT_BYTES_MAX, FunctionResource, LoggingResource, Runtime,
    VpcResource,
};
pub use function_url::FunctionUrlResource;
pub use inputs::Inputs;
pub use layer_version::LayerVersionResource;
pub use machine_definition::{MachineDefinition, definition_text};
pub use machine_version::{MachineAliasResource, MachineVersionResource};
pub use mapping::MappingResource;
pub use metadata::FaultPolicy;
pub use parameters::PARAMETER_BYTES_MAX;
pub use permission::PermissionResource;
pub use pipe::PipeResource;
pub use plan::{Action, Change, follow, plan};
pub use policy::{PolicyOf, PolicyResource};
pub use queue::QueueResource;
pub use reference::{FunctionReference, Target};
pub use schedule::{ScheduleGroupResource, ScheduleResource, SchedulerDetails};
pub use schedule_target::{ScheduleTarget, Scheduled};
pub use scope::RESOLVED_BYTES_MAX;
pub use secret::Secret;
pub use stack::{Definition, DeletionPolicy, Ignored, Output, Parameter, Reference, Resource, Stack};
pub use state_machine::{ActivityResource, MachineLogging, StateMachineResource};
pub use subscription::SubscriptionResource;
pub use summary::{ParameterSummary, Summary, summarize};
pub use template::{RESOURCES_MAX, parse};
pub use topic::TopicResource;
pub use value::PATH_STEPS_MAX;
pub use webhook::WebhookResource;
pub use yaml::{ANCHORS_MAX, DEPTH_MAX, MAP_ENTRIES_MAX, NODES_MAX, TEMPLATE_BYTES_MAX};
