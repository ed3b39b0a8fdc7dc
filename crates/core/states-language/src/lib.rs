//! The Amazon States Language: definitions are parsed and judged as AWS does, executions take one pure step after the
//! other.
//!
//! A [`Definition`] is parsed once. [`decide`] takes an [`Execution`] and an [`Input`] of the outside, and gives a
//! [`Step`]: the history events, the texts and the rows that change; and the [`Effect`]s that are to be carried out.
//! [`Execution::apply`] takes a step over without evaluating anything, so that replay needs no expression and tomorrow's
//! rules cannot change yesterday's history. Time and chance are arguments; waits and timeouts are deadlines
//! ([`Execution::next_deadline`]), and what was asked of the outside is a row ([`Execution::open_tasks`]).
//!
//! Reading order: `definition` (what is read), `strand` and `execution` (the rows), `step`, `machine` (what decides),
//! `history`. `template` and `query` are the expressions, of `jsonpath`, `intrinsic` or JSONata. `test_state` runs one
//! state by itself, `reader` reads the items of a distributed Map.
//!
//! # Where AWS leaves room
//!
//! - **Branches and iterations** run in turns, each up to the next thing that it has to wait for, in their order.
//! - **An error's events**: `MapStateFailed` and `ParallelStateFailed` come before each retry and before a catcher. An
//!   `EvaluationFailed` stands aside: what comes after it follows the event before it.
//! - **Started** is told when it is known, at the latest together with the answer.
//! - **States.TaskFailed** in a retrier or catcher of a Parallel or Map means whatever failed in it.
//! - **An Assign that names a variable of an outer scope** fails the state with `States.Runtime`.
//! - **`$` in the Assign of a JSONPath state** is its result behind `ResultSelector`; its effective input if it has none.
//! - **JSONPath filters** have `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `nin`, `&&`, `||`, `!`; regular expressions are
//!   refused.
//! - **`States.MathRandom`** leaves out its end, and its seeded numbers are its own.
//! - **A redrive** tries the state again at which each branch had stopped, without entering it again.
//! - **Children of a distributed Map** are strands of their parent: their events are in no history, and their
//!   `$$.Execution` is the parent's. Each is ended as if its own history was full.
//! - **The result of a Map or Parallel** that fails in a catcher or an Output is gone: a retry runs all children again.
//! - **Refused**, clearly: inventories and Parquet in an ItemReader, a `WriterConfig`, services without an integration
//!   here, fields that no state has.
//!
//! # Bounds
//!
//! All are constants with AWS's values where it has any: [`PAYLOAD_BYTES_MAX`], [`EVENTS_MAX`],
//! [`DEFINITION_BYTES_MAX`], [`VARIABLES_BYTES_MAX`], [`STEP_TRANSITIONS_MAX`] and those beside them.

mod cursor;
mod definition;
mod diagnostic;
mod execution;
mod fault;
mod few;
mod history;
mod intrinsic;
mod jsonpath;
mod limits;
mod machine;
mod map_children;
mod map_run;
mod payload;
mod query;
mod reader;
mod resource;
mod step;
mod strand;
mod template;
mod test_state;
mod timestamp;
mod wire;

pub use definition::{CsvHeaders, Definition, ItemReader, Kind, ReaderFormat, ReaderInput, StateType, validate};
pub use diagnostic::{Diagnostic, Severity, invalid_definition};
pub use execution::{Execution, Outcome, Status, Task, Work};
pub use history::{Callee, Event, HistoryEvent, Problem, Scheduled};
pub use limits::*;
pub use machine::{Input, Mock, Refusal, Surroundings, Times, decide, decide_late};
pub use map_children::{MapChild, MapChildren};
pub use map_run::{MapRun, MapRunChange, MapRunStatus};
pub use payload::PayloadId;
pub use reader::read_items;
pub use resource::{Pattern, Resource};
pub use step::{Decision, Effect, Step};
pub use strand::TaskId;
pub use test_state::{StateTest, TestStatus, Tested, Untestable, test_state};
pub use timestamp::Timestamp;
pub use wire::Malformed;
