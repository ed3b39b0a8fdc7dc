//! Functions and what belongs to them, from their making to their end, operation by operation.

use serde_json::{Value, json};

use crate::harness::Server;

const ROLE: &str = "arn:aws:iam::000000000000:role/r";
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:work";
const WORK: &str = "/2015-03-31/functions/work";
/// What begins as archives do, in base64.
const ZIP: &str = "UEsDBA==";

fn definition() -> Value {
    json!({
        "FunctionName": "work",
        "Role": ROLE,
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Code": { "ZipFile": ZIP },
    })
}

async fn server() -> Server {
    let server = Server::start().await;
    server.done("CreateFunction", ("POST", "/2015-03-31/functions", 201), definition()).await;
    server
}

/// An operation is refused with this kind of error.
async fn refused(server: &Server, operation: &str, (method, path): (&str, &str), input: Value) -> (String, String) {
    let answer = server.rest(operation, method, path, input).await;
    assert!(answer.status >= 400, "{operation}: {}", answer.body);
    let kind = answer.headers["x-amzn-errortype"].to_str().expect("text").to_owned();
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    let text = body["message"].as_str().or(body["Message"].as_str()).expect("a text");
    (kind, text.to_owned())
}

#[tokio::test]
async fn a_function_is_made_told_changed_and_deleted() {
    let server = server().await;
    let told = server.done("GetFunction", ("GET", WORK, 200), Value::Null).await;
    let configuration = &told["Configuration"];
    assert_eq!(told["Code"]["Location"], "file:///data/code/kept");
    assert_eq!((&configuration["State"], &configuration["FunctionArn"]), (&json!("Active"), &json!(ARN)));
    let path = format!("{WORK}/configuration");
    let update = json!({ "Timeout": 9, "Description": "d", "Environment": { "Variables": { "A": "b" } } });
    let changed = server.done("UpdateFunctionConfiguration", ("PUT", &path, 200), update).await;
    assert_eq!((&changed["Timeout"], &changed["Environment"]["Variables"]["A"]), (&json!(9), &json!("b")));
    assert_ne!(changed["RevisionId"], configuration["RevisionId"]);
    let again = server.done("GetFunctionConfiguration", ("GET", &path, 200), Value::Null).await;
    assert_eq!(again, changed);
    let code = json!({ "ZipFile": "UEsDBAA=", "Publish": true });
    let updated = server.done("UpdateFunctionCode", ("PUT", &format!("{WORK}/code"), 200), code).await;
    assert_eq!((&updated["Version"], &updated["FunctionArn"]), (&json!("1"), &json!(format!("{ARN}:1"))));
    let list = server.done("ListFunctions", ("GET", "/2015-03-31/functions/?MaxItems=1", 200), Value::Null).await;
    assert_eq!(list["Functions"].as_array().map(Vec::len), Some(1));
    server.done("DeleteFunction", ("DELETE", WORK, 204), Value::Null).await;
    let (kind, text) = refused(&server, "GetFunction", ("GET", WORK), Value::Null).await;
    assert_eq!((&*kind, &*text), ("ResourceNotFoundException", &*format!("Function not found: {ARN}")));
}

#[tokio::test]
async fn a_process_can_be_given_several_invocations_at_a_time() {
    let server = server().await;
    let instances = json!({
        "CapacityProviderArn": "arn:aws:lambda:us-east-1:000000000000:capacity-provider:many",
        "PerExecutionEnvironmentMaxConcurrency": 1000,
        "ExecutionEnvironmentMemoryGiBPerVCpu": 2.5,
    });
    let config = json!({ "LambdaManagedInstancesCapacityProviderConfig": instances });
    let path = format!("{WORK}/configuration");
    let update = json!({ "CapacityProviderConfig": config });
    let changed = server.done("UpdateFunctionConfiguration", ("PUT", &path, 200), update).await;
    assert_eq!(changed["CapacityProviderConfig"], config);
    let other = server.done("UpdateFunctionConfiguration", ("PUT", &path, 200), json!({ "Timeout": 9 })).await;
    assert_eq!(other["CapacityProviderConfig"], config);
    let nothing = json!({ "CapacityProviderConfig": {} });
    let (kind, text) = refused(&server, "UpdateFunctionConfiguration", ("PUT", &path), nothing).await;
    assert!(kind == "ValidationException" && text.contains("must not be null"), "{text}");
}

