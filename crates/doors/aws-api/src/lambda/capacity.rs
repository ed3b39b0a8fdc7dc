//! `CapacityProviderConfig`: how many invocations a process has at a time; what else it says is kept and told.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_LambdaManagedInstancesCapacityProviderConfig.html>

use serde::{Deserialize, Serialize};

use super::details::FunctionDetails;
use crate::codec::Integer;
use crate::constraints::Constraints;

const CONCURRENCY_PER_PROCESS: std::ops::RangeInclusive<i64> = 1..=1_600;
const MEMORY_GIB_PER_VCPU: std::ops::RangeInclusive<f64> = 2.0..=8.0;
const ARN_LENGTH_MAX: usize = 140;
const ARN_PATTERN: &str = r"arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:\d{12}:capacity-provider:[a-zA-Z0-9-_]+";
const PATH: &str = "capacityProviderConfig.lambdaManagedInstancesCapacityProviderConfig";

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct CapacityInput {
    lambda_managed_instances_capacity_provider_config: Option<InstancesInput>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct InstancesInput {
    /// AWS wants one; here no instances are needed for it.
    capacity_provider_arn: Option<String>,
    per_execution_environment_max_concurrency: Option<Integer>,
    #[serde(rename = "ExecutionEnvironmentMemoryGiBPerVCpu")]
    memory_gib_per_vcpu: Option<f64>,
}

/// What has no effect: there are no instances here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CapacityProvider {
    /// The provider's ARN.
    arn: String,
    /// 2 to 8, if it was said.
    memory_gib_per_vcpu: Option<f64>,
}

/// What the model calls `CapacityProviderConfig`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CapacityProviderConfig {
    lambda_managed_instances_capacity_provider_config: Instances,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Instances {
    capacity_provider_arn: String,
    per_execution_environment_max_concurrency: u32,
    #[serde(rename = "ExecutionEnvironmentMemoryGiBPerVCpu", skip_serializing_if = "Option::is_none")]
    memory_gib_per_vcpu: Option<f64>,
}

impl CapacityInput {
    pub(super) fn check(&self, constraints: &mut Constraints) {
        let Some(instances) = &self.lambda_managed_instances_capacity_provider_config else {
            return constraints.missing(PATH);
        };
        let path = format!("{PATH}.capacityProviderArn");
        if let Some(arn) = &instances.capacity_provider_arn {
            constraints.length(&path, Some(arn), 1..=ARN_LENGTH_MAX);
            constraints.pattern(&path, arn, ARN_PATTERN, is_provider(arn));
        }
        let path = format!("{PATH}.perExecutionEnvironmentMaxConcurrency");
        constraints.number(&path, instances.per_execution_environment_max_concurrency, CONCURRENCY_PER_PROCESS);
        if let Some(memory) = instances.memory_gib_per_vcpu.filter(|memory| !MEMORY_GIB_PER_VCPU.contains(memory)) {
            let path = format!("{PATH}.executionEnvironmentMemoryGiBPerVCpu");
            constraints.fault(&path, memory, "have value between 2 and 8");
        }
    }

    /// Takes the settings over, after they were checked. Without a number a process has one invocation at a time.
    pub(super) fn apply(self, details: &mut FunctionDetails) {
        let instances = self.lambda_managed_instances_capacity_provider_config.unwrap_or_default();
        let concurrency = instances.per_execution_environment_max_concurrency.map_or(1, |Integer(number)| number);
        details.concurrency_per_process = concurrency as u32;
        details.capacity_provider = instances
            .capacity_provider_arn
            .map(|arn| CapacityProvider { arn, memory_gib_per_vcpu: instances.memory_gib_per_vcpu });
    }
}

impl CapacityProviderConfig {
    /// Of a function for which a provider was named.
    pub(super) fn of(
        provider: Option<CapacityProvider>,
        concurrency_per_process: u32,
    ) -> Option<CapacityProviderConfig> {
        let CapacityProvider { arn, memory_gib_per_vcpu } = provider?;
        let instances = Instances {
            capacity_provider_arn: arn,
            per_execution_environment_max_concurrency: concurrency_per_process,
            memory_gib_per_vcpu,
        };
        Some(CapacityProviderConfig { lambda_managed_instances_capacity_provider_config: instances })
    }
}

fn is_provider(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", partition, "lambda", region, account, "capacity-provider", name] = parts[..] else { return false };
    let is_name = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    partition.starts_with("aws") && is_name(region) && is_account && is_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:capacity-provider:many";

    fn input(instances: serde_json::Value) -> CapacityInput {
        serde_json::from_value(serde_json::json!({ "LambdaManagedInstancesCapacityProviderConfig": instances }))
            .unwrap()
    }

    fn fault(instances: serde_json::Value) -> Option<String> {
        let mut constraints = Constraints::default();
        input(instances).check(&mut constraints);
        constraints.check().err().map(|error| error.message().to_owned())
    }

    #[test]
    fn a_number_of_invocations_is_one_to_1600_and_of_a_provider() {
        let with =
            |name: &str, value: serde_json::Value| serde_json::json!({ "CapacityProviderArn": ARN, name: value });
        for value in [1, 1_600] {
            assert_eq!(fault(with("PerExecutionEnvironmentMaxConcurrency", value.into())), None);
        }
        for value in [0, 1_601] {
            let fault = fault(with("PerExecutionEnvironmentMaxConcurrency", value.into())).unwrap();
            assert!(fault.contains("perExecutionEnvironmentMaxConcurrency"), "{fault}");
        }
        assert!(fault(with("ExecutionEnvironmentMemoryGiBPerVCpu", 9.into())).unwrap().contains("between 2 and 8"));
        assert_eq!(fault(serde_json::json!({ "PerExecutionEnvironmentMaxConcurrency": 2 })), None);
        assert!(fault(serde_json::json!({ "CapacityProviderArn": "many" })).unwrap().contains("regular expression"));
    }

    #[test]
    fn what_is_not_said_is_one_invocation() {
        let mut details = FunctionDetails { concurrency_per_process: 7, ..FunctionDetails::default() };
        input(serde_json::json!({ "CapacityProviderArn": ARN })).apply(&mut details);
        assert_eq!(details.concurrency_per_process, 1);
        let told = CapacityProviderConfig::of(details.capacity_provider, 1).unwrap();
        assert_eq!(told.lambda_managed_instances_capacity_provider_config.capacity_provider_arn, ARN);
    }
}
