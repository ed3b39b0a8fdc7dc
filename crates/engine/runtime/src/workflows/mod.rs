//! Workflows: executions that go on when their time comes, the tasks that they have done elsewhere, and the doors' side.

mod activities;
mod express;
mod handle;
mod history;
mod map_runs;
mod open_tasks;
mod shard;
mod tasks;

pub(crate) use activities::Activities;
pub use activities::ActivityTask;
pub use express::{EXPRESS_RUNS_MAX, ExpressEnd};
pub use history::{ExecutionTexts, HistoryPage};
pub use map_runs::{MapRunChild, MapRunChildTexts, MapRunItems};
pub(crate) use open_tasks::OpenTasks;
pub(crate) use shard::ExpressDue;
pub(crate) use tasks::start;
pub use tasks::{NoTasks, TaskEnd, TaskRunner, TaskStep};
