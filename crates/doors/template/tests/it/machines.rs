//! State machines: where their definitions come from, and what SAM makes of theirs.

use expect_test::{Expect, expect};

use crate::read;

fn check(template: &str, expected: Expect) {
    expected.assert_eq(&read(&format!("Transform: AWS::Serverless-2016-10-31\n{template}")));
}

#[test]
fn a_definition_is_written_in_one_of_four_ways() {
    check(
        "
Resources:
  Map:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: r
      DefinitionSubstitutions: { Text: 'a\"b', Seconds: 5 }
      Definition: { StartAt: W, States: { W: { Type: Wait, Seconds: 5, Comment: '5 ${Text} ${Other}', End: true } } }
  Text:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: r
      DefinitionSubstitutions: { Seconds: 5 }
      DefinitionString: '{\"StartAt\": \"W\", \"States\": {\"W\": {\"Type\": \"Wait\", \"Seconds\": ${Seconds}, \"End\": true}}}'
  Object:
    Type: AWS::StepFunctions::StateMachine
    Properties: { RoleArn: r, DefinitionS3Location: { Bucket: b, Key: k }, StateMachineType: EXPRESS }
  File:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: orders
      RoleArn: r
      DefinitionS3Location: orders.asl.json
      DefinitionSubstitutions: { Queue: !Sub '${AWS::Region}-q' }
      LoggingConfiguration:
        Level: ALL
        IncludeExecutionData: true
        Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: arn } }]
      TracingConfiguration: { Enabled: true }
Outputs:
  Arn: { Value: !Ref File }
  Name: { Value: !GetAtt File.Name }
  Revision: { Value: !GetAtt File.StateMachineRevisionId }
",
        expect![[r#"
            4: Map AWS::StepFunctions::StateMachine
                 StateMachine(StateMachineResource { name: "shop-Map-a33e61dd581d", arn: "arn:aws:states:us-east-1:000000000000:stateMachine:shop-Map-a33e61dd581d", definition: Text("{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":5,\"Comment\":\"5 a\\\"b ${Other}\",\"End\":true}}}"), substitutions: {"Seconds": "5", "Text": "a\"b"}, role: "r", express: false, logging: None, tracing: None, tags: {} })
            10: Text AWS::StepFunctions::StateMachine
                 StateMachine(StateMachineResource { name: "shop-Text-652544229ce7", arn: "arn:aws:states:us-east-1:000000000000:stateMachine:shop-Text-652544229ce7", definition: Text("{\"StartAt\": \"W\", \"States\": {\"W\": {\"Type\": \"Wait\", \"Seconds\": 5, \"End\": true}}}"), substitutions: {"Seconds": "5"}, role: "r", express: false, logging: None, tracing: None, tags: {} })
            16: Object AWS::StepFunctions::StateMachine
                 StateMachine(StateMachineResource { name: "shop-Object-3014855f4848", arn: "arn:aws:states:us-east-1:000000000000:stateMachine:shop-Object-3014855f4848", definition: Object { bucket: "b", key: "k", version: None }, substitutions: {}, role: "r", express: true, logging: None, tracing: None, tags: {} })
            19: File AWS::StepFunctions::StateMachine
                 StateMachine(StateMachineResource { name: "orders", arn: "arn:aws:states:us-east-1:000000000000:stateMachine:orders", definition: File("orders.asl.json"), substitutions: {"Queue": "us-east-1-q"}, role: "r", express: false, logging: Some(MachineLogging { level: "ALL", includes_data: true, log_group: Some("arn") }), tracing: Some(true), tags: {} })
            32: output Arn = arn:aws:states:us-east-1:000000000000:stateMachine:orders
            33: output Name = orders
            34: output Revision = Later { logical_id: "File", attribute: Some("StateMachineRevisionId") }
            26: ignored File LoggingConfiguration: the history of a standard execution is there either way, and an express one leaves none
            30: ignored File TracingConfiguration: executions are not traced
        "#]],
    );
}

