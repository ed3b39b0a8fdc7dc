//! What AWS answers when it refuses: one table of error shapes, and their form in both protocols.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde_json::json;

use crate::codec::{Dialect, Protocol, xml};

/// A refusal as the client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    kind: ErrorKind,
    message: Cow<'static, str>,
    /// What is wrong with which member, for services that tell it so.
    fields: Vec<InvalidField>,
}

/// What is wrong with one member of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvalidField {
    /// Its path.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Where an error's shape is modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// In the model of Amazon SQS.
    Sqs,
    /// In Lambda's model.
    Lambda,
    /// In the model of Amazon SNS.
    Sns,
    /// In the model of Amazon CloudWatch Logs.
    Logs,
    /// In the model of AWS Step Functions.
    States,
    /// In the model of Amazon EventBridge.
    Events,
    /// In the model of AWS CloudFormation.
    CloudFormation,
    /// In the model of Amazon EventBridge Pipes.
    Pipes,
    /// In the model of Amazon EventBridge Scheduler.
    Scheduler,
    /// In the framework that all AWS services share.
    Coral,
    /// In its part that looks at members before an operation does; of our services SNS and CloudFormation show it.
    Validation,
}

impl Namespace {
    /// The part of `__type` before the shape.
    fn prefix(self) -> &'static str {
        match self {
            Namespace::Sqs => "com.amazonaws.sqs#",
            Namespace::Lambda => "com.amazonaws.lambda#",
            Namespace::Sns => "com.amazonaws.sns#",
            Namespace::Logs => "com.amazonaws.logs#",
            // Their errors are told bare.
            Namespace::States | Namespace::Events | Namespace::Pipes | Namespace::Scheduler => "",
            Namespace::CloudFormation => "com.amazonaws.cloudformation#",
            Namespace::Coral => "com.amazon.coral.service#",
            Namespace::Validation => "com.amazon.coral.validate#",
        }
    }
}

struct Row {
    shape: &'static str,
    namespace: Namespace,
    code: &'static str,
    status: u16,
}

/// One line an error: shape name, namespace, code (in Query and in `x-amzn-query-error`), HTTP status. Where two services
/// model shapes of one name, the later has a name of its own here.
macro_rules! errors {
    (@shape $kind:ident) => { stringify!($kind) };
    (@shape $kind:ident $shape:literal) => { $shape };
    ($($kind:ident $(as $shape:literal)?, $namespace:ident, $code:literal, $status:literal;)*) => {
        /// The error shapes that AWS answers with.
        #[allow(missing_docs, reason = "the names are AWS's and mean what AWS says")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorKind { $($kind,)* }

        impl ErrorKind {
            /// Every kind there is.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$kind,)*];

            fn row(self) -> Row {
                match self {
                    $(ErrorKind::$kind => Row {
                        shape: errors!(@shape $kind $($shape)?),
                        namespace: Namespace::$namespace,
                        code: $code,
                        status: $status,
                    },)*
                }
            }
        }
    };
}

