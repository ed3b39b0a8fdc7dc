//! `PublishLayerVersion`: a new version of a layer.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html>

use bongsu_broker::{EntryChanges, Rejection};
use bongsu_runtime::Refusal;
use serde::Deserialize;
use serde_json::Value;

use super::code::{Code, CodeFrom, CodeInput};
use super::kept::{Kept, encode};
use super::layer::{LayerVersion, LayerVersionOutput, last_path, parse, version_path};
use super::refusal::{TRIES_MAX, too_busy};
use crate::codec::{Blob, json};
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

const DESCRIPTION_LENGTH_MAX: usize = 256;
const LICENSE_LENGTH_MAX: usize = 512;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Input {
    layer_name: String,
    description: Option<String>,
    content: Option<ContentInput>,
    compatible_architectures: Vec<String>,
    compatible_runtimes: Vec<String>,
    license_info: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ContentInput {
    zip_file: Option<Blob>,
    #[serde(rename = "S3Bucket")]
    s3_bucket: Option<String>,
    #[serde(rename = "S3Key")]
    s3_key: Option<String>,
    #[serde(rename = "S3ObjectVersion")]
    s3_object_version: Option<String>,
}

pub(super) async fn call(mut input: Input, cx: &Context<'_>) -> Result<LayerVersionOutput, ApiError> {
    let content = input.content.take().map(|content| CodeInput {
        zip_file: content.zip_file,
        s3_bucket: content.s3_bucket,
        s3_key: content.s3_key,
        s3_object_version: content.s3_object_version,
        ..CodeInput::default()
    });
    let (name, kept, _code) = describe(input, content, cx).await?;
    let version = publish(&name, &kept, cx).await?;
    Ok(kept.output(&name, version, cx))
}

/// The ARN of a version that is as it is asked for: the known one, or else a new one.
pub(super) async fn put(
    settings: Value,
    code: CodeFrom,
    known: Option<&str>,
    cx: &Context<'_>,
) -> Result<String, ApiError> {
    let input: Input = serde_json::from_value(settings).map_err(json::refusal)?;
    let (name, wanted, _code) = describe(input, Some(CodeInput::own(code)), cx).await?;
    let known = known.and_then(|arn| parse(arn, cx).ok()).filter(|(known, _)| *known == name);
    let known = known.and_then(|(_, version)| version);
    if let Some(version) = known
        && let Some(kept) = cx.stored::<LayerVersion>(&version_path(&name, version)).await?
        && kept.value == (LayerVersion { created: kept.value.created, ..wanted.clone() })
    {
        return Ok(format!("{}:{version}", cx.layer_arn(&name)));
    }
    let version = publish(&name, &wanted, cx).await?;
    Ok(format!("{}:{version}", cx.layer_arn(&name)))
}

/// The name of the layer, the version that is asked for, and its code, which is held until something refers to it.
async fn describe(
    input: Input,
    content: Option<CodeInput>,
    cx: &Context<'_>,
) -> Result<(String, LayerVersion, Code), ApiError> {
    cx.check_account("layer:*")?;
    let mut constraints = Constraints::default();
    if content.is_none() {
        constraints.missing("content");
    }
    constraints.length("description", input.description.as_deref(), 0..=DESCRIPTION_LENGTH_MAX);
    constraints.length("licenseInfo", input.license_info.as_deref(), 0..=LICENSE_LENGTH_MAX);
    for architecture in &input.compatible_architectures {
        constraints.choice("compatibleArchitectures", Some(architecture), &["arm64", "x86_64"]);
    }
    constraints.check()?;
    let (name, _) = parse(&input.layer_name, cx)?;
    let code = content.unwrap_or_default().keep(cx).await?;
    let described = LayerVersion {
        description: input.description.unwrap_or_default(),
        created: cx.config.clock.now().0,
        architectures: input.compatible_architectures,
        runtimes: input.compatible_runtimes,
        license: input.license_info.unwrap_or_default(),
        ..LayerVersion::of(&code)
    };
    Ok((name, described, code))
}

/// Gives it the next number.
async fn publish(name: &str, described: &LayerVersion, cx: &Context<'_>) -> Result<u32, ApiError> {
    for _ in 0..TRIES_MAX {
        let last: Option<Kept<u32>> = cx.stored(&last_path(name)).await?;
        let version = last.as_ref().map_or(0, |last| last.value) + 1;
        let counted = cx.entry_path(&last_path(name));
        let changes = EntryChanges {
            expected: vec![(counted.clone(), last.map(|last| last.bytes))],
            removed: Vec::new(),
            put: vec![(counted, encode(&version)), (cx.entry_path(&version_path(name, version)), encode(described))],
        };
        match cx.broker.change_entries(cx.config.account, changes).await {
            Err(Refusal::Rejected(Rejection::EntryChanged)) => {}
            changed => return changed.map(|()| version).map_err(|refusal| cx.refused(refusal)),
        }
    }
    Err(too_busy())
}
