//! What the CloudFormation door asks of whoever deploys stacks.

use super::shapes::{ChangeSetDescription, Export, Stack, StackEvent, StackResource, TemplateSummary};
use crate::lambda::Answer;

/// The longest template that a request may hold, in bytes; a longer one comes by its address.
pub const TEMPLATE_BODY_BYTES_MAX: usize = 51_200;

/// Deploys the stacks of the server's account.
///
/// A stack is named by its name, or by its id (an ARN), by which deleted ones are found too. What is told is durable.
pub trait Stacks: Send + Sync {
    /// Begins to make a stack; its id.
    fn create(&self, deployment: Deployment, options: CreateOptions) -> Answer<Result<String, StackRefusal>>;

    /// Begins to change a stack; its id.
    fn update(&self, deployment: Deployment) -> Answer<Result<String, StackRefusal>>;

    /// Begins to delete a stack. One that does not exist is deleted already.
    fn delete(&self, stack: &str, options: DeleteOptions) -> Answer<Result<(), StackRefusal>>;

    /// Gives up the update that is going on, and rolls back.
    fn cancel_update(&self, stack: &str) -> Answer<Result<(), StackRefusal>>;

    /// Tries again to roll an update back, without these resources.
    fn continue_rollback(&self, stack: &str, skipped: Vec<String>) -> Answer<Result<(), StackRefusal>>;

    /// Every stack there is and was, the newest first.
    fn stacks(&self) -> Vec<Stack>;

    /// One of them.
    fn stack(&self, stack: &str) -> Result<Stack, StackRefusal>;

    /// What happened to a stack, the latest first.
    fn events(&self, stack: &str) -> Result<Vec<StackEvent>, StackRefusal>;

    /// What a stack is made of, by logical ids.
    fn resources(&self, stack: &str) -> Result<Vec<StackResource>, StackRefusal>;

    /// The name of the stack that has a resource of this physical id.
    fn stack_of_resource(&self, physical_id: &str) -> Option<String>;

    /// The text of a stack's template, or of a change set's.
    fn template(&self, stack: Option<&str>, change_set: Option<&str>) -> Result<String, StackRefusal>;

    /// What can be said of a template before it is deployed.
    fn summarize(&self, template: &str) -> Result<TemplateSummary, StackRefusal>;

    /// The template at an address.
    fn fetch(&self, url: &str) -> Answer<Result<String, StackRefusal>>;

    /// Works out what a deployment would change; the ids of the change set and of its stack.
    fn create_change_set(&self, request: ChangeSetRequest) -> Answer<Result<(String, String), StackRefusal>>;

    /// A change set by its name, which needs the stack, or by its id.
    fn change_set(&self, stack: Option<&str>, change_set: &str) -> Result<ChangeSetDescription, StackRefusal>;

    /// The change sets of a stack that were not executed.
    fn change_sets(&self, stack: &str) -> Result<Vec<ChangeSetDescription>, StackRefusal>;

    /// Begins the deployment that a change set describes.
    fn execute_change_set(
        &self,
        stack: Option<&str>,
        change_set: &str,
        options: ExecuteOptions,
    ) -> Answer<Result<(), StackRefusal>>;

    /// Forgets a change set. One that does not exist is forgotten already.
    fn delete_change_set(&self, stack: Option<&str>, change_set: &str) -> Answer<Result<(), StackRefusal>>;

    /// What all stacks export, by name.
    fn exports(&self) -> Vec<Export>;

    /// The names of the stacks that import a value.
    fn imports(&self, export: &str) -> Result<Vec<String>, StackRefusal>;

    /// Keeps a stack's policy.
    fn set_policy(&self, stack: &str, policy: String) -> Answer<Result<(), StackRefusal>>;

    /// The stack's policy, if it has one.
    fn policy(&self, stack: &str) -> Result<Option<String>, StackRefusal>;

    /// Forbids or allows that the stack is deleted; its id.
    fn protect(&self, stack: &str, protected: bool) -> Answer<Result<String, StackRefusal>>;
}

/// What a stack is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Its name; for one that exists also its id.
    pub stack: String,
    /// The template; `None` for that of the last deployment.
    pub template: Option<String>,
    /// Its parameters.
    pub parameters: Vec<GivenParameter>,
    /// What is kept of a deployment and told; `None` leaves it as it was.
    pub capabilities: Option<Vec<String>>,
    /// Names and values.
    pub tags: Option<Vec<(String, String)>>,
    /// The role that AWS would deploy with.
    pub role_arn: Option<String>,
    /// The topics that AWS would tell.
    pub notification_arns: Option<Vec<String>>,
    /// The stack's policy.
    pub policy: Option<String>,
    /// By which a request that is sent again is known.
    pub token: Option<String>,
}

/// A parameter of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenParameter {
    /// Its name in the template.
    pub name: String,
    /// Its value; `None` for that of the last deployment.
    pub value: Option<String>,
}

/// What only a new stack can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateOptions {
    /// What becomes of it when a resource cannot be made.
    pub on_failure: OnFailure,
    /// Kept and told.
    pub timeout_minutes: Option<u32>,
    /// Whether it may not be deleted.
    pub protected: bool,
    /// Whether rolling back deletes resources whose `DeletionPolicy` is `Retain`, too.
    pub retain_except_on_create: bool,
}

/// What becomes of a new stack when a resource cannot be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// What was made is deleted; the stack stays, to be looked at.
    #[default]
    RollBack,
    /// What was made is deleted, and the stack with it.
    Delete,
    /// What was made stays.
    DoNothing,
}

/// How a stack is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Logical ids of resources that stay. Only for a stack whose deletion failed.
    pub retained: Vec<String>,
    /// Whether resources that cannot be deleted are left behind. Only for a stack whose deletion failed.
    pub forced: bool,
    /// By which a request that is sent again is known.
    pub token: Option<String>,
}

/// A change set that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSetRequest {
    /// Its name, which no other change set of the stack has.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether the stack is to be made, instead of changed.
    pub creates: bool,
    /// What the stack would become.
    pub deployment: Deployment,
    /// What becomes of a new stack when a resource cannot be made.
    pub on_failure: Option<OnFailure>,
}

/// How a change set is carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecuteOptions {
    /// Whether a new stack that fails stays as it is.
    pub disable_rollback: bool,
    /// As for [`CreateOptions`].
    pub retain_except_on_create: bool,
    /// By which a request that is sent again is known.
    pub token: Option<String>,
}

/// Why a stack is not touched, or not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StackRefusal {
    /// The request is wrong, or comes at the wrong time; the whole text.
    Invalid(String),
    /// There is no stack of this name or id.
    DoesNotExist(String),
    /// There is a stack of this name already.
    Exists(String),
    /// There is no such change set.
    ChangeSetDoesNotExist(String),
    /// The stack has a change set of this name already.
    ChangeSetExists(String),
    /// The change set cannot be executed or deleted in this state; the whole text.
    ChangeSetState(String),
    /// There are as many as there may be; the whole text.
    TooMany(String),
    /// Nothing can be kept: the server is stopping, or the disk fails.
    Unavailable,
}
