//! `AWS::Lambda::Function`, and what SAM makes of its own.

use bongsu_aws_api::lambda::{CapacityProvider, details};
use bongsu_broker::{Function, FunctionRef, FunctionVersion, PutWhen, Rejection};
use bongsu_runtime::Refusal;
use bongsu_template::{FunctionResource, Reference};

use super::{Cx, Provider, destination, gone, told};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};
use crate::stacks::providers::layer_version;

/// How many invocations of a function run at once when its template does not say: enough to overlap waiting, few enough
/// for a laptop.
const CONCURRENCY_DEFAULT: u32 = 10;

impl Provider for FunctionResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        self.dead_letter.as_deref().map(destination).transpose()?;
        Ok(cx.world.code.check(&self.code, &self.runtime, cx.site.folder)?)
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        match cx.world.broker.describe_function(FunctionRef::latest(&self.name)).await {
            Err(Refusal::Rejected(Rejection::FunctionDoesNotExist { .. })) => Ok(false),
            described => told(described).map(|_| true),
        }
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let code = cx.world.code.directory(&self.code, &self.runtime, cx.site.folder).await?;
        let layer = |layer: &Reference| layer_version::directory(layer, cx).map(String::into_boxed_str);
        let variables = self.environment.iter();
        let function = Function {
            name: self.name.as_str().into(),
            version: FunctionVersion::Latest,
            revision: 0,
            runtime: self.runtime.to_string().into(),
            handler: self.handler.as_str().into(),
            code: code.to_string_lossy().into(),
            code_digest: "".into(),
            layers: self.layers.iter().map(layer).collect::<Result<_, _>>()?,
            timeout_seconds: self.timeout_seconds,
            memory_mb: self.memory_mebibytes,
            environment: variables.map(|(name, value)| (name.as_str().into(), value.expose().into())).collect(),
            dead_letters: self.dead_letter.as_deref().map(destination).transpose()?,
            details: details(self.concurrency_per_process, self.capacity_provider.as_ref().map(provider)),
        };
        told(cx.world.broker.put_function(function, PutWhen::Always).await)?;
        let concurrency = self.reserved_concurrency.unwrap_or(CONCURRENCY_DEFAULT);
        told(cx.world.broker.set_concurrency(&self.name, Some(concurrency)).await)?;
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        gone(cx.world.broker.delete_function(&self.name, None).await)
    }
}

fn provider(named: &bongsu_template::CapacityProvider) -> CapacityProvider {
    let memory = named.memory_gib_per_vcpu.as_ref();
    CapacityProvider { arn: named.arn.clone(), memory_gib_per_vcpu: memory.and_then(|memory| memory.parse().ok()) }
}
