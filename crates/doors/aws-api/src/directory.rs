//! The services behind the one port, and which of them a request calls.

use hyper::header::{HeaderMap, HeaderName};
use hyper::http::request::Parts;

use crate::codec::{CLOUDFORMATION, Dialect, Params, SNS, SQS};
use crate::events::{self, EVENTS};
use crate::logs::{self, LOGS};
use crate::sigv4::Claim;
use crate::states::{self, STATES};
use crate::sts::{self, STS};
use crate::{cloudformation, sns, sqs};

pub(crate) const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// A service of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Sqs,
    Sns,
    Sts,
    CloudFormation,
    Logs,
    States,
    Events,
}

impl Service {
    const ALL: [Service; 7] = [
        Service::Sqs,
        Service::Sns,
        Service::Sts,
        Service::CloudFormation,
        Service::Logs,
        Service::States,
        Service::Events,
    ];

    /// Its name in signatures.
    pub(crate) fn signing_name(self) -> &'static str {
        match self {
            Service::Sqs => "sqs",
            Service::Sns => "sns",
            Service::Sts => "sts",
            Service::Logs => "logs",
            Service::States => "states",
            Service::Events => "events",
            Service::CloudFormation => "cloudformation",
        }
    }

    /// The name of this operation, if there is one.
    pub(crate) fn operation(self, name: &str) -> Option<&'static str> {
        match self {
            Service::Sqs => sqs::find(name),
            Service::Sns => sns::find(name),
            Service::Sts => sts::NAMES.iter().copied().find(|known| *known == name),
            Service::Logs => logs::find(name),
            Service::States => states::find(name),
            Service::Events => events::find(name),
            Service::CloudFormation => cloudformation::find(name),
        }
    }

    /// Whether anybody may call this operation, by a link in a message to them.
    pub(crate) fn takes_unsigned(self, operation: &str) -> bool {
        self == Service::Sns && sns::UNSIGNED.contains(&operation)
    }

    /// How it spells Query requests and answers.
    pub(crate) fn dialect(self) -> &'static Dialect {
        match self {
            Service::Sqs => &SQS,
            Service::Sns => &SNS,
            Service::Sts => &STS,
            Service::Logs => &LOGS,
            Service::States => &STATES,
            Service::Events => &EVENTS,
            Service::CloudFormation => &CLOUDFORMATION,
        }
    }

    /// What its clients say in `Version` of a Query request.
    fn version(self) -> &'static str {
        match self {
            Service::Sqs => "2012-11-05",
            Service::Sns => "2010-03-31",
            Service::Sts => sts::VERSION,
            Service::Logs => "2014-03-28",
            Service::States => "2016-11-23",
            Service::Events => "2015-10-07",
            Service::CloudFormation => "2010-05-15",
        }
    }

    /// What stands before the operation in the target of a JSON request, if it speaks JSON.
    fn target_prefix(self) -> Option<&'static str> {
        match self {
            Service::Sqs => Some("AmazonSQS."),
            Service::Logs => Some("Logs_20140328."),
            Service::States => Some("AWSStepFunctions."),
            Service::Events => Some("AWSEvents."),
            Service::Sns | Service::Sts | Service::CloudFormation => None,
        }
    }

    /// Its version of JSON, if that is another than the usual.
    pub(crate) fn json_content_type(self) -> Option<&'static str> {
        match self {
            Service::Logs => Some(logs::CONTENT_TYPE),
            Service::Events => Some(events::CONTENT_TYPE),
            Service::Sqs | Service::Sns | Service::Sts | Service::States | Service::CloudFormation => None,
        }
    }

    /// The operation that a JSON request names.
    pub(crate) fn target(self, headers: &HeaderMap) -> Option<&str> {
        headers.get(TARGET)?.to_str().ok()?.strip_prefix(self.target_prefix()?)
    }

    /// What a JSON request names, of whatever service.
    pub(crate) fn any_target(headers: &HeaderMap) -> Option<&str> {
        headers.get(TARGET)?.to_str().ok().filter(|target| !target.is_empty())
    }

    /// The service that a JSON request names; SQS if it names none of ours.
    pub(crate) fn of_json(head: &Parts) -> Service {
        Service::ALL.into_iter().find(|service| service.target(&head.headers).is_some()).unwrap_or(Service::Sqs)
    }

    /// The service that a Query request calls: the one it is signed for, or else the one whose version or operation it
    /// names, or else SQS, which also has the operations that it shares with others. What signatures claim is verified later, against the service that is chosen here.
    pub(crate) fn of_query(head: &Parts, params: Option<&Params<'_>>) -> Service {
        let claim = Claim::of(&head.uri, &head.headers);
        let signed_for = claim.as_ref().and_then(Claim::service);
        let version = params.and_then(|params| params.get("Version"));
        let action = params.and_then(|params| params.get("Action")).unwrap_or_default();
        let find = |is_it: &dyn Fn(Service) -> bool| Service::ALL.into_iter().find(|service| is_it(*service));
        find(&|service| signed_for == Some(service.signing_name()))
            .or_else(|| find(&|service| version == Some(service.version())))
            .or_else(|| find(&|service| service.operation(action).is_some()))
            .unwrap_or(Service::Sqs)
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn called(query: &str, signed_for: Option<&str>) -> Service {
        let mut request = Request::get(format!("/?{query}"));
        if let Some(service) = signed_for {
            let credential = format!("AKID/20150830/us-east-1/{service}/aws4_request");
            request = request.header("authorization", format!("AWS4-HMAC-SHA256 Credential={credential}, Signature=0"));
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        Service::of_query(&head, Params::parse(query, b"").ok().as_ref())
    }

    #[test]
    fn the_signature_decides_then_the_version_then_the_action() {
        for (query, signed_for, service) in [
            ("Action=ListQueues", Some("sts"), Service::Sts),
            ("Action=GetCallerIdentity&Version=2011-06-15", Some("sqs"), Service::Sqs),
            ("Action=GetCallerIdentity&Version=2012-11-05", None, Service::Sqs),
            ("Action=ListQueues&Version=2011-06-15", None, Service::Sts),
            ("Action=GetCallerIdentity&Version=2011-06-15", Some("lambda"), Service::Sts),
            ("Action=GetCallerIdentity", None, Service::Sts),
            ("Action=ListQueues", None, Service::Sqs),
            ("Action=ListTopics", None, Service::Sns),
            ("Action=DescribeStacks", None, Service::CloudFormation),
            ("Action=ListQueues&Version=2010-05-15", None, Service::CloudFormation),
            ("Action=AddPermission", None, Service::Sqs),
            ("Action=AddPermission", Some("sns"), Service::Sns),
            ("Action=AddPermission&Version=2010-03-31", None, Service::Sns),
            ("X-Amz-Credential=A%2F20150830%2Fus-east-1%2Fsts%2Faws4_request", None, Service::Sts),
            ("X-Amz-Credential=nonsense", None, Service::Sqs),
            ("", None, Service::Sqs),
        ] {
            assert_eq!(called(query, signed_for), service, "{query} {signed_for:?}");
        }
    }
}
