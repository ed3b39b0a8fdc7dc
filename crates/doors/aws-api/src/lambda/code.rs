//! A function's code: where a request says it is, and where it is kept.

use std::any::Any;
use std::collections::BTreeSet;
use std::path::PathBuf;

use base64::prelude::{BASE64_STANDARD, Engine};
use bongsu_runtime::Handle;
use bytes::Bytes;
use serde::Deserialize;

use super::invoker::Answer;
use super::layer;
use super::refusal::invalid;
use crate::codec::Blob;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;
use crate::service::Config;

/// The largest request that brings code: the largest archive in base64, and the rest.
pub const UPLOAD_BYTES_MAX: usize = 70_167_211;
/// The largest archive.
const ZIPPED_BYTES_MAX: usize = 50 << 20;

/// A bucket that does not exist: what is called its key is a directory of this machine, whose code is used where it lies.
const HOT_RELOAD_BUCKET: &str = "hot-reload";
/// What is told instead of the digest of code that may change at any time.
const HOT_RELOAD_DIGEST: &str = "hot-reloading-hash-not-available";

/// Keeps the code of functions and layers: directories, each under a name of its own.
pub trait CodeStore: Send + Sync {
    /// Brings code to where it is kept. What was kept before is found again.
    fn keep(&self, code: NewCode) -> Answer<Result<KeptCode, CodeRefusal>>;

    /// Removes, soon and while others go on, everything but what `alive` names by then, if it can name that. What is
    /// kept and not yet let go of stays.
    fn sweep(&self, alive: Answer<Option<BTreeSet<Box<str>>>>);

    /// Where on this machine the code is.
    fn locate(&self, code: &str) -> String;
}

/// Code that is to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewCode {
    /// An archive, which is unpacked.
    Archive(Bytes),
    /// A directory of this machine, which is copied as it is now.
    Copy(PathBuf),
    /// A directory of this machine, whose code is used where it lies, as it is at any time.
    Live(PathBuf),
}

/// Where code comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeFrom {
    /// Whoever asks has it.
    Given(NewCode),
    /// An archive in a bucket.
    Object {
        /// The bucket.
        bucket: String,
        /// The object's key.
        key: String,
        /// Its version, if one is named.
        version: Option<String>,
    },
}

/// Code that stays at least for as long as this is held.
pub struct KeptCode {
    /// What it is kept under.
    pub code: Box<str>,
    /// Of the archive, or of the files that were copied; nothing of what may change at any time.
    pub sha256: Option<[u8; 32]>,
    /// Of the archive, or of the files that were copied, in bytes.
    pub size: u64,
    /// Keeps it from being swept.
    pub held: Box<dyn Any + Send + Sync>,
}

/// Why an archive is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeRefusal {
    /// It cannot be read.
    NotAnArchive,
    /// There is no such directory.
    NotADirectory(PathBuf),
    /// It would take more room than it may, which is so many bytes.
    TooLarge(u64),
    /// It has more files than it may, which is so many.
    TooManyFiles(usize),
    /// It would put a file outside its directory, or something that is no file.
    Unsafe(String),
    /// There is no room, or none that can be written to.
    Unavailable,
}

/// Reads archives out of buckets.
pub trait CodeSource: Send + Sync {
    /// The object, up to `bytes_max` bytes of it.
    fn read(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
        bytes_max: usize,
    ) -> Answer<Result<Bytes, SourceRefusal>>;
}

/// Why an object is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceRefusal {
    /// In the words of S3: a code and a message.
    S3 {
        /// Such as `NoSuchKey`.
        code: &'static str,
        /// A sentence.
        message: &'static str,
    },
    /// It is larger than was asked for.
    TooLarge,
    /// The server is stopping.
    Unavailable,
}

/// A server that keeps no code.
pub struct NoCode;

impl CodeStore for NoCode {
    fn keep(&self, _: NewCode) -> Answer<Result<KeptCode, CodeRefusal>> {
        Box::pin(async { Err(CodeRefusal::Unavailable) })
    }

    fn sweep(&self, _: Answer<Option<BTreeSet<Box<str>>>>) {}

    fn locate(&self, code: &str) -> String {
        code.to_owned()
    }
}

/// A server that has no buckets.
pub struct NoObjects;

impl CodeSource for NoObjects {
    fn read(&self, _: &str, _: &str, _: Option<&str>, _: usize) -> Answer<Result<Bytes, SourceRefusal>> {
        let refusal = SourceRefusal::S3 { code: "NoSuchBucket", message: "The specified bucket does not exist" };
        Box::pin(async { Err(refusal) })
    }
}

/// Where code comes from, as `CreateFunction` and `PublishLayerVersion` say it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct CodeInput {
    pub(super) zip_file: Option<Blob>,
    #[serde(rename = "S3Bucket")]
    pub(super) s3_bucket: Option<String>,
    #[serde(rename = "S3Key")]
    pub(super) s3_key: Option<String>,
    #[serde(rename = "S3ObjectVersion")]
    pub(super) s3_object_version: Option<String>,
    pub(super) image_uri: Option<String>,
    /// What the server itself asks for instead; no request can say it.
    #[serde(skip)]
    pub(super) own: Option<CodeFrom>,
}

