//! Function URLs: what is kept of one, what is told of it, and what the front door serves by it.

use bongsu_broker::{Account, ENTRIES_MAX, FunctionRef, LATEST};
use bongsu_runtime::{Handle, Refusal};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::kept::entry_path;
use super::refusal::{invalid, resource_not_found};
use super::times;
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;
use crate::service::Config;

/// Of the host's first label; AWS's has as many characters.
const ID_BYTES: usize = 16;
const MAX_AGE_SECONDS: i64 = 86_400;

/// Which other sites may use a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UrlCors {
    /// Whether with cookies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_credentials: Option<bool>,
    /// Headers of requests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_headers: Vec<String>,
    /// Methods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_methods: Vec<String>,
    /// The sites.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_origins: Vec<String>,
    /// Headers of answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expose_headers: Vec<String>,
    /// For how many seconds this may be remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<i64>,
}

/// What is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Kept {
    pub(super) auth_type: String,
    pub(super) invoke_mode: Option<String>,
    pub(super) cors: Option<UrlCors>,
    pub(super) created: u64,
    pub(super) last_modified: u64,
}

/// What a request says.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) auth_type: Option<String>,
    pub(super) invoke_mode: Option<String>,
    pub(super) cors: Option<CorsInput>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct CorsInput {
    allow_credentials: Option<bool>,
    allow_headers: Vec<String>,
    allow_methods: Vec<String>,
    allow_origins: Vec<String>,
    expose_headers: Vec<String>,
    max_age: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FunctionUrlConfig {
    function_url: String,
    function_arn: String,
    auth_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cors: Option<UrlCors>,
    creation_time: String,
    last_modified_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoke_mode: Option<String>,
}

/// A URL as the front door serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionUrl {
    /// The first label of the host name.
    pub id: String,
    /// The function, perhaps with an alias.
    pub function: FunctionRef,
    /// Whether only callers with credentials are let in.
    pub iam: bool,
    /// Whether answers are streamed.
    pub streams: bool,
    /// Which other sites may use it.
    pub cors: Option<UrlCors>,
}

impl Asked {
    pub(super) fn check(&self, constraints: &mut Constraints) {
        constraints.choice("authType", self.auth_type.as_deref(), &["AWS_IAM", "NONE"]);
        constraints.choice("invokeMode", self.invoke_mode.as_deref(), &["BUFFERED", "RESPONSE_STREAM"]);
        let max_age = self.cors.as_ref().and_then(|cors| cors.max_age);
        constraints.number("cors.maxAge", max_age, 0..=MAX_AGE_SECONDS);
    }
}

impl CorsInput {
    /// An empty one takes back what was said before.
    pub(super) fn kept(self) -> Option<UrlCors> {
        let kept = UrlCors {
            allow_credentials: self.allow_credentials,
            allow_headers: self.allow_headers,
            allow_methods: self.allow_methods,
            allow_origins: self.allow_origins,
            expose_headers: self.expose_headers,
            max_age: self.max_age.map(|Integer(seconds)| seconds),
        };
        (kept != UrlCors::default()).then_some(kept)
    }
}

impl FunctionUrlConfig {
    pub(super) fn new(function: &FunctionRef, kept: Kept, cx: &Context<'_>) -> FunctionUrlConfig {
        let config = cx.config;
        let id = url_id(function);
        FunctionUrlConfig {
            function_url: format!("http://{id}.lambda-url.{}.{}/", config.region, config.function_url_host),
            function_arn: cx.function_arn(&function.to_string()),
            auth_type: kept.auth_type,
            cors: kept.cors,
            creation_time: times::written(kept.created),
            last_modified_time: times::written(kept.last_modified),
            invoke_mode: kept.invoke_mode,
        }
    }
}

/// Follows from the function's name, so that a URL is the same again when it is made again.
fn url_id(function: &FunctionRef) -> String {
    hex::encode(&Sha256::digest(function.to_string())[..ID_BYTES])
}

/// Where the URL of a function, or of its alias, is kept.
pub(super) fn path(function: &FunctionRef) -> String {
    format!("function/{}/url/{}", function.name, function.qualifier())
}

impl Context<'_> {
    /// The function or alias that a URL may be for.
    pub(super) fn url_function(&self, function: &str, qualifier: Option<&str>) -> Result<FunctionRef, ApiError> {
        let function = self.own_function(function, qualifier)?;
        match function.qualifier.as_deref().map(bongsu_broker::FunctionVersion::parse) {
            Some(Some(_)) => Err(invalid("The qualifier of a function URL must be the name of an alias.")),
            _ => Ok(function),
        }
    }

    /// Has the front door follow a change.
    pub(super) async fn serve_urls(&self) -> Result<(), ApiError> {
        serve_urls(self.config, &self.broker).await.map_err(|refusal| self.refused(refusal))
    }

    pub(super) async fn function_url(&self, function: &FunctionRef) -> Result<super::kept::Kept<Kept>, ApiError> {
        self.stored(&path(function)).await?.ok_or_else(resource_not_found)
    }
}

/// Serves functions' URLs.
pub trait UrlDoor: Send + Sync {
    /// Serves these from now on, and no others that were told of so.
    fn serve(&self, urls: Vec<FunctionUrl>);
}

/// A server whose functions have no URLs.
pub struct NoUrls;

impl UrlDoor for NoUrls {
    fn serve(&self, _: Vec<FunctionUrl>) {}
}

/// Has the front door serve all function URLs as they are now.
pub(crate) async fn serve_urls(config: &Config, broker: &Handle) -> Result<(), Refusal> {
    config.function_urls.serve(function_urls(broker, config.account, &config.region).await?);
    Ok(())
}

/// All function URLs, for the front door.
async fn function_urls(broker: &Handle, account: Account, region: &str) -> Result<Vec<FunctionUrl>, Refusal> {
    let prefix = entry_path(region, "function/");
    let found = broker.entries(account, &prefix, None, ENTRIES_MAX).await?;
    let urls = found.into_iter().filter_map(|entry| {
        let [name, "url", qualifier] = entry.path[prefix.len()..].split('/').collect::<Vec<_>>()[..] else {
            return None;
        };
        let kept: Kept = serde_json::from_slice(&entry.value).ok()?;
        let qualifier = Some(qualifier).filter(|qualifier| *qualifier != LATEST).map(Box::from);
        let function = FunctionRef { name: name.into(), qualifier };
        Some(FunctionUrl {
            id: url_id(&function),
            function,
            iam: kept.auth_type != "NONE",
            streams: kept.invoke_mode.as_deref() == Some("RESPONSE_STREAM"),
            cors: kept.cors,
        })
    });
    Ok(urls.collect())
}
