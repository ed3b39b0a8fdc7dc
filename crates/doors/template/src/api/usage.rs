//! `AWS::ApiGateway::ApiKey`, `UsagePlan` and `UsagePlanKey`: who may use an API, how fast and how often.

use std::ops::RangeInclusive;

use super::{Gateway, Throttle};
use crate::Secret;
use crate::error::Faults;
use crate::names;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Naming, Read, Reading, ResourceType};

/// How long a key may be.
const KEY_BYTES: RangeInclusive<usize> = 20..=128;
const KEY_ID_LENGTH: usize = 10;
const PLAN_ID_LENGTH: usize = 6;

/// A usage plan, as far as it is about one API.
#[derive(Clone, Debug, PartialEq)]
pub struct UsagePlanResource {
    /// What `Ref` gives.
    pub id: String,
    /// The stages of the API.
    pub stages: Vec<String>,
    /// Its keys: what `Ref` gives of each, and what is sent.
    pub keys: Vec<(String, Secret)>,
    /// Of each key.
    pub throttle: Option<Throttle>,
    /// Of each key.
    pub quota: Option<Quota>,
}

/// How often a key may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Requests in each period.
    pub limit: u32,
    /// How long that is.
    pub period: QuotaPeriod,
}

/// After which a quota begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaPeriod {
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
}

/// A plan that is being put together.
pub(super) struct Plan {
    logical_id: String,
    line: u32,
    /// APIs by their ids, each with a stage.
    stages: Vec<(String, String)>,
    keys: Vec<String>,
    throttle: Option<Throttle>,
    quota: Option<Quota>,
}

/// A key, and whether it opens anything.
pub(super) struct Key {
    value: Secret,
    is_enabled: bool,
}

pub(crate) static KEY: ResourceType = ResourceType {
    name: "AWS::ApiGateway::ApiKey",
    identity: |naming| identity(naming, "APIKeyId", KEY_ID_LENGTH),
    read: Read::Properties(read_key),
    metadata: &[],
    told: &[],
    replaced_by: &["GenerateDistinctId", "Name", "Value"],
};

pub(crate) static PLAN: ResourceType = ResourceType {
    name: "AWS::ApiGateway::UsagePlan",
    identity: |naming| identity(naming, "Id", PLAN_ID_LENGTH),
    read: Read::Properties(read_plan),
    metadata: &[],
    told: &[],
    replaced_by: &[],
};

pub(crate) static PLAN_KEY: ResourceType = ResourceType {
    name: "AWS::ApiGateway::UsagePlanKey",
    identity: |naming| identity(naming, "Id", KEY_ID_LENGTH),
    read: Read::Properties(read_plan_key),
    metadata: &[],
    told: &[],
    replaced_by: &["KeyId", "KeyType", "UsagePlanId"],
};

fn identity(naming: &mut Naming<'_, '_>, attribute: &'static str, length: usize) -> Identity {
    let id = names::id(naming.inputs, naming.logical_id, length);
    Identity::named(id.clone(), vec![(attribute, id)])
}

fn read_key(Reading { line, identity, mut reader, gateway, .. }: Reading<'_, '_>) -> Option<Definition> {
    reader.pass(&["CustomerId", "Description", "GenerateDistinctId", "Name", "Tags"]);
    let is_enabled = reader.boolean("Enabled").unwrap_or(false);
    let value_line = reader.line_of("Value");
    match reader.string("Value") {
        None => reader.fault(line, "Value is missing: there is nobody who would tell a generated one"),
        Some(value) if !KEY_BYTES.contains(&value.len()) => {
            let (min, max) = (KEY_BYTES.start(), KEY_BYTES.end());
            reader.fault(value_line, format!("Value must be {min} to {max} bytes long"));
        }
        Some(value) => drop(gateway.keys.insert(identity.name.clone(), Key { value: value.into(), is_enabled })),
    }
    reader.finish();
    Some(Definition::UsagePart)
}

