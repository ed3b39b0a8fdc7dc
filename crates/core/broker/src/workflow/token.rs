//! Task tokens: who has one may say how its task ended.

use std::fmt;

use subtle::ConstantTimeEq as _;

use super::ExecutionId;

const BYTES: usize = 16 + 8 + 16;

/// Names a task of an execution, and proves that whoever shows it was given it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TaskToken {
    /// Whose task.
    pub execution: ExecutionId,
    /// Which.
    pub task: u64,
    secret: u128,
}

impl TaskToken {
    /// Of a task with this secret.
    pub fn new(execution: ExecutionId, task: u64, secret: u128) -> TaskToken {
        TaskToken { execution, task, secret }
    }

    /// Reads a token's text; nothing if it is no token.
    pub fn parse(text: &str) -> Option<TaskToken> {
        let mut bytes = [0; BYTES];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        let (execution, rest) = bytes.split_first_chunk::<16>()?;
        let (task, rest) = rest.split_first_chunk::<8>()?;
        let secret = rest.first_chunk::<16>()?;
        let execution = ExecutionId(u128::from_be_bytes(*execution));
        let (task, secret) = (u64::from_be_bytes(*task), u128::from_be_bytes(*secret));
        Some(TaskToken { execution, task, secret })
    }

    pub(crate) fn opens(&self, secret: u128) -> bool {
        self.secret.to_be_bytes().ct_eq(&secret.to_be_bytes()).into()
    }
}

/// As it is handed out.
impl fmt::Display for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}{:016x}{:032x}", self.execution.0, self.task, self.secret)
    }
}

/// Who reads a log may not answer for tasks.
impl fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskToken")
            .field("execution", &self.execution)
            .field("task", &self.task)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let token = TaskToken { execution: ExecutionId(7 << 100), task: 9, secret: u128::MAX - 5 };
        assert_eq!(TaskToken::parse(&token.to_string()), Some(token));
        assert!(token.opens(u128::MAX - 5) && !token.opens(5));
        assert!(!format!("{token:?}").contains("fff"));
    }

    #[test]
    fn what_is_no_token_is_nothing() {
        for text in ["", "x", &"0".repeat(79), &"0".repeat(81), &"g".repeat(80), &"é".repeat(40)] {
            assert_eq!(TaskToken::parse(text), None);
        }
    }
}
