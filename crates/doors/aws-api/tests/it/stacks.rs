//! CloudFormation on the wire: what each operation hands on, how its answer is written, and what is refused.

mod shop;

use std::sync::Arc;

use bongsu_aws_api::cloudformation::{OnFailure, TEMPLATE_BODY_BYTES_MAX};
use bongsu_aws_api::sigv4::Verifier;
use serde_json::{Value, json};

use crate::harness::{ACCOUNT, Answer, Server, cloudformation_request, form_request, json_request};
use shop::Shop;

const ID: &str = "arn:aws:cloudformation:us-east-1:000000000000:stack/shop/1";
const AT: &str = "2026-01-02T03:04:05.000Z";

/// A server with the shop.
struct World {
    server: Server,
    shop: Arc<Shop>,
}

impl World {
    async fn start() -> World {
        let shop = Arc::new(Shop::default());
        World { server: Server::with_stacks(Verifier::development(ACCOUNT), shop.clone()).await, shop }
    }

    async fn ask(&self, operation: &str, input: Value) -> Answer {
        self.server.send(cloudformation_request(operation, &input)).await
    }

    /// What the answer says, without what stands around it.
    async fn told(&self, operation: &str, input: Value) -> String {
        let answer = self.ask(operation, input).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
        let opening = format!(
            "<?xml version=\"1.0\"?><{operation}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">"
        );
        let rest = answer.body.strip_prefix(&opening).unwrap_or_else(|| panic!("{}", answer.body));
        let (result, _) = rest.split_once("<ResponseMetadata>").expect("metadata");
        let result = result.strip_prefix(&format!("<{operation}Result>")).unwrap_or(result);
        result.strip_suffix(&format!("</{operation}Result>")).unwrap_or(result).to_owned()
    }

