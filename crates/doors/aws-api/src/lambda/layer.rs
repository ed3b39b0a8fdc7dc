//! Layers: what is kept of their versions, what is told of them, and which of them a function uses.

use std::collections::BTreeSet;

use bongsu_broker::{Account, ENTRIES_MAX};
use bongsu_runtime::{Handle, Refusal};
use serde::{Deserialize, Serialize};

use super::code::Code;
use super::details::LayerUse;
use super::kept::entry_path;
use super::refusal::{invalid, not_found};
use super::times;
use crate::error::ApiError;
use crate::operation::Context;

const NAME_LENGTH_MAX: usize = 140;

/// A version of a layer, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct LayerVersion {
    pub(super) code: Box<str>,
    /// Of the archive, in base64.
    pub(super) digest: Box<str>,
    pub(super) size: u64,
    pub(super) description: String,
    pub(super) created: u64,
    pub(super) architectures: Vec<String>,
    pub(super) runtimes: Vec<String>,
    pub(super) license: String,
}

/// A version as lists have it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LayerVersionItem {
    layer_version_arn: String,
    version: u32,
    description: String,
    created_date: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    compatible_runtimes: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    license_info: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    compatible_architectures: Vec<String>,
}

/// A version by itself.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LayerVersionOutput {
    content: Content,
    layer_arn: String,
    #[serde(flatten)]
    item: LayerVersionItem,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    /// A directory of the server's machine.
    location: String,
    #[serde(rename = "CodeSha256")]
    code_sha256: Box<str>,
    code_size: u64,
}

impl LayerVersion {
    pub(super) fn of(code: &Code) -> LayerVersion {
        LayerVersion {
            code: code.code.clone(),
            digest: code.digest.clone(),
            size: code.size,
            description: String::new(),
            created: 0,
            architectures: Vec::new(),
            runtimes: Vec::new(),
            license: String::new(),
        }
    }

    pub(super) fn item(self, name: &str, version: u32, cx: &Context<'_>) -> LayerVersionItem {
        LayerVersionItem {
            layer_version_arn: format!("{}:{version}", cx.layer_arn(name)),
            version,
            description: self.description,
            created_date: times::written(self.created),
            compatible_runtimes: self.runtimes,
            license_info: self.license,
            compatible_architectures: self.architectures,
        }
    }

    pub(super) fn output(self, name: &str, version: u32, cx: &Context<'_>) -> LayerVersionOutput {
        let content = Content {
            location: format!("file://{}", cx.config.code.locate(&self.code)),
            code_sha256: self.digest.clone(),
            code_size: self.size,
        };
        LayerVersionOutput { content, layer_arn: cx.layer_arn(name), item: self.item(name, version, cx) }
    }

    /// Whether it is for this runtime and architecture, as far as they are asked for.
    pub(super) fn is_for(&self, runtime: Option<&str>, architecture: Option<&str>) -> bool {
        let has =
            |all: &[String], wanted: Option<&str>| wanted.is_none_or(|wanted| all.iter().any(|one| one == wanted));
        has(&self.runtimes, runtime) && has(&self.architectures, architecture)
    }
}

/// Where the versions of a layer are kept, by their numbers.
pub(super) fn versions_path(name: &str) -> String {
    format!("layer/{name}/")
}

/// So that they stand in their order.
pub(super) fn version_path(name: &str, version: u32) -> String {
    format!("layer/{name}/{version:010}")
}

/// Where it is kept which number was given last: none is given twice.
pub(super) fn last_path(name: &str) -> String {
    format!("layer-last/{name}")
}

/// The name and the version, if there is one, of a layer that a request names by either or by its ARN.
pub(super) fn parse(text: &str, cx: &Context<'_>) -> Result<(String, Option<u32>), ApiError> {
    let parts: Vec<&str> = text.split(':').collect();
    let (name, version) = match parts[..] {
        ["arn", _, "lambda", region, account, "layer", name, ref version @ ..] => {
            let is_own = region == cx.config.region && account == cx.config.account.to_string();
            if !is_own {
                return Err(not_found(format!("There are no layers of {account} in {region} here.")));
            }
            (name, version.first().and_then(|version| version.parse().ok()))
        }
        [name] => (name, None),
        _ => ("", None),
    };
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !(1..=NAME_LENGTH_MAX).contains(&name.len()) || !name.bytes().all(in_name) {
        return Err(invalid(format!("{text} is not the name or the ARN of a layer.")));
    }
    Ok((name.to_owned(), version))
}

/// The code and the sizes of the versions that a function names.
pub(super) async fn resolve(arns: &[String], cx: &Context<'_>) -> Result<(Vec<Box<str>>, Vec<LayerUse>), ApiError> {
    let (mut directories, mut uses) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for arn in arns {
        let missing = || invalid(format!("Layer version {arn} does not exist."));
        let (name, version) = parse(arn, cx).map_err(|_| missing())?;
        let version = version.ok_or_else(missing)?;
        if !seen.insert(name.clone()) {
            return Err(invalid(format!(
                "Two different versions of the same layer are not allowed to be referenced in the same function. {arn}"
            )));
        }
        let kept = cx.stored::<LayerVersion>(&version_path(&name, version)).await?.ok_or_else(missing)?.value;
        directories.push(kept.code);
        uses.push(LayerUse { arn: arn.clone(), size: kept.size });
    }
    Ok((directories, uses))
}

/// What the versions of all layers are kept under.
pub(super) async fn kept_code(broker: &Handle, account: Account, region: &str) -> Result<BTreeSet<Box<str>>, Refusal> {
    let found = broker.entries(account, &entry_path(region, "layer/"), None, ENTRIES_MAX).await?;
    let code = found.iter().filter_map(|entry| serde_json::from_slice::<LayerVersion>(&entry.value).ok());
    Ok(code.map(|version| version.code).collect())
}

impl Context<'_> {
    pub(super) fn layer_arn(&self, name: &str) -> String {
        format!("arn:aws:lambda:{}:{}:layer:{name}", self.config.region, self.config.account)
    }

    pub(super) async fn layer_version(&self, name: &str, version: u32) -> Result<LayerVersion, ApiError> {
        let missing = || not_found("The resource you requested does not exist.");
        Ok(self.stored(&version_path(name, version)).await?.ok_or_else(missing)?.value)
    }

    /// The versions of a layer, the newest first.
    pub(super) async fn layer_versions(&self, name: &str) -> Result<Vec<(u32, LayerVersion)>, ApiError> {
        let kept = self.kept_below::<LayerVersion>(&versions_path(name)).await?;
        let numbered = kept.into_iter().rev().filter_map(|(number, version)| Some((number.parse().ok()?, version)));
        Ok(numbered.collect())
    }
}

/// The number of a version that a request names.
pub(super) fn number(version: Option<crate::codec::Integer>) -> u32 {
    version.and_then(|crate::codec::Integer(number)| u32::try_from(number).ok()).unwrap_or_default()
}
