//! One table from what the store refuses to S3's errors.

use bongsu_broker::{
    METADATA_BYTES_MAX, NOTIFICATION_RULES_MAX, OBJECT_HEADERS_BYTES_MAX, OBJECT_PIECE_BYTES_MAX, OBJECT_TAGS_MAX,
    ObjectRejection, PART_BYTES_MIN, PARTS_MAX, Rejection,
};
use bongsu_runtime::Refusal;

use crate::error::{Code, S3Error};

impl From<Refusal> for S3Error {
    fn from(refusal: Refusal) -> S3Error {
        match refusal {
            Refusal::Rejected(rejection) => rejection.into(),
            Refusal::Unavailable => Code::ServiceUnavailable.into(),
        }
    }
}

impl From<Rejection> for S3Error {
    fn from(rejection: Rejection) -> S3Error {
        match rejection {
            Rejection::Object(rejection) => rejection.into(),
            Rejection::AccessDenied { .. } => Code::AccessDenied.into(),
            Rejection::StorageFull => {
                let text = "The disk is full. Nothing more can be put until something is deleted.";
                S3Error::new(Code::ServiceUnavailable).saying(text)
            }
            _ => Code::InternalError.into(),
        }
    }
}

impl From<ObjectRejection> for S3Error {
    fn from(rejection: ObjectRejection) -> S3Error {
        match rejection {
            ObjectRejection::BucketDoesNotExist => Code::NoSuchBucket.into(),
            ObjectRejection::BucketExists => Code::BucketAlreadyExists.into(),
            ObjectRejection::BucketOwned => Code::BucketAlreadyOwnedByYou.into(),
            ObjectRejection::BucketNotEmpty => Code::BucketNotEmpty.into(),
            ObjectRejection::TooManyBuckets => Code::TooManyBuckets.into(),
            ObjectRejection::KeyDoesNotExist => Code::NoSuchKey.into(),
            ObjectRejection::PreconditionFailed { if_none_match } => {
                S3Error::new(Code::PreconditionFailed).with("Condition", condition(if_none_match))
            }
            ObjectRejection::ConditionalRequestConflict { if_none_match } => {
                S3Error::new(Code::ConditionalRequestConflict).with("Condition", condition(if_none_match))
            }
            // The store reads the bytes anew by itself.
            ObjectRejection::ContentGone => Code::InternalError.into(),
            ObjectRejection::TooLarge => too_large(),
            ObjectRejection::MetadataTooLarge => {
                S3Error::new(Code::MetadataTooLarge).with("MaxSizeAllowed", METADATA_BYTES_MAX.to_string())
            }
            ObjectRejection::HeadersTooLarge => {
                let text = "The headers that are kept with the object exceed the maximum allowed size";
                let error = S3Error::new(Code::MetadataTooLarge).saying(text);
                error.with("MaxSizeAllowed", OBJECT_HEADERS_BYTES_MAX.to_string())
            }
            ObjectRejection::TooManyTags => {
                let text = format!("Object tags cannot be greater than {OBJECT_TAGS_MAX}");
                S3Error::new(Code::BadRequest).saying(text)
            }
            ObjectRejection::UploadDoesNotExist => Code::NoSuchUpload.into(),
            ObjectRejection::TooManyUploads => {
                let text = "The bucket has too many unfinished multipart uploads: complete or abort some.";
                S3Error::new(Code::SlowDown).saying(text)
            }
            ObjectRejection::PartNumberInvalid => part_number_invalid(),
            ObjectRejection::PartsOutOfOrder => Code::InvalidPartOrder.into(),
            ObjectRejection::PartInvalid { number } => {
                S3Error::new(Code::InvalidPart).with("PartNumber", number.to_string())
            }
            ObjectRejection::PartTooSmall { number, size } => S3Error::new(Code::EntityTooSmall)
                .with("ProposedSize", size.to_string())
                .with("MinSizeAllowed", PART_BYTES_MIN.to_string())
                .with("PartNumber", number.to_string()),
            ObjectRejection::TooManyRules => {
                let text = format!("A bucket can have at most {NOTIFICATION_RULES_MAX} notification configurations");
                S3Error::new(Code::InvalidArgument).saying(text)
            }
            ObjectRejection::RulesOverlap => {
                let text =
                    "Configurations overlap. Configurations on the same bucket cannot share a common event type.";
                S3Error::new(Code::InvalidArgument).saying(text)
            }
            ObjectRejection::RuleIdTaken { id } => {
                let text = "Configuration Id is not unique";
                S3Error::argument("Id", &id, text)
            }
            ObjectRejection::RuleTargetInvalid { id, reason } => {
                let text = "Unable to validate the following destination configurations";
                S3Error::argument(&id, &reason, text)
            }
        }
    }
}

pub(crate) fn part_number_invalid() -> S3Error {
    let text = format!("Part number must be an integer between 1 and {PARTS_MAX}, inclusive");
    S3Error::new(Code::InvalidArgument).saying(text).with("ArgumentName", "partNumber")
}

pub(crate) fn too_large() -> S3Error {
    S3Error::new(Code::EntityTooLarge).with("MaxSizeAllowed", OBJECT_PIECE_BYTES_MAX.to_string())
}

fn condition(if_none_match: bool) -> &'static str {
    if if_none_match { "If-None-Match" } else { "If-Match" }
}
