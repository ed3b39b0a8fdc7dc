//! Templates and the resources they give.

use expect_test::{Expect, expect};

use crate::{read, read_with};

fn check(template: &str, expected: Expect) {
    expected.assert_eq(&read(template));
}

#[test]
fn a_queue_takes_every_attribute_and_puts_them_as_create_queue_does() {
    check(
        r#"
Resources:
  Standard:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: standard
      DelaySeconds: 5
      MaximumMessageSize: "2048"
      MessageRetentionPeriod: 86400
      ReceiveMessageWaitTimeSeconds: 20
      VisibilityTimeout: 0
      KmsMasterKeyId: alias/aws/sqs
      KmsDataKeyReusePeriodSeconds: 60
      SqsManagedSseEnabled: False
      FifoQueue: false
      RedriveAllowPolicy: { redrivePermission: byQueue, sourceQueueArns: [!GetAtt Fifo.Arn] }
      Tags:
        - { Key: team, Value: orders }
        - Key: cost
          Value: 12
  Fifo:
    Type: AWS::SQS::Queue
    DeletionPolicy: Retain
    Properties:
      FifoQueue: true
      ContentBasedDeduplication: "true"
      DeduplicationScope: messageGroup
      FifoThroughputLimit: perMessageGroupId
  Bare:
    Type: AWS::SQS::Queue
"#,
        expect![[r#"
            21: queue Fifo = shop-Fifo-498da05f1641.fifo, dead letters -
                 ContentBasedDeduplication=true
                 DeduplicationScope=messageGroup
                 FifoQueue=true
                 FifoThroughputLimit=perMessageGroupId
            3: queue Standard = standard, dead letters -
                 DelaySeconds=5
                 KmsDataKeyReusePeriodSeconds=60
                 KmsMasterKeyId=alias/aws/sqs
                 MaximumMessageSize=2048
                 MessageRetentionPeriod=86400
                 ReceiveMessageWaitTimeSeconds=20
                 RedriveAllowPolicy={"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:shop-Fifo-498da05f1641.fifo"]}
                 SqsManagedSseEnabled=false
                 VisibilityTimeout=0
                 tag cost=12
                 tag team=orders
            29: queue Bare = shop-Bare-9af22136c820, dead letters -
        "#]],
    );
}

#[test]
fn a_dead_letter_queue_comes_before_its_sources() {
    check(
        r#"
Resources:
  First:
    Type: AWS::SQS::Queue
    DependsOn: Last
    Properties:
      QueueName: first
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Second.Arn, maxReceiveCount: "3" }
  Second:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: second
      RedrivePolicy: { deadLetterTargetArn: !GetAtt [Last, Arn], maxReceiveCount: 1000 }
  Last:
    Type: AWS::SQS::Queue
    DependsOn: []
    Properties: { QueueName: last }
  Elsewhere:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: elsewhere
      RedrivePolicy:
        deadLetterTargetArn: arn:aws:sqs:us-east-1:000000000000:exists
        maxReceiveCount: 1
"#,
        expect![[r#"
            14: queue Last = last, dead letters -
            9: queue Second = second, dead letters last
                 RedrivePolicy={"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:last","maxReceiveCount":1000}
            3: queue First = first, dead letters second
                 RedrivePolicy={"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:second","maxReceiveCount":3}
            18: queue Elsewhere = elsewhere, dead letters exists
                 RedrivePolicy={"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:exists","maxReceiveCount":1}
        "#]],
    );
}

#[test]
fn a_function_gets_globals_defaults_and_mappings() {
    check(
        r#"
Transform: [AWS::Serverless-2016-10-31]
Globals:
  Function:
    Runtime: python3.12
    Timeout: 20
    Environment: { Variables: { LEVEL: info, REGION: !Ref AWS::Region } }
Resources:
  Work:
    Type: AWS::SQS::Queue
    Properties: { QueueName: work }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: package.module.run
      CodeUri: src/worker
      MemorySize: 512
      ReservedConcurrentExecutions: 0
      Architectures: [arm64]
      Role: !GetAtt Role.Arn
      Policies: [{ Statement: [{ Action: "*", Resource: { "Fn::Transform": { Name: x } } }] }]
      Environment: { Variables: { LEVEL: debug, QUEUE: !Ref Work } }
      Events:
        Batch:
          Type: SQS
          Properties:
            Queue: !GetAtt Work.Arn
            BatchSize: 5
            Enabled: false
            MaximumBatchingWindowInSeconds: 0
            ScalingConfig: { MaximumConcurrency: 2 }
        Other:
          Type: SQS
          Properties: { Queue: "arn:aws:sqs:us-east-1:000000000000:exists.fifo" }
  Binary:
    Type: AWS::Lambda::Function
    Properties: { FunctionName: binary, Runtime: provided.al2023, Code: target/binary, Description: x }
  ByName:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Binary
      EventSourceArn: !GetAtt Work.Arn
      FunctionResponseTypes: [ReportBatchItemFailures]
  ByArn:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !GetAtt Binary.Arn
      EventSourceArn: arn:aws:sqs:us-east-1:000000000000:exists
  Role:
    Type: AWS::IAM::Role
    Properties: { Anything: !Sub "${Not.Looked.At}" }
  Allow:
    Type: AWS::Lambda::Permission
    Properties: { FunctionName: !Ref Worker, Action: "lambda:InvokeFunction", Principal: sns.amazonaws.com }
"#,
        expect![[r#"
            9: queue Work = work, dead letters -
            35: function Binary = binary, provided.al2023 bootstrap in target/binary
                 3 s, 128 MiB, reserved None
            12: function Worker = shop-Worker-3e86283f2ae8, python3.12 package.module.run in src/worker
                 20 s, 512 MiB, reserved Some(0)
                 LEVEL=debug
                 QUEUE=http://127.0.0.1:4566/000000000000/work
                 REGION=us-east-1
                 for Arm, traced false, 512 MiB under /tmp
            38: mapping ByName work -> binary, batch 10, reports true, at once None, enabled
            44: mapping ByArn exists -> binary, batch 10, reports false, at once None, enabled
            24: mapping WorkerBatch work -> shop-Worker-3e86283f2ae8, batch 5, reports false, at once Some(2), disabled
            32: mapping WorkerOther exists.fifo -> shop-Worker-3e86283f2ae8, batch 10, reports false, at once None, enabled
            52: Allow AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "shop-Worker-3e86283f2ae8", qualifier: None }, action: "lambda:InvokeFunction", principal: "sns.amazonaws.com", source_arn: None, source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
            49: ignored Role AWS::IAM::Role: roles and policies are not evaluated
        "#]],
    );
}

#[test]
fn routes_are_joined_with_their_api_integration_and_webhook() {
    check(
        r#"
Resources:
  Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: shop, ProtocolType: HTTP } }
  Hooks: { Type: "AWS::SQS::Queue", Properties: { QueueName: hooks } }
  ToHooks:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      PayloadFormatVersion: "1.0"
      RequestParameters:
        QueueUrl: !GetAtt Hooks.QueueUrl
        MessageBody: $request.body.resource.items[0]
        MessageGroupId: $request.header.X-Mall
  ToFifo:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      PayloadFormatVersion: "1.0"
      RequestParameters:
        QueueUrl: https://sqs.us-east-1.amazonaws.com/000000000000/exists.fifo
        MessageBody: $request.body
        MessageGroupId: all
        MessageDeduplicationId: $request.body.id
  Plain:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: "ANY /a/{id}/{rest+}", Target: !Join [/, [integrations, !Ref ToHooks]], OperationName: x }
  Rest:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: $default, Target: !Sub "integrations/${ToFifo}", AuthorizationType: NONE }
    Metadata: { Other: { Tool: 1 }, Bongsu: { Webhook: { Provider: none, MessageDeduplicationId: "$['id']" } } }
  Signed:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: POST /signed, Target: !Sub "integrations/${ToFifo}" }
    Metadata:
      Bongsu:
        Webhook:
          Provider: hmac
          Secrets: [old, new]
          SignatureHeader: X-Hub-Signature
          Prefix: sha1=
          Encoding: base64
          Algorithm: sha1
          MessageGroupId: mall