fn read_plan(Reading { logical_id, line, identity, mut reader, gateway, .. }: Reading<'_, '_>) -> Option<Definition> {
    reader.pass(&["Description", "Tags", "UsagePlanName"]);
    let mut stages = Vec::new();
    for node in reader.list("ApiStages") {
        let Some(mut stage) = reader.within(node, "a stage of the plan") else { continue };
        let (api, name) = (stage.required("ApiId"), stage.required("Stage"));
        stages.extend(api.zip(name));
        stage.finish();
    }
    let throttle = reader.map("Throttle").and_then(|mut settings| {
        let throttle = Throttle::read_limits(&mut settings, "RateLimit", "BurstLimit");
        settings.finish();
        throttle
    });
    let quota = reader.map("Quota").and_then(quota);
    reader.finish();
    let plan = Plan { logical_id: logical_id.to_owned(), line, stages, keys: Vec::new(), throttle, quota };
    gateway.plans.insert(identity.name.clone(), plan);
    Some(Definition::UsagePart)
}

fn quota(mut settings: Reader<'_>) -> Option<Quota> {
    settings.require("Limit");
    settings.require("Period");
    let limit = settings.whole("Limit", 0..=u32::MAX);
    let period = settings.one_of("Period", &["DAY", "WEEK", "MONTH"]);
    if settings.whole("Offset", 0..=u32::MAX).is_some_and(|offset| offset > 0) {
        settings.fault(settings.line_of("Offset"), "Offset is not supported: a first period is as long as all others");
    }
    settings.finish();
    let period = match period?.as_str() {
        "DAY" => QuotaPeriod::Day,
        "WEEK" => QuotaPeriod::Week,
        _ => QuotaPeriod::Month,
    };
    Some(Quota { limit: limit?, period })
}

fn read_plan_key(Reading { mut reader, gateway, .. }: Reading<'_, '_>) -> Option<Definition> {
    reader.require("KeyType");
    reader.one_of("KeyType", &["API_KEY"]);
    let (key, plan) = (reader.required("KeyId"), reader.required("UsagePlanId"));
    if key.as_ref().is_some_and(|key| !gateway.keys.contains_key(key)) {
        reader.fault(reader.line_of("KeyId"), "KeyId must point to an AWS::ApiGateway::ApiKey of this template");
    }
    if let Some(plan) = plan {
        match gateway.plans.get_mut(&plan) {
            Some(plan) => plan.keys.extend(key),
            None => {
                let reason = "UsagePlanId must point to an AWS::ApiGateway::UsagePlan of this template";
                reader.fault(reader.line_of("UsagePlanId"), reason);
            }
        }
    }
    reader.finish();
    Some(Definition::UsagePart)
}

impl Gateway {
    /// The plans for an API's stages, with their keys.
    pub(super) fn usage_plans(
        &self,
        api: &str,
        stages: &[super::StageResource],
        faults: &mut Faults,
    ) -> Vec<UsagePlanResource> {
        let mut found = Vec::new();
        for (id, plan) in &self.plans {
            let named: Vec<String> =
                plan.stages.iter().filter(|(of, _)| of == api).map(|(_, stage)| stage.clone()).collect();
            if named.is_empty() {
                continue;
            }
            faults.concern(Some(&plan.logical_id));
            if let Some(unknown) = named.iter().find(|name| !stages.iter().any(|stage| stage.name == **name)) {
                faults.at(plan.line, format!("ApiStages: the API has no stage {unknown}"));
            }
            let enabled = plan.keys.iter().filter_map(|id| Some((id, self.keys.get(id).filter(|key| key.is_enabled)?)));
            let keys = enabled.map(|(id, key)| (id.clone(), key.value.clone())).collect();
            let (throttle, quota) = (plan.throttle, plan.quota);
            found.push(UsagePlanResource { id: id.clone(), stages: named, keys, throttle, quota });
        }
        found
    }

    /// A plan is for REST APIs of the template.
    pub(super) fn check_plans(&self, rest_apis: &[String], faults: &mut Faults) {
        for plan in self.plans.values() {
            faults.concern(Some(&plan.logical_id));
            if plan.stages.iter().any(|(api, _)| !rest_apis.contains(api)) {
                faults.at(plan.line, "ApiStages: ApiId must point to an AWS::ApiGateway::RestApi of this template");
            }
        }
    }
}
