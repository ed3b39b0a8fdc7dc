//! `AWS::Lambda::Version`: what a function is at one time.

use std::collections::BTreeMap;

use bongsu_broker::{FunctionRef, FunctionVersion, LATEST};
use bongsu_template::VersionResource;
use serde_json::json;

use super::{Cx, Provider, asked, asked_away};
use crate::queues::Outcome;
use crate::stacks::provide::Made;

impl Provider for VersionResource {
    /// A version stays what it was. Another is published where the stack has none yet, or where this one follows the code.
    async fn bring_about(&self, before: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let known = cx.site.record.resource(&cx.resource.logical_id).and_then(|known| known.physical_id.as_deref());
        if let Some(known) = known.filter(|_| before.is_some())
            && is_up_to_date(self, known, cx).await?
        {
            return Ok(Outcome::Made.into());
        }
        let input = json!({
            "FunctionName": self.function,
            "Description": self.description.as_deref().unwrap_or_default(),
            "CodeSha256": self.code_sha256.as_deref().unwrap_or_default(),
        });
        let published = asked(cx.world.lambda.ask("PublishVersion", input).await)?;
        let told = |member: &str| published[member].as_str().unwrap_or_default().to_owned();
        let (arn, number) = (told("FunctionArn"), told("Version"));
        let attributes = BTreeMap::from([("FunctionArn".to_owned(), arn.clone()), ("Version".to_owned(), number)]);
        Ok(Made { physical_id: Some(arn), attributes, ..Outcome::Made.into() })
    }

    async fn delete(&self, physical_id: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        let qualifier = physical_id.and_then(|arn| arn.rsplit(':').next()).and_then(FunctionVersion::parse);
        match qualifier {
            Some(FunctionVersion::Number(number)) => {
                let input = json!({ "FunctionName": self.function, "Qualifier": number.to_string() });
                asked_away(cx.world.lambda.ask("DeleteFunction", input).await)
            }
            // It was never published.
            _ => Ok(()),
        }
    }
}

/// Whether this version, which the stack has published, is there and runs what it is to run.
async fn is_up_to_date(resource: &VersionResource, arn: &str, cx: &Cx<'_>) -> Result<bool, String> {
    let version = |qualifier: &str| {
        let function = FunctionRef { name: resource.function.as_str().into(), qualifier: Some(qualifier.into()) };
        cx.world.lambda.version(function)
    };
    let Some(published) = asked(version(arn.rsplit(':').next().unwrap_or_default()).await)? else { return Ok(false) };
    if !resource.follows_code {
        return Ok(true);
    }
    let latest = asked(version(LATEST).await)?;
    // Layers are code, too.
    Ok(latest.is_some_and(|latest| (&latest.code, &latest.layers) == (&published.code, &published.layers)))
}
