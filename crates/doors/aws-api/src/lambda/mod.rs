//! AWS Lambda: one file an operation, and the one table that names them with their paths. A REST protocol, with JSON.

mod add_permission;
mod alias;
mod capacity;
mod code;
mod configuration;
mod create_alias;
mod create_event_source_mapping;
mod create_function;
mod create_function_url_config;
mod delete_alias;
mod delete_event_source_mapping;
mod delete_function;
mod delete_function_concurrency;
mod delete_function_event_invoke_config;
mod delete_function_url_config;
mod delete_layer_version;
mod delete_provisioned_concurrency_config;
mod deployer;
mod destination;
mod details;
mod event_source_mapping;
mod event_stream;
mod function_name;
mod function_settings;
mod function_url;
mod get_account_settings;
mod get_alias;
mod get_event_source_mapping;
mod get_function;
mod get_function_code_signing_config;
mod get_function_concurrency;
mod get_function_configuration;
mod get_function_event_invoke_config;
mod get_function_recursion_config;
mod get_function_url_config;
mod get_layer_version;
mod get_layer_version_by_arn;
mod get_policy;
mod get_provisioned_concurrency_config;
mod get_runtime_management_config;
mod invocation;
mod invoke;
mod invoke_async;
mod invoke_config;
mod invoke_with_response_stream;
mod invoker;
mod kept;
mod layer;
mod list_aliases;
mod list_event_source_mappings;
mod list_function_event_invoke_configs;
mod list_function_url_configs;
mod list_functions;
mod list_layer_versions;
mod list_layers;
mod list_provisioned_concurrency_configs;
mod list_tags;
mod list_versions_by_function;
mod mapping_settings;
mod mapping_uuid;
mod pages;
mod permission;
mod provisioned_concurrency;
mod publish_layer_version;
mod publish_version;
mod put_function_concurrency;
mod put_function_event_invoke_config;
mod put_provisioned_concurrency_config;
mod rate_limit;
mod refusal;
mod remove_permission;
mod runtime;
mod tag_resource;
mod tagged;
mod times;
mod unavailable;
mod untag_resource;
mod update_alias;
mod update_event_source_mapping;
mod update_function_code;
mod update_function_configuration;
mod update_function_event_invoke_config;
mod update_function_url_config;

use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::http::request::Parts;
use serde_json::{Map, Value};

use crate::error::{ApiError, ErrorKind};
use crate::observation::Seen;
use crate::operation::Context;
use crate::request_id::RequestId;
use crate::rest::{self, Asked, Input, Output, Service, operations};
use crate::service::AwsApi;

pub(crate) use code::sweep;
pub use code::{
    CodeFrom, CodeRefusal, CodeSource, CodeStore, KeptCode, NewCode, NoCode, NoObjects, SourceRefusal, UPLOAD_BYTES_MAX,
};
pub use configuration::function_arn;
pub use deployer::Deployer;
pub use details::{LogFormat, RuntimeSettings};
pub(crate) use function_url::serve_urls;
pub use function_url::{FunctionUrl, NoUrls, UrlCors, UrlDoor};
pub use invocation::{EVENT_BYTES_MAX, PAYLOAD_BYTES_MAX};
pub(crate) use invoke::Invocable;
pub use invoker::{Answer, Invocation, InvokeRefusal, Invoked, Invoker, LOG_TAIL_BYTES_MAX, NoFunctions};
pub use mapping_uuid::mapping_uuid;
pub use rate_limit::{mapping_details, mapping_rule, rule_key};
#[cfg(test)]
pub(crate) use unavailable::UNAVAILABLE;