errors! {
    QueueDoesNotExist, Sqs, "AWS.SimpleQueueService.NonExistentQueue", 400;
    QueueNameExists, Sqs, "QueueAlreadyExists", 400;
    QueueDeletedRecently, Sqs, "AWS.SimpleQueueService.QueueDeletedRecently", 400;
    PurgeQueueInProgress, Sqs, "AWS.SimpleQueueService.PurgeQueueInProgress", 403;
    ReceiptHandleIsInvalid, Sqs, "ReceiptHandleIsInvalid", 404;
    ResourceNotFoundException, Sqs, "ResourceNotFoundException", 404;
    OverLimit, Sqs, "OverLimit", 403;
    MessageNotInflight, Sqs, "AWS.SimpleQueueService.MessageNotInflight", 400;
    InvalidAttributeName, Sqs, "InvalidAttributeName", 400;
    InvalidAttributeValue, Sqs, "InvalidAttributeValue", 400;
    InvalidMessageContents, Sqs, "InvalidMessageContents", 400;
    UnsupportedOperation, Sqs, "AWS.SimpleQueueService.UnsupportedOperation", 400;
    EmptyBatchRequest, Sqs, "AWS.SimpleQueueService.EmptyBatchRequest", 400;
    TooManyEntriesInBatchRequest, Sqs, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400;
    BatchEntryIdsNotDistinct, Sqs, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400;
    InvalidBatchEntryId, Sqs, "AWS.SimpleQueueService.InvalidBatchEntryId", 400;
    BatchRequestTooLong, Sqs, "AWS.SimpleQueueService.BatchRequestTooLong", 400;
    InvalidIdFormat, Sqs, "InvalidIdFormat", 400;
    InvalidAddress, Sqs, "InvalidAddress", 404;
    InvalidSecurity, Sqs, "InvalidSecurity", 403;
    RequestThrottled, Sqs, "RequestThrottled", 403;
    KmsAccessDenied, Sqs, "KMS.AccessDeniedException", 400;
    KmsDisabled, Sqs, "KMS.DisabledException", 400;
    KmsInvalidState, Sqs, "KMS.InvalidStateException", 400;
    KmsNotFound, Sqs, "KMS.NotFoundException", 400;
    KmsThrottled, Sqs, "KMS.ThrottlingException", 400;
    KmsInvalidKeyUsage, Sqs, "KMS.InvalidKeyUsageException", 400;
    KmsOptInRequired, Sqs, "KMS.OptInRequired", 403;
    ActivityDoesNotExist, States, "ActivityDoesNotExist", 400;
    ActivityLimitExceeded, States, "ActivityLimitExceeded", 400;
    ExecutionAlreadyExists, States, "ExecutionAlreadyExists", 400;
    ExecutionDoesNotExist, States, "ExecutionDoesNotExist", 400;
    ExecutionLimitExceeded, States, "ExecutionLimitExceeded", 400;
    ExecutionNotRedrivable, States, "ExecutionNotRedrivable", 400;
    InvalidArn, States, "InvalidArn", 400;
    InvalidDefinition, States, "InvalidDefinition", 400;
    InvalidEncryptionConfiguration, States, "InvalidEncryptionConfiguration", 400;
    InvalidExecutionInput, States, "InvalidExecutionInput", 400;
    InvalidLoggingConfiguration, States, "InvalidLoggingConfiguration", 400;
    InvalidName, States, "InvalidName", 400;
    InvalidOutput, States, "InvalidOutput", 400;
    MissingRequiredParameter, States, "MissingRequiredParameter", 400;
    ServiceQuotaExceededException, States, "ServiceQuotaExceededException", 400;
    StateMachineAlreadyExists, States, "StateMachineAlreadyExists", 400;
    StateMachineDoesNotExist, States, "StateMachineDoesNotExist", 400;
    StateMachineLimitExceeded, States, "StateMachineLimitExceeded", 400;
    StateMachineTypeNotSupported, States, "StateMachineTypeNotSupported", 400;
    TooManyTags, States, "TooManyTags", 400;
    ConflictException, States, "ConflictException", 400;
    StatesInvalidToken as "InvalidToken", States, "InvalidToken", 400;
    StatesResourceNotFound as "ResourceNotFound", States, "ResourceNotFound", 400;
    StatesTaskTimedOut as "TaskTimedOut", States, "TaskTimedOut", 400;
    StatesValidationException as "ValidationException", States, "ValidationException", 400;
    ConcurrentModificationException, Events, "ConcurrentModificationException", 400;
    EventsLimitExceededException as "LimitExceededException", Events, "LimitExceededException", 400;
    EventsResourceNotFoundException as "ResourceNotFoundException", Events, "ResourceNotFoundException", 400;
    EventsValidationException as "ValidationException", Events, "ValidationException", 400;
    InvalidEventPatternException, Events, "InvalidEventPatternException", 400;
    ResourceAlreadyExistsException, Events, "ResourceAlreadyExistsException", 400;
    CodeStorageExceededException, Lambda, "CodeStorageExceededException", 400;
    FunctionParameterInvalid as "InvalidParameterValueException", Lambda, "InvalidParameterValueException", 400;
    FunctionResourceNotFound as "ResourceNotFoundException", Lambda, "FunctionResourceNotFoundException", 404;
    InvalidRequestContentException, Lambda, "InvalidRequestContentException", 400;
    MemberInvalid as "ValidationException", Lambda, "MemberValidationException", 400;
    PolicyLengthExceededException, Lambda, "PolicyLengthExceededException", 400;
    PreconditionFailedException, Lambda, "PreconditionFailedException", 412;
    ProvisionedConcurrencyConfigNotFoundException, Lambda, "ProvisionedConcurrencyConfigNotFoundException", 404;
    RequestEntityTooLargeException, Lambda, "RequestEntityTooLargeException", 413;
    RequestTooLargeException, Lambda, "RequestTooLargeException", 413;
    ResourceConflictException, Lambda, "ResourceConflictException", 409;
    TooManyRequestsException, Lambda, "TooManyRequestsException", 429;
    TooManyReservedRequests as "TooManyRequestsException", Lambda, "ReservedConcurrencyExceeded", 429;
    InvalidParameterException, Sns, "InvalidParameter", 400;
    MessageAttributeInvalid as "InvalidParameterValueException", Sns, "ParameterValueInvalid", 400;
    ValidationException, Sns, "ValidationException", 400;
    NotFoundException, Sns, "NotFound", 404;
    TaggedResourceNotFound as "ResourceNotFoundException", Sns, "ResourceNotFound", 404;
    AuthorizationErrorException, Sns, "AuthorizationError", 403;
    InvalidSecurityException, Sns, "InvalidSecurity", 403;
    InvalidStateException, Sns, "InvalidState", 400;
    FilterPolicyLimitExceededException, Sns, "FilterPolicyLimitExceeded", 403;
    SubscriptionLimitExceededException, Sns, "SubscriptionLimitExceeded", 403;
    TopicLimitExceededException, Sns, "TopicLimitExceeded", 403;
    ReplayLimitExceededException, Sns, "ReplayLimitExceeded", 403;
    TagLimitExceededException, Sns, "TagLimitExceeded", 400;
    StaleTagException, Sns, "StaleTag", 400;
    TagPolicyException, Sns, "TagPolicy", 400;
    ConcurrentAccessException, Sns, "ConcurrentAccess", 400;
    EmptyBatchRequestException, Sns, "EmptyBatchRequest", 400;
    TooManyEntriesInBatchRequestException, Sns, "TooManyEntriesInBatchRequest", 400;
    BatchEntryIdsNotDistinctException, Sns, "BatchEntryIdsNotDistinct", 400;
    InvalidBatchEntryIdException, Sns, "InvalidBatchEntryId", 400;
    BatchRequestTooLongException, Sns, "BatchRequestTooLong", 400;
    EndpointDisabledException, Sns, "EndpointDisabled", 400;
    PlatformApplicationDisabledException, Sns, "PlatformApplicationDisabled", 400;
    OptedOutException, Sns, "OptedOut", 400;
    UserErrorException, Sns, "UserError", 400;
    VerificationException, Sns, "VerificationException", 400;
    KMSDisabledException, Sns, "KMSDisabled", 400;
    KMSInvalidStateException, Sns, "KMSInvalidState", 400;
    KMSNotFoundException, Sns, "KMSNotFound", 400;
    KMSThrottlingException, Sns, "KMSThrottling", 400;
    KMSAccessDeniedException, Sns, "KMSAccessDenied", 400;
    KMSOptInRequired, Sns, "KMSOptInRequired", 403;
    ThrottledException, Sns, "Throttled", 429;
    InternalErrorException, Sns, "InternalError", 500;
    LogGroupNotFound as "ResourceNotFoundException", Logs, "ResourceNotFoundException", 400;
    LogsParameterInvalid as "InvalidParameterException", Logs, "InvalidParameterException", 400;
    InvalidOperationException, Logs, "InvalidOperationException", 400;
    AlreadyExistsException, CloudFormation, "AlreadyExistsException", 400;
    ChangeSetNotFoundException, CloudFormation, "ChangeSetNotFound", 404;
    InvalidChangeSetStatusException, CloudFormation, "InvalidChangeSetStatus", 400;
    LimitExceededException, CloudFormation, "LimitExceededException", 400;
    PipeExists as "ConflictException", Pipes, "ConflictException", 409;
    PipeNotFound as "NotFoundException", Pipes, "NotFoundException", 404;
    PipesQuotaExceeded as "ServiceQuotaExceededException", Pipes, "ServiceQuotaExceededException", 402;
    PipeInvalid as "ValidationException", Pipes, "ValidationException", 400;
    ScheduleConflict as "ConflictException", Scheduler, "ConflictException", 409;
    ScheduleInvalid as "ValidationException", Scheduler, "ValidationException", 400;
    ScheduleNotFound as "ResourceNotFoundException", Scheduler, "ResourceNotFoundException", 404;
    TooManySchedules as "ServiceQuotaExceededException", Scheduler, "ServiceQuotaExceededException", 402;
    ValidationError, Validation, "ValidationError", 400;
    InvalidParameterValueException, Coral, "InvalidParameterValue", 400;
    MissingRequiredParameterException, Coral, "MissingParameter", 400;
    SerializationException, Coral, "MalformedInput", 400;
    UnknownOperationException, Coral, "InvalidAction", 400;
    AccessDeniedException, Coral, "AccessDenied", 403;
    MissingAuthenticationTokenException, Coral, "MissingAuthenticationToken", 403;
    UnrecognizedClientException, Coral, "InvalidClientTokenId", 403;
    InvalidSignatureException, Coral, "SignatureDoesNotMatch", 403;
    IncompleteSignatureException, Coral, "IncompleteSignature", 400;
    RequestEntityTooLarge, Coral, "RequestEntityTooLarge", 413;
    ServiceUnavailable, Coral, "ServiceUnavailable", 503;
    InternalFailure, Coral, "InternalFailure", 500;
}

