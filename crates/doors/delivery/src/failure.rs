//! Why an invocation failed, in the words that AWS gives its caller.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

use crate::RESPONSE_BYTES_MAX;

/// How much of a payload [`FunctionFailure`] shows in a log, in bytes.
const SHOWN_BYTES_MAX: usize = 1024;

/// A failed invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionFailure {
    /// What went wrong.
    pub kind: FailureKind,
    /// The JSON that AWS would give the caller.
    pub payload: Bytes,
}

/// What can go wrong with an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The handler reported an error.
    Handler,
    /// The runtime reported that it could not load the handler.
    Init,
    /// The time was over before the handler answered.
    TimedOut,
    /// The process ended before the handler answered.
    Exited,
    /// The process was killed because it held more memory than the function may.
    OutOfMemory,
    /// The answer was larger than [`RESPONSE_BYTES_MAX`].
    TooLarge,
    /// There was no process to give the event to.
    CannotStart,
}

/// The order of members that the platform's own failures have.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlatformError<'a> {
    error_type: &'a str,
    error_message: String,
}

/// The order of members that the Runtime API's replies have.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorReply<'a> {
    pub(crate) error_message: &'a str,
    pub(crate) error_type: &'a str,
}

impl ErrorReply<'_> {
    pub(crate) fn to_json(&self) -> Bytes {
        serde_json::to_vec(self).expect("strings always serialize").into()
    }
}

impl FunctionFailure {
    pub(crate) fn timed_out(request_id: &str, timeout: Duration) -> FunctionFailure {
        let error = format!("Task timed out after {:.2} seconds", timeout.as_secs_f64());
        FunctionFailure::of_platform(FailureKind::TimedOut, "Sandbox.Timedout", request_id, &error)
    }

    pub(crate) fn exited(request_id: &str, status: ExitStatus) -> FunctionFailure {
        let error = match (status.code(), status.signal()) {
            (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
            (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
            (None, Some(signal)) => format!("Runtime exited with error: signal: {}", signal_name(signal)),
            (None, None) => "Runtime exited with error".to_owned(),
        };
        FunctionFailure::of_platform(FailureKind::Exited, "Runtime.ExitError", request_id, &error)
    }

    pub(crate) fn out_of_memory(request_id: &str) -> FunctionFailure {
        let error = "Runtime exited with error: signal: killed";
        FunctionFailure::of_platform(FailureKind::OutOfMemory, "Runtime.OutOfMemory", request_id, error)
    }

    pub(crate) fn cannot_start(request_id: &str, reason: &str) -> FunctionFailure {
        FunctionFailure::of_platform(FailureKind::CannotStart, "Runtime.InvalidEntrypoint", request_id, reason)
    }

    pub(crate) fn too_large() -> FunctionFailure {
        let error_message =
            &format!("Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX} bytes).");
        let payload = ErrorReply { error_message, error_type: "Function.ResponseSizeTooLarge" }.to_json();
        FunctionFailure { kind: FailureKind::TooLarge, payload }
    }

    fn of_platform(kind: FailureKind, error_type: &str, request_id: &str, error: &str) -> FunctionFailure {
        let error_message = format!("RequestId: {request_id} Error: {error}");
        let payload =
            serde_json::to_vec(&PlatformError { error_type, error_message }).expect("strings always serialize");
        FunctionFailure { kind, payload: payload.into() }
    }
}

impl fmt::Display for FunctionFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            FailureKind::Handler => "the handler failed",
            FailureKind::Init => "the handler could not be loaded",
            FailureKind::TimedOut => "the invocation timed out",
            FailureKind::Exited => "the process ended",
            FailureKind::OutOfMemory => "the process held too much memory",
            FailureKind::TooLarge => "the response was too large",
            FailureKind::CannotStart => "the process could not be started",
        };
        let shown = &self.payload[..self.payload.len().min(SHOWN_BYTES_MAX)];
        // One line, whatever the function wrote into it.
        let shown = String::from_utf8_lossy(shown).replace(char::is_control, " ");
        write!(f, "{what}: {shown}")
    }
}

/// The word for a signal in AWS's error messages.
fn signal_name(signal: i32) -> String {
    use rustix::process::Signal;
    let known = [
        (Signal::HUP, "hangup"),
        (Signal::INT, "interrupt"),
        (Signal::QUIT, "quit"),
        (Signal::ILL, "illegal instruction"),
        (Signal::TRAP, "trace/breakpoint trap"),
        (Signal::ABORT, "aborted"),
        (Signal::BUS, "bus error"),
        (Signal::FPE, "floating point exception"),
        (Signal::KILL, "killed"),
        (Signal::SEGV, "segmentation fault"),
        (Signal::PIPE, "broken pipe"),
        (Signal::TERM, "terminated"),
    ];
    match known.iter().find(|(known, _)| known.as_raw() == signal) {
        Some((_, name)) => (*name).to_owned(),
        None => format!("signal {signal}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(failure: FunctionFailure) -> String {
        String::from_utf8(failure.payload.to_vec()).unwrap()
    }

    #[test]
    fn every_death_has_the_words_of_aws() {
        let cases = [
            (0, "Runtime exited without providing a reason"),
            (127 << 8, "Runtime exited with error: exit status 127"),
            (9, "Runtime exited with error: signal: killed"),
            (11, "Runtime exited with error: signal: segmentation fault"),
            (40, "Runtime exited with error: signal: signal 40"),
        ];
        for (raw, error) in cases {
            assert_eq!(
                text(FunctionFailure::exited("abc", ExitStatus::from_raw(raw))),
                format!(r#"{{"errorType":"Runtime.ExitError","errorMessage":"RequestId: abc Error: {error}"}}"#),
            );
        }
    }

    #[test]
    fn a_timeout_names_the_seconds_with_two_decimals() {
        assert_eq!(
            text(FunctionFailure::timed_out("abc", Duration::from_secs(1))),
            r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: abc Error: Task timed out after 1.00 seconds"}"#,
        );
    }

    #[test]
    fn a_too_large_response_names_the_limit() {
        assert_eq!(
            text(FunctionFailure::too_large()),
            r#"{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}"#,
        );
    }

    #[test]
    fn a_log_shows_only_the_start_of_a_long_payload() {
        let failure = FunctionFailure { kind: FailureKind::Handler, payload: vec![b'x'; 10_000].into() };
        assert!(failure.to_string().len() < 2 * SHOWN_BYTES_MAX);
    }

    #[test]
    fn a_payload_cannot_begin_a_line_of_the_log() {
        let failure = FunctionFailure { kind: FailureKind::Handler, payload: Bytes::from_static(b"a\r\nb\x1b[31m") };
        assert_eq!(failure.to_string(), "the handler failed: a  b [31m");
    }
}
