//! `GetBucketNotificationConfiguration` and `PutBucketNotificationConfiguration`: who is told of changes in a bucket.

use std::collections::BTreeSet;

use bongsu_broker::{Account, Destination, EventPattern, FunctionRef, NotificationRule, QueueName, TopicName};
use hyper::StatusCode;
use serde::Deserialize;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::xml::{self, Xml};

const SKIP_VALIDATION: &str = "x-amz-skip-destination-validation";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    #[serde(rename = "@xmlns", default)]
    _xmlns: String,
    #[serde(default)]
    topic_configuration: Vec<Configuration>,
    #[serde(default)]
    queue_configuration: Vec<Configuration>,
    #[serde(default)]
    cloud_function_configuration: Vec<Configuration>,
    event_bridge_configuration: Option<EventBridge>,
}

#[derive(Deserialize)]
struct EventBridge {}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Configuration {
    id: Option<String>,
    #[serde(alias = "Topic", alias = "Queue", alias = "CloudFunction")]
    arn: String,
    #[serde(default)]
    event: Vec<String>,
    filter: Option<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    s3_key: Option<KeyFilter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct KeyFilter {
    #[serde(default)]
    filter_rule: Vec<FilterRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FilterRule {
    name: String,
    #[serde(default)]
    value: String,
}

pub(crate) async fn get(cx: &Context<'_>, _: Incoming) -> Result<Answer, S3Error> {
    let bucket = cx.store.describe_bucket(cx.bucket()?).await?;
    Ok(Answer::document(Xml::document("NotificationConfiguration", |xml| {
        for rule in &bucket.rules {
            put_rule(rule, cx, xml);
        }
    })))
}

fn put_rule(rule: &NotificationRule, cx: &Context<'_>, xml: &mut Xml) {
    let region = cx.region;
    let (kind, element, arn) = match &rule.target {
        Destination::Queue(queue) => ("QueueConfiguration", "Queue", queue.arn(region)),
        Destination::Topic(topic) => ("TopicConfiguration", "Topic", topic.arn(region)),
        Destination::Function(function) => {
            let arn = format!("arn:aws:lambda:{region}:{}:function:{function}", cx.functions_of);
            ("CloudFunctionConfiguration", "CloudFunction", arn)
        }
    };
    xml.within(kind, |xml| {
        xml.text("Id", &rule.id);
        xml.text(element, arn);
        for event in &rule.events {
            xml.text("Event", event.name());
        }
        let filters = [("prefix", &rule.prefix), ("suffix", &rule.suffix)];
        if filters.iter().any(|(_, value)| !value.is_empty()) {
            xml.within("Filter", |xml| {
                xml.within("S3Key", |xml| {
                    for (name, value) in filters.into_iter().filter(|(_, value)| !value.is_empty()) {
                        xml.within("FilterRule", |xml| {
                            xml.text("Name", name);
                            xml.text("Value", value);
                        });
                    }
                });
            });
        }
    });
}

pub(crate) async fn put(cx: &Context<'_>, body: Incoming) -> Result<Answer, S3Error> {
    let bucket = cx.bucket()?;
    let validate = cx.header(SKIP_VALIDATION).is_none_or(|skip| !skip.eq_ignore_ascii_case("true"));
    let input: Input = xml::read(&body.document().await?)?;
    if input.event_bridge_configuration.is_some() {
        let text = "Notifications to Amazon EventBridge are not implemented";
        return Err(S3Error::new(Code::NotImplemented).saying(text));
    }
    let all = [
        (input.topic_configuration, "sns"),
        (input.queue_configuration, "sqs"),
        (input.cloud_function_configuration, "lambda"),
    ];
    let functions_of = Some(cx.functions_of).filter(|owner| cx.account() == Ok(*owner));
    let place = Place { region: cx.region, functions_of };
    let mut rules = Vec::new();
    for (configurations, service) in all {
        for configuration in configurations {
            // Unique, as the request's id is.
            let id = format!("{}-{}", cx.request_id, rules.len());
            rules.push(rule(configuration, service, id, &place)?);
        }
    }
    cx.store.set_notification_rules(bucket, rules, validate, cx.origin()).await?;
    Ok(Answer::empty(StatusCode::OK))
}

/// Where targets may be.
struct Place<'a> {
    region: &'a str,
    /// Functions are of one account, and nobody else's buckets may have them run: there are no policies on functions.
    functions_of: Option<Account>,
}

fn rule(given: Configuration, service: &str, id: String, place: &Place<'_>) -> Result<NotificationRule, S3Error> {
    let target = target(&given.arn, service, place).ok_or_else(|| {
        let text = "The ARN could not be parsed, or is of a region or an account that it cannot be of";
        S3Error::argument(service, &given.arn, text)
    })?;
    if given.event.is_empty() {
        return Err(Code::MalformedXML.into());
    }
    let events = given.event.iter().map(|name| {
        let text = "The event is not supported for notifications";
        EventPattern::parse(name).ok_or_else(|| S3Error::argument("Event", name, text))
    });
    let events = events.collect::<Result<Vec<_>, _>>()?;
    let (mut prefix, mut suffix, mut named) = (String::new(), String::new(), BTreeSet::new());
    for filter in given.filter.and_then(|filter| filter.s3_key).map(|key| key.filter_rule).unwrap_or_default() {
        let name = filter.name.to_ascii_lowercase();
        let place = match name.as_str() {
            "prefix" => &mut prefix,
            "suffix" => &mut suffix,
            _ => {
                let text = "filter rule name must be either prefix or suffix";
                return Err(S3Error::argument("FilterRule.Name", &filter.name, text));
            }
        };
        *place = filter.value;
        if !named.insert(name) {
            let text = "Cannot specify more than one prefix rule or more than one suffix rule in a filter.";
            return Err(S3Error::argument("FilterRule.Name", &filter.name, text));
        }
    }
    let id = given.id.filter(|given| !given.is_empty()).unwrap_or(id);
    Ok(NotificationRule { id: id.into(), events, prefix: prefix.into(), suffix: suffix.into(), target })
}

/// Who an ARN of this service names.
fn target(arn: &str, service: &str, place: &Place<'_>) -> Option<Destination> {
    let rest = arn.strip_prefix(&format!("arn:aws:{service}:{}:", place.region))?;
    let (account, name) = rest.split_once(':')?;
    let account: Account = account.parse().ok()?;
    match service {
        "sqs" => {
            let queue = QueueName { account, name: name.into() };
            queue.is_valid().then_some(Destination::Queue(queue))
        }
        "sns" => {
            let topic = TopicName { account, name: name.into() };
            topic.is_valid().then_some(Destination::Topic(topic))
        }
        _ => {
            let function = name.strip_prefix("function:").filter(|name| !name.is_empty());
            let is_known = place.functions_of == Some(account);
            function.filter(|_| is_known).map(|name| Destination::Function(FunctionRef::parse(name)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(document: &str) -> Result<Vec<NotificationRule>, Code> {
        let input: Input = xml::read(document.as_bytes()).map_err(|error| error.code())?;
        let queues = input.queue_configuration.into_iter();
        let place = Place { region: "us-east-1", functions_of: Some(Account(0)) };
        queues.map(|one| rule(one, "sqs", "made".to_owned(), &place).map_err(|error| error.code())).collect()
    }

    fn configuration(inner: &str) -> String {
        format!(
            "<NotificationConfiguration><QueueConfiguration>{inner}</QueueConfiguration></NotificationConfiguration>"
        )
    }

    const QUEUE: &str = "<Queue>arn:aws:sqs:us-east-1:000000000000:q</Queue>";
    const EVENT: &str = "<Event>s3:ObjectCreated:*</Event>";

    #[test]
    fn a_rule_is_of_events_a_filter_and_a_target() {
        let filter = "<Filter><S3Key><FilterRule><Name>Prefix</Name><Value>in/</Value></FilterRule><FilterRule>\
                      <Name>suffix</Name><Value>.csv</Value></FilterRule></S3Key></Filter>";
        let two = format!("{QUEUE}{EVENT}<Event>s3:ObjectRemoved:Delete</Event>{filter}");
        let [rule] = &rules(&configuration(&two)).unwrap()[..] else { panic!("one rule") };
        assert_eq!((&*rule.id, &*rule.prefix, &*rule.suffix), ("made", "in/", ".csv"));
        assert_eq!(rule.events, [EventPattern::Created, EventPattern::RemovedByDelete]);
        let queue = QueueName { account: Account(0), name: "q".into() };
        assert_eq!(rule.target, Destination::Queue(queue));
        let [rule] = &rules(&configuration(&format!("<Id>mine</Id>{QUEUE}{EVENT}"))).unwrap()[..] else { panic!() };
        assert_eq!(&*rule.id, "mine");
    }

    #[test]
    fn functions_are_of_one_account() {
        let target = |arn, functions_of| target(arn, "lambda", &Place { region: "us-east-1", functions_of });
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:f:live";
        assert_eq!(target(arn, Some(Account(0))), Some(Destination::Function(FunctionRef::parse("f:live"))));
        assert_eq!(target(arn, Some(Account(1))), None);
        assert_eq!(target(arn, None), None);
        assert_eq!(target("arn:aws:lambda:us-east-1:000000000000:function:", Some(Account(0))), None);
    }

    #[test]
    fn rules_that_are_none_are_refused() {
        let twice = "<Filter><S3Key><FilterRule><Name>prefix</Name></FilterRule><FilterRule><Name>prefix</Name>\
                     </FilterRule></S3Key></Filter>";
        for (inner, code) in [
            (QUEUE.to_owned(), Code::MalformedXML),
            (EVENT.to_owned(), Code::MalformedXML),
            (format!("{QUEUE}<Event>s3:Everything</Event>"), Code::InvalidArgument),
            (format!("<Queue>arn:aws:sqs:eu-west-1:000000000000:q</Queue>{EVENT}"), Code::InvalidArgument),
            (format!("<Queue>arn:aws:sns:us-east-1:000000000000:q</Queue>{EVENT}"), Code::InvalidArgument),
            (format!("{QUEUE}{EVENT}{twice}"), Code::InvalidArgument),
            (format!("{QUEUE}{EVENT}<Color>red</Color>"), Code::MalformedXML),
        ] {
            assert_eq!(rules(&configuration(&inner)), Err(code), "{inner}");
        }
    }
}