#[tokio::test]
async fn what_is_wrong_with_a_function_is_told() {
    let server = server().await;
    let with = |name: &str, value: Value| {
        let mut input = definition();
        input["FunctionName"] = json!("other");
        input[name] = value;
        input
    };
    for (input, expected) in [
        (definition(), "ResourceConflictException"),
        (with("Role", json!("r")), "ValidationException"),
        (with("Timeout", json!(0)), "ValidationException"),
        (with("MemorySize", json!("128")), "SerializationException"),
        (with("Runtime", json!("cobol")), "InvalidParameterValueException"),
        (with("Handler", Value::Null), "InvalidParameterValueException"),
        (with("PackageType", json!("Image")), "InvalidParameterValueException"),
        (with("Code", json!({ "ZipFile": "AAAA" })), "InvalidParameterValueException"),
        (with("Code", json!({ "S3Bucket": "b", "S3Key": "k" })), "InvalidParameterValueException"),
        (with("Code", json!({})), "InvalidParameterValueException"),
        (with("TenancyConfig", json!({ "TenantIsolationMode": "PER_TENANT" })), "InvalidParameterValueException"),
        (
            with("DeadLetterConfig", json!({ "TargetArn": "arn:aws:sqs:us-east-1:0:q" })),
            "InvalidParameterValueException",
        ),
    ] {
        let (kind, text) = refused(&server, "CreateFunction", ("POST", "/2015-03-31/functions"), input).await;
        assert_eq!(kind, expected, "{text}");
    }
    let stale = json!({ "Timeout": 5, "RevisionId": "00000000-0000-4000-8000-000000000000" });
    let path = format!("{WORK}/configuration");
    let (kind, _) = refused(&server, "UpdateFunctionConfiguration", ("PUT", &path), stale).await;
    assert_eq!(kind, "PreconditionFailedException");
}

#[tokio::test]
async fn versions_and_aliases_come_and_go() {
    let server = server().await;
    let versions = format!("{WORK}/versions");
    let one = server.done("PublishVersion", ("POST", &versions, 201), json!({ "Description": "one" })).await;
    assert_eq!((&one["Version"], &one["Description"]), (&json!("1"), &json!("one")));
    let listed = server.done("ListVersionsByFunction", ("GET", &versions, 200), Value::Null).await;
    assert_eq!(listed["Versions"].as_array().map(Vec::len), Some(2));
    let aliases = format!("{WORK}/aliases");
    let live = json!({ "Name": "live", "FunctionVersion": "1" });
    let made = server.done("CreateAlias", ("POST", &aliases, 201), live.clone()).await;
    assert_eq!(made["AliasArn"], format!("{ARN}:live"));
    assert_eq!(refused(&server, "CreateAlias", ("POST", &aliases), live).await.0, "ResourceConflictException");
    let alias = format!("{aliases}/live");
    assert_eq!(server.done("GetAlias", ("GET", &alias, 200), Value::Null).await, made);
    let moved = server.done("UpdateAlias", ("PUT", &alias, 200), json!({ "FunctionVersion": "$LATEST" })).await;
    assert_eq!(moved["FunctionVersion"], "$LATEST");
    let listed = server.done("ListAliases", ("GET", &aliases, 200), Value::Null).await;
    assert_eq!(listed["Aliases"], json!([moved]));
    server.done("DeleteAlias", ("DELETE", &alias, 204), Value::Null).await;
    assert_eq!(refused(&server, "GetAlias", ("GET", &alias), Value::Null).await.0, "ResourceNotFoundException");
}

