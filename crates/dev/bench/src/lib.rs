//! Measures the server over loopback, and in the same run the limits of the machine it runs on.

pub mod cell;
pub mod checks;
pub mod echo;
pub mod endpoint;
pub mod function;
pub mod group_commit;
pub mod home;
pub mod machine;
pub mod process;
pub mod report;
pub mod rest;
pub mod run;
pub mod subject;
pub mod tally;
pub mod topic;
pub mod trials;
pub mod usage;
pub mod wake;
pub mod workflow;
