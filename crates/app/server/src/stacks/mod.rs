//! Stacks: templates that are deployed, kept, changed, and taken back when something fails.
//!
//! `bongsu up` and the CloudFormation door ask the [`Engine`]. It keeps a [`Record`](record::Record) of each stack, on disk
//! before anybody is told, and carries a deployment on from one of its states to the next: `forward` makes and changes
//! resources, `backward` takes that back or everything down. What a resource is made of is the affair of its provider.

mod backward;
mod change_sets;
mod door;
mod engine;
mod fetch;
mod forward;
mod fronts;
mod preview;
mod provide;
mod providers;
mod record;
mod registry;
mod requests;
mod status;
mod store;
mod summary;
#[cfg(test)]
mod tests;
mod up;
mod view;
mod watch;

pub use preview::{Against, Preview, PreviewChange, PreviewError, Told, preview, stack_name};
pub use store::StacksError;

pub(crate) use engine::Engine;
pub(crate) use fronts::Fronts;
pub(crate) use providers::World;
pub(crate) use record::Surroundings;
pub(crate) use store::Store;
pub(crate) use up::{Template, Up};
pub(crate) use watch::Watch;