#[test]
fn a_machine_as_sam_writes_it() {
    check(
        "
Globals: { StateMachine: { PropagateTags: true } }
Resources:
  Orders:
    Type: AWS::Serverless::StateMachine
    Metadata: { Bongsu: { Webhook: { Provider: github, Secrets: [s] } } }
    Properties:
      Name: orders
      Type: STANDARD
      DefinitionUri: statemachine/orders.asl.yaml
      DefinitionSubstitutions: { Table: !Ref Queue }
      Policies: [{ SQSSendMessagePolicy: { QueueName: !GetAtt Queue.QueueName } }]
      PermissionsBoundary: arn:aws:iam::000000000000:policy/b
      Logging: { Level: ERROR }
      Tracing: { Enabled: false }
      Tags: { team: shop }
      AutoPublishAlias: live
      UseAliasAsEventTarget: true
      DeploymentPreference: { Type: LINEAR, Percentage: 10, Interval: 5 }
      Events:
        Post: { Type: Api, Properties: { Path: /orders, Method: post, UnescapeMappingTemplate: true } }
        Daily: { Type: Schedule, Properties: { Schedule: rate(1 day), Input: '[1]' } }
  Plain:
    Type: AWS::Serverless::StateMachine
    Properties:
      Role: arn:aws:iam::000000000000:role/given
      Type: EXPRESS
      DefinitionUri: { Bucket: b, Key: k, Version: v }
      Events:
        Post: { Type: Api, Properties: { Path: /plain, Method: post, RestApiId: !Ref Own } }
        Nightly: { Type: ScheduleV2, Properties: { ScheduleExpression: cron(0 3 * * ? *), RoleArn: 'arn:aws:iam::000000000000:role/r' } }
  Own: { Type: AWS::Serverless::Api, Properties: { StageName: v1 } }
  Object:
    Type: AWS::Serverless::StateMachine
    Properties: { DefinitionUri: 's3://bucket/a/k.json' }
  Queue: { Type: AWS::SQS::Queue }
Outputs:
  Alias: { Value: !Ref Orders.Alias }
  Version: { Value: !Ref Orders.Version }
  Role: { Value: !GetAtt OrdersRole.Arn }
",
        expect![[r#"
            37: queue Queue = shop-Queue-3ec692e1a454, dead letters -
            33: api Own shop-Own Rest, stages v1
            31: route Own POST /plain
                 Aws { service: States, path: "/?Action=StartExecution", rest: RestIntegrationResource { parameters: {}, templates: {"application/json": "{\"input\": \"$util.escapeJavaScript($input.json('$'))\", \"stateMachineArn\": \"arn:aws:states:us-east-1:000000000000:stateMachine:shop-Plain-9c909a418aa4\"}"}, passthrough: WhenNoMatch, responses: [IntegrationResponse { status: 200, selection_pattern: Some("200"), parameters: {}, templates: {} }, IntegrationResponse { status: 400, selection_pattern: Some("400"), parameters: {}, templates: {} }] }, timeout_millis: 29000 }
            22: api ServerlessRestApi shop-ServerlessRestApi Rest, stages Prod
            22: route ServerlessRestApi POST /orders
                 Aws { service: States, path: "/?Action=StartExecution", rest: RestIntegrationResource { parameters: {}, templates: {"application/json": "{\"input\": \"$util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\",\"'\")\", \"stateMachineArn\": \"arn:aws:states:us-east-1:000000000000:stateMachine:orders:live\"}"}, passthrough: WhenNoMatch, responses: [IntegrationResponse { status: 200, selection_pattern: Some("200"), parameters: {}, templates: {} }, IntegrationResponse { status: 400, selection_pattern: Some("400"), parameters: {}, templates: {} }] }, timeout_millis: 29000 }
                 webhook github (line 7) ["s"] {}
                 group None, deduplication None
            24: Plain AWS::StepFunctions::StateMachine
                 StateMachine(StateMachineResource { name: "shop-Plain-9c909a418aa4", arn: "arn:aws:states:us-east-1:000000000000:stateMachine:shop-Plain-9c909a418aa4", definition: Object { bucket: "b", key: "k", version: Some("v") }, substitutions: {}, role: "arn:aws:iam::000000000000:role/given", express: true, logging: None, tracing: None, tags: {} })
            32: PlainNightly AWS::Scheduler::Schedule
                 Schedule(ScheduleResource { name: "PlainNightly", expression: "cron(0 3 * * ? *)", timezone: None, enabled: true, start: None, end: None, window_minutes: None, targets: [ScheduleTarget { arn: "arn:aws:states:us-east-1:000000000000:stateMachine:shop-Plain-9c909a418aa4", target: Machine { name: "shop-Plain-9c909a418aa4", qualifier: None }, role: Some("arn:aws:iam::000000000000:role/r"), input: None, message_group: None, dead_letter: None, retry_attempts_max: None, event_age_max_seconds: None }], scheduler: Some(SchedulerDetails { group: "default", description: None, kms_key: None }) })
            34: Object AWS::StepFunctions::StateMachine
                 StateMachine(StateMachineResource { name: "shop-Object-3014855f4848", arn: "arn:aws:states:us-east-1:000000000000:stateMachine:shop-Object-3014855f4848", definition: Object { bucket: "bucket", key: "a/k.json", version: None }, substitutions: {}, role: "arn:aws:iam::000000000000:role/shop-ObjectRole-e409ef3e4dcb", express: false, logging: None, tracing: None, tags: {} })
            5: Orders AWS::StepFunctions::StateMachine
                 StateMachine(StateMachineResource { name: "orders", arn: "arn:aws:states:us-east-1:000000000000:stateMachine:orders", definition: File("statemachine/orders.asl.yaml"), substitutions: {"Table": "http://127.0.0.1:4566/000000000000/shop-Queue-3ec692e1a454"}, role: "arn:aws:iam::000000000000:role/shop-OrdersRole-c08c6c1301d3", express: false, logging: Some(MachineLogging { level: "ERROR", includes_data: false, log_group: None }), tracing: Some(false), tags: {"team": "shop"} })
            5: OrdersVersion AWS::StepFunctions::StateMachineVersion
                 MachineVersion(MachineVersionResource { machine: "arn:aws:states:us-east-1:000000000000:stateMachine:orders", revision: Some(Later { logical_id: "Orders", attribute: Some("StateMachineRevisionId") }), description: None })
            5: OrdersAliaslive AWS::StepFunctions::StateMachineAlias
                 MachineAlias(MachineAliasResource { name: "live", description: None, routes: [(Later { logical_id: "OrdersVersion", attribute: None }, 100)] })
            23: OrdersDaily AWS::Events::Rule
                 Schedule(ScheduleResource { name: "shop-OrdersDaily-6588ce4e7c39", expression: "rate(1 day)", timezone: None, enabled: true, start: None, end: None, window_minutes: None, targets: [ScheduleTarget { arn: "arn:aws:states:us-east-1:000000000000:stateMachine:orders:live", target: Machine { name: "orders", qualifier: Some("live") }, role: Some("arn:aws:iam::000000000000:role/shop-OrdersDailyRole-63f8d885216c"), input: Some("[1]"), message_group: None, dead_letter: None, retry_attempts_max: None, event_age_max_seconds: None }], scheduler: None })
            39: output Alias = arn:aws:states:us-east-1:000000000000:stateMachine:orders:live
            40: output Version = Later { logical_id: "OrdersVersion", attribute: None }
            41: output Role = arn:aws:iam::000000000000:role/shop-OrdersRole-c08c6c1301d3
            15: ignored Orders LoggingConfiguration: the history of a standard execution is there either way, and an express one leaves none
            16: ignored Orders TracingConfiguration: executions are not traced
            20: ignored Orders DeploymentPreference: an alias moves to its new version at once
        "#]],
    );
}

#[test]
fn what_is_wrong_with_a_machine_of_sams_is_told_with_its_line() {
    check(
        "
Globals: { StateMachine: { Tracing: { Enabled: true } } }
Resources:
  None: { Type: AWS::Serverless::StateMachine }
  Both:
    Type: AWS::Serverless::StateMachine
    Properties: { DefinitionUri: a, Definition: { StartAt: A } }
  Events:
    Type: AWS::Serverless::StateMachine
    Metadata: { Bongsu: { Webhook: { Provider: none } } }
    Properties:
      DefinitionUri: a
      UseAliasAsEventTarget: true
      DeploymentPreference: { Type: ALL_AT_ONCE }
      Colour: red
      Events:
        Rule: { Type: EventBridgeRule, Properties: { Pattern: { source: [a] } } }
        Http: { Type: HttpApi, Properties: { Path: /, Method: get } }
        Cloud: { Type: CloudWatchEvent, Properties: { Pattern: { source: [a] } } }
        Api: Api
  Preference:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: a
      AutoPublishAlias: live
      DeploymentPreference: { Type: SLOWLY, Hooks: {} }
",
        expect![[r#"
            template.yaml:3: Globals: property Tracing is not supported
            template.yaml:5: resource None: a state machine has one of Definition, DefinitionString and DefinitionS3Location (SAM: DefinitionUri)
            template.yaml:6: resource Both: a state machine has one of Definition, DefinitionString and DefinitionS3Location (SAM: DefinitionUri)
            template.yaml:11: resource Events: Webhook: the state machine has no event of type Api that it is for
            template.yaml:14: resource Events: UseAliasAsEventTarget needs AutoPublishAlias
            template.yaml:15: resource Events: DeploymentPreference needs AutoPublishAlias
            template.yaml:16: resource Events: property Colour is not supported
            template.yaml:18: resource Events: event Rule: type EventBridgeRule is not supported: there is no event bus; Schedule is
            template.yaml:19: resource Events: event Http: type HttpApi is not supported yet
            template.yaml:20: resource Events: event Cloud: type CloudWatchEvent is not supported: there is no event bus; Schedule is
            template.yaml:21: resource Events: event Api must be a map, not a text
            template.yaml:27: resource Preference: property Hooks is not supported
            template.yaml:27: resource PreferenceAliaslive: Type must be ALL_AT_ONCE or CANARY or LINEAR, not SLOWLY
        "#]],
    );
}
