//! `UpdateFunctionCode`: other code for the latest version. Invocations that begin after the answer run it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html>

use bongsu_broker::{Function, FunctionRef, PutWhen, Rejection};
use bongsu_runtime::Refusal;
use serde::Deserialize;

use super::code::CodeInput;
use super::configuration::{FunctionConfiguration, revision};
use super::details::FunctionDetails;
use super::publish_version;
use super::refusal::{TRIES_MAX, too_busy};
use crate::codec::Blob;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    function_name: String,
    zip_file: Option<Blob>,
    #[serde(rename = "S3Bucket")]
    s3_bucket: Option<String>,
    #[serde(rename = "S3Key")]
    s3_key: Option<String>,
    #[serde(rename = "S3ObjectVersion")]
    s3_object_version: Option<String>,
    image_uri: Option<String>,
    publish: bool,
    dry_run: bool,
    revision_id: Option<String>,
    architectures: Option<Vec<String>>,
}

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<FunctionConfiguration, ApiError> {
    let mut constraints = Constraints::default();
    let architecture = input.architectures.iter().flatten().next();
    constraints.choice("architectures", architecture.map(String::as_str), &["arm64", "x86_64"]);
    constraints.check()?;
    let name = cx.whole_function(&input.function_name)?;
    cx.described(&FunctionRef::latest(&name)).await?;
    let code = CodeInput {
        zip_file: input.zip_file,
        s3_bucket: input.s3_bucket,
        s3_key: input.s3_key,
        s3_object_version: input.s3_object_version,
        image_uri: input.image_uri,
        own: None,
    };
    let code = code.keep(cx).await?;
    let change = |function: &mut Function, details: &mut FunctionDetails| {
        (function.code, function.code_digest, details.code_size) = (code.code.clone(), code.digest.clone(), code.size);
        if let Some(architectures) = &input.architectures {
            details.architectures.clone_from(architectures);
        }
    };
    let wanted = revision(input.revision_id.as_deref());
    if input.dry_run {
        let latest = cx.described(&FunctionRef::latest(&name)).await?.function;
        if wanted.is_some_and(|wanted| wanted != latest.revision) {
            return Err(cx.refused(Refusal::Rejected(Rejection::RevisionChanged)));
        }
        let (mut function, mut details) = (Function::clone(&latest), FunctionDetails::of(&latest));
        change(&mut function, &mut details);
        function.details = details.to_json();
        return Ok(FunctionConfiguration::new(&function, None, cx));
    }
    let changed = update(&name, wanted, cx, change).await?;
    if !input.publish {
        return Ok(FunctionConfiguration::new(&changed, None, cx));
    }
    let version = publish_version::publish(&name, None, None, cx).await?;
    Ok(FunctionConfiguration::new(&version, Some(&version.version.to_string()), cx))
}

/// Puts a version that was changed in the place of the one that was read. None if others came in between, and no certain
/// revision is wanted.
pub(super) async fn put_changed(
    read: &Function,
    mut changed: Function,
    mut details: FunctionDetails,
    wanted: Option<u128>,
    cx: &Context<'_>,
) -> Result<Option<Function>, ApiError> {
    details.last_modified = cx.config.clock.now().0;
    changed.details = details.to_json();
    let when = PutWhen::Present { revision: wanted.or(Some(read.revision)) };
    match cx.broker.put_function(changed, when).await {
        Err(Refusal::Rejected(Rejection::RevisionChanged)) if wanted.is_none() => Ok(None),
        put => Ok(Some(Function::clone(&put.map_err(|refusal| cx.refused(refusal))?.function))),
    }
}

async fn update(
    name: &str,
    wanted: Option<u128>,
    cx: &Context<'_>,
    change: impl Fn(&mut Function, &mut FunctionDetails),
) -> Result<Function, ApiError> {
    for _ in 0..TRIES_MAX {
        let latest = cx.described(&FunctionRef::latest(name)).await?.function;
        let (mut function, mut details) = (Function::clone(&latest), FunctionDetails::of(&latest));
        change(&mut function, &mut details);
        if let Some(changed) = put_changed(&latest, function, details, wanted, cx).await? {
            return Ok(changed);
        }
    }
    Err(too_busy())
}