/// How Lambda is asked.
pub(crate) static LAMBDA: Service = Service {
    signing_name: "lambda",
    routes: ROUTES,
    numbers: &["MaxItems", "VersionNumber"],
    headers: &[
        ("x-amz-client-context", "ClientContext"),
        ("x-amz-durable-execution-name", "DurableExecutionName"),
        ("x-amz-invocation-type", "InvocationType"),
        ("x-amz-log-type", "LogType"),
        ("x-amz-tenant-id", "TenantId"),
    ],
    tag_keys: ("tagKeys", "TagKeys"),
    malformed: ErrorKind::InvalidRequestContentException,
};

operations! {
    "AddPermission", "POST" "/2015-03-31/functions/{FunctionName}/policy" => 201 add_permission;
    "CreateAlias", "POST" "/2015-03-31/functions/{FunctionName}/aliases" => 201 create_alias;
    "CreateEventSourceMapping", "POST" "/2015-03-31/event-source-mappings" => 202 create_event_source_mapping;
    "CreateFunction", "POST" "/2015-03-31/functions" => 201 create_function;
    "CreateFunctionUrlConfig", "POST" "/2021-10-31/functions/{FunctionName}/url" => 201 create_function_url_config;
    "DeleteAlias", "DELETE" "/2015-03-31/functions/{FunctionName}/aliases/{Name}" => 204 delete_alias;
    "DeleteEventSourceMapping", "DELETE" "/2015-03-31/event-source-mappings/{UUID}" => 202 delete_event_source_mapping;
    "DeleteFunction", "DELETE" "/2015-03-31/functions/{FunctionName}" => 204 delete_function;
    "DeleteFunctionConcurrency", "DELETE" "/2017-10-31/functions/{FunctionName}/concurrency"
        => 204 delete_function_concurrency;
    "DeleteFunctionEventInvokeConfig", "DELETE" "/2019-09-25/functions/{FunctionName}/event-invoke-config"
        => 204 delete_function_event_invoke_config;
    "DeleteFunctionUrlConfig", "DELETE" "/2021-10-31/functions/{FunctionName}/url" => 204 delete_function_url_config;
    "DeleteLayerVersion", "DELETE" "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}"
        => 204 delete_layer_version;
    "DeleteProvisionedConcurrencyConfig", "DELETE" "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"
        => 204 delete_provisioned_concurrency_config;
    "GetAccountSettings", "GET" "/2016-08-19/account-settings" => 200 get_account_settings;
    "GetAlias", "GET" "/2015-03-31/functions/{FunctionName}/aliases/{Name}" => 200 get_alias;
    "GetEventSourceMapping", "GET" "/2015-03-31/event-source-mappings/{UUID}" => 200 get_event_source_mapping;
    "GetFunction", "GET" "/2015-03-31/functions/{FunctionName}" => 200 get_function;
    "GetFunctionCodeSigningConfig", "GET" "/2020-06-30/functions/{FunctionName}/code-signing-config"
        => 200 get_function_code_signing_config;
    "GetFunctionConcurrency", "GET" "/2019-09-30/functions/{FunctionName}/concurrency" => 200 get_function_concurrency;
    "GetFunctionConfiguration", "GET" "/2015-03-31/functions/{FunctionName}/configuration"
        => 200 get_function_configuration;
    "GetFunctionEventInvokeConfig", "GET" "/2019-09-25/functions/{FunctionName}/event-invoke-config"
        => 200 get_function_event_invoke_config;
    "GetFunctionRecursionConfig", "GET" "/2024-08-31/functions/{FunctionName}/recursion-config"
        => 200 get_function_recursion_config;
    "GetFunctionUrlConfig", "GET" "/2021-10-31/functions/{FunctionName}/url" => 200 get_function_url_config;
    "GetLayerVersion", "GET" "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}" => 200 get_layer_version;
    "GetLayerVersionByArn", "GET" "/2018-10-31/layers?find=LayerVersion" => 200 get_layer_version_by_arn;
    "GetPolicy", "GET" "/2015-03-31/functions/{FunctionName}/policy" => 200 get_policy;
    "GetProvisionedConcurrencyConfig", "GET" "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"
        => 200 get_provisioned_concurrency_config;
    "GetRuntimeManagementConfig", "GET" "/2021-07-20/functions/{FunctionName}/runtime-management-config"
        => 200 get_runtime_management_config;
    "Invoke", "POST" "/2015-03-31/functions/{FunctionName}/invocations" => 200 invoke;
    "InvokeAsync", "POST" "/2014-11-13/functions/{FunctionName}/invoke-async" => 202 invoke_async;
    "InvokeWithResponseStream", "POST" "/2021-11-15/functions/{FunctionName}/response-streaming-invocations"
        => 200 invoke_with_response_stream;
    "ListAliases", "GET" "/2015-03-31/functions/{FunctionName}/aliases" => 200 list_aliases;
    "ListEventSourceMappings", "GET" "/2015-03-31/event-source-mappings" => 200 list_event_source_mappings;
    "ListFunctionEventInvokeConfigs", "GET" "/2019-09-25/functions/{FunctionName}/event-invoke-config/list"
        => 200 list_function_event_invoke_configs;
    "ListFunctionUrlConfigs", "GET" "/2021-10-31/functions/{FunctionName}/urls" => 200 list_function_url_configs;
    "ListFunctions", "GET" "/2015-03-31/functions" => 200 list_functions;
    "ListLayerVersions", "GET" "/2018-10-31/layers/{LayerName}/versions" => 200 list_layer_versions;
    "ListLayers", "GET" "/2018-10-31/layers" => 200 list_layers;
    "ListProvisionedConcurrencyConfigs", "GET" "/2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL"
        => 200 list_provisioned_concurrency_configs;
    "ListTags", "GET" "/2017-03-31/tags/{Resource}" => 200 list_tags;
    "ListVersionsByFunction", "GET" "/2015-03-31/functions/{FunctionName}/versions" => 200 list_versions_by_function;
    "PublishLayerVersion", "POST" "/2018-10-31/layers/{LayerName}/versions" => 201 publish_layer_version;
    "PublishVersion", "POST" "/2015-03-31/functions/{FunctionName}/versions" => 201 publish_version;
    "PutFunctionConcurrency", "PUT" "/2017-10-31/functions/{FunctionName}/concurrency" => 200 put_function_concurrency;
    "PutFunctionEventInvokeConfig", "PUT" "/2019-09-25/functions/{FunctionName}/event-invoke-config"
        => 200 put_function_event_invoke_config;
    "PutProvisionedConcurrencyConfig", "PUT" "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"
        => 202 put_provisioned_concurrency_config;
    "RemovePermission", "DELETE" "/2015-03-31/functions/{FunctionName}/policy/{StatementId}" => 204 remove_permission;
    "TagResource", "POST" "/2017-03-31/tags/{Resource}" => 204 tag_resource;
    "UntagResource", "DELETE" "/2017-03-31/tags/{Resource}" => 204 untag_resource;
    "UpdateAlias", "PUT" "/2015-03-31/functions/{FunctionName}/aliases/{Name}" => 200 update_alias;
    "UpdateEventSourceMapping", "PUT" "/2015-03-31/event-source-mappings/{UUID}" => 202 update_event_source_mapping;
    "UpdateFunctionCode", "PUT" "/2015-03-31/functions/{FunctionName}/code" => 200 update_function_code;
    "UpdateFunctionConfiguration", "PUT" "/2015-03-31/functions/{FunctionName}/configuration"
        => 200 update_function_configuration;
    "UpdateFunctionEventInvokeConfig", "POST" "/2019-09-25/functions/{FunctionName}/event-invoke-config"
        => 200 update_function_event_invoke_config;
    "UpdateFunctionUrlConfig", "PUT" "/2021-10-31/functions/{FunctionName}/url" => 200 update_function_url_config;
}

