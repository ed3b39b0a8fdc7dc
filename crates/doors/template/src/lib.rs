//! Reads CloudFormation and SAM templates into resources: text in, a [`Stack`] or all faults with their lines out.

mod error;
mod function;
mod http_api;
mod inputs;
mod mapping;
mod names;
mod node;
mod parameters;
mod queue;
mod reader;
mod scope;
mod secret;
mod stack;
mod template;
mod value;
mod webhook;
mod yaml;

pub use error::{ERRORS_MAX, REASON_CHARS_MAX, TemplateError, TemplateErrors};
pub use function::{ENVIRONMENT_BYTES_MAX, FunctionResource, Runtime};
pub use http_api::{RouteKey, RouteResource};
pub use inputs::Inputs;
pub use mapping::MappingResource;
pub use parameters::PARAMETER_BYTES_MAX;
pub use queue::QueueResource;
pub use scope::RESOLVED_BYTES_MAX;
pub use secret::Secret;
pub use stack::{Ignored, Output, Stack};
pub use template::{RESOURCES_MAX, parse};
pub use value::{JsonPath, Mapping, PATH_STEPS_MAX, Step};
pub use webhook::{HmacAlgorithm, HmacScheme, SignatureEncoding, Webhook};
pub use yaml::{ANCHORS_MAX, DEPTH_MAX, MAP_ENTRIES_MAX, NODES_MAX, TEMPLATE_BYTES_MAX};
