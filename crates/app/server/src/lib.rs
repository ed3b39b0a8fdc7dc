//! Wires rings together: configuration, listening, deploying.
//!
//! [`serve`] opens the journal, replays it, deploys a template if there is one, and answers on both ports until it is
//! told to stop. Everything that decides, endures or talks is in the other crates.

mod api;
mod call_metrics;
mod clock_door;
mod code;
mod code_source;
mod config;
mod courier;
mod credentials;
mod deploy;
mod elasticmq;
mod event_records;
mod function_counters;
mod function_metrics;
mod function_urls;
mod functions;
mod http_calls;
mod ingress;
mod invocations;
mod limited;
mod log_budget;
mod log_tails;
mod logs_door;
mod mail;
mod metrics;
mod notifications;
mod object_metrics;
mod objects;
mod queues;
mod reason;
mod serve;
mod stacks;
mod test_clock;
mod topic_metrics;
mod topics;
mod tree;

pub use bongsu_aws_api::PublicUrl;
pub use bongsu_delivery::http::Net;
pub use bongsu_traces::Endpoint as OtlpEndpoint;
pub use config::{API_ALSO_MAX, Config, Storage, TemplateFile};
pub use credentials::{CredentialsError, FileFault};
pub use deploy::DeployError;
pub use elasticmq::{ElasticMqError, ElasticMqFile};
pub use serve::{ServeError, serve};
pub use stacks::{Against, Preview, PreviewChange, PreviewError, StacksError, Told, preview, stack_name};
pub use test_clock::TestClockError;