/// The operations that upload code, whose requests may be larger than any other's.
const UPLOADS: [&str; 3] = ["CreateFunction", "PublishLayerVersion", "UpdateFunctionCode"];

/// The operations whose body is an event, and no input of theirs.
const EVENTS: [&str; 3] = ["Invoke", "InvokeAsync", "InvokeWithResponseStream"];

/// The operations that a task cannot call: those whose events or answers are no members.
const NOT_BY_NAME: [&str; 2] = ["InvokeAsync", "InvokeWithResponseStream"];

/// The operation of this name, if there is one whose members say all.
pub(crate) fn find(name: &str) -> Option<&'static str> {
    ROUTES.iter().map(|route| route.name).find(|known| *known == name && !NOT_BY_NAME.contains(known))
}

/// Runs an operation by its name. Its answer is as the SDK has it; the body of `cx` is the event of an `Invoke`.
pub(crate) async fn call_by_name(name: &str, members: Map<String, Value>, cx: &Context<'_>) -> Result<Value, ApiError> {
    let route = ROUTES.iter().find(|route| route.name == name).ok_or_else(|| ApiError::unknown_operation(name))?;
    let input = Input::own(members);
    unavailable::check(name, input.members())?;
    let output = run(route, input, cx).await?;
    Ok(if EVENTS.contains(&name) { output.invocation() } else { output.members()? })
}

