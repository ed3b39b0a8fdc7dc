//! `AWS::Lambda::LayerVersion`: what functions have besides their own code.

use std::collections::BTreeMap;

use bongsu_template::LayerVersionResource;
use serde_json::json;

use super::{Cx, Provider, asked, asked_away, code};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

impl Provider for LayerVersionResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        Ok(code::check(&self.content, None, cx)?)
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let known = cx.site.record.resource(&cx.resource.logical_id).and_then(|known| known.physical_id.as_deref());
        let settings = json!({
            "LayerName": self.name,
            "Description": self.description.as_deref().unwrap_or_default(),
            "CompatibleArchitectures": self.compatible_architectures,
            "CompatibleRuntimes": self.compatible_runtimes,
            "LicenseInfo": self.license.as_deref().unwrap_or_default(),
        });
        let from = code::from(&self.content, None, false, cx)?;
        let arn = asked(cx.world.lambda.put_layer_version(settings, from, known).await)?;
        let attributes = BTreeMap::from([("LayerVersionArn".to_owned(), arn.clone())]);
        Ok(Made { physical_id: Some(arn), attributes, ..Outcome::Made.into() })
    }

    async fn delete(&self, physical_id: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        let number = physical_id.and_then(|arn| arn.rsplit(':').next()?.parse::<u32>().ok());
        let Some(number) = number else { return Ok(()) };
        let input = json!({ "LayerName": self.name, "VersionNumber": number });
        asked_away(cx.world.lambda.ask("DeleteLayerVersion", input).await)
    }
}