/// Code that is kept.
pub(super) struct Code {
    pub(super) code: Box<str>,
    pub(super) digest: Box<str>,
    pub(super) size: u64,
    /// Until something refers to it.
    _held: KeptCode,
}

impl CodeInput {
    /// What the server itself asks for.
    pub(super) fn own(from: CodeFrom) -> CodeInput {
        CodeInput { own: Some(from), ..CodeInput::default() }
    }

    /// Brings the code to where it is kept.
    pub(super) async fn keep(self, cx: &Context<'_>) -> Result<Code, ApiError> {
        let new = match self.source()? {
            CodeFrom::Given(new) => new,
            CodeFrom::Object { bucket, key, version } => {
                NewCode::Archive(object(&bucket, &key, version.as_deref(), cx).await?)
            }
        };
        keep(new, cx).await
    }

    fn source(self) -> Result<CodeFrom, ApiError> {
        if let Some(own) = self.own {
            return Ok(own);
        }
        if self.image_uri.is_some() {
            return Err(invalid("Container images are not available here: code comes from an archive or a directory."));
        }
        match (self.zip_file, self.s3_bucket, self.s3_key) {
            (Some(Blob(zip)), None, None) => Ok(CodeFrom::Given(NewCode::Archive(zip.into()))),
            (None, Some(bucket), Some(key)) if bucket == HOT_RELOAD_BUCKET => live(key),
            (None, Some(bucket), Some(key)) => Ok(CodeFrom::Object { bucket, key, version: self.s3_object_version }),
            (None, None, None) => Err(invalid("Please provide a source for function code.")),
            (Some(_), ..) => {
                Err(invalid("Please do not provide other FunctionCode parameters when providing a ZipFile."))
            }
            _ => Err(invalid("Please provide both S3Bucket and S3Key.")),
        }
    }
}

fn live(key: String) -> Result<CodeFrom, ApiError> {
    let path = PathBuf::from(key);
    if !path.is_absolute() {
        let path = path.display();
        return Err(invalid(format!(
            "The S3Key of the bucket {HOT_RELOAD_BUCKET} must be an absolute directory: {path}"
        )));
    }
    Ok(CodeFrom::Given(NewCode::Live(path)))
}

async fn keep(new: NewCode, cx: &Context<'_>) -> Result<Code, ApiError> {
    if let NewCode::Archive(zip) = &new {
        if zip.is_empty() {
            return Err(invalid("Uploaded file must be a non-empty zip"));
        }
        if zip.len() > ZIPPED_BYTES_MAX {
            let text = format!("Zipped size must be smaller than {ZIPPED_BYTES_MAX} bytes");
            return Err(ApiError::new(ErrorKind::RequestEntityTooLargeException, text));
        }
    }
    let kept = cx.config.code.keep(new).await.map_err(|refusal| match refusal {
        CodeRefusal::NotAnArchive => {
            invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
        }
        CodeRefusal::NotADirectory(path) => invalid(format!("{} is not a directory.", path.display())),
        CodeRefusal::TooLarge(bytes_max) => invalid(format!("Unzipped size must be smaller than {bytes_max} bytes")),
        CodeRefusal::TooManyFiles(files_max) => {
            invalid(format!("Could not unzip uploaded file: it has more than {files_max} files."))
        }
        CodeRefusal::Unsafe(what) => invalid(format!("Could not unzip uploaded file: {what}.")),
        CodeRefusal::Unavailable => ApiError::storage_full(),
    })?;
    let digest = kept.sha256.map_or_else(|| HOT_RELOAD_DIGEST.to_owned(), |sha256| BASE64_STANDARD.encode(sha256));
    Ok(Code { code: kept.code.clone(), digest: digest.into(), size: kept.size, _held: kept })
}

async fn object(bucket: &str, key: &str, version: Option<&str>, cx: &Context<'_>) -> Result<Bytes, ApiError> {
    let read = cx.config.code_source.read(bucket, key, version, ZIPPED_BYTES_MAX).await;
    read.map_err(|refusal| match refusal {
        SourceRefusal::S3 { code, message } => {
            invalid(format!("Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"))
        }
        SourceRefusal::TooLarge => invalid(format!("Zipped size must be smaller than {ZIPPED_BYTES_MAX} bytes")),
        SourceRefusal::Unavailable => ApiError::stopping(),
    })
}

/// The refusal of a request that was not read to its end.
pub(super) fn upload_too_large(operation: &str) -> ApiError {
    let text = format!("Request must be smaller than {UPLOAD_BYTES_MAX} bytes for the {operation} operation");
    ApiError::new(ErrorKind::RequestEntityTooLargeException, text)
}

/// Has all code removed that nothing refers to.
pub(crate) fn sweep(config: &Config, broker: &Handle) {
    let (broker, account, region) = (broker.clone(), config.account, config.region.clone());
    let alive = Box::pin(async move {
        let mut alive: BTreeSet<Box<str>> = layer::kept_code(&broker, account, &region).await.ok()?;
        for described in broker.functions().await.ok()?.functions {
            // A function that goes meanwhile has no versions.
            for version in broker.list_versions(&described.function.name).await.unwrap_or_default() {
                alive.insert(version.code.clone());
                alive.extend(version.layers.iter().cloned());
            }
        }
        Some(alive)
    });
    config.code.sweep(alive);
}
