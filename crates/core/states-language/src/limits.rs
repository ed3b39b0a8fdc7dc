//! What everything is limited to, as AWS names its quotas.

/// Longest definition, in bytes of UTF-8.
pub const DEFINITION_BYTES_MAX: usize = 1_048_576;
/// Longest name of a state, in characters.
pub const STATE_NAME_CHARS_MAX: usize = 80;
/// Longest name of a variable, in characters.
pub const VARIABLE_NAME_CHARS_MAX: usize = 80;
/// Largest input, output or result of a state or a task, in bytes of UTF-8.
pub const PAYLOAD_BYTES_MAX: usize = 262_144;
/// Deepest nesting of what a state, a task or a variable holds, and most steps of a JSONPath: what is written can be
/// read again.
pub const PAYLOAD_DEPTH_MAX: usize = 127;
/// Largest value that one variable may hold and that one `Assign` may set in all, in bytes of UTF-8.
pub const ASSIGN_BYTES_MAX: usize = 262_144;
/// Largest sum of all variables of an execution, in bytes of UTF-8.
pub const VARIABLES_BYTES_MAX: usize = 10 * 1_048_576;
/// Events in the history of a Standard execution; the last one says that the execution failed.
pub const EVENTS_MAX: u32 = 25_000;
/// Longest wait and longest timeout, in seconds.
pub const SECONDS_MAX: u32 = 99_999_999;
/// Longest run of a Standard execution, in seconds: a year.
pub const STANDARD_SECONDS_MAX: u32 = 365 * 24 * 3600;
/// Longest run of an Express execution, in seconds.
pub const EXPRESS_SECONDS_MAX: u32 = 300;
/// States that are entered and tries that begin in one step; what is left goes on in the next one.
pub const STEP_TRANSITIONS_MAX: u32 = 1_000;
/// Bytes of new texts after which what is left of a step goes on in the next one.
pub const STEP_BYTES_MAX: usize = 1_048_576;
/// Steps that one JSONata expression may take: about a tenth of a second, for which it keeps others waiting.
pub const EXPRESSION_STEPS_MAX: u64 = 500_000;
/// Bytes of values that one JSONata expression may make.
pub const EXPRESSION_SIZE_MAX: u64 = 32 * 1_048_576;
/// Steps of JSONata expressions after which what is left of a step of the execution goes on in the next one.
pub const STEP_WORK_MAX: u64 = 100_000;
/// Most items of one inline Map.
pub const INLINE_ITEMS_MAX: usize = 10_000;
/// Most items of one distributed Map.
pub const DISTRIBUTED_ITEMS_MAX: usize = 100_000;
/// Iterations that an inline Map runs at once if it asks for no limit.
pub const INLINE_CONCURRENCY_MAX: u32 = 40;
/// Iterations that a distributed Map runs at once.
pub const DISTRIBUTED_CONCURRENCY_MAX: u32 = 10_000;
/// Largest list of items that an ItemReader may give, in bytes of UTF-8.
pub const ITEMS_BYTES_MAX: usize = 8 * 1_048_576;
/// Longest label of a distributed Map, in characters.
pub const LABEL_CHARS_MAX: usize = 40;
/// Longest pause of a retrier, in seconds (`MaxDelaySeconds` and `IntervalSeconds`).
pub const RETRY_SECONDS_MAX: u32 = 31_622_400;
/// Deepest nesting of intrinsic functions.
pub const INTRINSIC_DEPTH_MAX: usize = 10;
/// Longest text that the intrinsic functions for Base64 and hashes take, in characters.
pub const INTRINSIC_CHARS_MAX: usize = 10_000;
/// Most elements that `States.ArrayRange` makes.
pub const ARRAY_RANGE_MAX: usize = 1_000;
/// Longest JSONPath, in bytes.
pub const PATH_BYTES_MAX: usize = 4_096;
/// Values that one JSONPath may look at.
pub const PATH_VISITS_MAX: usize = 1_000_000;
/// How often an execution may be redriven.
pub const REDRIVES_MAX: u32 = 1_000;
