//! `Globals`: properties that every function or API has.

use crate::error::Faults;
use crate::node::{Entry, Value};
use crate::scope::function_of;

/// What may have globals.
const SECTIONS: [&str; 4] = ["Api", "Function", "HttpApi", "StateMachine"];
/// What `Globals: StateMachine` may give.
const STATE_MACHINE: [&str; 1] = ["PropagateTags"];
/// What `Globals: Function` may give.
const FUNCTION: [&str; 28] = [
    "Architectures",
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "CodeSigningConfigArn",
    "CodeUri",
    "DeadLetterQueue",
    "DeploymentPreference",
    "Description",
    "Environment",
    "EphemeralStorage",
    "EventInvokeConfig",
    "Handler",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PermissionsBoundary",
    "PropagateTags",
    "ProvisionedConcurrencyConfig",
    "ReservedConcurrentExecutions",
    "RolePath",
    "Runtime",
    "RuntimeManagementConfig",
    "SnapStart",
    "Tags",
    "Timeout",
    "Tracing",
    "VpcConfig",
];

/// The sections, each with its properties.
#[derive(Default)]
pub(super) struct Globals {
    sections: Vec<(String, Vec<Entry>)>,
}

impl Globals {
    pub(super) fn read(written: &[Entry], faults: &mut Faults) -> Globals {
        let mut globals = Globals::default();
        for Entry { key, line, node } in written {
            let Some(properties) = node.as_map().filter(|_| SECTIONS.contains(&key.as_str())) else {
                faults.at(*line, format!("Globals: {key} is not supported: {} are", SECTIONS.join(", ")));
                continue;
            };
            let is_known = |name: &str| match key.as_str() {
                "Function" => FUNCTION.contains(&name),
                "StateMachine" => STATE_MACHINE.contains(&name),
                _ => true,
            };
            for property in properties.iter().filter(|property| !is_known(&property.key)) {
                faults.at(property.line, format!("Globals: property {} is not supported", property.key));
            }
            let known = properties.iter().filter(|property| is_known(&property.key)).cloned();
            globals.sections.push((key.clone(), known.collect()));
        }
        globals
    }

    /// A resource's own properties win; maps are put together, and lists get what is theirs behind what is everybody's.
    pub(super) fn merged(&self, section: &str, own: &[Entry]) -> Vec<Entry> {
        let globals = self.sections.iter().find(|(name, _)| name == section);
        globals.map_or_else(|| own.to_vec(), |(_, globals)| merge(own.to_vec(), globals))
    }

    pub(super) fn has(&self, section: &str, property: &str) -> bool {
        self.sections.iter().any(|(name, entries)| name == section && entries.iter().any(|entry| entry.key == property))
    }
}

fn merge(mut own: Vec<Entry>, globals: &[Entry]) -> Vec<Entry> {
    for global in globals {
        let Some(entry) = own.iter_mut().find(|entry| entry.key == global.key) else {
            own.push(global.clone());
            continue;
        };
        if function_of(&entry.node).is_some() || function_of(&global.node).is_some() {
            continue;
        }
        match (&mut entry.node.value, &global.node.value) {
            (Value::Map(inner), Value::Map(global)) => *inner = merge(std::mem::take(inner), global),
            (Value::List(items), Value::List(global)) => {
                let own = std::mem::replace(items, global.clone());
                items.extend(own);
            }
            _ => {}
        }
    }
    own
}
