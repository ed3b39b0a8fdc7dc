//! `AWS::Lambda::Permission` → who may invoke a function.

use crate::FunctionReference;
use crate::mapping::function_reference;
use crate::names;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Read, Reading, ResourceType};

/// Nothing of it can be changed.
pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::Lambda::Permission",
    identity: |naming| {
        let id = names::generated(naming.inputs, naming.logical_id, "", STATEMENT_ID_MAX);
        Identity::named(id.clone(), vec![("Id", id)])
    },
    read: Read::Properties(|reading| read(reading).map(Definition::Permission)),
    metadata: &[],
    told: &[],
    replaced_by: &[
        "Action",
        "EventSourceToken",
        "FunctionName",
        "FunctionUrlAuthType",
        "InvokedViaFunctionUrl",
        "Principal",
        "PrincipalOrgID",
        "SourceAccount",
        "SourceArn",
    ],
};

/// The longest id of a statement.
const STATEMENT_ID_MAX: usize = 100;

/// One statement of a function's policy; its id is the resource's physical id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionResource {
    /// The function, or its version or alias.
    pub function: FunctionReference,
    /// What is allowed: `lambda:InvokeFunction`.
    pub action: String,
    /// To whom: a service, an account or an ARN.
    pub principal: String,
    /// Only on behalf of this resource.
    pub source_arn: Option<String>,
    /// Only on behalf of this account.
    pub source_account: Option<String>,
    /// Only to members of this organization.
    pub organization: Option<String>,
    /// Only with this token.
    pub event_source_token: Option<String>,
    /// Only through a function URL of this kind: `NONE` or `AWS_IAM`.
    pub url_auth_type: Option<String>,
    /// Only through a function URL.
    pub invoked_via_url: Option<bool>,
}

fn read(Reading { inputs, mut reader, .. }: Reading<'_, '_>) -> Option<PermissionResource> {
    let function = function_reference(&mut reader, "FunctionName", inputs);
    let (action, principal) = (reader.required("Action"), reader.required("Principal"));
    let [source_arn, source_account, organization, event_source_token] =
        ["SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken"].map(|name| reader.string(name));
    let url_auth_type = reader.one_of("FunctionUrlAuthType", &["NONE", "AWS_IAM"]);
    let invoked_via_url = reader.boolean("InvokedViaFunctionUrl");
    if let Some(action) = action.as_ref().filter(|action| !action.starts_with("lambda:")) {
        reader.fault(reader.line_of("Action"), format!("Action must begin with lambda:, not {action}"));
    }
    reader.finish();
    Some(PermissionResource {
        function: function?,
        action: action?,
        principal: principal?,
        source_arn,
        source_account,
        organization,
        event_source_token,
        url_auth_type,
        invoked_via_url,
    })
}
