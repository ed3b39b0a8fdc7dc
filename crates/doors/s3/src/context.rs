//! What an operation may use: the store, who calls, and what the request says.

use std::fmt::Write as _;

use bongsu_aws_api::request_id::RequestId;
use bongsu_aws_api::sigv4::Caller;
use bongsu_broker::{Account, BucketName, EventOrigin, INLINE_BYTES_MAX, OBJECT_PIECE_BYTES_MAX, ObjectKey, UploadId};
use bongsu_runtime::{Handle, Staged, Staging};
use hyper::header::{HeaderMap, HeaderName};
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

use crate::error::{Code, S3Error};
use crate::incoming::Incoming;
use crate::query::Query;
use crate::rejection::too_large;
use crate::target::Target;
use crate::xml::Xml;

/// What AWS calls `x-amz-id-2`: here every answer comes from the same machine.
pub(crate) const HOST_ID: &str = "bongsu";

const EXPECTED_OWNER: HeaderName = HeaderName::from_static("x-amz-expected-bucket-owner");
const EXPECTED_SOURCE_OWNER: HeaderName = HeaderName::from_static("x-amz-source-expected-bucket-owner");
const COPY_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");

/// One request, from a caller who is known.
pub(crate) struct Context<'a> {
    /// Asks on behalf of the caller.
    pub(crate) store: Handle,
    pub(crate) caller: &'a Caller,
    pub(crate) head: &'a Parts,
    pub(crate) query: Query,
    pub(crate) target: &'a Target,
    pub(crate) region: &'a str,
    /// Whose functions there are.
    pub(crate) functions_of: Account,
    pub(crate) source_ip: String,
    pub(crate) request_id: RequestId,
}

/// The object that a request wants copied.
pub(crate) struct Source {
    pub(crate) bucket: BucketName,
    pub(crate) key: ObjectKey,
}

impl Context<'_> {
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// A header that is text.
    pub(crate) fn header(&self, name: &'static str) -> Option<&str> {
        self.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// The caller's account, which owns what the caller creates.
    pub(crate) fn account(&self) -> Result<Account, S3Error> {
        self.caller.account().parse().map_err(|()| Code::AccessDenied.into())
    }

    /// The bucket that the request is about.
    ///
    /// # Errors
    ///
    /// `InvalidBucketName` when no bucket can have that name.
    pub(crate) fn bucket(&self) -> Result<BucketName, S3Error> {
        bucket(self.target.bucket.as_deref().unwrap_or_default())
    }

    /// The object that the request is about.
    ///
    /// # Errors
    ///
    /// `KeyTooLongError`.
    pub(crate) fn key(&self) -> Result<ObjectKey, S3Error> {
        key(self.target.key.as_deref().unwrap_or_default())
    }

    /// The upload that the request is about.
    ///
    /// # Errors
    ///
    /// `NoSuchUpload` when it is none that could ever have begun.
    pub(crate) fn upload(&self) -> Result<UploadId, S3Error> {
        UploadId::parse(self.query.get("uploadId").unwrap_or_default()).ok_or_else(|| Code::NoSuchUpload.into())
    }

    /// What notifications tell of the request.
    pub(crate) fn origin(&self) -> EventOrigin {
        EventOrigin {
            region: self.region.into(),
            request_id: self.request_id.to_string().into(),
            host_id: HOST_ID.into(),
            principal_id: format!("AWS:{}", self.caller.user_id()).into(),
            source_ip: self.source_ip.as_str().into(),
        }
    }

    /// Nothing has versions: the one there is may be named `null`.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` when another is named.
    pub(crate) fn check_version(&self) -> Result<(), S3Error> {
        check_version(self.query.get("versionId"))
    }

    /// Whoever wants to be sure whose bucket it is may say so.
    ///
    /// # Errors
    ///
    /// `AccessDenied` when it is another's: a bucket can be used by its owner alone, who is the caller.
    pub(crate) fn check_owner(&self) -> Result<(), S3Error> {
        let is_other = |name| self.headers().get(name).is_some_and(|owner| owner != self.caller.account());
        if is_other(EXPECTED_OWNER) || is_other(EXPECTED_SOURCE_OWNER) {
            return Err(Code::AccessDenied.into());
        }
        Ok(())
    }

    /// `x-amz-copy-source`: bucket and key, encoded as in a URL.
    ///
    /// # Errors
    ///
    /// `InvalidArgument` when it is something else.
    pub(crate) fn copy_source(&self) -> Result<Source, S3Error> {
        let given = self.headers().get(COPY_SOURCE).and_then(|source| source.to_str().ok()).unwrap_or_default();
        let invalid = || {
            let text = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey";
            S3Error::argument(COPY_SOURCE.as_str(), given, text)
        };
        let (path, version) = match given.split_once("?versionId=") {
            Some((path, version)) => (path, Some(version)),
            None => (given, None),
        };
        check_version(version)?;
        let path = percent_decode_str(path).decode_utf8().map_err(|_| invalid())?;
        let path = path.strip_prefix('/').unwrap_or(&path);
        let (source_bucket, source_key) =
            path.split_once('/').filter(|(_, key)| !key.is_empty()).ok_or_else(invalid)?;
        Ok(Source { bucket: bucket(source_bucket)?, key: key(source_key)? })
    }

    /// Takes a content in, as it arrives. What is large is not taken in for a bucket that the caller does not have.
    pub(crate) async fn stage(&self, mut staging: Staging, body: &mut Incoming) -> Result<Staged, S3Error> {
        let length = body.length()?;
        if length > OBJECT_PIECE_BYTES_MAX {
            return Err(too_large().with("ProposedSize", length.to_string()));
        }
        if length > INLINE_BYTES_MAX as u64 {
            self.store.describe_bucket(self.bucket()?).await?;
        }
        while let Some(data) = body.next().await? {
            staging.write(data).await?;
        }
        Ok(staging.finish().await?)
    }
}

fn bucket(name: &str) -> Result<BucketName, S3Error> {
    BucketName::parse(name).ok_or_else(|| S3Error::new(Code::InvalidBucketName).with("BucketName", name))
}

pub(crate) fn key(key: &str) -> Result<ObjectKey, S3Error> {
    ObjectKey::parse(key).ok_or_else(|| {
        let limit = bongsu_broker::OBJECT_KEY_BYTES_MAX.to_string();
        S3Error::new(Code::KeyTooLongError).with("Size", key.len().to_string()).with("MaxSizeAllowed", limit)
    })
}

pub(crate) fn check_version(version: Option<&str>) -> Result<(), S3Error> {
    match version {
        None | Some("" | "null") => Ok(()),
        Some(other) => Err(S3Error::argument("versionId", other, "Invalid version id specified")),
    }
}

/// An account as S3 names owners: 64 digits that follow from it.
pub(crate) fn canonical_user(account: &str) -> String {
    let digest = Sha256::digest(account);
    digest.iter().fold(String::with_capacity(64), |mut digits, byte| {
        // A string takes everything.
        write!(digits, "{byte:02x}").unwrap_or_default();
        digits
    })
}

/// `<Owner>`, under this name.
pub(crate) fn put_owner(xml: &mut Xml, element: &str, account: &str) {
    xml.within(element, |xml| {
        xml.text("ID", canonical_user(account));
        xml.text("DisplayName", account);
    });
}
