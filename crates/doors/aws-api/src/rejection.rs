//! From the broker's rejections to AWS's errors: what is about topics in the words of SNS, all else in those of SQS.

use bongsu_broker::Rejection;
use bongsu_runtime::Refusal;

use crate::error::ApiError;
use crate::sqs::rejection::{Quoted, rejected};
use crate::{sns, states};

impl From<Refusal> for ApiError {
    /// For refusals that quote nothing of the request.
    fn from(refusal: Refusal) -> ApiError {
        match refusal {
            Refusal::Unavailable => ApiError::stopping(),
            Refusal::Rejected(Rejection::Workflow(rejection)) => states::rejected(rejection, ""),
            Refusal::Rejected(rejection) => {
                sns::rejected(rejection).unwrap_or_else(|other| rejected(other, Quoted::default()))
            }
        }
    }
}
