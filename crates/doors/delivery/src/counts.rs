//! What is told about the processes of a function.

/// The processes of a function at one moment, and what has happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionCounts {
    /// Processes that have not asked for their first event yet.
    pub starting: u32,
    /// Processes with an invocation.
    pub busy: u32,
    /// Processes without one.
    pub idle: u32,
    /// Invocations that wait for a process.
    pub waiting: u32,
    /// Processes started since the server's start.
    pub cold_starts: u64,
    /// Invocations whose time was over.
    pub timeouts: u64,
    /// Invocations that failed because their process ended by itself or could not load the handler.
    pub deaths: u64,
    /// Invocations that failed because their process held too much memory.
    pub memory_kills: u64,
}
