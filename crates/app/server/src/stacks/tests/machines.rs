//! State machines of stacks, as any client of Step Functions sees them: with definitions from wherever they are, versions
//! that follow what the machine does, and aliases that follow the versions.

use bongsu_aws_api::cloudformation::{CreateOptions, DeleteOptions, Stacks as _};
use serde_json::{Value, json};

use super::site::Site;
use super::world::deployment;

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:orders";

/// In a file, with what SAM publishes of it.
const PUBLISHED: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: orders
      DefinitionUri: machines/orders.asl.yaml
      DefinitionSubstitutions: { Seconds: 5 }
      AutoPublishAlias: live
      Logging:
        Level: ALL
        Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: 'arn:aws:logs:us-east-1:000000000000:log-group:o:*' } }]
      Tracing: { Enabled: true }
      Tags: { team: shop }
Outputs:
  Alias: { Value: !Ref Orders.Alias }
";

fn yaml(comment: &str) -> String {
    format!("Comment: {comment}\nStartAt: W\nStates:\n  W: {{ Type: Wait, Seconds: ${{Seconds}}, End: true }}\n")
}

fn json_definition(comment: &str) -> String {
    json!({ "Comment": comment, "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 5, "End": true } } })
        .to_string()
}

async fn described(site: &Site) -> Value {
    site.states("DescribeStateMachine", json!({ "stateMachineArn": MACHINE })).await.unwrap()
}

fn definition(described: &Value) -> Value {
    serde_json::from_str(described["definition"].as_str().unwrap()).unwrap()
}

/// The numbers of all versions, the newest first.
async fn versions(site: &Site) -> Vec<String> {
    let told = site.states("ListStateMachineVersions", json!({ "stateMachineArn": MACHINE })).await.unwrap();
    let arns = told["stateMachineVersions"].as_array().unwrap().iter();
    arns.map(|version| version["stateMachineVersionArn"].as_str().unwrap().rsplit(':').next().unwrap().to_owned())
        .collect()
}

/// The version that the alias leads to.
async fn live(site: &Site) -> String {
    let alias = json!({ "stateMachineAliasArn": format!("{MACHINE}:live") });
    let told = site.states("DescribeStateMachineAlias", alias).await.unwrap();
    assert_eq!(told["routingConfiguration"][0]["weight"], 100);
    told["routingConfiguration"][0]["stateMachineVersionArn"].as_str().unwrap().rsplit(':').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_machine_in_a_file_tells_all_that_its_template_said() {
    let site = Site::start().await;
    let missing = site.try_deploy(PUBLISHED).await.unwrap_err().to_string();
    assert!(missing.contains("resource Orders") && missing.contains("machines/orders.asl.yaml"), "{missing}");
    site.write("machines/orders.asl.yaml", "StartAt: [");
    let faulty = site.try_deploy(PUBLISHED).await.unwrap_err().to_string();
    assert!(faulty.contains("machines/orders.asl.yaml: line 2: not valid YAML"), "{faulty}");

    site.write("machines/orders.asl.yaml", &yaml("one"));
    site.deploy(PUBLISHED).await;
    let told = described(&site).await;
    assert_eq!(definition(&told)["States"]["W"]["Seconds"], 5);
    assert_eq!(
        (&told["type"], &told["roleArn"]),
        (&json!("STANDARD"), &json!("arn:aws:iam::000000000000:role/s-OrdersRole-256f7aa1f0bd"))
    );
    let group = "arn:aws:logs:us-east-1:000000000000:log-group:o:*";
    assert_eq!(
        told["loggingConfiguration"],
        json!({ "level": "ALL", "includeExecutionData": false, "destinations": [{ "cloudWatchLogsLogGroup": { "logGroupArn": group } }] })
    );
    assert_eq!(told["tracingConfiguration"], json!({ "enabled": true }));
    let tags = site.states("ListTagsForResource", json!({ "resourceArn": MACHINE })).await.unwrap();
    assert_eq!(tags["tags"], json!([{ "key": "team", "value": "shop" }]));

    // What is taken out of the template goes.
    site.deploy(&PUBLISHED.replace("      Tracing: { Enabled: true }\n", "")).await;
    assert_eq!(described(&site).await["tracingConfiguration"], json!({ "enabled": false }));
}

#[tokio::test]
async fn a_version_is_published_when_the_machine_is_another_and_its_alias_follows() {
    let site = Site::start().await;
    site.write("machines/orders.asl.yaml", &yaml("one"));
    site.deploy(PUBLISHED).await;
    assert_eq!((versions(&site).await, live(&site).await), (vec!["1".to_owned()], "1".to_owned()));
    // Nothing is new; nor is a tag a reason for a version.
    site.deploy(PUBLISHED).await;
    site.deploy(&PUBLISHED.replace("team: shop", "team: till")).await;
    assert_eq!(versions(&site).await, ["1"]);
    // Another text in the file, then another value in the template.
    site.write("machines/orders.asl.yaml", &yaml("two"));
    site.deploy(PUBLISHED).await;
    assert_eq!((versions(&site).await, live(&site).await), (vec!["2".to_owned(), "1".to_owned()], "2".to_owned()));
    site.deploy(&PUBLISHED.replace("Seconds: 5", "Seconds: 6")).await;
    assert_eq!((versions(&site).await.len(), live(&site).await), (3, "3".to_owned()));
    let first =
        site.states("DescribeStateMachine", json!({ "stateMachineArn": format!("{MACHINE}:1") })).await.unwrap();
    assert_eq!(definition(&first)["Comment"], "one");

    // What failed leaves the alias at what the machine was.
    site.write("machines/orders.asl.yaml", &yaml("three"));
    let failing = format!(
        "{}  Lost:\n    Type: AWS::Lambda::Url\n    Properties: {{ TargetFunctionArn: no, AuthType: NONE }}\n",
        PUBLISHED.replace("Outputs:\n  Alias: { Value: !Ref Orders.Alias }\n", "")
    );
    site.try_deploy(&failing).await.unwrap_err();
    site.deploy(PUBLISHED).await;
    let alias =
        site.states("DescribeStateMachine", json!({ "stateMachineArn": format!("{MACHINE}:live") })).await.unwrap();
    assert_eq!(definition(&alias)["Comment"], "three");
}

#[tokio::test]
async fn a_definition_comes_from_a_bucket_and_versions_are_replaced_over_the_wire() {
    let template = |key: &str| {
        format!(
            "Resources:
  Orders:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: orders
      RoleArn: r
      DefinitionS3Location: {{ Bucket: code, Key: {key} }}
  Version:
    Type: AWS::StepFunctions::StateMachineVersion
    Properties: {{ StateMachineArn: !Ref Orders, StateMachineRevisionId: !GetAtt Orders.StateMachineRevisionId }}
  Live:
    Type: AWS::StepFunctions::StateMachineAlias
    Properties:
      Name: live
      RoutingConfiguration: [{{ StateMachineVersionArn: !Ref Version, Weight: 100 }}]
"
        )
    };
    let site = Site::start().await;
    site.put_object("one.json", json_definition("one").into_bytes()).await;
    site.put_object("two.json", json_definition("two").into_bytes()).await;
    let engine = &site.up.engine;
    let id = engine.create(deployment("wire", &template("one.json")), CreateOptions::default()).await.unwrap();
    assert_eq!(definition(&described(&site).await)["Comment"], "one");
    assert_eq!((versions(&site).await, live(&site).await), (vec!["1".to_owned()], "1".to_owned()));
    engine.update(deployment("wire", &template("two.json"))).await.unwrap();
    // The one before went when all was done.
    assert_eq!((versions(&site).await, live(&site).await), (vec!["2".to_owned()], "2".to_owned()));
    engine.update(deployment("wire", &template("none.json"))).await.unwrap();
    let reasons = engine.events(&id).unwrap();
    let missing = "s3://code/none.json: The specified key does not exist";
    assert!(reasons.iter().any(|event| event.resource_status_reason.as_deref() == Some(missing)), "{reasons:?}");
    assert_eq!(definition(&described(&site).await)["Comment"], "two");
    let over_the_wire = "is a file beside the template, which only `bongsu up` can reach";
    let beside = template("one.json").replace("{ Bucket: code, Key: one.json }", "orders.json");
    engine.update(deployment("wire", &beside)).await.unwrap();
    assert!(
        engine
            .events(&id)
            .unwrap()
            .iter()
            .any(|event| event.resource_status_reason.as_deref().is_some_and(|reason| reason.contains(over_the_wire)))
    );
    engine.delete("wire", DeleteOptions::default()).await.unwrap();
    site.states("DescribeStateMachine", json!({ "stateMachineArn": MACHINE })).await.unwrap_err();
}