impl ErrorKind {
    /// The code in Query answers, in `x-amzn-query-error` and in a batch's failed entries.
    pub fn code(self) -> &'static str {
        self.row().code
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        self.row().status
    }

    /// Whether the client is at fault; otherwise SDKs try again.
    pub fn is_sender_fault(self) -> bool {
        self.status() < 500
    }

    /// Where its shape is modelled.
    #[cfg(test)]
    pub(crate) fn namespace(self) -> Namespace {
        self.row().namespace
    }

    /// The name of its shape in the model, which REST answers have in a header.
    pub(crate) fn shape(self) -> &'static str {
        self.row().shape
    }

    fn fault(self) -> &'static str {
        if self.is_sender_fault() { "Sender" } else { "Receiver" }
    }
}

/// What clients of the Query protocol look for.
const QUEUE_DOES_NOT_EXIST_IN_QUERY: &str = "The specified queue does not exist for this wsdl version.";

impl ApiError {
    /// A refusal of this kind, with the text for the client.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        ApiError { kind, message: message.into(), fields: Vec::new() }
    }

    /// The same, with what is wrong with each member.
    pub(crate) fn about(self, fields: Vec<InvalidField>) -> Self {
        ApiError { fields, ..self }
    }

    /// What is wrong with which member, where that is known.
    pub(crate) fn fields(&self) -> &[InvalidField] {
        &self.fields
    }

    /// The queue is not there; the one text that differs between the protocols.
    pub fn queue_does_not_exist() -> Self {
        ApiError::new(ErrorKind::QueueDoesNotExist, "The specified queue does not exist.")
    }

    /// A required parameter is absent or empty.
    pub fn missing_parameter(name: &str) -> Self {
        let text = format!("The request must contain the parameter {name}.");
        ApiError::new(ErrorKind::MissingRequiredParameterException, text)
    }

    /// A parameter's value is refused, with the whole text.
    pub fn invalid_parameter(message: impl Into<Cow<'static, str>>) -> Self {
        ApiError::new(ErrorKind::InvalidParameterValueException, message)
    }

    /// A parameter's value is refused: `Value V for parameter P is invalid. Reason: R`.
    pub fn invalid_value(value: impl fmt::Display, parameter: &str, reason: &str) -> Self {
        ApiError::invalid_parameter(format!("Value {value} for parameter {parameter} is invalid. Reason: {reason}"))
    }

    /// A required member is absent, as SNS says it; the path is the service model's, in camel case.
    pub fn missing_member(path: &str) -> Self {
        let text = format!(
            "1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be null"
        );
        ApiError::new(ErrorKind::ValidationError, text)
    }

    /// The request names no operation.
    pub fn no_operation() -> Self {
        ApiError::new(ErrorKind::UnknownOperationException, "The request names no operation.")
    }

    /// The request's body was not read to its end.
    pub fn request_too_large(bytes_max: usize) -> Self {
        let text = format!("A request cannot be larger than {bytes_max} bytes.");
        ApiError::new(ErrorKind::RequestEntityTooLarge, text)
    }

    /// There is no such operation, or not at this path.
    pub fn unknown_operation(name: &str) -> Self {
        let text = format!("The action {name} is not valid for this endpoint.");
        ApiError::new(ErrorKind::UnknownOperationException, text)
    }

    /// The server is on its way down.
    pub fn stopping() -> Self {
        ApiError::new(ErrorKind::ServiceUnavailable, "The server is stopping. Please try again.")
    }

    /// The disk is full: receives and deletes go on, sends come back later.
    pub fn storage_full() -> Self {
        ApiError::new(ErrorKind::ServiceUnavailable, "The storage is full; delete messages or add space.")
    }

    /// Something broke on our side; the text gives nothing away.
    pub fn internal_failure() -> Self {
        ApiError::new(ErrorKind::InternalFailure, "We encountered an internal error. Please try again.")
    }

    /// Which error it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The text for the client, as JSON 1.0 has it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.kind.status()
    }

    /// The value of the header `x-amzn-query-error`, which belongs on JSON 1.0 answers.
    pub fn query_error_header(&self) -> String {
        format!("{};{}", self.kind.code(), self.kind.fault())
    }

    /// The body of the answer.
    pub fn encode(&self, protocol: Protocol, dialect: &'static Dialect, request_id: &str) -> Vec<u8> {
        match protocol {
            Protocol::Json => self.json_body(),
            Protocol::Query => {
                xml::encode_error(self.kind.fault(), self.kind.code(), self.query_message(), dialect, request_id)
            }
            Protocol::QueryJson => json!({
                "Error": { "Code": self.kind.code(), "Message": self.query_message(), "Type": self.kind.fault() },
                "RequestId": request_id,
            })
            .to_string()
            .into_bytes(),
        }
    }

    fn json_body(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body<'a> {
            __type: String,
            message: &'a str,
        }

        let Row { shape, namespace, .. } = self.kind.row();
        let body = Body { __type: format!("{}{shape}", namespace.prefix()), message: &self.message };
        serde_json::to_vec(&body).expect("two strings are always JSON")
    }

    fn query_message(&self) -> &str {
        match self.kind {
            ErrorKind::QueueDoesNotExist => QUEUE_DOES_NOT_EXIST_IN_QUERY,
            _ => &self.message,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.code(), self.message)
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::SQS;

    fn encoded(error: &ApiError, protocol: Protocol) -> String {
        String::from_utf8(error.encode(protocol, &SQS, "r-1")).unwrap()
    }

    #[test]
    fn a_missing_queue_is_told_in_each_protocols_words() {
        let error = ApiError::queue_does_not_exist();
        assert_eq!(
            encoded(&error, Protocol::Json),
            r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}"#
        );
        assert_eq!(error.query_error_header(), "AWS.SimpleQueueService.NonExistentQueue;Sender");
        assert_eq!(
            encoded(&error, Protocol::Query),
            concat!(
                r#"<?xml version="1.0"?><ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error>"#,
                "<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code>",
                "<Message>The specified queue does not exist for this wsdl version.</Message><Detail/></Error>",
                "<RequestId>r-1</RequestId></ErrorResponse>"
            )
        );
        assert_eq!(
            encoded(&error, Protocol::QueryJson),
            concat!(
                r#"{"Error":{"Code":"AWS.SimpleQueueService.NonExistentQueue","#,
                r#""Message":"The specified queue does not exist for this wsdl version.","Type":"Sender"},"#,
                r#""RequestId":"r-1"}"#
            )
        );
    }

    #[test]
    fn shared_errors_carry_the_shared_namespace() {
        let error = ApiError::missing_parameter("MessageBody");
        assert!(encoded(&error, Protocol::Json).contains("com.amazon.coral.service#MissingRequiredParameterException"));
        assert_eq!(error.query_error_header(), "MissingParameter;Sender");
        assert_eq!(error.message(), "The request must contain the parameter MessageBody.");
    }

    #[test]
    fn our_own_faults_are_the_receivers() {
        assert_eq!(ApiError::storage_full().query_error_header(), "ServiceUnavailable;Receiver");
        assert_eq!(ApiError::storage_full().status(), 503);
        assert_eq!(ApiError::internal_failure().query_error_header(), "InternalFailure;Receiver");
        assert!(encoded(&ApiError::internal_failure(), Protocol::Query).contains("<Type>Receiver</Type>"));
    }

    #[test]
    fn every_code_names_one_error_of_a_service() {
        let services = [Namespace::Sqs, Namespace::Sns, Namespace::CloudFormation, Namespace::Logs];
        for service in services {
            let is_shown = |kind: &&ErrorKind| [service, Namespace::Coral].contains(&kind.namespace());
            let kinds: Vec<_> = ErrorKind::ALL.iter().filter(is_shown).collect();
            let codes: std::collections::BTreeSet<_> = kinds.iter().map(|kind| kind.code()).collect();
            let shapes: std::collections::BTreeSet<_> =
                kinds.iter().map(|kind| kind.row().namespace.prefix().to_owned() + kind.shape()).collect();
            assert_eq!((codes.len(), shapes.len()), (kinds.len(), kinds.len()));
        }
    }

    #[test]
    fn an_echoed_parameter_cannot_break_the_xml() {
        let text = encoded(&ApiError::invalid_value("<a>\u{0}", "Label", "\"no\""), Protocol::Query);
        assert!(text.contains("Value &lt;a&gt;\u{fffd} for parameter Label is invalid. Reason: &quot;no&quot;"));
    }

    #[test]
    fn an_echoed_noncharacter_cannot_break_the_xml() {
        let text = encoded(&ApiError::invalid_value("\u{ffef}\u{fffe}\u{ffff}!", "Label", "no"), Protocol::Query);
        assert!(text.contains("Value \u{ffef}\u{fffd}\u{fffd}! for parameter"), "{text:?}");
    }
}