#[tokio::test]
async fn settings_beside_a_function_come_and_go_with_it() {
    let server = server().await;
    let concurrency = "/2017-10-31/functions/work/concurrency";
    let two = json!({ "ReservedConcurrentExecutions": 2 });
    server.done("PutFunctionConcurrency", ("PUT", concurrency, 200), two.clone()).await;
    let read = "/2019-09-30/functions/work/concurrency";
    assert_eq!(server.done("GetFunctionConcurrency", ("GET", read, 200), Value::Null).await, two);
    server.done("DeleteFunctionConcurrency", ("DELETE", concurrency, 204), Value::Null).await;
    assert_eq!(server.done("GetFunctionConcurrency", ("GET", read, 200), Value::Null).await, json!({}));

    let events = "/2019-09-25/functions/work/event-invoke-config";
    let once = json!({ "MaximumRetryAttempts": 0 });
    server.done("PutFunctionEventInvokeConfig", ("PUT", events, 200), once).await;
    let aged = json!({ "MaximumEventAgeInSeconds": 60 });
    server.done("UpdateFunctionEventInvokeConfig", ("POST", events, 200), aged).await;
    let told = server.done("GetFunctionEventInvokeConfig", ("GET", events, 200), Value::Null).await;
    assert_eq!((&told["MaximumRetryAttempts"], &told["MaximumEventAgeInSeconds"]), (&json!(0), &json!(60)));
    let list = format!("{events}/list");
    let listed = server.done("ListFunctionEventInvokeConfigs", ("GET", &list, 200), Value::Null).await;
    assert_eq!(listed["FunctionEventInvokeConfigs"], json!([told]));
    server.done("DeleteFunctionEventInvokeConfig", ("DELETE", events, 204), Value::Null).await;

    let url = "/2021-10-31/functions/work/url";
    let made = server.done("CreateFunctionUrlConfig", ("POST", url, 201), json!({ "AuthType": "NONE" })).await;
    let changed = json!({ "InvokeMode": "RESPONSE_STREAM" });
    server.done("UpdateFunctionUrlConfig", ("PUT", url, 200), changed).await;
    let told = server.done("GetFunctionUrlConfig", ("GET", url, 200), Value::Null).await;
    assert_eq!((&told["FunctionUrl"], &told["InvokeMode"]), (&made["FunctionUrl"], &json!("RESPONSE_STREAM")));
    let urls = "/2021-10-31/functions/work/urls";
    let listed = server.done("ListFunctionUrlConfigs", ("GET", urls, 200), Value::Null).await;
    assert_eq!(listed["FunctionUrlConfigs"], json!([told]));

    let policy = format!("{WORK}/policy");
    let add = json!({ "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com" });
    server.done("AddPermission", ("POST", &policy, 201), add.clone()).await;
    let told = server.done("GetPolicy", ("GET", &policy, 200), Value::Null).await;
    assert!(told["Policy"].as_str().is_some_and(|text| text.contains(r#""Sid":"s""#)), "{told}");
    server.done("RemovePermission", ("DELETE", &format!("{policy}/s"), 204), Value::Null).await;
    server.done("AddPermission", ("POST", &policy, 201), add).await;

    // What belonged to a function does not come back with another of its name.
    server.done("DeleteFunction", ("DELETE", WORK, 204), Value::Null).await;
    server.done("CreateFunction", ("POST", "/2015-03-31/functions", 201), definition()).await;
    assert_eq!(refused(&server, "GetPolicy", ("GET", &policy), Value::Null).await.0, "ResourceNotFoundException");
    let (kind, _) = refused(&server, "GetFunctionUrlConfig", ("GET", url), Value::Null).await;
    assert_eq!(kind, "ResourceNotFoundException");
    server.done("CreateFunctionUrlConfig", ("POST", url, 201), json!({ "AuthType": "AWS_IAM" })).await;
    server.done("DeleteFunctionUrlConfig", ("DELETE", url, 204), Value::Null).await;
}

#[tokio::test]
async fn provisioned_concurrency_is_kept_and_told() {
    let server = server().await;
    server.done("PublishVersion", ("POST", &format!("{WORK}/versions"), 201), json!({})).await;
    let path = "/2019-09-30/functions/work/provisioned-concurrency";
    let (one, all) = (format!("{path}?Qualifier=1"), format!("{path}?List=ALL"));
    let two = json!({ "ProvisionedConcurrentExecutions": 2 });
    server.done("PutProvisionedConcurrencyConfig", ("PUT", &one, 202), two).await;
    let told = server.done("GetProvisionedConcurrencyConfig", ("GET", &one, 200), Value::Null).await;
    assert_eq!((&told["Status"], &told["RequestedProvisionedConcurrentExecutions"]), (&json!("READY"), &json!(2)));
    let listed = server.done("ListProvisionedConcurrencyConfigs", ("GET", &all, 200), Value::Null).await;
    assert_eq!(listed["ProvisionedConcurrencyConfigs"][0]["FunctionArn"], format!("{ARN}:1"));
    server.done("DeleteProvisionedConcurrencyConfig", ("DELETE", &one, 204), Value::Null).await;
    let (kind, _) = refused(&server, "GetProvisionedConcurrencyConfig", ("GET", &one), Value::Null).await;
    assert_eq!(kind, "ProvisionedConcurrencyConfigNotFoundException");
}

#[tokio::test]
async fn tags_belong_to_functions_and_mappings() {
    let server = server().await;
    let path = format!("/2017-03-31/tags/{}", ARN.replace(':', "%3A"));
    server.done("TagResource", ("POST", &path, 204), json!({ "Tags": { "a": "1", "b": "2" } })).await;
    server.done("UntagResource", ("DELETE", &format!("{path}?tagKeys=a&tagKeys=c"), 204), Value::Null).await;
    let told = server.done("ListTags", ("GET", &path, 200), Value::Null).await;
    assert_eq!(told, json!({ "Tags": { "b": "2" } }));
    let (kind, _) = refused(&server, "ListTags", ("GET", &format!("{path}%3Alive")), Value::Null).await;
    assert_eq!(kind, "InvalidParameterValueException");
}

#[tokio::test]
async fn layers_have_versions_that_are_never_given_twice() {
    let server = server().await;
    let versions = "/2018-10-31/layers/shared/versions";
    let content = json!({ "Content": { "ZipFile": ZIP }, "CompatibleRuntimes": ["python3.13"] });
    let made = server.done("PublishLayerVersion", ("POST", versions, 201), content.clone()).await;
    assert_eq!(made["Version"], 1);
    let one = format!("{versions}/1");
    assert_eq!(server.done("GetLayerVersion", ("GET", &one, 200), Value::Null).await, made);
    let arn = made["LayerVersionArn"].as_str().expect("an ARN");
    let by_arn = format!("/2018-10-31/layers?find=LayerVersion&Arn={arn}");
    assert_eq!(server.done("GetLayerVersionByArn", ("GET", &by_arn, 200), Value::Null).await, made);
    let listed = server.done("ListLayerVersions", ("GET", versions, 200), Value::Null).await;
    assert_eq!(listed["LayerVersions"][0]["LayerVersionArn"], arn);
    let layers = server.done("ListLayers", ("GET", "/2018-10-31/layers", 200), Value::Null).await;
    assert_eq!(layers["Layers"][0]["LayerName"], "shared");
    let uses = json!({ "Layers": [arn] });
    let path = format!("{WORK}/configuration");
    let function = server.done("UpdateFunctionConfiguration", ("PUT", &path, 200), uses).await;
    assert_eq!(function["Layers"][0]["Arn"], arn);
    server.done("DeleteLayerVersion", ("DELETE", &one, 204), Value::Null).await;
    let next = server.done("PublishLayerVersion", ("POST", versions, 201), content).await;
    assert_eq!(next["Version"], 2);
}

#[tokio::test]
async fn a_queue_feeds_a_function_as_long_as_a_mapping_says() {
    let server = server().await;
    server.json("CreateQueue", json!({ "QueueName": "q" })).await;
    let source = "arn:aws:sqs:us-east-1:000000000000:q";
    let all = "/2015-03-31/event-source-mappings";
    let input = json!({ "FunctionName": "work", "EventSourceArn": source, "Tags": { "a": "1" } });
    let made = server.done("CreateEventSourceMapping", ("POST", all, 202), input.clone()).await;
    assert_eq!((&made["State"], &made["FunctionResponseTypes"]), (&json!("Creating"), &json!([])));
    let (kind, text) = refused(&server, "CreateEventSourceMapping", ("POST", all), input).await;
    let uuid = made["UUID"].as_str().expect("a UUID");
    assert!(kind == "ResourceConflictException" && text.ends_with(uuid), "{text}");
    let one = format!("{all}/{uuid}");
    let told = server.done("GetEventSourceMapping", ("GET", &one, 200), Value::Null).await;
    assert_eq!((&told["State"], &told["BatchSize"]), (&json!("Enabled"), &json!(10)));
    let smaller = json!({ "BatchSize": 1, "Enabled": false });
    let changed = server.done("UpdateEventSourceMapping", ("PUT", &one, 202), smaller).await;
    assert_eq!((&changed["State"], &changed["BatchSize"]), (&json!("Disabling"), &json!(1)));
    let of_function = format!("{all}?FunctionName={ARN}");
    let listed = server.done("ListEventSourceMappings", ("GET", &of_function, 200), Value::Null).await;
    assert_eq!(listed["EventSourceMappings"].as_array().map(Vec::len), Some(1));
    let arn = made["EventSourceMappingArn"].as_str().expect("an ARN");
    let tags = server.done("ListTags", ("GET", &format!("/2017-03-31/tags/{arn}"), 200), Value::Null).await;
    assert_eq!(tags, json!({ "Tags": { "a": "1" } }));
    let gone = server.done("DeleteEventSourceMapping", ("DELETE", &one, 202), Value::Null).await;
    assert_eq!(gone["State"], "Deleting");
    for path in [one, format!("{all}/x")] {
        let (kind, _) = refused(&server, "GetEventSourceMapping", ("GET", &path), Value::Null).await;
        assert_eq!(kind, "ResourceNotFoundException");
    }
}

#[tokio::test]
async fn a_mappings_rate_limit_is_a_tag_that_is_looked_at() {
    let server = server().await;
    server.json("CreateQueue", json!({ "QueueName": "q" })).await;
    let source = "arn:aws:sqs:us-east-1:000000000000:q";
    let all = "/2015-03-31/event-source-mappings";
    let input =
        |rule: &str| json!({ "FunctionName": "work", "EventSourceArn": source, "Tags": { "bongsu:rate-limit": rule } });
    let (kind, text) = refused(&server, "CreateEventSourceMapping", ("POST", all), input("rate=fast")).await;
    assert!(kind == "InvalidParameterValueException" && text.contains("`fast` is not a rate"), "{text}");
    let made = server.done("CreateEventSourceMapping", ("POST", all, 202), input("key=group rate=5/s")).await;
    let mapping = made["EventSourceMappingArn"].as_str().expect("an ARN");
    let tags = |arn: &str| format!("/2017-03-31/tags/{arn}");
    for (arn, rule) in [(mapping, "concurrency=none"), (ARN, "rate=5/s")] {
        let input = json!({ "Tags": { "bongsu:rate-limit": rule } });
        let (kind, text) = refused(&server, "TagResource", ("POST", &tags(arn)), input).await;
        assert!(kind == "InvalidParameterValueException" && text.starts_with("bongsu:rate-limit"), "{text}");
    }
    let told = server.done("ListTags", ("GET", &tags(mapping), 200), Value::Null).await;
    assert_eq!(told["Tags"]["bongsu:rate-limit"], "key=group rate=5/s");
}

#[tokio::test]
async fn what_terraform_reads_besides_is_there() {
    let server = server().await;
    let settings = server.done("GetAccountSettings", ("GET", "/2016-08-19/account-settings", 200), Value::Null).await;
    assert_eq!(settings["AccountLimit"]["UnreservedConcurrentExecutions"], 1000);
    assert_eq!(settings["AccountUsage"]["FunctionCount"], 1);
    let path = "/2020-06-30/functions/work/code-signing-config";
    let told = server.done("GetFunctionCodeSigningConfig", ("GET", path, 200), Value::Null).await;
    assert_eq!(told["CodeSigningConfigArn"], "");
    let path = "/2021-07-20/functions/work/runtime-management-config";
    let told = server.done("GetRuntimeManagementConfig", ("GET", path, 200), Value::Null).await;
    assert_eq!(told["UpdateRuntimeOn"], "Auto");
    let path = "/2024-08-31/functions/work/recursion-config";
    let told = server.done("GetFunctionRecursionConfig", ("GET", path, 200), Value::Null).await;
    assert_eq!(told["RecursiveLoop"], "Terminate");
}

#[tokio::test]
async fn only_what_brings_code_may_be_large() {
    let server = Server::start().await;
    let bytes_max = |method: &str, path: &str| {
        let (head, ()) = hyper::Request::builder().method(method).uri(path).body(()).expect("a request").into_parts();
        server.api.body_bytes_max(&head)
    };
    assert_eq!(bytes_max("POST", "/2015-03-31/functions"), bongsu_aws_api::lambda::UPLOAD_BYTES_MAX);
    assert_eq!(bytes_max("PUT", &format!("{WORK}/code")), bongsu_aws_api::lambda::UPLOAD_BYTES_MAX);
    assert_eq!(bytes_max("POST", &format!("{WORK}/invocations")), bongsu_aws_api::REQUEST_BYTES_MAX);
    assert_eq!(bytes_max("POST", "/"), bongsu_aws_api::REQUEST_BYTES_MAX);
}
