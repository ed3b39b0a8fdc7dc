//! AWS CloudFormation: one file an operation, and the one table that names them. It speaks the Query protocol alone.
//!
//! What deploys is behind the trait [`Stacks`]; here is what goes over the wire.

mod cancel_update_stack;
mod continue_update_rollback;
mod create_change_set;
mod create_stack;
mod delete_change_set;
mod delete_stack;
mod describe_change_set;
mod describe_stack_events;
mod describe_stack_resource;
mod describe_stack_resources;
mod describe_stacks;
mod engine;
mod execute_change_set;
mod get_stack_policy;
mod get_template;
mod get_template_summary;
mod given;
mod list_change_sets;
mod list_exports;
mod list_imports;
mod list_stack_resources;
mod list_stacks;
mod parameters;
mod rejection;
mod set_stack_policy;
pub mod shapes;
mod update_stack;
mod update_termination_protection;
mod validate_template;

use crate::codec::CLOUDFORMATION;
use crate::error::{ApiError, ErrorKind};
use crate::operation::{Context, operations};

pub use engine::{
    ChangeSetRequest, CreateOptions, DeleteOptions, Deployment, ExecuteOptions, GivenParameter, OnFailure,
    StackRefusal, Stacks, TEMPLATE_BODY_BYTES_MAX,
};

operations! {
    CLOUDFORMATION, first_fault;
    "CancelUpdateStack" => cancel_update_stack,
    "ContinueUpdateRollback" => continue_update_rollback,
    "CreateChangeSet" => create_change_set,
    "CreateStack" => create_stack,
    "DeleteChangeSet" => delete_change_set,
    "DeleteStack" => delete_stack,
    "DescribeChangeSet" => describe_change_set,
    "DescribeStackEvents" => describe_stack_events,
    "DescribeStackResource" => describe_stack_resource,
    "DescribeStackResources" => describe_stack_resources,
    "DescribeStacks" => describe_stacks,
    "ExecuteChangeSet" => execute_change_set,
    "GetStackPolicy" => get_stack_policy,
    "GetTemplate" => get_template,
    "GetTemplateSummary" => get_template_summary,
    "ListChangeSets" => list_change_sets,
    "ListExports" => list_exports,
    "ListImports" => list_imports,
    "ListStackResources" => list_stack_resources,
    "ListStacks" => list_stacks,
    "SetStackPolicy" => set_stack_policy,
    "UpdateStack" => update_stack,
    "UpdateTerminationProtection" => update_termination_protection,
    "ValidateTemplate" => validate_template,
}

impl Context<'_> {
    /// The server's stacks, for callers of its account: stacks have no policies that would let others in.
    fn stacks(&self) -> Result<&dyn Stacks, ApiError> {
        let operation = self.seen.operation.get().copied().unwrap_or_default();
        if self.account()? != self.config.account {
            let (caller, account) = (self.caller.arn(), self.config.account);
            let text = format!(
                "User: {caller} is not authorized to perform: cloudformation:{operation}: all stacks are of the account \
                 {account}"
            );
            return Err(ApiError::new(ErrorKind::AccessDeniedException, text));
        }
        self.config.stacks.as_deref().ok_or_else(|| ApiError::unknown_operation(operation))
    }
}

/// There is never more than one.
async fn first_fault(_: &Context<'_>, fault: ApiError) -> ApiError {
    fault
}
