//! Where records and dead letters go: ARNs to destinations and back.

use bongsu_broker::{Account, Destination, FunctionRef, QueueName, TopicName};

use super::function_name::FunctionName;
use crate::operation::Context;

/// The destination of an ARN, if it is one of a queue, a topic or a function that can be reached from here.
pub(super) fn parse(arn: &str, cx: &Context<'_>) -> Option<Destination> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, service, region, account, rest] = parts[..] else { return None };
    let account: Account = account.parse().ok()?;
    if region != cx.config.region {
        return None;
    }
    match service {
        "sqs" => Some(QueueName { account, name: rest.into() }).filter(QueueName::is_valid).map(Destination::Queue),
        "sns" => Some(TopicName { account, name: rest.into() }).filter(TopicName::is_valid).map(Destination::Topic),
        "lambda" if account == cx.config.account => {
            let FunctionName { name, qualifier, .. } = FunctionName::parse(arn)?;
            Some(Destination::Function(FunctionRef { name: name.into(), qualifier: qualifier.map(Box::from) }))
        }
        _ => None,
    }
}

pub(super) fn arn(destination: &Destination, cx: &Context<'_>) -> String {
    match destination {
        Destination::Queue(queue) => queue.arn(&cx.config.region),
        Destination::Topic(topic) => topic.arn(&cx.config.region),
        Destination::Function(function) => cx.function_arn(&function.to_string()),
    }
}
