//! The operations, a file each or a file for those of one thing, and which of them a request asks for.

mod abort_multipart_upload;
mod acl;
mod bucket_notification;
mod bucket_settings;
mod bucket_tagging;
mod complete_multipart_upload;
mod copy_object;
mod create_bucket;
mod create_multipart_upload;
mod delete_bucket;
mod delete_object;
mod delete_objects;
mod get_bucket_location;
mod get_object;
mod get_object_attributes;
mod head_bucket;
mod keys;
mod list_buckets;
mod list_multipart_uploads;
mod list_object_versions;
mod list_objects;
mod list_objects_v2;
mod list_parts;
mod object_tagging;
mod put_object;
mod upload_part;
mod upload_part_copy;

use hyper::Method;
use hyper::http::request::Parts;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::query::Query;
use crate::target::{Target, is_posted_form};

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Account,
    Bucket,
    Object,
}

/// Parameters that ask for something other than what method and path say; those come first that stand with others.
const SUBRESOURCES: [&str; 38] = [
    "uploadId",
    "uploads",
    "list-type",
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "annotation",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metadataConfiguration",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "versioning",
    "versions",
];
/// Parameters of a website, which there is none of.
const WEBSITE: &str = "website";

const COPY_SOURCE: &str = "x-amz-copy-source";

/// One row an operation: its name; method, scope and parameter that ask for it; whether it copies; what does it.
macro_rules! operations {
    ($($name:ident: $method:ident $scope:ident $asked:literal $($copy:ident)?, $call:path;)*) => {
        /// What S3 is asked to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Operation { $($name,)* }

        impl Operation {
            /// As AWS names it.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Operation::$name => stringify!($name),)* }
            }

            pub(crate) async fn call(self, cx: &Context<'_>, body: Incoming) -> Result<Answer, S3Error> {
                match self { $(Operation::$name => $call(cx, body).await,)* }
            }
        }

        /// Every operation, with what asks for it.
        static ROWS: &[(Operation, Method, Scope, &str, bool)] =
            &[$((Operation::$name, Method::$method, Scope::$scope, $asked, operations!(@copies $($copy)?)),)*];
    };
    (@copies copy) => { true };
    (@copies) => { false };
}

operations! {
    ListBuckets: GET Account "", list_buckets::call;
    CreateBucket: PUT Bucket "", create_bucket::call;
    HeadBucket: HEAD Bucket "", head_bucket::call;
    DeleteBucket: DELETE Bucket "", delete_bucket::call;
    GetBucketLocation: GET Bucket "location", get_bucket_location::call;
    GetBucketAcl: GET Bucket "acl", acl::of_bucket;
    GetBucketTagging: GET Bucket "tagging", bucket_tagging::get;
    PutBucketTagging: PUT Bucket "tagging", bucket_tagging::put;
    DeleteBucketTagging: DELETE Bucket "tagging", bucket_tagging::delete;
    GetBucketNotificationConfiguration: GET Bucket "notification", bucket_notification::get;
    PutBucketNotificationConfiguration: PUT Bucket "notification", bucket_notification::put;
    GetBucketVersioning: GET Bucket "versioning", bucket_settings::versioning;
    GetBucketPolicy: GET Bucket "policy", bucket_settings::policy;
    GetBucketPolicyStatus: GET Bucket "policyStatus", bucket_settings::policy;
    GetBucketAccelerateConfiguration: GET Bucket "accelerate", bucket_settings::accelerate;
    GetBucketCors: GET Bucket "cors", bucket_settings::cors;
    GetBucketEncryption: GET Bucket "encryption", bucket_settings::encryption;
    GetBucketLifecycleConfiguration: GET Bucket "lifecycle", bucket_settings::lifecycle;
    GetBucketLogging: GET Bucket "logging", bucket_settings::logging;
    GetObjectLockConfiguration: GET Bucket "object-lock", bucket_settings::object_lock;
    GetBucketOwnershipControls: GET Bucket "ownershipControls", bucket_settings::ownership;
    GetPublicAccessBlock: GET Bucket "publicAccessBlock", bucket_settings::public_access;
    GetBucketReplication: GET Bucket "replication", bucket_settings::replication;
    GetBucketRequestPayment: GET Bucket "requestPayment", bucket_settings::request_payment;
    GetBucketWebsite: GET Bucket "website", bucket_settings::website;
    ListObjects: GET Bucket "", list_objects::call;
    ListObjectsV2: GET Bucket "list-type", list_objects_v2::call;
    ListObjectVersions: GET Bucket "versions", list_object_versions::call;
    DeleteObjects: POST Bucket "delete", delete_objects::call;
    ListMultipartUploads: GET Bucket "uploads", list_multipart_uploads::call;
    PutObject: PUT Object "", put_object::call;
    CopyObject: PUT Object "" copy, copy_object::call;
    GetObject: GET Object "", get_object::get;
    HeadObject: HEAD Object "", get_object::head;
    DeleteObject: DELETE Object "", delete_object::call;
    GetObjectAcl: GET Object "acl", acl::of_object;
    GetObjectAttributes: GET Object "attributes", get_object_attributes::call;
    GetObjectTagging: GET Object "tagging", object_tagging::get;
    PutObjectTagging: PUT Object "tagging", object_tagging::put;
    DeleteObjectTagging: DELETE Object "tagging", object_tagging::delete;
    CreateMultipartUpload: POST Object "uploads", create_multipart_upload::call;
    UploadPart: PUT Object "uploadId", upload_part::call;
    UploadPartCopy: PUT Object "uploadId" copy, upload_part_copy::call;
    CompleteMultipartUpload: POST Object "uploadId", complete_multipart_upload::call;
    AbortMultipartUpload: DELETE Object "uploadId", abort_multipart_upload::call;
    ListParts: GET Object "uploadId", list_parts::call;
}

