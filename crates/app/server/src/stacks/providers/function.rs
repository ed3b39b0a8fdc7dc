//! `AWS::Lambda::Function`, and what SAM makes of its own.

use std::collections::BTreeMap;

use bongsu_broker::{FunctionRef, Rejection};
use bongsu_runtime::Refusal;
use bongsu_template::{Architecture, FunctionResource};
use serde_json::{Value, json};

use super::{Cx, Provider, asked, asked_away, code, destination, told};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};
use crate::stacks::view::shown_source;

impl Provider for FunctionResource {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        self.dead_letter.as_deref().map(destination).transpose()?;
        Ok(code::check(&self.code, Some(&self.runtime), cx)?)
    }

    async fn exists(&self, cx: &Cx<'_>) -> Result<bool, String> {
        match cx.world.broker.describe_function(FunctionRef::latest(&self.name)).await {
            Err(Refusal::Rejected(Rejection::FunctionDoesNotExist { .. })) => Ok(false),
            described => told(described).map(|_| true),
        }
    }

    async fn bring_about(&self, _: Option<&Self>, cx: &Cx<'_>) -> Result<Made, String> {
        let code = code::from(&self.code, Some(&self.runtime), self.is_published, cx)?;
        let layers = self.layers.iter().map(|layer| cx.site.resolve(layer)).collect::<Result<Vec<_>, _>>()?;
        asked(cx.world.lambda.put_function(settings(self, &layers, cx), code).await)?;
        told(cx.world.broker.set_concurrency(&self.name, self.reserved_concurrency).await)?;
        Ok(Outcome::Made.into())
    }

    /// With all that Lambda keeps of it; what it has printed stays.
    async fn delete(&self, _: Option<&str>, cx: &Cx<'_>) -> Result<(), String> {
        asked_away(cx.world.lambda.ask("DeleteFunction", json!({ "FunctionName": self.name })).await)
    }
}

/// As `CreateFunction` takes them.
fn settings(function: &FunctionResource, layers: &[String], cx: &Cx<'_>) -> Value {
    // Nobody is asked what a role may do; who names none has one all the same.
    let usual_role = || format!("arn:aws:iam::{}:role/{}", cx.world.account, function.name);
    let variables = function.environment.iter().map(|(name, value)| (name.as_str(), value.expose()));
    let architecture = match function.architecture {
        Architecture::X86 => "x86_64",
        Architecture::Arm => "arm64",
    };
    let mut settings = json!({
        "FunctionName": function.name,
        "Runtime": function.runtime.to_string(),
        "Handler": function.handler,
        "Role": function.role.clone().unwrap_or_else(usual_role),
        "Description": function.description.as_deref().unwrap_or_default(),
        "Timeout": function.timeout_seconds,
        "MemorySize": function.memory_mebibytes,
        "Environment": { "Variables": variables.collect::<BTreeMap<_, _>>() },
        "DeadLetterConfig": { "TargetArn": function.dead_letter.as_deref().unwrap_or_default() },
        "Layers": layers,
        "EphemeralStorage": { "Size": function.ephemeral_storage_mebibytes },
        "Architectures": [architecture],
        "TracingConfig": { "Mode": if function.tracing { "Active" } else { "PassThrough" } },
        "KMSKeyArn": function.kms_key_arn.as_deref().unwrap_or_default(),
        "SnapStart": { "ApplyOn": if function.snap_start { "PublishedVersions" } else { "None" } },
        "Tags": tags(&function.tags, cx),
    });
    if let Some(logging) = &function.logging {
        settings["LoggingConfig"] = json!({
            "LogFormat": logging.format,
            "ApplicationLogLevel": logging.application_level,
            "SystemLogLevel": logging.system_level,
            "LogGroup": logging.group,
        });
    }
    if function.concurrency_per_process > 1 || function.capacity_provider.is_some() {
        let provider = function.capacity_provider.as_ref();
        let mut instances = json!({ "PerExecutionEnvironmentMaxConcurrency": function.concurrency_per_process });
        if let Some(provider) = provider {
            instances["CapacityProviderArn"] = json!(provider.arn);
        }
        if let Some(memory) = provider.and_then(|provider| provider.memory_gib_per_vcpu.as_ref()) {
            instances["ExecutionEnvironmentMemoryGiBPerVCpu"] = json!(memory.parse::<f64>().ok());
        }
        settings["CapacityProviderConfig"] = json!({ "LambdaManagedInstancesCapacityProviderConfig": instances });
    }
    if let Some(vpc) = &function.vpc {
        settings["VpcConfig"] = json!({
            "SubnetIds": vpc.subnets,
            "SecurityGroupIds": vpc.security_groups,
            "Ipv6AllowedForDualStack": vpc.ipv6,
        });
    }
    settings
}

/// The stack's, the resource's own, and those by which a resource tells whose it is.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>
fn tags(own: &BTreeMap<String, String>, cx: &Cx<'_>) -> BTreeMap<String, String> {
    let record = cx.site.record;
    let of_stack = shown_source(record).map(|source| source.labels.tags.clone()).unwrap_or_default();
    let mut tags: BTreeMap<String, String> = of_stack.into_iter().chain(own.clone()).collect();
    for (name, value) in
        [("stack-name", &record.name), ("stack-id", &record.id), ("logical-id", &cx.resource.logical_id)]
    {
        tags.insert(format!("aws:cloudformation:{name}"), value.clone());
    }
    tags
}
