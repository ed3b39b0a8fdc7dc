//! How tasks fail: names by which retriers and catchers know errors, and causes for people, as AWS writes them.

use bongsu_broker::Text;
use bongsu_runtime::TaskEnd;
use bongsu_states_language::Resource;

use crate::error::ApiError;
use crate::request_id::RequestId;

/// What the interpreter itself finds wrong.
const RUNTIME: &str = "States.Runtime";

/// Why a task failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) error: String,
    pub(super) cause: String,
}

impl Fault {
    pub(super) fn new(error: impl Into<String>, cause: impl Into<String>) -> Fault {
        Fault { error: error.into(), cause: cause.into() }
    }

    pub(super) fn runtime(cause: impl Into<String>) -> Fault {
        Fault::new(RUNTIME, cause)
    }

    /// Definitions that name it are refused; one of an earlier version may have been taken.
    pub(super) fn no_such(resource: &Resource) -> Fault {
        Fault::runtime(format!("The resource {resource} is not available."))
    }
}

impl From<Fault> for TaskEnd {
    fn from(fault: Fault) -> TaskEnd {
        TaskEnd::Failed { error: Text::from(fault.error), cause: Text::from(fault.cause) }
    }
}

/// An optimised integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Integration {
    Lambda,
    Sqs,
    Sns,
    States,
}

impl Integration {
    /// Where a request was refused. Messages and notifications have one name for all that can be.
    pub(super) fn fault(self, refusal: &ApiError, request_id: Option<RequestId>) -> Fault {
        let shape = refusal.kind().shape();
        let (error, service) = match self {
            Integration::Lambda if refusal.status() >= 500 => ("Lambda.ServiceException".to_owned(), "AWSLambda"),
            Integration::Lambda => (format!("Lambda.{shape}"), "AWSLambda"),
            Integration::Sqs => ("SQS.AmazonSQSException".to_owned(), "AmazonSQS"),
            Integration::Sns => ("SNS.AmazonSNSException".to_owned(), "AmazonSNS"),
            Integration::States => (format!("StepFunctions.{}", as_exception(shape)), "AWSStepFunctions"),
        };
        let code = if matches!(self, Integration::Lambda) { shape } else { refusal.kind().code() };
        let request_id = request_id.map(|id| id.to_string()).unwrap_or_default();
        Fault::new(
            error,
            format!(
                "{} (Service: {service}; Status Code: {}; Error Code: {code}; Request ID: {request_id}; Proxy: null)",
                refusal.message(),
                refusal.status(),
            ),
        )
    }
}

/// Where an operation was refused that a task calls as the SDK does; `prefix` is the SDK's name of the service.
pub(super) fn of_sdk(prefix: &str, refusal: &ApiError, request_id: RequestId) -> Fault {
    of_sdk_error(prefix, refusal.kind().shape(), refusal.message(), refusal.status(), request_id)
}

/// The same, of an error that is not in this door's table.
pub(super) fn of_sdk_error(prefix: &str, shape: &str, text: &str, status: u16, request_id: RequestId) -> Fault {
    let cause = format!("{text} (Service: {prefix}, Status Code: {status}, Request ID: {request_id})");
    Fault::new(format!("{prefix}.{}", as_exception(shape)), cause)
}

/// The SDK for Java, which AWS has its names from, ends them all alike.
fn as_exception(shape: &str) -> String {
    if shape.ends_with("Exception") { shape.to_owned() } else { format!("{shape}Exception") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::request_id::RequestIds;

    #[test]
    fn errors_have_the_names_of_the_integration() {
        let queue = ApiError::queue_does_not_exist();
        let exists = ApiError::new(ErrorKind::ExecutionAlreadyExists, "Execution Already Exists: 'arn'");
        for (fault, error) in [
            (Integration::Sqs.fault(&queue, None), "SQS.AmazonSQSException"),
            (Integration::States.fault(&exists, None), "StepFunctions.ExecutionAlreadyExistsException"),
            (Integration::Lambda.fault(&ApiError::stopping(), None), "Lambda.ServiceException"),
            (of_sdk("Sqs", &queue, RequestIds::default().next()), "Sqs.QueueDoesNotExistException"),
            (of_sdk("Sfn", &exists, RequestIds::default().next()), "Sfn.ExecutionAlreadyExistsException"),
        ] {
            assert_eq!(fault.error, error);
        }
    }

    #[test]
    fn a_cause_tells_code_and_status() {
        let id = RequestIds::default().next();
        let refusal = ApiError::new(ErrorKind::FunctionResourceNotFound, "Function not found: arn");
        assert_eq!(
            Integration::Lambda.fault(&refusal, Some(id)),
            Fault::new(
                "Lambda.ResourceNotFoundException",
                format!(
                    "Function not found: arn (Service: AWSLambda; Status Code: 404; Error Code: \
                     ResourceNotFoundException; Request ID: {id}; Proxy: null)"
                )
            )
        );
    }
}