Outputs:
  Endpoint: { Value: !GetAtt Api.ApiEndpoint, Description: where, Export: { Name: x } }
"#,
        expect![[r#"
            4: queue Hooks = hooks, dead letters -
            3: api Api shop Http, stages $default
            28: route Plain ANY /a/{id}/{rest+}
                 SendMessage { queue: "hooks", parameters: {"MessageBody": "$request.body.resource.items[0]", "MessageGroupId": "$request.header.X-Mall"}, responses: {}, timeout_millis: 30000 }
            31: route Rest $default
                 SendMessage { queue: "exists.fifo", parameters: {"MessageBody": "$request.body", "MessageDeduplicationId": "$request.body.id", "MessageGroupId": "all"}, responses: {}, timeout_millis: 30000 }
                 webhook none (line 34) [] {}
                 group None, deduplication Some("$['id']")
            35: route Signed POST /signed
                 SendMessage { queue: "exists.fifo", parameters: {"MessageBody": "$request.body", "MessageDeduplicationId": "$request.body.id", "MessageGroupId": "all"}, responses: {}, timeout_millis: 30000 }
                 webhook hmac (line 40) ["old", "new"] {"Encoding": "base64", "Hash": "sha1", "Header": "X-Hub-Signature", "Prefix": "sha1="}
                 group Some("mall"), deduplication None
            49: output Endpoint = http://127.0.0.1:8080, exported as x
        "#]],
    );
}

