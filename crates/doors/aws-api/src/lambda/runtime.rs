//! The runtimes that functions can be made for.

use super::refusal::invalid;
use crate::error::ApiError;

/// Those that this server has something to run with.
const RUNTIMES: [&str; 13] = [
    "nodejs18.x",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "provided.al2",
    "provided.al2023",
    "python3.8",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
];

pub(super) fn check(runtime: &str) -> Result<(), ApiError> {
    if RUNTIMES.contains(&runtime) {
        return Ok(());
    }
    let text = format!(
        "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a \
         valid ARN",
        RUNTIMES.join(", ")
    );
    Err(invalid(text))
}
