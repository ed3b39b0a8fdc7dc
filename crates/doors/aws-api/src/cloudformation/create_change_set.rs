//! `CreateChangeSet`: works out what a deployment would change.

use serde::{Deserialize, Serialize};

use super::engine::ChangeSetRequest;
use super::given::{Given, deployment_input, on_failure};
use super::parameters::{choice, new_name, stack, template_or_previous, unsupported};
use super::rejection::{in_brackets, invalid};
use crate::codec::{Text, TextMap};
use crate::error::ApiError;
use crate::operation::Context;

/// What `ChangeSetType` can be, and whether it is for a new stack; `None` for what is not supported.
const KINDS: [(&str, Option<bool>); 3] = [("CREATE", Some(true)), ("UPDATE", Some(false)), ("IMPORT", None)];

deployment_input! { 'a;
    use_previous_template: Option<bool>,
    #[serde(borrow)]
    change_set_name: Option<Text<'a>>,
    #[serde(borrow)]
    client_token: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    change_set_type: Option<Text<'a>>,
    #[serde(borrow)]
    resources_to_import: Option<Vec<ImportInput<'a>>>,
    /// There are none to look into: a template that has one is refused.
    #[serde(rename = "IncludeNestedStacks")]
    _include_nested_stacks: Option<bool>,
    #[serde(borrow)]
    on_stack_failure: Option<Text<'a>>,
    import_existing_resources: Option<bool>,
    #[serde(borrow)]
    deployment_mode: Option<Text<'a>>,
}

/// A resource that is to become one of the stack.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ImportInput<'a> {
    #[serde(borrow, rename = "ResourceType")]
    _resource_type: Option<Text<'a>>,
    #[serde(borrow, rename = "LogicalResourceId")]
    _logical_resource_id: Option<Text<'a>>,
    #[serde(borrow, rename = "ResourceIdentifier")]
    _resource_identifier: Option<TextMap<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Output {
    id: String,
    stack_id: String,
}

pub(super) async fn call(mut input: Input<'_>, cx: &Context<'_>) -> Result<Output, ApiError> {
    let stacks = cx.stacks()?;
    let name = new_name(input.change_set_name.take(), "changeSetName")?;
    let creates = choice(input.change_set_type.as_deref(), "changeSetType", &KINDS)?.unwrap_or(Some(false));
    let creates = creates.ok_or_else(|| invalid("ChangeSetType IMPORT is not supported"))?;
    let stack = if creates { new_name(input.stack_name.take(), "stackName")? } else { stack(input.stack_name.take())? };
    unsupported("ResourcesToImport", input.resources_to_import.take().is_some_and(|resources| !resources.is_empty()))?;
    unsupported("ImportExistingResources", input.import_existing_resources == Some(true))?;
    unsupported("DeploymentMode", input.deployment_mode.is_some())?;
    let (body, url) = (input.template_body.take(), input.template_url.take());
    let text = template_or_previous(body, url, input.use_previous_template, cx).await?;
    if text.is_none() && creates {
        return Err(invalid("UsePreviousTemplate is not for a new stack"));
    }
    let on_failure = on_failure(input.on_stack_failure.as_deref(), "onStackFailure", None)?;
    let given = Given { token: input.client_token.take(), ..input.given() };
    let request = ChangeSetRequest {
        name: name.into_string(),
        description: input.description.map(Text::into_string),
        creates,
        deployment: given.deployment(stack, text)?,
        on_failure,
    };
    let (id, stack_id) = stacks.create_change_set(request).await.map_err(in_brackets)?;
    Ok(Output { id, stack_id })
}
