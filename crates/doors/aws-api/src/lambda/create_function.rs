//! `CreateFunction`: makes a function from code and settings. It can be invoked as soon as this is answered.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use bongsu_broker::{Function, FunctionRef, FunctionVersion, PutWhen, Rejection};
use bongsu_runtime::Refusal;
use serde_json::Value;

use super::code::{Code, CodeFrom, CodeInput};
use super::configuration::FunctionConfiguration;
use super::details::FunctionDetails;
use super::function_settings::settings_input;
use super::refusal::invalid;
use super::{publish_version, rate_limit, tagged};
use crate::codec::json;
use crate::constraints::Constraints;
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

pub(super) async fn call(input: Input, cx: &Context<'_>) -> Result<FunctionConfiguration, ApiError> {
    let publish = input.publish;
    let (function, _code) = describe(input, cx).await?;
    let made = make(function, PutWhen::Absent, cx).await?;
    if !publish {
        return Ok(FunctionConfiguration::new(&made, None, cx));
    }
    let version = publish_version::publish(&made.name, None, None, cx).await?;
    Ok(FunctionConfiguration::new(&version, Some(&version.version.to_string()), cx))
}

/// Makes a function, or makes of the one that is there what is asked for, and nothing else. Asked again, it changes nothing.
pub(super) async fn put(settings: Value, code: CodeFrom, cx: &Context<'_>) -> Result<Arc<Function>, ApiError> {
    let mut input: Input = serde_json::from_value(settings).map_err(json::refusal)?;
    input.code = Some(CodeInput::own(code));
    let (function, _code) = describe(input, cx).await?;
    match cx.broker.describe_function(FunctionRef::latest(&function.name)).await {
        Ok(known) if is_same(&known.function, &function) => Ok(known.function),
        Ok(_) => {
            let put = cx.broker.put_function(function, PutWhen::Present { revision: None }).await;
            Ok(put.map_err(|refusal| cx.refused(refusal))?.function)
        }
        Err(Refusal::Rejected(Rejection::FunctionDoesNotExist { .. })) => make(function, PutWhen::Absent, cx).await,
        Err(refusal) => Err(cx.refused(refusal)),
    }
}

async fn make(function: Function, when: PutWhen, cx: &Context<'_>) -> Result<Arc<Function>, ApiError> {
    let made = cx.broker.put_function(function, when).await.map_err(|refusal| cx.refused(refusal))?;
    // Of a function of this name whose deletion was broken off.
    cx.forget(&format!("function/{}", made.function.name)).await?;
    Ok(made.function)
}

/// Whether both are the same, whenever they were made.
fn is_same(known: &Function, function: &Function) -> bool {
    let last_modified = FunctionDetails::of(known).last_modified;
    let details = FunctionDetails { last_modified, ..FunctionDetails::of(function) };
    *known == Function { details: details.to_json(), revision: known.revision, ..function.clone() }
}

/// The function that is asked for, and its code, which is held until something refers to it.
async fn describe(mut input: Input, cx: &Context<'_>) -> Result<(Function, Code), ApiError> {
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
    rate_limit::check_of_function(&input.tags)?;
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
        name,
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
    Ok((function, code))
}
