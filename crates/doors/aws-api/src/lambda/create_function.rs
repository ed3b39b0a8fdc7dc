//! `CreateFunction`: makes a function from code and settings. It can be invoked as soon as this is answered.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>

use std::collections::BTreeMap;

use bongsu_broker::{Function, FunctionVersion, PutWhen};

use super::code::CodeInput;
use super::configuration::FunctionConfiguration;
use super::constraints::Constraints;
use super::details::FunctionDetails;
use super::function_settings::settings_input;
use super::refusal::invalid;
use super::{publish_version, tagged};
use crate::error::ApiError;
use crate::operation::Context;

const TIMEOUT_SECONDS_DEFAULT: u32 = 3;
const MEMORY_MB_DEFAULT: u32 = 128;
const ARCHITECTURES: [&str; 2] = ["arm64", "x86_64"];

settings_input! {
    function_name: Option<String>,
    code: Option<CodeInput>,
    publish: bool,
    package_type: Option<String>,
    tags: BTreeMap<String, String>,
    architectures: Option<Vec<String>>,
}

pub(super) async fn call(mut input: Input, cx: &Context<'_>) -> Result<FunctionConfiguration, ApiError> {
    let settings = input.settings();
    let mut constraints = Constraints::default();
    let name = constraints.required("functionName", input.function_name);
    if settings.role.is_none() {
        constraints.missing("role");
    }
    if input.code.is_none() {
        constraints.missing("code");
    }
    settings.check(&mut constraints);
    constraints.choice("packageType", input.package_type.as_deref(), &["Image", "Zip"]);
    let architectures = input.architectures.unwrap_or_else(|| vec!["x86_64".to_owned()]);
    constraints.choice("architectures", architectures.first().map(String::as_str), &ARCHITECTURES);
    constraints.check()?;
    let name = cx.whole_function(&name)?;
    tagged::check(&input.tags)?;
    if input.package_type.as_deref() == Some("Image") {
        return Err(invalid("Functions of package type Image are not available here: code comes from an archive."));
    }
    if settings.runtime.is_none() || settings.handler.as_deref().is_none_or(str::is_empty) {
        return Err(invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        ));
    }
    let mut details = FunctionDetails { architectures, tags: input.tags, ..FunctionDetails::default() };
    let mut function = Function {
        name: name.clone(),
        version: FunctionVersion::Latest,
        revision: 0,
        runtime: "".into(),
        handler: "".into(),
        code: "".into(),
        code_digest: "".into(),
        layers: Vec::new(),
        timeout_seconds: TIMEOUT_SECONDS_DEFAULT,
        memory_mb: MEMORY_MB_DEFAULT,
        environment: Vec::new(),
        dead_letters: None,
        details: "".into(),
    };
    settings.apply(&mut function, &mut details, cx).await?;
    let code = input.code.unwrap_or_default().keep(cx).await?;
    (function.code, function.code_digest, details.code_size) = (code.code.clone(), code.digest.clone(), code.size);
    details.last_modified = cx.config.clock.now().0;
    function.details = details.to_json();
    let made = cx.broker.put_function(function, PutWhen::Absent).await.map_err(|refusal| cx.refused(refusal))?;
    // Of a function of this name whose deletion was broken off.
    cx.forget(&format!("function/{name}")).await?;
    if !input.publish {
        return Ok(FunctionConfiguration::new(&made.function, None, cx));
    }
    let version = publish_version::publish(&name, None, None, cx).await?;
    Ok(FunctionConfiguration::new(&version, Some(&version.version.to_string()), cx))
}
