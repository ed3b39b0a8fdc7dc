//! The object store at the API port: the S3 door, and its answers beside those of the other doors.

use std::sync::Arc;

use bongsu_aws_api::AwsApi;
use bongsu_aws_api::sigv4::Verifier;
use bongsu_http::{Limits, Response};
use bongsu_runtime::{Clock, Handle};
use bongsu_s3::{Outgoing, S3};
use bytes::Bytes;
use http_body_util::{Either, Full};

use crate::Config;

/// An answer at the API port: complete already, or an object that is read while it is sent.
pub(crate) type Answer = hyper::Response<Either<Full<Bytes>, Outgoing>>;

/// The door to objects, which knows callers as the other doors do.
pub(crate) fn door(config: &Config, verifier: Verifier, limits: Limits, aws: &Arc<AwsApi>, broker: Handle) -> S3 {
    let config = bongsu_s3::Config {
        account: config.account,
        region: config.region.clone(),
        verifier,
        // Clients sign with this machine's time, whatever a test says the time is.
        clock: Clock::System,
        limits,
        observer: aws.observer(),
    };
    S3::new(config, broker)
}

/// An answer of another door.
pub(crate) fn complete(response: Response) -> Answer {
    response.map(Either::Left)
}

/// An answer of the door to objects.
pub(crate) fn of_object(response: hyper::Response<Outgoing>) -> Answer {
    response.map(Either::Right)
}
