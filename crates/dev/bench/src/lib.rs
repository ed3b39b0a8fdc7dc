//! Measures the server over loopback, and in the same run the limits of the machine it runs on.

pub mod backlog;
pub mod client;
pub mod echo;
pub mod group_commit;
pub mod machine;
pub mod process;
pub mod report;
pub mod run;
pub mod signer;
pub mod sqs;
pub mod stage;
pub mod table;
pub mod workload;
