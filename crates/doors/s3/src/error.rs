//! What S3 answers when it refuses: one table of codes, and their form in XML.

use std::borrow::Cow;

use bongsu_aws_api::error::{ApiError, ErrorKind};
use bongsu_aws_api::observation::Refused;
use bongsu_aws_api::sigv4::s3::S3Refusal;
use bongsu_http::BodyError;

use crate::xml::Xml;

/// A refusal as the client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct S3Error {
    code: Code,
    message: Cow<'static, str>,
    /// Further elements, in the order in which they are shown.
    details: Vec<(&'static str, String)>,
}

/// One line an error: code, HTTP status, and the text when nothing more is known.
macro_rules! codes {
    ($($code:ident, $status:literal, $message:literal;)*) => {
        /// The codes that S3 answers with, and what each of them says.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code { $($code,)* }

        impl Code {
            pub(crate) fn name(self) -> &'static str {
                match self { $(Code::$code => stringify!($code),)* }
            }

            pub(crate) fn status(self) -> u16 {
                match self { $(Code::$code => $status,)* }
            }

            fn message(self) -> &'static str {
                match self { $(Code::$code => $message,)* }
            }
        }
    };
}

codes! {
    AccessDenied, 403, "Access Denied";
    AuthorizationHeaderMalformed, 400, "The authorization header that you provided is not valid.";
    BadDigest, 400, "The Content-MD5 you specified did not match what we received.";
    BadRequest, 400, "Bad Request";
    BucketAlreadyExists, 409, "The requested bucket name is not available. The bucket namespace is shared by all \
        users of the system. Please select a different name and try again.";
    BucketAlreadyOwnedByYou, 409, "Your previous request to create the named bucket succeeded and you already own it.";
    BucketNotEmpty, 409, "The bucket you tried to delete is not empty";
    ConditionalRequestConflict, 409, "The conditional request cannot succeed due to a conflicting operation against \
        this resource.";
    EntityTooLarge, 400, "Your proposed upload exceeds the maximum allowed size";
    EntityTooSmall, 400, "Your proposed upload is smaller than the minimum allowed size";
    IllegalLocationConstraintException, 400, "The specified location-constraint is not valid";
    IncompleteBody, 400, "You did not provide the number of bytes specified by the Content-Length HTTP header";
    InternalError, 500, "We encountered an internal error. Please try again.";
    InvalidAccessKeyId, 403, "The AWS Access Key Id you provided does not exist in our records.";
    InvalidArgument, 400, "Invalid Argument";
    InvalidBucketName, 400, "The specified bucket is not valid.";
    InvalidDigest, 400, "The Content-MD5 you specified was invalid.";
    InvalidPart, 400, "One or more of the specified parts could not be found.  The part may not have been uploaded, \
        or the specified entity tag may not match the part's entity tag.";
    InvalidPartOrder, 400, "The list of parts was not in ascending order. Parts must be ordered by part number.";
    InvalidRange, 416, "The requested range is not satisfiable";
    InvalidRequest, 400, "Invalid Request";
    InvalidStorageClass, 400, "The storage class you specified is not valid";
    InvalidTag, 400, "The tag provided was not a valid tag.";
    InvalidURI, 400, "Couldn't parse the specified URI.";
    KeyTooLongError, 400, "Your key is too long";
    MalformedXML, 400, "The XML you provided was not well-formed or did not validate against our published schema";
    MetadataTooLarge, 400, "Your metadata headers exceed the maximum allowed metadata size";
    MethodNotAllowed, 405, "The specified method is not allowed against this resource.";
    MissingContentLength, 411, "You must provide the Content-Length HTTP header.";
    NoSuchBucket, 404, "The specified bucket does not exist";
    NoSuchBucketPolicy, 404, "The bucket policy does not exist";
    NoSuchCORSConfiguration, 404, "The CORS configuration does not exist";
    NoSuchKey, 404, "The specified key does not exist.";
    NoSuchLifecycleConfiguration, 404, "The lifecycle configuration does not exist";
    NoSuchPublicAccessBlockConfiguration, 404, "The public access block configuration was not found";
    NoSuchTagSet, 404, "The TagSet does not exist";
    NoSuchUpload, 404, "The specified upload does not exist. The upload ID may be invalid, or the upload may have \
        been aborted or completed.";
    NoSuchWebsiteConfiguration, 404, "The specified bucket does not have a website configuration";
    NotImplemented, 501, "A header you provided implies functionality that is not implemented";
    ObjectLockConfigurationNotFoundError, 404, "Object Lock configuration does not exist for this bucket";
    OwnershipControlsNotFoundError, 404, "The bucket ownership controls were not found";
    PreconditionFailed, 412, "At least one of the pre-conditions you specified did not hold";
    ReplicationConfigurationNotFoundError, 404, "The replication configuration was not found";
    RequestTimeout, 400, "Your socket connection to the server was not read from or written to within the timeout \
        period.";
    RequestTimeTooSkewed, 403, "The difference between the request time and the current time is too large.";
    ServerSideEncryptionConfigurationNotFoundError, 404, "The server side encryption configuration was not found";
    ServiceUnavailable, 503, "Service is unable to handle request.";
    SignatureDoesNotMatch, 403, "The request signature we calculated does not match the signature you provided. \
        Check your key and signing method.";
    SlowDown, 503, "Please reduce your request rate.";
    TooManyBuckets, 400, "You have attempted to create more buckets than allowed";
    XAmzContentSHA256Mismatch, 400, "The provided 'x-amz-content-sha256' header does not match what was computed.";
}