    async fn refuses(&self, operation: &str, input: Value, code: &str, message: &str) {
        let answer = self.ask(operation, input).await;
        let status = if code == "ChangeSetNotFound" { 404 } else { 400 };
        assert_eq!(answer.status, status, "{operation}: {}", answer.body);
        let expected = format!("<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        assert!(answer.body.contains(&expected), "{operation}: {}", answer.body);
    }

    /// What the engine was asked last.
    fn asked(&self) -> String {
        self.shop.asked.lock().expect("a list").pop().expect("it was asked")
    }
}

#[tokio::test]
async fn a_stack_is_made_of_what_the_request_says() {
    let world = World::start().await;
    let input = json!({
        "StackName": "new", "TemplateBody": "Resources", "OnFailure": "DELETE", "TimeoutInMinutes": 5,
        "Parameters": [{ "ParameterKey": "A", "ParameterValue": "1" }],
        "Capabilities": ["CAPABILITY_IAM"], "Tags": [{ "Key": "k", "Value": "v" }], "RoleARN": "role",
        "NotificationARNs": ["topic"], "StackPolicyBody": "{}", "ClientRequestToken": "t",
        "EnableTerminationProtection": true, "RetainExceptOnCreate": true,
    });
    assert_eq!(world.told("CreateStack", input).await, format!("<StackId>{ID}</StackId>"));
    let asked = world.asked();
    for part in [
        "stack: \"new\", template: Some(\"Resources\"), parameters: [GivenParameter { name: \"A\", value: Some(\"1\") }]",
        "capabilities: Some([\"CAPABILITY_IAM\"]), tags: Some([(\"k\", \"v\")]), role_arn: Some(\"role\")",
        "notification_arns: Some([\"topic\"]), policy: Some(\"{}\"), token: Some(\"t\")",
        "on_failure: Delete, timeout_minutes: Some(5), protected: true, retain_except_on_create: true",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    let minimal = json!({ "StackName": "new", "TemplateBody": "R", "DisableRollback": true });
    world.told("CreateStack", minimal).await;
    assert!(world.asked().contains(&format!("{:?}", OnFailure::DoNothing)));
}

#[tokio::test]
async fn a_stack_that_cannot_be_made_is_refused_in_awss_words() {
    let world = World::start().await;
    let with = |more: Value| {
        let mut input = json!({ "StackName": "new", "TemplateBody": "R" });
        input.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        input
    };
    let exists = json!({ "StackName": "shop", "TemplateBody": "R" });
    world.refuses("CreateStack", exists, "AlreadyExistsException", "Stack [shop] already exists").await;
    for (more, message) in [
        (
            json!({ "StackName": "a_b" }),
            "1 validation error detected: Value 'a_b' at 'stackName' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
        ),
        (
            json!({ "TemplateBody": "x".repeat(TEMPLATE_BODY_BYTES_MAX + 1) }),
            "1 validation error detected: Value '…' at 'templateBody' failed to satisfy constraint: Member must have \
             length less than or equal to 51200",
        ),
        (json!({ "TemplateURL": "u" }), "Only one of TemplateURL and TemplateBody can be specified."),
        (
            json!({ "OnFailure": "DELETE", "DisableRollback": false }),
            "You cannot specify both DisableRollback and OnFailure in one request.",
        ),
        (
            json!({ "OnFailure": "RUN" }),
            "1 validation error detected: Value 'RUN' at 'onFailure' failed to satisfy constraint: Member must satisfy \
             enum value set: [DO_NOTHING, ROLLBACK, DELETE]",
        ),
        (json!({ "ResourceTypes": ["AWS::*"] }), "ResourceTypes is not supported"),
        (
            json!({ "RollbackConfiguration": { "MonitoringTimeInMinutes": 1 } }),
            "RollbackConfiguration is not supported",
        ),
        (json!({ "DisableValidation": true }), "DisableValidation is not supported"),
        (json!({ "StackPolicyURL": "u" }), "StackPolicyURL is not supported"),
        (json!({ "DeploymentConfig": { "DisableRollback": true } }), "DeploymentConfig is not supported"),
        (json!({ "Parameters": [{ "ParameterKey": "A" }] }), "Invalid input for parameter key A. A value is required"),
        (
            json!({ "Parameters": [{ "ParameterKey": "A", "UsePreviousValue": true }] }),
            "UsePreviousValue for a new stack is not supported",
        ),
        (json!({ "StackPolicyBody": "no" }), "Error validating stack policy: Invalid stack policy"),
        (json!({ "Tags": [{ "Key": "k", "Value": "1" }, { "Key": "k", "Value": "2" }] }), "Duplicate tag key k"),
    ] {
        world.refuses("CreateStack", with(more), "ValidationError", message).await;
    }
    let nothing = "Either Template URL or Template Body must be specified.";
    world.refuses("CreateStack", json!({ "StackName": "new" }), "ValidationError", nothing).await;
    let missing = "1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not \
                   be null";
    world.refuses("CreateStack", json!({ "TemplateBody": "R" }), "ValidationError", missing).await;
    let address = json!({ "StackName": "new", "TemplateURL": "http://x/" });
    world.refuses("CreateStack", address, "ValidationError", "no such address").await;
}

#[tokio::test]
async fn a_stack_is_changed_with_what_it_was_or_what_is_new() {
    let world = World::start().await;
    let input = json!({
        "StackName": "shop", "UsePreviousTemplate": true,
        "Parameters": [{ "ParameterKey": "A", "UsePreviousValue": true }],
        "StackPolicyDuringUpdateBody": "{}", "DisableRollback": false,
    });
    assert_eq!(world.told("UpdateStack", input).await, format!("<StackId>{ID}</StackId>"));
    let asked = world.asked();
    assert!(asked.contains("template: None, parameters: [GivenParameter { name: \"A\", value: None }]"), "{asked}");
    assert!(asked.contains("capabilities: None, tags: None"), "{asked}");
    let unknown = json!({ "StackName": "no", "TemplateBody": "R" });
    world.refuses("UpdateStack", unknown, "ValidationError", "Stack [no] does not exist").await;
    let both = json!({ "StackName": "shop", "TemplateBody": "R", "UsePreviousTemplate": true });
    let text = "Only one of TemplateBody and UsePreviousTemplate can be specified.";
    world.refuses("UpdateStack", both, "ValidationError", text).await;
    for member in ["DisableRollback", "RetainExceptOnCreate"] {
        let input = json!({ "StackName": "shop", "TemplateBody": "R", member: true });
        let text = format!("{member} for an update is not supported");
        world.refuses("UpdateStack", input, "ValidationError", &text).await;
    }
}

#[tokio::test]
async fn a_stack_is_deleted_as_it_is_asked() {
    let world = World::start().await;
    let input = json!({
        "StackName": "shop", "RetainResources": ["A"], "DeletionMode": "FORCE_DELETE_STACK", "ClientRequestToken": "t",
        "RoleARN": "r",
    });
    assert_eq!(world.told("DeleteStack", input).await, "");
    assert_eq!(world.asked(), "delete shop DeleteOptions { retained: [\"A\"], forced: true, token: Some(\"t\") }");
    world.told("CancelUpdateStack", json!({ "StackName": "shop" })).await;
    assert_eq!(world.asked(), "cancel shop");
    let rollback = json!({ "StackName": "shop", "ResourcesToSkip": ["A", "B"] });
    assert_eq!(world.told("ContinueUpdateRollback", rollback).await, "<ContinueUpdateRollbackResult/>");
    assert_eq!(world.asked(), "continue shop [\"A\", \"B\"]");
    for operation in ["CancelUpdateStack", "ContinueUpdateRollback"] {
        let unknown = json!({ "StackName": "no" });
        world.refuses(operation, unknown, "ValidationError", "Stack [no] does not exist").await;
    }
}

#[tokio::test]
async fn stacks_are_told() {
    let world = World::start().await;
    let one = format!(
        "<StackId>{ID}</StackId><StackName>shop</StackName><Parameters><member><ParameterKey>K</ParameterKey>\
         <ParameterValue>****</ParameterValue></member></Parameters><CreationTime>{AT}</CreationTime>\
         <StackStatus>CREATE_COMPLETE</StackStatus><DisableRollback>false</DisableRollback><NotificationARNs>\
         </NotificationARNs><Capabilities></Capabilities><Outputs><member><OutputKey>Out</OutputKey><OutputValue>1\
         </OutputValue><ExportName>n</ExportName></member></Outputs><Tags><member><Key>k</Key><Value>v</Value></member>\
         </Tags><EnableTerminationProtection>false</EnableTerminationProtection><DriftInformation><StackDriftStatus>\
         NOT_CHECKED</StackDriftStatus></DriftInformation>"
    );
    let told = format!("<Stacks><member>{one}</member></Stacks>");
    for input in [json!({}), json!({ "StackName": "shop" }), json!({ "StackName": ID })] {
        assert_eq!(world.told("DescribeStacks", input).await, told);
    }
    let unknown = json!({ "StackName": "no" });
    world.refuses("DescribeStacks", unknown, "ValidationError", "Stack with id no does not exist").await;
    let listed = world.told("ListStacks", json!({})).await;
    assert_eq!(listed.matches("<member>").count(), 2, "{listed}");
    let listed = world.told("ListStacks", json!({ "StackStatusFilter": ["DELETE_COMPLETE"] })).await;
    assert!(listed.contains("<StackName>gone</StackName>") && !listed.contains("shop"), "{listed}");
    let page = json!({ "NextToken": "x" });
    world.refuses("ListStacks", page, "ValidationError", "Token does not exist: every list is told whole").await;
}

#[tokio::test]
async fn events_and_resources_are_told() {
    let world = World::start().await;
    let stack = json!({ "StackName": "shop" });
    assert_eq!(
        world.told("DescribeStackEvents", stack.clone()).await,
        format!(
            "<StackEvents><member><StackId>{ID}</StackId><EventId>e</EventId><StackName>shop</StackName>\
             <LogicalResourceId>Queue</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType><Timestamp>{AT}\
             </Timestamp><ResourceStatus>CREATE_FAILED</ResourceStatus><ResourceStatusReason>no</ResourceStatusReason>\
             </member></StackEvents>"
        )
    );
    let unknown = json!({ "StackName": "no" });
    world.refuses("DescribeStackEvents", unknown, "ValidationError", "Stack [no] does not exist").await;
    let resource = format!(
        "<LogicalResourceId>Queue</LogicalResourceId><PhysicalResourceId>url</PhysicalResourceId><ResourceType>\
         AWS::SQS::Queue</ResourceType><Timestamp>{AT}</Timestamp><ResourceStatus>CREATE_COMPLETE</ResourceStatus>"
    );
    for input in [stack.clone(), json!({ "PhysicalResourceId": "url" })] {
        let told = world.told("DescribeStackResources", input).await;
        assert!(told.contains(&resource) && told.starts_with("<StackResources><member>"), "{told}");
    }
    let text = "Stack for other does not exist";
    world.refuses("DescribeStackResources", json!({ "PhysicalResourceId": "other" }), "ValidationError", text).await;
    let text = "Only one of StackName and PhysicalResourceId must be specified";
    world.refuses("DescribeStackResources", json!({}), "ValidationError", text).await;
    let told = world.told("ListStackResources", stack).await;
    let renamed = resource.replace("Timestamp>", "LastUpdatedTimestamp>");
    assert!(told.contains(&renamed) && told.starts_with("<StackResourceSummaries><member>"), "{told}");
    let one = |id: &str| json!({ "StackName": "shop", "LogicalResourceId": id });
    let told = world.told("DescribeStackResource", one("Queue")).await;
    assert!(told.contains(&renamed) && told.starts_with("<StackResourceDetail><StackName>"), "{told}");
    let text = "Resource Other does not exist for stack shop";
    world.refuses("DescribeStackResource", one("Other"), "ValidationError", text).await;
}

#[tokio::test]
async fn templates_are_told_and_looked_at() {
    let world = World::start().await;
    let told = world.told("GetTemplate", json!({ "StackName": "shop", "TemplateStage": "Original" })).await;
    let stages = "<StagesAvailable><member>Original</member></StagesAvailable>";
    assert_eq!(told, format!("<TemplateBody>of the &lt;stack&gt;</TemplateBody>{stages}"));
    let told = world.told("GetTemplate", json!({ "ChangeSetName": "arn:x" })).await;
    assert!(told.contains("of the change set"), "{told}");
    let processed = json!({ "StackName": "shop", "TemplateStage": "Processed" });
    let text = "Only the stage Original is kept: a template is told as it was given";
    world.refuses("GetTemplate", processed, "ValidationError", text).await;
    let text = "StackName is required if ChangeSetName is not specified.";
    world.refuses("GetTemplate", json!({}), "ValidationError", text).await;

    let told = world.told("ValidateTemplate", json!({ "TemplateBody": "R" })).await;
    assert_eq!(
        told,
        "<Parameters><member><ParameterKey>Name</ParameterKey><DefaultValue>d</DefaultValue><NoEcho>true</NoEcho></member>\
         </Parameters><Description>R</Description><DeclaredTransforms></DeclaredTransforms>"
    );
    let bad = json!({ "TemplateBody": "bad" });
    world.refuses("ValidateTemplate", bad, "ValidationError", "Template format error: bad").await;
    for (input, description) in
        [(json!({ "TemplateBody": "R" }), "R"), (json!({ "StackName": "shop" }), "of the &lt;stack&gt;")]
    {
        let told = world.told("GetTemplateSummary", input).await;
        let expected = format!(
            "<ParameterType>String</ParameterType><NoEcho>true</NoEcho><ParameterConstraints><AllowedValues><member>d\
             </member></AllowedValues></ParameterConstraints></member></Parameters><Description>{description}\
             </Description><ResourceTypes><member>AWS::SQS::Queue</member></ResourceTypes>"
        );
        assert!(told.contains(&expected), "{told}");
    }
    let set = json!({ "StackSetName": "s" });
    world.refuses("GetTemplateSummary", set, "ValidationError", "StackSetName is not supported").await;
}

#[tokio::test]
async fn change_sets_are_made_told_executed_and_forgotten() {
    let world = World::start().await;
    let input = |name: &str, more: Value| {
        let mut input = json!({ "StackName": "shop", "ChangeSetName": name, "TemplateBody": "R" });
        input.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        input
    };
    let more = json!({ "ChangeSetType": "CREATE", "Description": "why", "OnStackFailure": "DO_NOTHING", "IncludeNestedStacks": true });
    let told = world.told("CreateChangeSet", input("change", more)).await;
    assert_eq!(told, format!("<Id>id</Id><StackId>{ID}</StackId>"));
    let asked = world.asked();
    assert!(asked.contains("name: \"change\", description: Some(\"why\"), creates: true"), "{asked}");
    assert!(asked.contains("on_failure: Some(DoNothing)"), "{asked}");
    let taken = input("taken", json!({}));
    world.refuses("CreateChangeSet", taken, "AlreadyExistsException", "ChangeSet taken already exists").await;
    let many = input("many", json!({}));
    world.refuses("CreateChangeSet", many, "LimitExceededException", "enough").await;
    for (member, value) in [
        ("ImportExistingResources", json!(true)),
        ("DeploymentMode", json!("REVERT_DRIFT")),
        ("ResourcesToImport", json!([{ "ResourceType": "T", "LogicalResourceId": "L" }])),
    ] {
        let text = format!("{member} is not supported");
        world.refuses("CreateChangeSet", input("c", json!({ member: value })), "ValidationError", &text).await;
    }
    let import = input("c", json!({ "ChangeSetType": "IMPORT" }));
    world.refuses("CreateChangeSet", import, "ValidationError", "ChangeSetType IMPORT is not supported").await;

    let named = |name: &str| json!({ "StackName": "shop", "ChangeSetName": name });
    let told = world.told("DescribeChangeSet", named("change")).await;
    for part in [
        "<ExecutionStatus>AVAILABLE</ExecutionStatus><Status>CREATE_COMPLETE</Status>",
        "<Changes><member><Type>Resource</Type><ResourceChange><Action>Modify</Action><LogicalResourceId>Queue",
        "<Replacement>False</Replacement><Scope><member>Properties</member></Scope><Details><member><Target><Attribute>\
         Properties</Attribute><Name>DelaySeconds</Name><RequiresRecreation>Never</RequiresRecreation></Target>\
         <Evaluation>Static</Evaluation><ChangeSource>DirectModification</ChangeSource></member></Details>\
         </ResourceChange></member></Changes>",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let mut whole = named("change");
    whole["IncludePropertyValues"] = json!(true);
    let told = world.told("DescribeChangeSet", whole).await;
    assert!(told.contains("<BeforeContext>before</BeforeContext><AfterContext>after</AfterContext>"), "{told}");
    let text = "ChangeSet [other] does not exist";
    world.refuses("DescribeChangeSet", named("other"), "ChangeSetNotFound", text).await;
    let told = world.told("ListChangeSets", json!({ "StackName": "shop" })).await;
    assert!(told.starts_with("<Summaries><member>") && told.contains("<ChangeSetName>change<"), "{told}");

    assert_eq!(world.told("ExecuteChangeSet", named("change")).await, "<ExecuteChangeSetResult/>");
    assert!(world.asked().starts_with("execute Some(\"shop\") change ExecuteOptions { disable_rollback: false"));
    world.refuses("ExecuteChangeSet", named("failed"), "InvalidChangeSetStatus", "not in this state").await;
    assert_eq!(world.told("DeleteChangeSet", json!({ "ChangeSetName": "arn:c" })).await, "<DeleteChangeSetResult/>");
    assert_eq!(world.asked(), "forget None arn:c");
}

#[tokio::test]
async fn exports_policies_and_protection_are_told_and_set() {
    let world = World::start().await;
    assert_eq!(
        world.told("ListExports", json!({})).await,
        format!(
            "<Exports><member><ExportingStackId>{ID}</ExportingStackId><Name>n</Name><Value>v</Value></member></Exports>"
        )
    );
    let told = world.told("ListImports", json!({ "ExportName": "n" })).await;
    assert_eq!(told, "<Imports><member>uses-n</member></Imports>");
    let policy = json!({ "StackName": "shop", "StackPolicyBody": "{\"Statement\":[]}" });
    assert_eq!(world.told("SetStackPolicy", policy).await, "");
    assert_eq!(world.asked(), "policy shop {\"Statement\":[]}");
    let told = world.told("GetStackPolicy", json!({ "StackName": "shop" })).await;
    assert_eq!(told, "<StackPolicyBody>{}</StackPolicyBody>");
    let protect = json!({ "StackName": "shop", "EnableTerminationProtection": true });
    assert_eq!(world.told("UpdateTerminationProtection", protect).await, format!("<StackId>{ID}</StackId>"));
    assert_eq!(world.asked(), "protect shop true");
}

#[tokio::test]
async fn stacks_are_for_the_account_of_the_server() {
    let world = World::start().await;
    let ask = "Action=DescribeStacks&Version=2010-05-15";
    let credential = "Credential=111111111111/20260101/us-east-1/cloudformation/aws4_request";
    let mut request = form_request("/", ask);
    let header = format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0");
    request.headers_mut().insert("authorization", header.parse().expect("a header"));
    let answer = world.server.send(request).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    let text =
        "is not authorized to perform: cloudformation:DescribeStacks: all stacks are of the account 000000000000";
    assert!(answer.body.contains(text), "{}", answer.body);
    assert_eq!(world.server.send(form_request("/", ask)).await.status, 200);
}

#[tokio::test]
async fn what_is_no_operation_or_has_no_stacks_is_unknown() {
    let world = World::start().await;
    let unknown = "The action DetectStackDrift is not valid for this endpoint.";
    world.refuses("DetectStackDrift", json!({}), "InvalidAction", unknown).await;
    let without = Server::start().await.send(cloudformation_request("ListExports", &json!({}))).await;
    assert!(without.body.contains("<Code>InvalidAction</Code>"), "{}", without.body);
    let mut by_target = json_request("ListStacks", "{}");
    by_target.headers_mut().insert("x-amz-target", "CloudFormation.ListStacks".parse().expect("a header"));
    assert_eq!(world.server.send(by_target).await.status, 400);
}
