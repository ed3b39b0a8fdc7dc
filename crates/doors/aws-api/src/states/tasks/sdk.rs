//! `aws-sdk:<service>:<action>`: the operations of this door, with members as AWS's SDK names them.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html>

use bongsu_broker::{TaskCall, Text};
use bongsu_runtime::TaskStep;
use serde_json::{Map, Value};

use super::fault::{self, Fault};
use super::parameters::{
    Members, as_text, camel, document, json_text, members, pascal, renamed, text_of, times_as_texts,
};
use super::succeeded;
use crate::asking::Asking;
use crate::codec::{Envelope, Protocol, SNS, SQS};
use crate::error::{ApiError, ErrorKind};
use crate::operation::{Context, Source};
use crate::request_id::RequestId;
use crate::service::AwsApi;
use crate::states::{self, STATES};
use crate::{lambda, scheduler, sns, sqs};

/// A service whose operations are in this door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Lambda,
    Scheduler,
    Sfn,
    Sns,
    Sqs,
}

impl Service {
    /// By the SDK's name.
    pub(crate) fn find(name: &str) -> Option<Service> {
        let all = [Service::Lambda, Service::Scheduler, Service::Sfn, Service::Sns, Service::Sqs];
        all.into_iter().find(|service| {
            service.prefix().eq_ignore_ascii_case(name) && name.starts_with(|c: char| c.is_ascii_lowercase())
        })
    }

    /// The name of an operation, if there is one of this action.
    pub(crate) fn operation(self, action: &str) -> Option<&'static str> {
        let name = pascal(action);
        match self {
            Service::Lambda => lambda::find(&name),
            Service::Scheduler => scheduler::find(&name),
            Service::Sfn => states::find(&name),
            Service::Sns => sns::find(&name),
            Service::Sqs => sqs::find(&name),
        }
    }

    /// What the names of its errors begin with.
    fn prefix(self) -> &'static str {
        match self {
            Service::Lambda => "Lambda",
            Service::Scheduler => "Scheduler",
            Service::Sfn => "Sfn",
            Service::Sns => "Sns",
            Service::Sqs => "Sqs",
        }
    }

    pub(super) async fn call(
        self,
        door: &AwsApi,
        call: &TaskCall,
        action: &str,
        input: &str,
    ) -> Result<TaskStep, Fault> {
        let members = members(input)?;
        let Some(operation) = self.operation(action) else {
            return Err(Fault::runtime(format!("The action {action} is not available.")));
        };
        match self.ask(door, call.trace_header.as_ref(), operation, members).await {
            Ok(answer) => Ok(succeeded(&answer)),
            Err((refusal, request_id)) => Err(fault::of_sdk(self.prefix(), &refusal, request_id)),
        }
    }

    /// The same for whoever wants no result.
    pub(crate) async fn carry_out(self, door: &AwsApi, action: &str, input: &str) -> Result<(), ApiError> {
        let operation = self.operation(action).ok_or_else(|| ApiError::unknown_operation(action))?;
        let members = members(input)
            .map_err(|_| ApiError::new(ErrorKind::SerializationException, "The parameters are not a JSON object."))?;
        self.ask(door, None, operation, members).await.map(drop).map_err(|(refusal, _)| refusal)
    }

    async fn ask(
        self,
        door: &AwsApi,
        trace_header: Option<&Text>,
        operation: &'static str,
        members: Members,
    ) -> Result<Value, (ApiError, RequestId)> {
        let (members, body) = self.request(members);
        let asking = Asking::new(door, trace_header, body);
        let cx = asking.context();
        cx.seen.operation.get_or_init(|| operation);
        self.answer(operation, members, &cx).await.map_err(|refusal| (refusal, asking.request_id()))
    }

    /// The parameters as the operation has them; of Lambda those beside the body.
    fn request(self, mut members: Members) -> (Map<String, Value>, String) {
        match self {
            Service::Lambda => {
                let event = members.remove("Payload").map(|payload| text_of(&payload));
                (document(&members), event.unwrap_or_default())
            }
            Service::Scheduler => {
                let mut members = document(&members);
                scheduler::read_dates(&mut members);
                (members, String::new())
            }
            Service::Sfn => {
                for name in ["Input", "Output", "Definition"] {
                    as_text(&mut members, name);
                }
                (Map::new(), renamed(Value::Object(document(&members)), camel).to_string())
            }
            Service::Sns | Service::Sqs => (Map::new(), json_text(&members)),
        }
    }

    async fn answer(
        self,
        operation: &'static str,
        members: Map<String, Value>,
        cx: &Context<'_>,
    ) -> Result<Value, ApiError> {
        let request_id = cx.request_id.to_string();
        let envelope = |dialect| Envelope { dialect, operation, request_id: &request_id };
        let source = Source::Json(cx.body);
        let body = match self {
            Service::Lambda => return lambda::call_by_name(operation, members, cx).await,
            Service::Scheduler => {
                let mut answer = Box::pin(scheduler::call_by_name(operation, members, cx)).await?;
                times_as_texts(&mut answer);
                return Ok(answer);
            }
            Service::Sqs => sqs::call(source, cx, Protocol::Json, envelope(&SQS)).await?,
            Service::Sns => sns::call(source, cx, Protocol::Json, envelope(&SNS)).await?,
            Service::Sfn => Box::pin(states::call(source, cx, Protocol::Json, envelope(&STATES))).await?,
        };
        let answer = match body.is_empty() {
            true => Value::Object(Map::new()),
            false => serde_json::from_slice(&body).map_err(|_| ApiError::internal_failure())?,
        };
        Ok(self.result(answer))
    }

    /// The members of an answer as the SDK for Java names them.
    fn result(self, answer: Value) -> Value {
        match self {
            Service::Sfn => {
                let mut answer = renamed(answer, pascal);
                times_as_texts(&mut answer);
                answer
            }
            Service::Sqs => renamed(answer, |name| match name.strip_prefix("MD5Of") {
                Some(of) => format!("Md5Of{of}"),
                None => name.to_owned(),
            }),
            Service::Lambda | Service::Scheduler | Service::Sns => answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_action_is_an_operation_with_a_small_first_letter() {
        for (service, action, operation) in [
            ("sqs", "sendMessage", Some("SendMessage")),
            ("sqs", "burnQueue", None),
            ("sfn", "startSyncExecution", Some("StartSyncExecution")),
            ("sns", "publish", Some("Publish")),
            ("lambda", "invoke", Some("Invoke")),
            ("scheduler", "createSchedule", Some("CreateSchedule")),
            ("lambda", "invokeWithResponseStream", None),
            ("dynamodb", "getItem", None),
            ("SQS", "sendMessage", None),
        ] {
            let found = Service::find(service).and_then(|service| service.operation(action));
            assert_eq!(found, operation, "{service}:{action}");
        }
    }

    #[test]
    fn members_have_the_sdks_names() {
        let answer = json!({ "MD5OfMessageBody": "x", "MessageId": "i" });
        assert_eq!(Service::Sqs.result(answer), json!({ "Md5OfMessageBody": "x", "MessageId": "i" }));
        let members = members(r#"{"StateMachineArn":"a","Input":{"b":1}}"#).unwrap();
        let (_, body) = Service::Sfn.request(members);
        assert_eq!(body, r#"{"input":"{\"b\":1}","stateMachineArn":"a"}"#);
    }
}
