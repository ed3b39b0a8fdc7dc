//! `PublishLayerVersion`: a new version of a layer.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html>

use bongsu_broker::{EntryChanges, Rejection};
use bongsu_runtime::Refusal;
use serde::Deserialize;

use super::code::CodeInput;
use super::constraints::Constraints;
use super::kept::{Kept, encode};
use super::layer::{LayerVersion, LayerVersionOutput, last_path, parse, version_path};
use super::refusal::{TRIES_MAX, too_busy};
use crate::codec::Blob;
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

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<LayerVersionOutput, ApiError> {
    cx.check_account("layer:*")?;
    let mut constraints = Constraints::default();
    if input.content.is_none() {
        constraints.missing("content");
    }
    constraints.length("description", input.description.as_deref(), 0..=DESCRIPTION_LENGTH_MAX);
    constraints.length("licenseInfo", input.license_info.as_deref(), 0..=LICENSE_LENGTH_MAX);
    for architecture in &input.compatible_architectures {
        constraints.choice("compatibleArchitectures", Some(architecture), &["arm64", "x86_64"]);
    }
    constraints.check()?;
    let (name, _) = parse(&input.layer_name, cx)?;
    let content = input.content.unwrap_or_default();
    let content = CodeInput {
        zip_file: content.zip_file,
        s3_bucket: content.s3_bucket,
        s3_key: content.s3_key,
        s3_object_version: content.s3_object_version,
        image_uri: None,
    };
    let code = content.keep(cx).await?;
    let kept = LayerVersion {
        description: input.description.unwrap_or_default(),
        created: cx.config.clock.now().0,
        architectures: input.compatible_architectures,
        runtimes: input.compatible_runtimes,
        license: input.license_info.unwrap_or_default(),
        ..LayerVersion::of(&code)
    };
    for _ in 0..TRIES_MAX {
        let last: Option<Kept<u32>> = cx.stored(&last_path(&name)).await?;
        let version = last.as_ref().map_or(0, |last| last.value) + 1;
        let counted = cx.entry_path(&last_path(&name));
        let changes = EntryChanges {
            expected: vec![(counted.clone(), last.map(|last| last.bytes))],
            removed: Vec::new(),
            put: vec![(counted, encode(&version)), (cx.entry_path(&version_path(&name, version)), encode(&kept))],
        };
        match cx.broker.change_entries(cx.config.account, changes).await {
            Err(Refusal::Rejected(Rejection::EntryChanged)) => {}
            changed => {
                changed.map_err(|refusal| cx.refused(refusal))?;
                return Ok(kept.output(&name, version, cx));
            }
        }
    }
    Err(too_busy())
}
