//! What makes one stack of another.

use std::fmt::Write;

use bongsu_template::{Change, Stack, parse, plan};
use expect_test::{Expect, expect};

use crate::inputs;

fn stack(template: &str) -> Stack {
    if template.is_empty() {
        return Stack::default();
    }
    parse(template, "template.yaml", &inputs(&[])).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The changes from one template to the other, a line each; an empty one is no stack at all.
fn check(old: &str, new: &str, expected: Expect) {
    let mut out = String::new();
    for Change { action, logical_id, type_name, physical_id, what, retain } in plan(&stack(old), &stack(new)) {
        let (what, kept) = (what.join(", "), if retain { ", the old one stays" } else { "" });
        let id = physical_id.as_deref().unwrap_or("?").rsplit('/').next().unwrap_or_default();
        writeln!(out, "{action:?} {logical_id} {type_name} {id}: {what}{kept}").expect("a string takes everything");
    }
    expected.assert_eq(&out);
}

const STACK: &str = "
Parameters:
  Secret: { Type: String, NoEcho: true, Default: one }
Resources:
  Work:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 }
  Dead: { Type: AWS::SQS::Queue, DeletionPolicy: Retain }
  Worker:
    Type: AWS::Lambda::Function
    Properties: { FunctionName: worker, Runtime: provided.al2023, Code: ., Environment: { Variables: { KEY: !Ref Secret } } }
  Reads:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { FunctionName: !Ref Worker, EventSourceArn: !GetAtt Work.Arn }
";

#[test]
fn a_new_stack_is_made_in_order_and_an_old_one_goes_in_reverse() {
    check(
        "",
        STACK,
        expect![[r#"
        Create Dead AWS::SQS::Queue shop-Dead-73f1cdfd4e20: 
        Create Work AWS::SQS::Queue shop-Work-d9ffdef7798d: RedrivePolicy, VisibilityTimeout
        Create Worker AWS::Lambda::Function worker: Code, Environment, FunctionName, Runtime
        Create Reads AWS::Lambda::EventSourceMapping 6628ee33-5f8a-d5c1-6cc6-f3b25dee1362: EventSourceArn, FunctionName
    "#]],
    );
    check(
        STACK,
        "",
        expect![[r#"
        Delete Reads AWS::Lambda::EventSourceMapping 6628ee33-5f8a-d5c1-6cc6-f3b25dee1362: 
        Delete Worker AWS::Lambda::Function worker: 
        Delete Work AWS::SQS::Queue shop-Work-d9ffdef7798d: 
        Delete Dead AWS::SQS::Queue shop-Dead-73f1cdfd4e20: , the old one stays
    "#]],
    );
}

#[test]
fn what_is_the_same_stays_whatever_it_looks_like() {
    let rewritten = STACK.replace("VisibilityTimeout: 60", "# A minute.\n      VisibilityTimeout: \"60\"");
    check(
        STACK,
        &rewritten,
        expect![[r#"
        None Dead AWS::SQS::Queue shop-Dead-73f1cdfd4e20: 
        None Work AWS::SQS::Queue shop-Work-d9ffdef7798d: 
        None Worker AWS::Lambda::Function worker: 
        None Reads AWS::Lambda::EventSourceMapping 6628ee33-5f8a-d5c1-6cc6-f3b25dee1362: 
    "#]],
    );
}

#[test]
fn what_differs_is_named_and_changed_in_place_or_replaced() {
    let changed = STACK
        .replace("VisibilityTimeout: 60", "DelaySeconds: 5")
        .replace("FunctionName: worker", "FunctionName: renamed, Timeout: 9")
        .replace("DeletionPolicy: Retain", "Properties: { QueueName: dead }, UpdateReplacePolicy: Retain");
    check(
        STACK,
        &changed,
        expect![[r#"
        Replace Dead AWS::SQS::Queue shop-Dead-73f1cdfd4e20: QueueName, the old one stays
        Update Work AWS::SQS::Queue shop-Work-d9ffdef7798d: DelaySeconds, RedrivePolicy, VisibilityTimeout
        Replace Worker AWS::Lambda::Function worker: FunctionName, Timeout
        Update Reads AWS::Lambda::EventSourceMapping 6628ee33-5f8a-d5c1-6cc6-f3b25dee1362: FunctionName
    "#]],
    );
}

#[test]
fn what_hides_is_compared_without_being_shown() {
    let rotated = STACK.replace("Default: one", "Default: two");
    check(
        STACK,
        &rotated,
        expect![[r#"
        None Dead AWS::SQS::Queue shop-Dead-73f1cdfd4e20: 
        None Work AWS::SQS::Queue shop-Work-d9ffdef7798d: 
        Update Worker AWS::Lambda::Function worker: Environment
        None Reads AWS::Lambda::EventSourceMapping 6628ee33-5f8a-d5c1-6cc6-f3b25dee1362: 
    "#]],
    );
    let shown = format!("{:?}", plan(&stack(STACK), &stack(&rotated)));
    assert!(!shown.contains("two"), "{shown}");
    let before = stack(STACK);
    let properties = &before.resource("Worker").unwrap().properties;
    assert!(properties["Environment"]["Variables"]["KEY"].as_str().unwrap().starts_with("sha256:"), "{properties:?}");
}

#[test]
fn metadata_counts_and_a_type_that_changes_is_another_resource() {
    let old =
        "Resources:\n  A: { Type: AWS::SQS::Queue }\n  R: { Type: AWS::IAM::Role, Properties: { RoleName: a } }\n";
    let faulty = old.replace("SQS::Queue", "SQS::Queue, Metadata: { Bongsu: { Faults: { Reorder: 1 } }, Other: 1 }");
    check(
        old,
        &faulty,
        expect![[r#"
        Update A AWS::SQS::Queue shop-A-79777222cef3: Metadata
        None R AWS::IAM::Role a: 
    "#]],
    );
    let renamed = old.replace("AWS::SQS::Queue", "AWS::SNS::Topic").replace("RoleName: a", "RoleName: b");
    check(
        old,
        &renamed,
        expect![[r#"
        Replace A AWS::SQS::Queue shop-A-79777222cef3: 
        Replace R AWS::IAM::Role a: 
    "#]],
    );
}

#[test]
fn signing_secrets_are_hashes_wherever_they_stand() {
    let template = "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: a.b
      CodeUri: .
      Events: { Hook: { Type: HttpApi, Properties: { Path: /a, Method: post } } }
    Metadata: { Bongsu: { Webhook: { Provider: slack, Secrets: [swordfish] } } }
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP, Target: !GetAtt F.Arn },
         Metadata: { Bongsu: { Webhook: { Provider: slack, Secrets: [swordfish] } } } }
";
    let stack = stack(&template.replace("Name: a", "Name: a, RouteKey: POST /b"));
    let mut hashes = 0;
    for resource in &stack.resources {
        let shown = format!("{:?} {:?}", resource.properties, resource.metadata);
        assert!(!shown.contains("swordfish"), "{shown}");
        hashes += shown.matches("sha256:").count();
    }
    assert_eq!(hashes, 2);
}