impl S3Error {
    /// With the text of its code.
    pub(crate) fn new(code: Code) -> S3Error {
        S3Error { code, message: code.message().into(), details: Vec::new() }
    }

    /// The same, in other words.
    pub(crate) fn saying(self, message: impl Into<Cow<'static, str>>) -> S3Error {
        S3Error { message: message.into(), ..self }
    }

    /// The same, with one more element.
    pub(crate) fn with(mut self, element: &'static str, text: impl Into<String>) -> S3Error {
        self.details.push((element, text.into()));
        self
    }

    /// The same, with this element unless there is one already.
    pub(crate) fn about(self, element: &'static str, text: impl Into<String>) -> S3Error {
        if self.details.iter().any(|(given, _)| *given == element) { self } else { self.with(element, text) }
    }

    /// A value that is none of those that the parameter or header may have.
    pub(crate) fn argument(name: &str, value: &str, message: impl Into<Cow<'static, str>>) -> S3Error {
        let error = S3Error::new(Code::InvalidArgument).saying(message);
        error.with("ArgumentName", name).with("ArgumentValue", value)
    }

    /// What a header asks for that there is not.
    pub(crate) fn header_not_implemented(header: &str) -> S3Error {
        S3Error::new(Code::NotImplemented).with("Header", header)
    }

    pub(crate) fn code(&self) -> Code {
        self.code
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The whole document.
    pub(crate) fn encode(&self, resource: &str, request_id: &str, host_id: &str) -> Vec<u8> {
        Xml::bare_document("Error", |xml| {
            xml.text("Code", self.code.name());
            xml.text("Message", &self.message);
            for (element, text) in &self.details {
                xml.text(element, text);
            }
            xml.text("Resource", resource);
            xml.text("RequestId", request_id);
            xml.text("HostId", host_id);
        })
    }
}

impl From<Code> for S3Error {
    fn from(code: Code) -> S3Error {
        S3Error::new(code)
    }
}

impl From<&S3Error> for Refused {
    fn from(error: &S3Error) -> Refused {
        Refused { code: error.code.name(), status: error.code.status() }
    }
}

impl From<BodyError> for S3Error {
    fn from(error: BodyError) -> S3Error {
        S3Error::new(match error {
            BodyError::TooLarge { .. } => Code::EntityTooLarge,
            BodyError::TimedOut => Code::RequestTimeout,
            BodyError::Broken => Code::IncompleteBody,
        })
    }
}

impl From<S3Refusal> for S3Error {
    fn from(refusal: S3Refusal) -> S3Error {
        match refusal {
            S3Refusal::Skewed => Code::RequestTimeTooSkewed.into(),
            S3Refusal::Expired => S3Error::new(Code::AccessDenied).saying("Request has expired"),
            S3Refusal::WrongRegion { given, expected } => {
                let text = format!(
                    "The authorization header is malformed; the region '{given}' is wrong; expecting '{expected}'"
                );
                S3Error::new(Code::AuthorizationHeaderMalformed).saying(text).with("Region", expected)
            }
            S3Refusal::NoContentSha256 => {
                let text = "Missing required header for this request: x-amz-content-sha256";
                S3Error::new(Code::InvalidRequest).saying(text)
            }
            S3Refusal::ContentSha256Unknown => {
                let text = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
                            STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid \
                            sha256 value.";
                S3Error::new(Code::InvalidRequest).saying(text)
            }
            S3Refusal::HeadersNotSigned(names) => {
                let text = "There were headers present in the request which were not signed";
                S3Error::new(Code::AccessDenied).saying(text).with("HeadersNotSigned", names)
            }
            S3Refusal::Usual(error) => usual(&error),
        }
    }
}

/// What other services refuse, in S3's codes.
fn usual(error: &ApiError) -> S3Error {
    let said = error.message().to_owned();
    match error.kind() {
        ErrorKind::UnrecognizedClientException => Code::InvalidAccessKeyId.into(),
        ErrorKind::InvalidSignatureException => S3Error::new(Code::SignatureDoesNotMatch).saying(said),
        ErrorKind::IncompleteSignatureException => S3Error::new(Code::AuthorizationHeaderMalformed).saying(said),
        ErrorKind::AccessDeniedException => S3Error::new(Code::AccessDenied).saying(said),
        _ => Code::AccessDenied.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_document_without_a_namespace() {
        let error = S3Error::new(Code::PreconditionFailed).with("Condition", "If-Match");
        let document = String::from_utf8(error.encode("/b/a&b", "ID", "host")).unwrap();
        assert_eq!(
            document,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>PreconditionFailed</Code><Message>At least one of \
             the pre-conditions you specified did not hold</Message><Condition>If-Match</Condition>\
             <Resource>/b/a&amp;b</Resource><RequestId>ID</RequestId><HostId>host</HostId></Error>"
        );
    }

    #[test]
    fn refusals_of_signatures_have_codes_of_s3() {
        let skewed = S3Error::from(S3Refusal::Skewed);
        assert_eq!((skewed.code().name(), skewed.code().status()), ("RequestTimeTooSkewed", 403));
        let elsewhere = S3Refusal::WrongRegion { given: "a".to_owned(), expected: "b".to_owned() };
        assert_eq!(S3Error::from(elsewhere).details, [("Region", "b".to_owned())]);
    }
}
