//! `AWS::Lambda::Alias`.

use bongsu_broker::{ALIAS_WEIGHT_WHOLE, Alias, FunctionVersion, PutWhen};
use bongsu_template::{AliasResource, Reference};

use super::{Cx, Provider, gone, told};
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
        let canary = self.weights.first().map(|(version, weight)| {
            // A share between 0 and 1, so that no digit is lost.
            let weight = (weight * f64::from(ALIAS_WEIGHT_WHOLE)).round() as u32;
            Ok::<_, String>((read(version, cx)?, weight))
        });
        let alias = Alias {
            name: self.name.as_str().into(),
            version: read(&self.version, cx)?,
            canary: canary.transpose()?,
            revision: 0,
            details: "".into(),
        };
        told(cx.world.broker.put_alias(&self.function, alias, PutWhen::Always).await)?;
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        gone(cx.world.broker.delete_alias(&self.function, &self.name).await)
    }
}

fn read(version: &Reference, cx: &Cx<'_>) -> Result<FunctionVersion, String> {
    let text = cx.site.resolve(version)?;
    FunctionVersion::parse(&text).ok_or_else(|| format!("{text} is not the number of a version"))
}
