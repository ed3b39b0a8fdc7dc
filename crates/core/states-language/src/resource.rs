//! What a Task calls: the `Resource` ARN, taken apart.

use std::fmt;

/// The callee of a Task state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// A function, called with the state's input as its event.
    Lambda {
        /// The function's ARN, perhaps with version or alias.
        arn: Box<str>,
    },
    /// An optimised integration: `arn:aws:states:::sqs:sendMessage`.
    Service {
        /// `sqs`, `sns`, `lambda`, `states`, `http`…
        service: Box<str>,
        /// `sendMessage`, `publish`, `invoke`, `startExecution`…
        action: Box<str>,
        /// What the Task waits for.
        pattern: Pattern,
    },
    /// Any operation of a service: `arn:aws:states:::aws-sdk:sfn:startSyncExecution`.
    AwsSdk {
        /// As the SDK names it.
        service: Box<str>,
        /// The operation, with a small first letter.
        action: Box<str>,
        /// What the Task waits for.
        pattern: Pattern,
    },
    /// Work that is fetched by a worker.
    Activity {
        /// The activity's ARN.
        arn: Box<str>,
    },
}

/// When a Task of an integration has its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// With the response.
    RequestResponse,
    /// When what was started has ended; its output comes as text.
    Sync,
    /// When what was started has ended; its output comes as JSON.
    Sync2,
    /// When somebody hands the token back.
    WaitForTaskToken,
}

impl Pattern {
    /// The end of the ARN, with its point.
    pub fn suffix(self) -> &'static str {
        match self {
            Pattern::RequestResponse => "",
            Pattern::Sync => ".sync",
            Pattern::Sync2 => ".sync:2",
            Pattern::WaitForTaskToken => ".waitForTaskToken",
        }
    }

    fn split(action: &str) -> (&str, Pattern) {
        [Pattern::Sync2, Pattern::Sync, Pattern::WaitForTaskToken]
            .into_iter()
            .find_map(|pattern| Some((action.strip_suffix(pattern.suffix())?, pattern)))
            .unwrap_or((action, Pattern::RequestResponse))
    }
}

/// The optimised integrations that there are: service, action, and the patterns besides request and response.
const SERVICES: &[(&str, &str, &[Pattern])] = &[
    ("events", "putEvents", &[Pattern::WaitForTaskToken]),
    ("http", "invoke", &[]),
    ("lambda", "invoke", &[Pattern::WaitForTaskToken]),
    ("sns", "publish", &[Pattern::WaitForTaskToken]),
    ("sqs", "sendMessage", &[Pattern::WaitForTaskToken]),
    ("states", "startExecution", &[Pattern::Sync, Pattern::Sync2, Pattern::WaitForTaskToken]),
];

impl Resource {
    /// Takes an ARN apart; none if it names nothing that a Task can call.
    pub fn parse(text: &str) -> Option<Resource> {
        let mut parts = text.splitn(6, ':');
        let (arn, partition, service, region, account, rest) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if arn != "arn" {
            return None;
        }
        match (service, region, account) {
            ("lambda", _, _) => named(rest, "function:").map(|()| Resource::Lambda { arn: text.into() }),
            ("states", "", "") if partition == "aws" => Resource::integration(rest),
            ("states", _, _) => named(rest, "activity:").map(|()| Resource::Activity { arn: text.into() }),
            _ => None,
        }
    }

    fn integration(rest: &str) -> Option<Resource> {
        let (service, rest) = rest.split_once(':')?;
        if service == "aws-sdk" {
            let (service, action) = rest.split_once(':')?;
            let (action, pattern) = Pattern::split(action);
            let known = matches!(pattern, Pattern::RequestResponse | Pattern::WaitForTaskToken);
            let named = !service.is_empty() && action.starts_with(|c: char| c.is_ascii_lowercase());
            return (known && named).then(|| Resource::AwsSdk {
                service: service.into(),
                action: action.into(),
                pattern,
            });
        }
        let (action, pattern) = Pattern::split(rest);
        let (.., patterns) = SERVICES.iter().find(|row| row.0 == service && row.1 == action)?;
        let known = pattern == Pattern::RequestResponse || patterns.contains(&pattern);
        known.then(|| Resource::Service { service: service.into(), action: action.into(), pattern })
    }

    /// When a Task with it has its result.
    pub fn pattern(&self) -> Pattern {
        match self {
            Resource::Service { pattern, .. } | Resource::AwsSdk { pattern, .. } => *pattern,
            Resource::Lambda { .. } | Resource::Activity { .. } => Pattern::RequestResponse,
        }
    }

    /// What the history calls the kind of callee: `sqs`, `aws-sdk:sfn`.
    pub(crate) fn kind(&self) -> String {
        match self {
            Resource::Lambda { .. } => "lambda".into(),
            Resource::Service { service, .. } => service.to_string(),
            Resource::AwsSdk { service, .. } => format!("aws-sdk:{service}"),
            Resource::Activity { .. } => "activity".into(),
        }
    }

    /// What the history calls the callee: `sendMessage.waitForTaskToken`, or the ARN.
    pub(crate) fn name(&self) -> String {
        match self {
            Resource::Lambda { arn } | Resource::Activity { arn } => arn.to_string(),
            Resource::Service { action, pattern, .. } | Resource::AwsSdk { action, pattern, .. } => {
                format!("{action}{}", pattern.suffix())
            }
        }
    }
}

/// Whether a name stands behind the prefix.
fn named(rest: &str, prefix: &str) -> Option<()> {
    (!rest.strip_prefix(prefix)?.is_empty()).then_some(())
}

/// The ARN, as it was written.
impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resource::Lambda { arn } | Resource::Activity { arn } => f.write_str(arn),
            Resource::Service { .. } | Resource::AwsSdk { .. } => {
                write!(f, "arn:aws:states:::{}:{}", self.kind(), self.name())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_told_as_it_was_written() {
        for arn in [
            "arn:aws:lambda:us-east-1:000000000000:function:charge:live",
            "arn:aws:states:::sqs:sendMessage",
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "arn:aws:states:::states:startExecution.sync",
            "arn:aws:states:::states:startExecution.sync:2",
            "arn:aws:states:::http:invoke",
            "arn:aws:states:::aws-sdk:sfn:startSyncExecution",
            "arn:aws:states:us-east-1:000000000000:activity:print",
        ] {
            assert_eq!(Resource::parse(arn).unwrap().to_string(), arn);
        }
    }

    #[test]
    fn what_no_task_can_call_is_none() {
        for text in [
            "",
            "charge",
            "arn:aws:states:::dynamodb:query",
            "arn:aws:states:::sqs:sendMessage.sync",
            "arn:aws:states:::aws-sdk:sfn:startExecution.sync",
            "arn:aws:lambda:us-east-1:000000000000:function:",
            "arn:aws:sqs:us-east-1:000000000000:queue",
        ] {
            assert_eq!(Resource::parse(text), None, "{text}");
        }
    }
}
