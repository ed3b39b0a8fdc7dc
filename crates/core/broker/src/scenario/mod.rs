//! Scenarios: stories about the broker, told in the lines of a small script (see `script`), and properties of any story.
//!
//! After each line the state is rebuilt from the facts so far and compared, the journal is cleaned and what is left of
//! it rebuilt and compared, and what must always hold is checked: every scenario is a recovery test too.

mod administration;
mod archives;
mod cleaning;
mod dead_letters;
mod deduplication;
mod deep;
mod delivery_policies;
mod entries;
mod events;
mod executions;
mod fair;
mod faults;
mod fifo;
mod fifo_topics;
mod functions;
mod history;
mod invariants;
mod ledger;
mod limits;
mod move_tasks;
mod object_script;
mod object_state;
mod objects;
mod outbox;
mod pipes;
mod properties;
mod publishing;
mod queues;
mod requests;
mod retention;
mod schedules;
mod script;
mod standard;
mod subscribing;
mod telling;
mod topics;
mod visibility;
mod words;
mod workflow_script;
mod world;

use script::check;