#[test]
fn json_is_read_as_well_with_tabs_and_escapes() {
    let template = "{\n\t\"Resources\": {\n\t\t\"Queue\": {\n\t\t\t\"Type\": \"AWS::SQS::Queue\",\n\t\t\t\"Properties\": \
                    {\"QueueName\": \"json\", \"DelaySeconds\": 1, \"Tags\": [{\"Key\": \"a\\u00e9\", \"Value\": \"\\ud83d\\ude00\\/\"}]}\n\t\t}\n\t}\n}\n";
    check(
        template,
        expect![[r#"
            3: queue Queue = json, dead letters -
                 DelaySeconds=1
                 tag aé=😀/
        "#]],
    );
    let one_line = template.replace(['\n', '\t'], "");
    check(
        &one_line,
        expect![[r#"
            1: queue Queue = json, dead letters -
                 DelaySeconds=1
                 tag aé=😀/
        "#]],
    );
}

#[test]
fn conditions_choose_resources_and_values() {
    let template = r#"
Parameters:
  Stage: { Type: String, Default: dev, AllowedValues: [dev, prod] }
Conditions:
  Both: !And [!Condition IsProd, !Not [!Equals [!Ref AWS::Region, eu-west-1]]]
  IsProd: !Equals [!Ref Stage, prod]
  Either: !Or [{ Condition: IsProd }, !Equals [a, a]]
Resources:
  Always:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !If [IsProd, prod, dev]
      DelaySeconds: !If [Both, 10, !Ref AWS::NoValue]
      Tags: [!If [IsProd, { Key: a, Value: b }, !Ref "AWS::NoValue"]]
  Extra:
    Type: AWS::SQS::Queue
    Condition: Both
    Properties: { QueueName: extra }
Outputs:
  Extra: { Condition: Both, Value: !Ref Extra }
  Either: { Condition: Either, Value: yes }
"#;
    expect![[r#"
        9: queue Always = dev, dead letters -
        21: output Either = yes
    "#]]
    .assert_eq(&read(template));
    expect![[r#"
        9: queue Always = prod, dead letters -
             DelaySeconds=10
             tag a=b
        15: queue Extra = extra, dead letters -
        20: output Extra = http://127.0.0.1:4566/000000000000/extra
        21: output Either = yes
    "#]]
    .assert_eq(&read_with(template, &[("Stage", "prod")]));
}

#[test]
fn a_function_says_how_many_invocations_a_process_has() {
    check(
        r#"
Parameters: { Many: { Type: Number, Default: 1000 } }
Resources:
  Instances:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: provided.al2023
      Code: .
      CapacityProviderConfig:
        LambdaManagedInstancesCapacityProviderConfig:
          CapacityProviderArn: arn:aws:lambda:us-east-1:000000000000:capacity-provider:many
          PerExecutionEnvironmentMaxConcurrency: !Ref Many
          ExecutionEnvironmentMemoryGiBPerVCpu: 2.50
  Processes:
    Type: AWS::Lambda::Function
    Properties: { Runtime: provided.al2023, Code: . }
    Metadata: { Bongsu: { ConcurrencyPerProcess: !Ref Many } }
"#,
        expect![[r#"
            4: function Instances = shop-Instances-cf10e06dfcd5, provided.al2023 bootstrap in .
                 3 s, 128 MiB, reserved None
                 1000 at a time in a process, Some(CapacityProvider { arn: "arn:aws:lambda:us-east-1:000000000000:capacity-provider:many", memory_gib_per_vcpu: Some("2.5") })
            14: function Processes = shop-Processes-7c93ec803dd6, provided.al2023 bootstrap in .
                 3 s, 128 MiB, reserved None
                 1000 at a time in a process, None
        "#]],
    );
}
