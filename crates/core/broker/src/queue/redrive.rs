//! Redrive policies: where messages go that were received too often, and who may send them there.

use bytes::Bytes;

use crate::wire::{Malformed, Wire, wire_struct};
use crate::{Account, QueueName, Rejection};

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedrivePolicy {
    /// The dead-letter queue, of the same kind as the source.
    pub target: QueueName,
    /// How often a message may be received, 1 to 1,000; the next attempt moves it.
    pub receive_count_max: u32,
}

wire_struct!(RedrivePolicy { target, receive_count_max });

impl RedrivePolicy {
    pub(super) fn parse(text: &str, region: &str) -> Result<RedrivePolicy, Rejection> {
        let refuse = |reason: &str| Rejection::RedrivePolicyInvalid { policy: text.into(), reason: reason.into() };
        let Ok(policy) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) else {
            return Err(Rejection::AttributeInvalid {
                name: "RedrivePolicy".into(),
                reason: Some("Redrive policy is not a valid JSON map.".into()),
            });
        };
        let count = policy
            .get("maxReceiveCount")
            .ok_or_else(|| refuse("Redrive policy does not contain mandatory attribute: maxReceiveCount."))?;
        let target = policy
            .get("deadLetterTargetArn")
            .ok_or_else(|| refuse("Redrive policy does not contain mandatory attribute: deadLetterTargetArn."))?;
        if policy.len() > 2 {
            return Err(refuse("Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn]."));
        }
        let receive_count_max = match count {
            serde_json::Value::String(digits) => digits.parse().ok(),
            number => number.as_u64(),
        };
        let receive_count_max = receive_count_max.filter(|count| (1..=1000).contains(count)).ok_or_else(|| {
            let shown = count.as_str().map_or_else(|| count.to_string(), str::to_owned);
            refuse(&format!(
                "Invalid value for maxReceiveCount: {shown}, valid values are from 1 to 1000 both inclusive."
            ))
        })?;
        let parts: Vec<&str> = target.as_str().unwrap_or_default().splitn(6, ':').collect();
        let [_, _, service, target_region, account, name] = parts[..] else {
            return Err(refuse("Dead-letter target ARN should be fully qualified ARN."));
        };
        if service != "sqs" {
            return Err(refuse("Only SQS queues are valid resources for deadLetterTargetArn."));
        }
        if target_region != region {
            return Err(refuse("Dead-letter target must be in same region as the source."));
        }
        let account: Account =
            account.parse().map_err(|()| refuse("Dead-letter target ARN should be fully qualified ARN."))?;
        let target = QueueName { account, name: name.into() };
        Ok(RedrivePolicy { target, receive_count_max: receive_count_max as u32 })
    }

    pub(super) fn to_json(&self, region: &str) -> String {
        let arn = self.target.arn(region);
        format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{}}}"#, self.receive_count_max)
    }
}

/// Which queues may name a queue as their dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedriveAllowPolicy {
    /// As given.
    pub text: Box<str>,
    permission: RedrivePermission,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum RedrivePermission {
    AllowAll,
    DenyAll,
    ByQueue(Vec<QueueName>),
}

wire_struct!(RedriveAllowPolicy { text, permission });

impl Wire for RedrivePermission {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            RedrivePermission::AllowAll => out.push(0),
            RedrivePermission::DenyAll => out.push(1),
            RedrivePermission::ByQueue(sources) => {
                out.push(2);
                sources.put(out);
            }
        }
    }

    fn take(from: &mut Bytes) -> Result<RedrivePermission, Malformed> {
        match u8::take(from)? {
            0 => Ok(RedrivePermission::AllowAll),
            1 => Ok(RedrivePermission::DenyAll),
            2 => Wire::take(from).map(RedrivePermission::ByQueue),
            _ => Err(Malformed("not a redrive permission")),
        }
    }
}

/// The longest redrive allow policy, white space included: ten ARNs need a fifth of it.
pub(super) const REDRIVE_ALLOW_POLICY_BYTES_MAX: usize = 8192;
/// How many queues a policy may name.
const SOURCES_NAMED_MAX: usize = 10;

