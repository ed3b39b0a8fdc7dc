//! SAM: how globals and resources become one, and what is refused.

use std::fmt::Write;

use bongsu_template::{Resource, parse};
use expect_test::{Expect, expect};

use crate::{inputs, read};

fn check(template: &str, expected: Expect) {
    expected.assert_eq(&read(&format!("Transform: AWS::Serverless-2016-10-31\n{template}")));
}

#[test]
fn own_properties_win_maps_are_merged_and_lists_are_added() {
    check(
        "
Globals:
  Function:
    Runtime: python3.12
    Handler: app.run
    Timeout: 9
    Environment: { Variables: { AA: global, BB: global } }
    Layers: ['arn:aws:lambda:us-east-1:000000000000:layer:a:1']
    Tags: { team: all }
  Api: { Name: all }
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: { Bucket: code, Key: f.zip, Version: '3' }
      Timeout: 5
      Environment: { Variables: { BB: own, CC: !Ref AWS::Region } }
      Layers: ['arn:aws:lambda:us-east-1:000000000000:layer:b:2']
      Tags: { part: f }
      EphemeralStorage: { Size: 1024 }
",
        expect![[r#"
            13: function F = shop-F-06e2d47fc9ef, python3.12 app.run in Object { bucket: "code", key: "f.zip", version: Some("3") }
                 5 s, 128 MiB, reserved None
                 AA=global
                 BB=own
                 CC=us-east-1
                 layers [Known("arn:aws:lambda:us-east-1:000000000000:layer:a:1"), Known("arn:aws:lambda:us-east-1:000000000000:layer:b:2")]
                 for X86, traced false, 1024 MiB under /tmp
                 tag part=f
                 tag team=all
        "#]],
    );
}

#[test]
fn a_condition_leaves_out_everything_that_was_made() {
    check(
        "
Conditions: { Never: !Equals [a, b], Always: !Equals [a, a] }
Resources:
  Out:
    Type: AWS::Serverless::Function
    Condition: Never
    Properties: { Events: { Http: { Type: HttpApi } } }
  In:
    Type: AWS::Serverless::Function
    Condition: Always
    DependsOn: Q
    Properties: { Runtime: provided.al2023, CodeUri: . , Events: { Q: { Type: SQS, Properties: { Queue: !GetAtt Q.Arn } } } }
  Q: { Type: 'AWS::SQS::Queue' }
  May: { Type: AWS::Serverless::Connector, Properties: { Source: { Id: In } } }
",
        expect![[r#"
            14: queue Q = shop-Q-ebe405aae7a1, dead letters -
            9: function In = shop-In-df95ac526454, provided.al2023 bootstrap in .
                 3 s, 128 MiB, reserved None
            13: mapping InQ shop-Q-ebe405aae7a1 -> shop-In-df95ac526454, batch 10, reports false, at once None, enabled
            15: ignored May AWS::Serverless::Connector: roles and policies are not evaluated
        "#]],
    );
}

#[test]
fn what_sam_has_and_this_has_not_is_refused() {
    check(
        "
Globals:
  Function: { Colour: blue }
  SimpleTable: {}
  Api: { Auth: { DefaultAuthorizer: A } }
Resources:
  Table: { Type: AWS::Serverless::SimpleTable }
  Image: { Type: AWS::Serverless::Function, Properties: { PackageType: Image, ImageUri: x } }
  Odd:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: a.b
      CodeUri: https://example.com/a.zip
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 }
      DeadLetterQueue: { Type: Kafka, TargetArn: x }
      FunctionUrlConfig: yes
      EventInvokeConfig: { DestinationConfig: { OnFailure: { Type: Lambda } }, More: 1 }
      Colour: blue
      Events:
        Bus: { Type: EventBridgeRule, Properties: { Pattern: {} } }
        Stream: { Type: Kinesis, Properties: {} }
        NoPath: { Type: Api, Properties: { Path: /a } }
        Foreign: { Type: HttpApi, Properties: { Path: /a, Method: get, ApiId: !Ref Table } }
        Guarded: { Type: HttpApi, Properties: { Path: /b, Method: get, Auth: { Authorizer: JWT } } }
        Bucket: { Type: S3, Properties: { Bucket: !Ref Table, Events: 's3:ObjectCreated:*' } }
        Half: { Type: S3, Properties: { Events: 's3:ObjectCreated:*' } }
        Twice: { Type: Schedule, Properties: { Schedule: rate(1 minute), State: ENABLED, Enabled: true } }
        Wrong: { Type: Schedule, Properties: { Schedule: rate(0 minutes), DeadLetterConfig: {} } }
        Text: x
  Stageless: { Type: AWS::Serverless::Api, Properties: { DefinitionUri: a.yaml } }
  Layer: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: layer, RetentionPolicy: Maybe } }
  Machine: { Type: AWS::Serverless::StateMachine }
",
        expect![[r#"
            template.yaml:4: Globals: property Colour is not supported
            template.yaml:5: Globals: SimpleTable is not supported: Api, Function, HttpApi, StateMachine are
            template.yaml:6: resource Stageless: Auth: the API has no authorizer A
            template.yaml:8: resource Table: type AWS::Serverless::SimpleTable is not supported yet
            template.yaml:9: resource Image: property ImageUri is not supported
            template.yaml:9: resource Image: PackageType Image is not supported: code is a zip or a folder
            template.yaml:15: resource Odd: Code must be the path of a folder, or a map of S3Bucket and S3Key
            template.yaml:16: resource Odd: ProvisionedConcurrencyConfig needs AutoPublishAlias
            template.yaml:17: resource Odd: DeadLetterQueue: Type must be SQS or SNS, not Kafka
            template.yaml:17: resource Odd: DeadLetterConfig: TargetArn must be the ARN of a queue or topic
            template.yaml:18: resource Odd: FunctionUrlConfig must be a map, not a text
            template.yaml:19: resource Odd: OnFailure needs a Destination, or the Type SQS or SNS
            template.yaml:19: resource Odd: property More is not supported
            template.yaml:20: resource Odd: property Colour is not supported
            template.yaml:22: resource Odd: event Bus: type EventBridgeRule is not supported: there is no event bus; Schedule is
            template.yaml:23: resource Odd: event Stream: type Kinesis is not supported yet
            template.yaml:24: resource Odd: Path and Method are needed
            template.yaml:25: resource Odd: ApiId must be !Ref of an AWS::Serverless::HttpApi of this template
            template.yaml:26: resource ServerlessHttpApi: Auth: the API has no authorizer JWT
            template.yaml:27: resource Odd: Bucket must be !Ref of an AWS::S3::Bucket of this template: Table
            template.yaml:28: resource Odd: Bucket and Events are needed
            template.yaml:29: resource Odd: there is a State too
            template.yaml:30: resource Odd: DeadLetterConfig needs an Arn, or the Type SQS
            template.yaml:30: resource OddWrong: ScheduleExpression: a rate's value is a whole number from 1 to 4294967295
            template.yaml:31: resource Odd: event Text must be a map, not a text
            template.yaml:32: resource Stageless: DefinitionUri is not supported yet
            template.yaml:32: resource Stageless: StageName is missing
            template.yaml:33: resource Layer: RetentionPolicy must be Retain or Delete, not Maybe
            template.yaml:34: resource Machine: a state machine has one of Definition, DefinitionString and DefinitionS3Location (SAM: DefinitionUri)
        "#]],
    );
}

#[test]
fn metadata_needs_an_event_that_it_is_for() {
    check(
        "
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: { Runtime: provided.al2023, CodeUri: . }
    Metadata:
      Other: 1
      Bongsu: { Webhook: { Provider: none }, DeliveryPolicy: {}, Faults: { Drop: 1 } }
",
        expect![[r#"
            template.yaml:9: resource F: DeliveryPolicy: the function has no event of type SNS that it is for
            template.yaml:9: resource F: Webhook: the function has no event of type Api or HttpApi that it is for
            template.yaml:9: resource F: property Faults is not supported
        "#]],
    );
}

#[test]
fn two_functions_cannot_take_the_same_route_or_make_the_same_resource() {
    check(
        "
Globals: { Function: { Runtime: provided.al2023, CodeUri: . } }
Resources:
  A:
    Type: AWS::Serverless::Function
    Properties: { Events: { E: { Type: HttpApi, Properties: { Path: /a, Method: get } } } }
  B:
    Type: AWS::Serverless::Function
    Properties: { Events: { E: { Type: HttpApi, Properties: { Path: /a, Method: GET } } } }
  ARole: { Type: AWS::IAM::Role }
",
        expect![[r#"
            template.yaml:10: resource ServerlessHttpApi: GET /a is taken already
            template.yaml:11: SAM makes a resource ARole too, for what stands in line 5
        "#]],
    );
}

/// A function of a template whose code stands elsewhere gets another version, and its layer another id.
#[test]
fn logical_ids_change_with_what_they_are_made_of() {
    let template = |code: &str| {
        format!(
            "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    DependsOn: L
    Properties: {{ Runtime: provided.al2023, CodeUri: {code}, AutoPublishAlias: live-1, Layers: [!Ref L] }}
  L: {{ Type: AWS::Serverless::LayerVersion, Properties: {{ ContentUri: {code}, RetentionPolicy: Delete }} }}
"
        )
    };
    let mut shown = String::new();
    for code in ["one", "two"] {
        let stack = parse(&template(code), "template.yaml", &inputs(&[])).unwrap();
        for Resource { logical_id, deletion_policy, depends_on, .. } in &stack.resources {
            writeln!(shown, "{logical_id} {deletion_policy:?} after {depends_on:?}").unwrap();
        }
    }
    expect![[r#"
        FRole Delete after []
        L123857d2f9 Delete after []
        F Delete after ["FRole", "L123857d2f9"]
        FVersion49e9fcfb56 Retain after ["F"]
        FAliaslive1 Delete after ["F", "FVersion49e9fcfb56"]
        FRole Delete after []
        L0ccb327db1 Delete after []
        F Delete after ["FRole", "L0ccb327db1"]
        FVersionb85d38dc71 Retain after ["F"]
        FAliaslive1 Delete after ["F", "FVersionb85d38dc71"]
    "#]]
    .assert_eq(&shown);
}