/// As `Invoke`, with the body of `cx` as the event; but events that nobody waits for are the caller's to queue.
pub(crate) async fn invoke_as_told(members: Map<String, Value>, cx: &Context<'_>) -> Result<Invocable, ApiError> {
    let input = Input::own(members);
    unavailable::check("Invoke", input.members())?;
    invoke::begin(input.decode()?, cx).await
}

/// Whether the path is one of Lambda's.
pub(crate) fn is_asked(head: &Parts) -> bool {
    let path = head.uri.path();
    // Every request of every service is asked, and those of others begin otherwise: with no date.
    let begins_with_a_date =
        matches!(path.trim_start_matches('/').as_bytes(), [_, _, _, _, b'-', _, _, b'-', _, _, b'/', ..]);
    begins_with_a_date && rest::is_served(ROUTES, path)
}

/// Whether the request may be as large as uploaded code is.
pub(crate) fn is_upload(head: &Parts) -> bool {
    is_asked(head) && rest::find(ROUTES, head).is_some_and(|(route, _)| UPLOADS.contains(&route.name))
}

/// Answers a request whose path is one of Lambda's.
pub(crate) async fn answer(api: &AwsApi, head: &Parts, body: &Bytes, request_id: RequestId) -> Response<Full<Bytes>> {
    let (begun, seen) = (Instant::now(), Seen::default());
    let outcome = call(api, head, body, request_id, &seen).await;
    api.observer.finished(&seen, head, request_id, begun, outcome.as_ref().err());
    match outcome {
        Ok(output) => rest::respond(output, request_id),
        Err(error) => refusal::respond(&error, request_id),
    }
}

/// The answer to a request whose body is too large to be read.
pub(crate) fn refuse_too_large(api: &AwsApi, head: &Parts, request_id: RequestId) -> Response<Full<Bytes>> {
    let error = match rest::find(ROUTES, head) {
        Some((route, _)) if UPLOADS.contains(&route.name) => code::upload_too_large(route.name),
        _ => invocation::too_large(PAYLOAD_BYTES_MAX, "RequestResponse"),
    };
    api.observer.finished(&Seen::default(), head, request_id, Instant::now(), Some(&error));
    refusal::respond(&error, request_id)
}

async fn call(
    api: &AwsApi,
    head: &Parts,
    body: &Bytes,
    request_id: RequestId,
    seen: &Seen,
) -> Result<Output, ApiError> {
    let asked = Asked::identify(&LAMBDA, api, head, body, request_id, seen)?;
    let document: &[u8] = if EVENTS.contains(&asked.route.name) { b"" } else { body };
    let input = asked.input(document)?;
    unavailable::check(asked.route.name, input.members())?;
    run(asked.route, input, &asked.context()).await
}
