//! Resources that AWS needs and this machine does not: accepted, so that a template need not be taken apart.

use crate::names;
use crate::scope::Identity;
use crate::types::{Naming, Read, ResourceType};

/// The longest name of a role; what is recorded is named by the same rule.
const NAME_MAX: usize = 64;
/// Whoever may call is decided by the policies of queues and topics.
const NOT_EVALUATED: &str = "roles and policies are not evaluated";

pub(crate) static ROLE: ResourceType = ResourceType {
    identity: |naming| {
        let name = named(naming, "RoleName");
        let arn = format!("arn:aws:iam::{}:role/{name}", naming.inputs.account);
        let id = names::id(naming.inputs, naming.logical_id, 16).to_ascii_uppercase();
        Identity::named(name, vec![("Arn", arn), ("RoleId", format!("AROA{id}"))])
    },
    ..recorded("AWS::IAM::Role", NOT_EVALUATED)
};

pub(crate) static MANAGED_POLICY: ResourceType = ResourceType {
    identity: |naming| {
        let name = named(naming, "ManagedPolicyName");
        let arn = format!("arn:aws:iam::{}:policy/{name}", naming.inputs.account);
        Identity::new(name, arn.clone(), vec![("PolicyArn", arn)])
    },
    ..recorded("AWS::IAM::ManagedPolicy", NOT_EVALUATED)
};

pub(crate) static LOG_GROUP: ResourceType = ResourceType {
    identity: |naming| {
        let name = named(naming, "LogGroupName");
        let arn = format!("arn:aws:logs:{}:{}:log-group:{name}:*", naming.inputs.region, naming.inputs.account);
        Identity::named(name, vec![("Arn", arn)])
    },
    ..recorded("AWS::Logs::LogGroup", "logs are kept up to a size, whatever RetentionInDays says")
};

/// Those about which nothing can be asked but `Ref`.
pub(crate) static OTHERS: [ResourceType; 12] = [
    recorded("AWS::ApiGateway::Account", NOT_EVALUATED),
    recorded("AWS::CDK::Metadata", "it is about the tool that made the template"),
    recorded("AWS::CloudWatch::Alarm", "there are no alarms: metrics are at /metrics"),
    recorded("AWS::IAM::Group", NOT_EVALUATED),
    recorded("AWS::IAM::GroupPolicy", NOT_EVALUATED),
    recorded("AWS::IAM::Policy", NOT_EVALUATED),
    recorded("AWS::IAM::RolePolicy", NOT_EVALUATED),
    recorded("AWS::IAM::User", NOT_EVALUATED),
    recorded("AWS::IAM::UserPolicy", NOT_EVALUATED),
    recorded("AWS::Lambda::LayerVersionPermission", "layers are not shared with other accounts"),
    recorded("AWS::S3::BucketPolicy", "policies of buckets are not evaluated"),
    recorded("AWS::Serverless::Connector", NOT_EVALUATED),
];

const fn recorded(name: &'static str, why: &'static str) -> ResourceType {
    ResourceType {
        name,
        identity: |naming| {
            Identity::named(names::generated(naming.inputs, naming.logical_id, "", NAME_MAX), Vec::new())
        },
        read: Read::Recorded(why),
        metadata: &[],
        told: &[],
        replaced_by: &[],
    }
}

fn named(naming: &mut Naming<'_, '_>, property: &str) -> String {
    naming.text(property).unwrap_or_else(|| names::generated(naming.inputs, naming.logical_id, "", NAME_MAX))
}