impl Operation {
    /// Whether a checksum in the headers is of the body; otherwise it is of the object that comes of it.
    pub(crate) fn takes_content_checksum(self) -> bool {
        self != Operation::CompleteMultipartUpload
    }
}

/// The operation that a request asks for.
///
/// # Errors
///
/// `NotImplemented` when S3 has it and we do not; `MethodNotAllowed` when nobody has.
pub(crate) fn find(head: &Parts, target: &Target, query: &Query) -> Result<Operation, S3Error> {
    let scope = match (&target.bucket, &target.key) {
        (Some(_), Some(_)) => Scope::Object,
        (Some(_), None) => Scope::Bucket,
        (None, _) => Scope::Account,
    };
    let mut subresources = SUBRESOURCES.iter().chain([&WEBSITE]);
    let asked = *subresources.find(|name| query.has(name)).unwrap_or(&"");
    let copies =
        head.method == Method::PUT && head.headers.contains_key(COPY_SOURCE) && matches!(asked, "" | "uploadId");
    let is_it = |row: &&(Operation, Method, Scope, &str, bool)| {
        (&row.1, row.2, row.3, row.4) == (&head.method, scope, asked, copies)
    };
    if let Some((operation, ..)) = ROWS.iter().find(is_it) {
        return Ok(*operation);
    }
    if !asked.is_empty() {
        let text = format!("{} ?{asked} is not implemented", head.method);
        return Err(S3Error::new(Code::NotImplemented).saying(text));
    }
    if is_posted_form(&head.headers) {
        return Err(S3Error::new(Code::NotImplemented).saying("Uploads by a browser's form are not implemented"));
    }
    Err(S3Error::new(Code::MethodNotAllowed).with("Method", head.method.as_str()))
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn found(line: &str, copies: bool) -> Result<&'static str, Code> {
        let (method, uri) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(uri);
        if copies {
            request = request.header(COPY_SOURCE, "b/k");
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let found = find(&head, &Target::of(&head).unwrap(), &Query::of(&head));
        found.map(Operation::name).map_err(|error| error.code())
    }

    #[test]
    fn method_path_and_parameters_name_the_operation() {
        for (line, name) in [
            ("GET /", "ListBuckets"),
            ("GET /b", "ListObjects"),
            ("GET /b?prefix=x", "ListObjects"),
            ("GET /b?list-type=2&prefix=x", "ListObjectsV2"),
            ("GET /b?uploads", "ListMultipartUploads"),
            ("PUT /b", "CreateBucket"),
            ("POST /b?delete", "DeleteObjects"),
            ("GET /b/k", "GetObject"),
            ("GET /b/k?response-content-type=x", "GetObject"),
            ("PUT /b/k?x-id=PutObject", "PutObject"),
            ("POST /b/k?uploads", "CreateMultipartUpload"),
            ("PUT /b/k?partNumber=1&uploadId=x", "UploadPart"),
            ("GET /b/k?uploadId=x", "ListParts"),
            ("POST /b/k?uploadId=x", "CompleteMultipartUpload"),
        ] {
            assert_eq!(found(line, false), Ok(name), "{line}");
        }
        assert_eq!(found("PUT /b/k", true), Ok("CopyObject"));
        assert_eq!(found("PUT /b/k?partNumber=1&uploadId=x", true), Ok("UploadPartCopy"));
    }

    #[test]
    fn what_there_is_not_is_told_from_what_is_wrong() {
        for line in ["PUT /b?versioning", "GET /b?inventory", "GET /b/k?torrent", "PUT /b/k?acl", "POST /b/k?restore"] {
            assert_eq!(found(line, false), Err(Code::NotImplemented), "{line}");
        }
        for line in ["DELETE /", "POST /b", "PATCH /b/k"] {
            assert_eq!(found(line, false), Err(Code::MethodNotAllowed), "{line}");
        }
    }
}
