//! `AWS::Lambda::Permission`: a statement of a function's policy.

use bongsu_template::PermissionResource;
use serde_json::Value;

use super::{Cx, Provider, asked, asked_away, named};
use crate::queues::Outcome;
use crate::stacks::provide::Made;

impl Provider for PermissionResource {
    /// Nothing of it can be changed: one of this id that is there is taken away first.
    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        self.delete(cx.resource.physical_id.as_deref(), cx).await?;
        let mut input = of(self, cx.resource.physical_id.as_deref());
        for (member, value) in [
            ("Action", Some(&self.action)),
            ("Principal", Some(&self.principal)),
            ("SourceArn", self.source_arn.as_ref()),
            ("SourceAccount", self.source_account.as_ref()),
            ("PrincipalOrgID", self.organization.as_ref()),
            ("EventSourceToken", self.event_source_token.as_ref()),
            ("FunctionUrlAuthType", self.url_auth_type.as_ref()),
        ] {
            if let Some(value) = value {
                input[member] = value.as_str().into();
            }
        }
        if let Some(via_url) = self.invoked_via_url {
            input["InvokedViaFunctionUrl"] = via_url.into();
        }
        asked(cx.world.lambda.ask("AddPermission", input).await)?;
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, physical_id: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        asked_away(cx.world.lambda.ask("RemovePermission", of(self, physical_id)).await)
    }
}

fn of(permission: &PermissionResource, statement: Option<&str>) -> Value {
    let mut input = named(&permission.function);
    input["StatementId"] = statement.unwrap_or_default().into();
    input
}