impl RedriveAllowPolicy {
    pub(super) fn parse(text: &str, region: &str) -> Result<RedriveAllowPolicy, Rejection> {
        let refuse = |reason: &'static str| Rejection::AttributeInvalid {
            name: "RedriveAllowPolicy".into(),
            reason: Some(reason.into()),
        };
        let unsupported =
            || refuse("Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.");
        if text.len() > REDRIVE_ALLOW_POLICY_BYTES_MAX {
            return Err(unsupported());
        }
        let policy: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|_| unsupported())?;
        if policy.keys().any(|name| name != "redrivePermission" && name != "sourceQueueArns") {
            return Err(unsupported());
        }
        let sources = match policy.get("sourceQueueArns") {
            None => None,
            Some(serde_json::Value::Array(arns)) => {
                let parse = |arn: &serde_json::Value| queue_of_arn(arn.as_str()?, region);
                Some(arns.iter().map(parse).collect::<Option<Vec<QueueName>>>().ok_or_else(unsupported)?)
            }
            Some(_) => return Err(unsupported()),
        };
        let permission = match (policy.get("redrivePermission").and_then(|value| value.as_str()), sources) {
            (Some("allowAll" | "denyAll"), Some(_)) => {
                return Err(refuse(
                    "Amazon SQS can't create the redrive allow policy. You can specify source queue ARNs only when the \
                     permission type is byQueue.",
                ));
            }
            (Some("allowAll"), None) => RedrivePermission::AllowAll,
            (Some("denyAll"), None) => RedrivePermission::DenyAll,
            (Some("byQueue"), Some(sources)) if (1..=SOURCES_NAMED_MAX).contains(&sources.len()) => {
                RedrivePermission::ByQueue(sources)
            }
            (Some("byQueue"), _) => {
                return Err(refuse(
                    "Amazon SQS can't create the redrive allow policy. When you specify the byQueue permission type, \
                     you must also specify between 1 and 10 source queue ARNs.",
                ));
            }
            _ => return Err(unsupported()),
        };
        Ok(RedriveAllowPolicy { text: text.into(), permission })
    }

    /// Whether `source` may name the queue of this policy as its dead-letter queue.
    pub(crate) fn allows(&self, source: &QueueName) -> bool {
        match &self.permission {
            RedrivePermission::AllowAll => true,
            RedrivePermission::DenyAll => false,
            RedrivePermission::ByQueue(sources) => sources.contains(source),
        }
    }
}

fn queue_of_arn(arn: &str, region: &str) -> Option<QueueName> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "sqs", arn_region, account, name] = parts[..] else { return None };
    (arn_region == region).then_some(QueueName { account: account.parse().ok()?, name: name.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(name: &str) -> QueueName {
        QueueName { account: Account(0), name: name.into() }
    }

    #[test]
    fn a_redrive_policy_says_what_is_wrong_with_it() {
        let reason = |policy: &str| match RedrivePolicy::parse(policy, "us-east-1") {
            Err(Rejection::RedrivePolicyInvalid { reason, .. }) => reason.to_string(),
            other => format!("{other:?}"),
        };
        assert!(reason("{").contains("not a valid JSON map"));
        assert!(reason("{}").contains("maxReceiveCount"));
        assert!(reason(r#"{"maxReceiveCount":1}"#).contains("deadLetterTargetArn"));
        let with =
            |arn: &str, count: &str| reason(&format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{count}}}"#));
        assert!(with("arn:aws:sqs:us-east-1:000000000000:d", "0").contains("valid values are from 1 to 1000"));
        assert!(with("arn:aws:sns:us-east-1:000000000000:d", "1").contains("Only SQS queues"));
        assert!(with("arn:aws:sqs:eu-west-1:000000000000:d", "1").contains("same region"));
        assert!(with("d", "1").contains("fully qualified"));
        assert!(with("arn:aws:sqs:us-east-1:000000000000:d", "\"5\"").contains("Ok("));
    }

    #[test]
    fn a_redrive_allow_policy_names_who_may_dead_letter_here() {
        let parse = |text: &str| RedriveAllowPolicy::parse(text, "us-east-1");
        assert!(parse(r#"{"redrivePermission":"allowAll"}"#).unwrap().allows(&queue("a")));
        assert!(!parse(r#"{"redrivePermission":"denyAll"}"#).unwrap().allows(&queue("a")));
        let by_queue = |count: usize| {
            let arns: Vec<String> = (0..count).map(|number| queue(&format!("q{number}")).arn("us-east-1")).collect();
            format!(r#"{{"redrivePermission":"byQueue","sourceQueueArns":{arns:?}}}"#)
        };
        let some = parse(&by_queue(10)).unwrap();
        assert!(some.allows(&queue("q9")) && !some.allows(&queue("q10")));
        let (none, too_many) = (by_queue(0), by_queue(11));
        for refused in [
            "",
            "[]",
            "{}",
            r#"{"redrivePermission":"some"}"#,
            r#"{"redrivePermission":"byQueue"}"#,
            r#"{"redrivePermission":"allowAll","sourceQueueArns":[]}"#,
            r#"{"redrivePermission":"byQueue","sourceQueueArns":["a"]}"#,
            r#"{"redrivePermission":"allowAll","more":1}"#,
            &none,
            &too_many,
        ] {
            assert!(matches!(parse(refused), Err(Rejection::AttributeInvalid { reason: Some(_), .. })), "{refused}");
        }
    }
}
