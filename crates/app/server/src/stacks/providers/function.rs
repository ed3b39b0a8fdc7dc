//! `AWS::Lambda::Function`, and what SAM makes of its own.

use bongsu_broker::Function;
use bongsu_template::FunctionResource;

use super::{Cx, Provider, gone, told};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

/// How many invocations of a function run at once when its template does not say: enough to overlap waiting, few enough
/// for a laptop.
const CONCURRENCY_DEFAULT: u32 = 10;

impl Provider for FunctionResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        if !self.layers.is_empty() {
            return Err("layers are not supported yet".to_owned().into());
        }
        if self.dead_letter.is_some() {
            return Err("dead-letter targets of functions are not supported yet".to_owned().into());
        }
        Ok(cx.world.code.check(&self.code, &self.runtime, cx.site.folder)?)
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        let inventory = told(cx.world.broker.functions().await)?;
        Ok(inventory.functions.iter().any(|function| *function.name == *self.name))
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let directory = cx.world.code.directory(&self.code, &self.runtime, cx.site.folder).await?;
        let variables = self.environment.iter();
        let function = Function {
            name: self.name.as_str().into(),
            runtime: self.runtime.to_string().into(),
            handler: self.handler.as_str().into(),
            code: directory.to_string_lossy().into(),
            timeout_seconds: self.timeout_seconds,
            memory_mb: self.memory_mebibytes,
            environment: variables.map(|(name, value)| (name.as_str().into(), value.expose().into())).collect(),
            concurrency_max: self.reserved_concurrency.unwrap_or(CONCURRENCY_DEFAULT),
        };
        told(cx.world.broker.define_function(function).await)?;
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        gone(cx.world.broker.delete_function(&self.name).await)
    }
}
