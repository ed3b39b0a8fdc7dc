//! The states that stacks and their resources can be in, by AWS's names.

use serde::{Deserialize, Serialize};

macro_rules! statuses {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub(crate) enum $name {
            $(#[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// AWS's name.
            pub(crate) fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }
    };
}

statuses! {
    /// Of a stack.
    StackStatus {
        ReviewInProgress = "REVIEW_IN_PROGRESS",
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateFailed = "CREATE_FAILED",
        CreateComplete = "CREATE_COMPLETE",
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        RollbackFailed = "ROLLBACK_FAILED",
        RollbackComplete = "ROLLBACK_COMPLETE",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteFailed = "DELETE_FAILED",
        DeleteComplete = "DELETE_COMPLETE",
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        UpdateCleanup = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateComplete = "UPDATE_COMPLETE",
        UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS",
        UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED",
        UpdateRollbackCleanup = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE",
    }
}

statuses! {
    /// Of a resource of a stack.
    ResourceStatus {
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateFailed = "CREATE_FAILED",
        CreateComplete = "CREATE_COMPLETE",
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        UpdateFailed = "UPDATE_FAILED",
        UpdateComplete = "UPDATE_COMPLETE",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteFailed = "DELETE_FAILED",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteSkipped = "DELETE_SKIPPED",
    }
}

impl StackStatus {
    /// Whether a deployment goes on, and nobody else may begin one.
    pub(crate) fn is_in_progress(self) -> bool {
        use StackStatus::{
            CreateInProgress, DeleteInProgress, RollbackInProgress, UpdateCleanup, UpdateInProgress,
            UpdateRollbackCleanup, UpdateRollbackInProgress,
        };
        matches!(
            self,
            CreateInProgress
                | RollbackInProgress
                | DeleteInProgress
                | UpdateInProgress
                | UpdateCleanup
                | UpdateRollbackInProgress
                | UpdateRollbackCleanup
        )
    }

    /// Whether the stack is as some template says, so that it can be updated.
    pub(crate) fn is_settled(self) -> bool {
        matches!(self, StackStatus::CreateComplete | StackStatus::UpdateComplete | StackStatus::UpdateRollbackComplete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_kept_by_awss_name() {
        let status = StackStatus::UpdateCleanup;
        let kept = serde_json::to_string(&status).unwrap();
        assert_eq!(kept, format!("\"{}\"", status.name()));
        assert_eq!(serde_json::from_str::<StackStatus>(&kept).unwrap(), status);
    }
}
