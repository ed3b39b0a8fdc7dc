//! `AWS::Lambda::Alias`.

use std::collections::BTreeMap;

use bongsu_template::AliasResource;
use serde_json::json;

use super::{Cx, Provider, asked, asked_away};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

impl Provider for AliasResource {
    fn check(&self, _: &Cx<'_>) -> Result<(), Fault> {
        if self.weights.len() > 1 {
            return Err("an alias stands for at most two versions".to_owned().into());
        }
        Ok(())
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        let aliases = cx.world.broker.list_aliases(&self.function).await;
        Ok(aliases.is_ok_and(|aliases| aliases.iter().any(|alias| *alias.name == *self.name)))
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let mut weights = BTreeMap::new();
        for (version, weight) in &self.weights {
            weights.insert(cx.site.resolve(version)?, *weight);
        }
        let operation = if self.exists(cx).await? { "UpdateAlias" } else { "CreateAlias" };
        let input = json!({
            "FunctionName": self.function,
            "Name": self.name,
            "FunctionVersion": cx.site.resolve(&self.version)?,
            "Description": self.description.as_deref().unwrap_or_default(),
            "RoutingConfig": { "AdditionalVersionWeights": weights },
        });
        asked(cx.world.lambda.ask(operation, input).await)?;
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        let input = json!({ "FunctionName": self.function, "Name": self.name });
        asked_away(cx.world.lambda.ask("DeleteAlias", input).await)
    }
}
