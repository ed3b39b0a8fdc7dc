//! Resource types: what each refuses, and what a pipe says.

use bongsu_template::{Definition, Reference, parse};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::{inputs, read};

/// One resource, or what is wrong with it.
fn check(resources: &[&str], expected: Expect) {
    let mut out = String::new();
    for resource in resources {
        let template = format!(
            "Resources:\n  Q: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: q.fifo, FifoQueue: true }} }}\n  It: {{ {resource} }}\n"
        );
        let shown = read(&template);
        let faults = shown.lines().filter_map(|line| line.strip_prefix("template.yaml:"));
        let faults: Vec<&str> = faults.map(|fault| fault.trim_start_matches("3: resource It: ")).collect();
        out += &format!(
            "{resource}\n    {}\n",
            if faults.is_empty() { "accepted".to_owned() } else { faults.join("\n    ") }
        );
    }
    expected.assert_eq(&out);
}

#[test]
fn what_no_type_allows() {
    check(
        &[
            "Type: AWS::CloudFront::Distribution",
            "Type: AWS::CloudFormation::WaitConditionHandle",
            "Type: AWS::SQS::Queue, DeletionPolicy: Snapshot",
            "Type: AWS::SQS::Queue, DeletionPolicy: RetainExceptOnCreate, UpdateReplacePolicy: RetainExceptOnCreate",
            "Type: AWS::SQS::Queue, Metadata: { Bongsu: { Faults: { Drop: 0.5 } } }",
            "Type: AWS::SQS::Queue, Metadata: { Bongsu: { Faults: { Reorder: 2, Seed: -1 } } }",
            "Type: AWS::SQS::Queue, Properties: { FifoQueue: true }, Metadata: { Bongsu: { Faults: { Reorder: 1 } } }",
            "Type: AWS::SQS::Queue, Metadata: { Bongsu: { Faults: 'reorder=1' } }",
            "Type: AWS::SNS::Topic, Metadata: { Bongsu: { Faults: { Reorder: 1 } } }",
            "Type: AWS::IAM::Role, Properties: { RoleName: !Ref Nobody }",
            "Type: AWS::SQS::Queue, Properties: { QueueName: !GetAtt It.QueueName }",
        ],
        expect![[r#"
            Type: AWS::CloudFront::Distribution
                type AWS::CloudFront::Distribution is not supported yet
            Type: AWS::CloudFormation::WaitConditionHandle
                type AWS::CloudFormation::WaitConditionHandle is not supported yet
            Type: AWS::SQS::Queue, DeletionPolicy: Snapshot
                DeletionPolicy: nothing here makes snapshots; Delete or Retain it
            Type: AWS::SQS::Queue, DeletionPolicy: RetainExceptOnCreate, UpdateReplacePolicy: RetainExceptOnCreate
                UpdateReplacePolicy must be Delete or Retain
            Type: AWS::SQS::Queue, Metadata: { Bongsu: { Faults: { Drop: 0.5 } } }
                Faults: Drop needs a RedrivePolicy: what is dropped is a dead letter
            Type: AWS::SQS::Queue, Metadata: { Bongsu: { Faults: { Reorder: 2, Seed: -1 } } }
                Reorder must be a number from 0 to 1, not 2
                Seed must be a whole number from 0 to 4294967295, not -1
                Faults must give Reorder, Duplicate, Delay or Drop a probability above 0
            Type: AWS::SQS::Queue, Properties: { FifoQueue: true }, Metadata: { Bongsu: { Faults: { Reorder: 1 } } }
                Faults: Reorder is not for what is FIFO
            Type: AWS::SQS::Queue, Metadata: { Bongsu: { Faults: 'reorder=1' } }
                Faults must be a map, not a text
            Type: AWS::SNS::Topic, Metadata: { Bongsu: { Faults: { Reorder: 1 } } }
                property Faults is not supported
            Type: AWS::IAM::Role, Properties: { RoleName: !Ref Nobody }
                Nobody is no parameter or resource that can be referred to here
            Type: AWS::SQS::Queue, Properties: { QueueName: !GetAtt It.QueueName }
                3: Circular dependency between resources: [It]
        "#]],
    );
}

#[test]
fn functions_and_what_belongs_to_them() {
    check(
        &[
            "Type: AWS::Lambda::Function, Properties: { Runtime: python3.12, Handler: a.b, Code: { ZipFile: x, S3Bucket: y } }",
            "Type: AWS::Lambda::Function, Properties: { Runtime: provided.al2023, Code: { ZipFile: x } }",
            "Type: AWS::Lambda::Function, Properties: { Runtime: nodejs22.x, Handler: index, Code: { S3Bucket: y } }",
            "Type: AWS::Lambda::Function, Properties: { Runtime: java21, Handler: a.b, Code: a, Layers: [1, 2, 3, 4, 5, 6] }",
            "Type: AWS::Lambda::Function, Properties: { PackageType: Image, Code: { ImageUri: x } }",
            "Type: AWS::Lambda::Function, Properties: { Runtime: provided.al2, Code: a, Architectures: [mips], EphemeralStorage: { Size: 1 }, DeadLetterConfig: { TargetArn: !GetAtt Q.Arn }, TracingConfig: { Mode: Off } }",
            "Type: AWS::Lambda::Function, Properties: { Runtime: provided.al2, Code: a, CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { PerExecutionEnvironmentMaxConcurrency: 1601, ExecutionEnvironmentMemoryGiBPerVCpu: 1 } } }",
            "Type: AWS::Lambda::Function, Properties: { Runtime: provided.al2, Code: a, CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: a } } }, Metadata: { Bongsu: { ConcurrencyPerProcess: 2 } }",
            "Type: AWS::Lambda::Function, Properties: { Runtime: provided.al2, Code: a }, Metadata: { Bongsu: { ConcurrencyPerProcess: 0 } }",
            "Type: AWS::Lambda::Version, Properties: { FunctionName: 'a b' }",
            "Type: AWS::Lambda::Alias, Properties: { FunctionName: f, Name: '1', RoutingConfig: { AdditionalVersionWeights: [{ FunctionVersion: '2', FunctionWeight: 1.5 }] } }",
            "Type: AWS::Lambda::Url, Properties: { TargetFunctionArn: f, AuthType: JWT, Cors: { AllowCredentials: true, AllowOrigins: ['*'] } }",
            "Type: AWS::Lambda::EventInvokeConfig, Properties: { FunctionName: f, MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 1, DestinationConfig: { OnFailure: { Destination: 'arn:aws:events:us-east-1:000000000000:event-bus/b' } } }",
            "Type: AWS::Lambda::Permission, Properties: { FunctionName: f, Action: 'sqs:*', Principal: '*', Colour: 1 }",
            "Type: AWS::Lambda::LayerVersion, Properties: { LayerName: 'a b', Content: { ZipFile: x } }",
            "Type: AWS::Lambda::EventSourceMapping, Properties: { FunctionName: f, EventSourceArn: !GetAtt Q.Arn, StartingPosition: LATEST, FilterCriteria: { Filters: [{ Pattern: '{\"a\": 1}' }, {}] } }",
            "Type: AWS::Lambda::EventSourceMapping, Properties: { FunctionName: f, EventSourceArn: !GetAtt Q.Arn, ProvisionedPollerConfig: { MinimumPollers: 2 } }",
        ],
        expect![[r#"
            Type: AWS::Lambda::Function, Properties: { Runtime: python3.12, Handler: a.b, Code: { ZipFile: x, S3Bucket: y } }
                Code must have either ZipFile or S3Bucket and S3Key
            Type: AWS::Lambda::Function, Properties: { Runtime: provided.al2023, Code: { ZipFile: x } }
                ZipFile is for Python and Node.js: other runtimes need an executable
            Type: AWS::Lambda::Function, Properties: { Runtime: nodejs22.x, Handler: index, Code: { S3Bucket: y } }
                Handler must be module.function, not index
                Code must have either ZipFile or S3Bucket and S3Key
            Type: AWS::Lambda::Function, Properties: { Runtime: java21, Handler: a.b, Code: a, Layers: [1, 2, 3, 4, 5, 6] }
                runtime java21 is not supported yet: python3.x, nodejs2x.x, provided.al2023 or provided.al2 is
                a function has at most 5 layers
            Type: AWS::Lambda::Function, Properties: { PackageType: Image, Code: { ImageUri: x } }
                PackageType Image is not supported: code is a zip or a folder
            Type: AWS::Lambda::Function, Properties: { Runtime: provided.al2, Code: a, Architectures: [mips], EphemeralStorage: { Size: 1 }, DeadLetterConfig: { TargetArn: !GetAtt Q.Arn }, TracingConfig: { Mode: Off } }
                DeadLetterConfig: it must be a standard queue or topic
                Size must be a whole number from 512 to 10240, not 1
                Mode must be Active or PassThrough, not Off
                Architectures must be [x86_64] or [arm64]
            Type: AWS::Lambda::Function, Properties: { Runtime: provided.al2, Code: a, CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { PerExecutionEnvironmentMaxConcurrency: 1601, ExecutionEnvironmentMemoryGiBPerVCpu: 1 } } }
                CapacityProviderArn is missing
                ExecutionEnvironmentMemoryGiBPerVCpu must be a number from 2 to 8, not 1
                PerExecutionEnvironmentMaxConcurrency must be a whole number from 1 to 1600, not 1601
            Type: AWS::Lambda::Function, Properties: { Runtime: provided.al2, Code: a, CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: a } } }, Metadata: { Bongsu: { ConcurrencyPerProcess: 2 } }
                ConcurrencyPerProcess: there is a CapacityProviderConfig too
            Type: AWS::Lambda::Function, Properties: { Runtime: provided.al2, Code: a }, Metadata: { Bongsu: { ConcurrencyPerProcess: 0 } }
                ConcurrencyPerProcess must be a whole number from 1 to 1600, not 0
            Type: AWS::Lambda::Version, Properties: { FunctionName: 'a b' }
                FunctionName: the name or ARN of a function is needed: arn:aws:lambda:us-east-1:000000000000:function:NAME
            Type: AWS::Lambda::Alias, Properties: { FunctionName: f, Name: '1', RoutingConfig: { AdditionalVersionWeights: [{ FunctionVersion: '2', FunctionWeight: 1.5 }] } }
                Name must be letters, digits, hyphens or underscores, at most 128, and not a number
                FunctionVersion is missing
                FunctionWeight must be a number from 0 to 1, not 1.5
            Type: AWS::Lambda::Url, Properties: { TargetFunctionArn: f, AuthType: JWT, Cors: { AllowCredentials: true, AllowOrigins: ['*'] } }
                AuthType must be NONE or AWS_IAM, not JWT
                AllowCredentials needs AllowOrigins without *
            Type: AWS::Lambda::EventInvokeConfig, Properties: { FunctionName: f, MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 1, DestinationConfig: { OnFailure: { Destination: 'arn:aws:events:us-east-1:000000000000:event-bus/b' } } }
                Qualifier is missing
                MaximumRetryAttempts must be a whole number from 0 to 2, not 3
                MaximumEventAgeInSeconds must be a whole number from 60 to 21600, not 1
                OnFailure: the ARN of a function, queue or topic is needed
            Type: AWS::Lambda::Permission, Properties: { FunctionName: f, Action: 'sqs:*', Principal: '*', Colour: 1 }
                Action must begin with lambda:, not sqs:*
                property Colour is not supported
            Type: AWS::Lambda::LayerVersion, Properties: { LayerName: 'a b', Content: { ZipFile: x } }
                LayerName must be letters, digits, hyphens or underscores
                property ZipFile is not supported
            Type: AWS::Lambda::EventSourceMapping, Properties: { FunctionName: f, EventSourceArn: !GetAtt Q.Arn, StartingPosition: LATEST, FilterCriteria: { Filters: [{ Pattern: '{"a": 1}' }, {}] } }
                Invalid filter pattern definition. "a" must be an object or an array (line 1, column 8)
                Pattern is missing
                property StartingPosition is not supported
            Type: AWS::Lambda::EventSourceMapping, Properties: { FunctionName: f, EventSourceArn: !GetAtt Q.Arn, ProvisionedPollerConfig: { MinimumPollers: 2 } }
                accepted
        "#]],
    );
}

#[test]
fn buckets_and_schedules() {
    check(
        &[
            "Type: AWS::S3::Bucket, Properties: { BucketName: Up }",
            "Type: AWS::S3::Bucket, Properties: { WebsiteConfiguration: {} }",
            "Type: AWS::S3::Bucket, Properties: { NotificationConfiguration: { QueueConfigurations: [{ Event: created, Queue: !GetAtt Q.Arn }] } }",
            "Type: AWS::S3::Bucket, Properties: { NotificationConfiguration: { TopicConfigurations: [{ Event: 's3:*', Topic: !GetAtt Q.Arn, Filter: {} }], EventBridgeConfiguration: {} } }",
            "Type: AWS::Events::Rule, Properties: { EventPattern: { source: [a] } }",
            "Type: AWS::Events::Rule, Properties: { EventBusName: other, ScheduleExpression: rate(1 day) }",
            "Type: AWS::Events::Rule, Properties: { EventBusName: default, ScheduleExpression: 'at(2030-01-01T00:00:00)', State: ON }",
            "Type: AWS::Events::Rule, Properties: { ScheduleExpression: rate(1 day), Targets: [{ Arn: !GetAtt Q.Arn, Input: x, InputPath: $.a }] }",
            "Type: AWS::Events::Rule, Properties: { ScheduleExpression: rate(1 day), Targets: [{ Id: a, Arn: !GetAtt Q.Arn, SqsParameters: { MessageGroupId: g } }] }",
            "Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), StartDate: '2030-01-01T00:00:00.000Z', EndDate: tomorrow, FlexibleTimeWindow: { Mode: OFF }, Target: { Arn: 'arn:aws:lambda:us-east-1:000000000000:function:f:live', RoleArn: r } }",
            "Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), FlexibleTimeWindow: { Mode: FLEXIBLE }, Target: { Arn: 'arn:aws:lambda:us-east-1:000000000000:function:f', DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:000000000000:d.fifo' } } }",
            "Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), FlexibleTimeWindow: { Mode: 'OFF', MaximumWindowInMinutes: 5 }, Target: { Arn: 'arn:aws:lambda:us-east-1:000000000000:function:f' } }",
            "Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), FlexibleTimeWindow: { Mode: FLEXIBLE, MaximumWindowInMinutes: 5 }, Target: { Arn: 'arn:aws:lambda:us-east-1:000000000000:function:f', RoleArn: 'arn:aws:iam::000000000000:role/r', RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 }, DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:000000000000:d' } } }",
            "Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: cron(0 12 * * * *), ScheduleExpressionTimezone: Moon/Crater, Target: { Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage' } }",
            "Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), GroupName: g, FlexibleTimeWindow: { Mode: 'OFF' }, Target: { Arn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m:live', RoleArn: 'arn:aws:iam::000000000000:role/r', Input: text } }",
            "Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), FlexibleTimeWindow: { Mode: 'OFF' }, Target: { Arn: 'arn:aws:events:us-east-1:000000000000:event-bus/b', RoleArn: 'arn:aws:iam::000000000000:role/r', EventBridgeParameters: {} } }",
            "Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), FlexibleTimeWindow: { Mode: 'OFF' }, Target: { Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage', RoleArn: 'arn:aws:iam::000000000000:role/r', Input: '{}' } }",
            "Type: AWS::Events::Rule, Properties: { ScheduleExpression: rate(1 day), Targets: [{ Id: a, Arn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m' }, { Id: b, Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage', Input: '{}' }] }",
            "Type: AWS::Scheduler::ScheduleGroup, Properties: { Name: g, Tags: [{ Key: a, Value: b }] }",
            "Type: AWS::Scheduler::ScheduleGroup, Properties: { Schedules: [] }",
        ],
        expect![[r#"
            Type: AWS::S3::Bucket, Properties: { BucketName: Up }
                BucketName must be 3 to 63 lower-case letters, digits, dots and hyphens, and begin and end with a letter or digit
            Type: AWS::S3::Bucket, Properties: { WebsiteConfiguration: {} }
                property WebsiteConfiguration is not supported
            Type: AWS::S3::Bucket, Properties: { NotificationConfiguration: { QueueConfigurations: [{ Event: created, Queue: !GetAtt Q.Arn }] } }
                Event must begin with s3:, not created
                a bucket tells standard queues and topics only
            Type: AWS::S3::Bucket, Properties: { NotificationConfiguration: { TopicConfigurations: [{ Event: 's3:*', Topic: !GetAtt Q.Arn, Filter: {} }], EventBridgeConfiguration: {} } }
                Topic: arn:aws:sqs:us-east-1:000000000000:q.fifo is another kind of resource
                S3Key is missing
                property EventBridgeConfiguration is not supported
            Type: AWS::Events::Rule, Properties: { EventPattern: { source: [a] } }
                EventPattern is not supported: there is no event bus, rules are schedules
            Type: AWS::Events::Rule, Properties: { EventBusName: other, ScheduleExpression: rate(1 day) }
                EventBusName is not supported: there is no event bus, rules are schedules
            Type: AWS::Events::Rule, Properties: { EventBusName: default, ScheduleExpression: 'at(2030-01-01T00:00:00)', State: ON }
                a rule has rate(…) or cron(…); at(…) is for AWS::Scheduler
                State must be ENABLED or DISABLED, not ON
            Type: AWS::Events::Rule, Properties: { ScheduleExpression: rate(1 day), Targets: [{ Arn: !GetAtt Q.Arn, Input: x, InputPath: $.a }] }
                Id is missing
                Input must be JSON
                the FIFO queue q.fifo needs SqsParameters: MessageGroupId
                property InputPath is not supported
            Type: AWS::Events::Rule, Properties: { ScheduleExpression: rate(1 day), Targets: [{ Id: a, Arn: !GetAtt Q.Arn, SqsParameters: { MessageGroupId: g } }] }
                accepted
            Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), StartDate: '2030-01-01T00:00:00.000Z', EndDate: tomorrow, FlexibleTimeWindow: { Mode: OFF }, Target: { Arn: 'arn:aws:lambda:us-east-1:000000000000:function:f:live', RoleArn: r } }
                EndDate must be a time such as 2030-01-01T00:00:00Z, not tomorrow
                RoleArn must be the ARN of a role
            Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), FlexibleTimeWindow: { Mode: FLEXIBLE }, Target: { Arn: 'arn:aws:lambda:us-east-1:000000000000:function:f', DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:000000000000:d.fifo' } } }
                MaximumWindowInMinutes is missing
                RoleArn must be the ARN of a role
                Arn: d.fifo is FIFO, and dead letters have no group
            Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), FlexibleTimeWindow: { Mode: 'OFF', MaximumWindowInMinutes: 5 }, Target: { Arn: 'arn:aws:lambda:us-east-1:000000000000:function:f' } }
                MaximumWindowInMinutes is for the Mode FLEXIBLE
                RoleArn must be the ARN of a role
            Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), FlexibleTimeWindow: { Mode: FLEXIBLE, MaximumWindowInMinutes: 5 }, Target: { Arn: 'arn:aws:lambda:us-east-1:000000000000:function:f', RoleArn: 'arn:aws:iam::000000000000:role/r', RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 }, DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:000000000000:d' } } }
                accepted
            Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: cron(0 12 * * * *), ScheduleExpressionTimezone: Moon/Crater, Target: { Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage' } }
                ScheduleExpressionTimezone: `Moon/Crater` is no time zone of IANA's list
                FlexibleTimeWindow is missing
                RoleArn must be the ARN of a role
                an operation needs an Input: its parameters
            Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), GroupName: g, FlexibleTimeWindow: { Mode: 'OFF' }, Target: { Arn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m:live', RoleArn: 'arn:aws:iam::000000000000:role/r', Input: text } }
                Input must be JSON
            Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), FlexibleTimeWindow: { Mode: 'OFF' }, Target: { Arn: 'arn:aws:events:us-east-1:000000000000:event-bus/b', RoleArn: 'arn:aws:iam::000000000000:role/r', EventBridgeParameters: {} } }
                Arn: the ARN of a function, queue, topic or state machine of this region and account is needed
                property EventBridgeParameters is not supported
            Type: AWS::Scheduler::Schedule, Properties: { ScheduleExpression: rate(1 day), FlexibleTimeWindow: { Mode: 'OFF' }, Target: { Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage', RoleArn: 'arn:aws:iam::000000000000:role/r', Input: '{}' } }
                accepted
            Type: AWS::Events::Rule, Properties: { ScheduleExpression: rate(1 day), Targets: [{ Id: a, Arn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m' }, { Id: b, Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage', Input: '{}' }] }
                Arn: the ARN of a function, queue, topic or state machine of this region and account is needed
            Type: AWS::Scheduler::ScheduleGroup, Properties: { Name: g, Tags: [{ Key: a, Value: b }] }
                accepted
            Type: AWS::Scheduler::ScheduleGroup, Properties: { Schedules: [] }
                property Schedules is not supported
        "#]],
    );
}

#[test]
fn apis_and_their_parts() {
    check(
        &[
            "Type: AWS::ApiGatewayV2::Api, Properties: { Name: a/b, ProtocolType: HTTP, BodyS3Location: {} }",
            "Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP, Target: 'https://example.com' }",
            "Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP, Target: 'arn:aws:lambda:us-east-1:000000000000:function:f', RouteKey: GET }",
            "Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP, Target: 'arn:aws:lambda:us-east-1:000000000000:function:f' }",
            "Type: AWS::ApiGatewayV2::Api, Properties: { Body: { openapi: 3.0.1, info: { title: t }, paths: { /a: { get: { security: [{ k: [] }] }, trace: {} } }, x-other: 1 } }",
            "Type: AWS::ApiGatewayV2::Api, Properties: { Body: { info: { title: t } } }",
            "Type: AWS::ApiGatewayV2::Api, Properties: { Body: { info: {}, paths: {} } }",
            "Type: AWS::ApiGateway::RestApi, Properties: { Body: { paths: {} } }",
            "Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: nobody, StageName: a b }",
            "Type: AWS::ApiGatewayV2::Authorizer, Properties: {}",
            "Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP, Target: 'arn:aws:lambda:us-east-1:000000000000:function:f' } }\n  S: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref It, StageName: $default }",
            "Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP } }\n  S: { Type: AWS::ApiGatewayV2::Deployment, Properties: { ApiId: !Ref It }",
            "Type: AWS::ApiGateway::RestApi, Properties: { Name: a }",
            "Type: AWS::ApiGateway::RestApi, Properties: { Name: a } }\n  S: { Type: AWS::ApiGateway::Deployment, Properties: { RestApiId: !Ref It, StageName: v1, StageDescription: { Variables: { a: b } } }",
            "Type: AWS::ApiGateway::RestApi, Properties: { Body: { info: { title: t }, paths: { /a: { get: { x-amazon-apigateway-integration: { type: http_proxy, uri: 'https://example.com' } } } } } }",
            "Type: AWS::ApiGateway::RestApi, Properties: { Body: { info: { title: t }, paths: { /a: { get: { x-amazon-apigateway-integration: { type: aws, uri: 'arn:aws:apigateway:us-east-1:s3:path/b', responses: { default: { statusCode: x } } } } } } } }",
            "Type: AWS::ApiGateway::Resource, Properties: { RestApiId: nobody, ParentId: nobody, PathPart: a b }",
            "Type: AWS::ApiGateway::Method, Properties: { RestApiId: nobody, ResourceId: nobody, HttpMethod: FETCH, AuthorizationType: AWS_IAM, ApiKeyRequired: true, Integration: { Type: AWS_PROXY, IntegrationHttpMethod: GET, Uri: x } }",
            "Type: AWS::ApiGateway::Deployment, Properties: { RestApiId: nobody, StageName: $default }",
        ],
        expect![[r#"
            Type: AWS::ApiGatewayV2::Api, Properties: { Name: a/b, ProtocolType: HTTP, BodyS3Location: {} }
                Name must be 1 to 128 bytes without /, not "a/b"
                property BodyS3Location is not supported
            Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP, Target: 'https://example.com' }
                accepted
            Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP, Target: 'arn:aws:lambda:us-east-1:000000000000:function:f', RouteKey: GET }
                RouteKey must be METHOD /path or $default, not GET
            Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP, Target: 'arn:aws:lambda:us-east-1:000000000000:function:f' }
                accepted
            Type: AWS::ApiGatewayV2::Api, Properties: { Body: { openapi: 3.0.1, info: { title: t }, paths: { /a: { get: { security: [{ k: [] }] }, trace: {} } }, x-other: 1 } }
                security: no scheme k is declared
                x-amazon-apigateway-integration is missing
                property trace is not supported
                property x-other is not supported
            Type: AWS::ApiGatewayV2::Api, Properties: { Body: { info: { title: t } } }
                paths is missing
            Type: AWS::ApiGatewayV2::Api, Properties: { Body: { info: {}, paths: {} } }
                Name is missing, and info.title in Body
            Type: AWS::ApiGateway::RestApi, Properties: { Body: { paths: {} } }
                Name is missing, and info.title in Body
            Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: nobody, StageName: a b }
                StageName must be letters, digits, hyphens or underscores, at most 128, not a b
                ApiId must point to an AWS::ApiGatewayV2::Api of this template
            Type: AWS::ApiGatewayV2::Authorizer, Properties: {}
                Name is missing
                AuthorizerType is missing
                ApiId is missing
            Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP, Target: 'arn:aws:lambda:us-east-1:000000000000:function:f' } }
              S: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref It, StageName: $default }
                the API has two stages named $default
            Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP } }
              S: { Type: AWS::ApiGatewayV2::Deployment, Properties: { ApiId: !Ref It }
                accepted
            Type: AWS::ApiGateway::RestApi, Properties: { Name: a }
                the API has no stage: it needs a Deployment with a StageName, or a Stage
            Type: AWS::ApiGateway::RestApi, Properties: { Name: a } }
              S: { Type: AWS::ApiGateway::Deployment, Properties: { RestApiId: !Ref It, StageName: v1, StageDescription: { Variables: { a: b } } }
                accepted
            Type: AWS::ApiGateway::RestApi, Properties: { Body: { info: { title: t }, paths: { /a: { get: { x-amazon-apigateway-integration: { type: http_proxy, uri: 'https://example.com' } } } } } }
                IntegrationHttpMethod is missing
                the API has no stage: it needs a Deployment with a StageName, or a Stage
            Type: AWS::ApiGateway::RestApi, Properties: { Body: { info: { title: t }, paths: { /a: { get: { x-amazon-apigateway-integration: { type: aws, uri: 'arn:aws:apigateway:us-east-1:s3:path/b', responses: { default: { statusCode: x } } } } } } } }
                StatusCode must be a whole number from 100 to 599, not x
                Uri: it must be arn:aws:apigateway:us-east-1:sqs:path/ACCOUNT/QUEUE, the like of sns, or states:action/ACTION, not arn:aws:apigateway:us-east-1:s3:path/b
                the API has no stage: it needs a Deployment with a StageName, or a Stage
            Type: AWS::ApiGateway::Resource, Properties: { RestApiId: nobody, ParentId: nobody, PathPart: a b }
                RestApiId must point to an AWS::ApiGateway::RestApi of this template
                ParentId must point to a resource or the RootResourceId of an API of this template
            Type: AWS::ApiGateway::Method, Properties: { RestApiId: nobody, ResourceId: nobody, HttpMethod: FETCH, AuthorizationType: AWS_IAM, ApiKeyRequired: true, Integration: { Type: AWS_PROXY, IntegrationHttpMethod: GET, Uri: x } }
                RestApiId must point to an AWS::ApiGateway::RestApi of this template
                ResourceId must point to a resource or the RootResourceId of an API of this template
                AuthorizationType must be NONE or CUSTOM, not AWS_IAM
                IntegrationHttpMethod must be POST: that is how functions are invoked
                Uri: an ARN of a function is needed: arn:aws:lambda:us-east-1:000000000000:function:NAME
            Type: AWS::ApiGateway::Deployment, Properties: { RestApiId: nobody, StageName: $default }
                StageName must be letters, digits, hyphens or underscores, at most 128, not $default
                RestApiId must point to an AWS::ApiGateway::RestApi of this template
        "#]],
    );
}

#[test]
fn what_is_recorded_has_no_effect_and_a_name() {
    check(
        &[
            "Type: AWS::ApiGateway::Account",
            "Type: AWS::CDK::Metadata",
            "Type: AWS::CloudWatch::Alarm",
            "Type: AWS::IAM::Group",
            "Type: AWS::IAM::GroupPolicy",
            "Type: AWS::IAM::ManagedPolicy",
            "Type: AWS::IAM::Policy",
            "Type: AWS::IAM::Role, Properties: { Anything: !Ref Nobody }",
            "Type: AWS::IAM::RolePolicy",
            "Type: AWS::IAM::User",
            "Type: AWS::IAM::UserPolicy",
            "Type: AWS::Lambda::LayerVersionPermission",
            "Type: AWS::Logs::LogGroup",
            "Type: AWS::S3::BucketPolicy",
        ],
        expect![[r#"
            Type: AWS::ApiGateway::Account
                accepted
            Type: AWS::CDK::Metadata
                accepted
            Type: AWS::CloudWatch::Alarm
                accepted
            Type: AWS::IAM::Group
                accepted
            Type: AWS::IAM::GroupPolicy
                accepted
            Type: AWS::IAM::ManagedPolicy
                accepted
            Type: AWS::IAM::Policy
                accepted
            Type: AWS::IAM::Role, Properties: { Anything: !Ref Nobody }
                accepted
            Type: AWS::IAM::RolePolicy
                accepted
            Type: AWS::IAM::User
                accepted
            Type: AWS::IAM::UserPolicy
                accepted
            Type: AWS::Lambda::LayerVersionPermission
                accepted
            Type: AWS::Logs::LogGroup
                accepted
            Type: AWS::S3::BucketPolicy
                accepted
        "#]],
    );
}

#[test]
fn pipes() {
    check(
        &[
            "Type: AWS::Pipes::Pipe",
            "Type: AWS::Pipes::Pipe, Properties: { RoleArn: r, Source: s, Target: t, Colour: red }",
            "Type: AWS::Pipes::Pipe, Properties: { RoleArn: r, Source: s, Target: t, SourceParameters: { KinesisStreamParameters: { StartingPosition: LATEST } } }",
            "Type: AWS::Pipes::Pipe, Properties: { RoleArn: r, Source: s, Target: t, SourceParameters: { SqsQueueParameters: { BatchSize: 0 } } }",
            "Type: AWS::Pipes::Pipe, Properties: { RoleArn: r, Source: s, Target: t, SourceParameters: { FilterCriteria: { Filters: [{ Pattern: '{' }] } } }",
            "Type: AWS::Pipes::Pipe, Properties: { RoleArn: r, Source: s, Target: t, TargetParameters: { LambdaFunctionParameters: { InvocationType: Event } } }",
            "Type: AWS::Pipes::Pipe, Properties: { RoleArn: r, Source: s, Target: t, LogConfiguration: { Level: INFO } }",
            "Type: AWS::Pipes::Pipe, Metadata: { Bongsu: { HoldGroup: maybe } }, Properties: { RoleArn: r, Source: s, Target: t }",
            "Type: AWS::Pipes::Pipe, Metadata: { Bongsu: { RateLimit: { Rate: fast } } }, Properties: { RoleArn: r, Source: s, Target: t }",
        ],
        expect![[r#"
            Type: AWS::Pipes::Pipe
                Source is missing
                Target is missing
                RoleArn is missing
            Type: AWS::Pipes::Pipe, Properties: { RoleArn: r, Source: s, Target: t, Colour: red }
                property Colour is not supported
            Type: AWS::Pipes::Pipe, Properties: { RoleArn: r, Source: s, Target: t, SourceParameters: { KinesisStreamParameters: { StartingPosition: LATEST } } }
                property KinesisStreamParameters is not supported
            Type: AWS::Pipes::Pipe, Properties: { RoleArn: r, Source: s, Target: t, SourceParameters: { SqsQueueParameters: { BatchSize: 0 } } }
                BatchSize must be a whole number from 1 to 10000, not 0
            Type: AWS::Pipes::Pipe, Properties: { RoleArn: r, Source: s, Target: t, SourceParameters: { FilterCriteria: { Filters: [{ Pattern: '{' }] } } }
                Pattern must be a map, or a text that is one in JSON
            Type: AWS::Pipes::Pipe, Properties: { RoleArn: r, Source: s, Target: t, TargetParameters: { LambdaFunctionParameters: { InvocationType: Event } } }
                InvocationType must be FIRE_AND_FORGET or REQUEST_RESPONSE, not Event
            Type: AWS::Pipes::Pipe, Properties: { RoleArn: r, Source: s, Target: t, LogConfiguration: { Level: INFO } }
                Level must be OFF, not INFO
            Type: AWS::Pipes::Pipe, Metadata: { Bongsu: { HoldGroup: maybe } }, Properties: { RoleArn: r, Source: s, Target: t }
                HoldGroup must be true or false, not maybe
            Type: AWS::Pipes::Pipe, Metadata: { Bongsu: { RateLimit: { Rate: fast } } }, Properties: { RoleArn: r, Source: s, Target: t }
                RateLimit: `fast` is not a rate: say `5/s`, `120/m`, `1000/h` or `10000/d`, with 1 to 1000000 calls
        "#]],
    );
}

#[test]
fn a_pipe_says_what_the_api_says() {
    let template = r#"
Resources:
  Pipe:
    Type: AWS::Pipes::Pipe
    Metadata: { Bongsu: { HoldGroup: true, RateLimit: { Key: $.body.mall_id, Rate: 5/s, Burst: 10 } } }
    Properties:
      Source: arn:aws:sqs:us-east-1:000000000000:webhooks.fifo
      SourceParameters:
        SqsQueueParameters: { BatchSize: 1 }
        FilterCriteria: { Filters: [{ Pattern: { body: { kind: [order] } } }] }
      Enrichment: arn:aws:lambda:us-east-1:000000000000:function:look-up
      EnrichmentParameters: { InputTemplate: <$.body> }
      Target: arn:aws:states:us-east-1:000000000000:stateMachine:work
      TargetParameters:
        InputTemplate: '{"id": <$.id>}'
        StepFunctionStateMachineParameters: { InvocationType: FIRE_AND_FORGET }
      RoleArn: r
      Tags: { team: shop }
Outputs:
  State: { Value: !Sub "${Pipe} ${Pipe.Arn} ${Pipe.CurrentState}" }
"#;
    let stack = parse(template, "pipe.yaml", &inputs(&[])).unwrap_or_else(|errors| panic!("{errors}"));
    let Definition::Pipe(pipe) = &stack.resources[0].definition else { panic!("{:?}", stack.resources) };
    let arn = format!("arn:aws:pipes:us-east-1:000000000000:pipe/{}", pipe.name);
    assert_eq!(stack.outputs[0].value, Reference::Known(format!("{} {arn} RUNNING", pipe.name)));
    let pattern = pipe.settings["SourceParameters"]["FilterCriteria"]["Filters"][0]["Pattern"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(pattern).unwrap(), json!({ "body": { "kind": ["order"] } }));
    let expected = json!({
        "Source": "arn:aws:sqs:us-east-1:000000000000:webhooks.fifo",
        "SourceParameters": {
            "SqsQueueParameters": { "BatchSize": 1 },
            "FilterCriteria": { "Filters": [{ "Pattern": pattern }] },
        },
        "Enrichment": "arn:aws:lambda:us-east-1:000000000000:function:look-up",
        "EnrichmentParameters": { "InputTemplate": "<$.body>" },
        "Target": "arn:aws:states:us-east-1:000000000000:stateMachine:work",
        "TargetParameters": {
            "InputTemplate": r#"{"id": <$.id>}"#,
            "StepFunctionStateMachineParameters": { "InvocationType": "FIRE_AND_FORGET" },
        },
        "RoleArn": "r",
        "Tags": {
            "team": "shop", "bongsu:hold-group": "true", "bongsu:rate-limit": "key=$.body.mall_id rate=5/s burst=10",
        },
    });
    assert_eq!(Value::Object(pipe.settings.clone()), expected);
}

#[test]
fn state_machines_and_activities() {
    check(
        &[
            "Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r }",
            "Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionString: '[]' }",
            "Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionString: 'StartAt: [' }",
            "Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionS3Location: { Bucket: b } }",
            "Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionS3Location: 's3://b/k' }",
            "Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionS3Location: a.json, DefinitionString: '{}' }",
            "Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionString: '{}', LoggingConfiguration: { Level: MUCH, Destinations: [{}, {}] }, TracingConfiguration: { Enabled: 7 } }",
            "Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionS3Location: { Bucket: b, Key: k, Version: v } }",
            "Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, StateMachineType: FAST, Definition: { StartAt: A } }",
            "Type: AWS::StepFunctions::Activity",
            "Type: AWS::StepFunctions::StateMachineVersion",
            "Type: AWS::StepFunctions::StateMachineVersion, Properties: { StateMachineArn: a, StateMachineRevisionId: r, Description: d }",
            "Type: AWS::StepFunctions::StateMachineAlias, Properties: { Name: live }",
            "Type: AWS::StepFunctions::StateMachineAlias, Properties: { RoutingConfiguration: [{ StateMachineVersionArn: 'a:1', Weight: 30 }] }",
            "Type: AWS::StepFunctions::StateMachineAlias, Properties: { RoutingConfiguration: [{ StateMachineVersionArn: 'a:1', Weight: 30 }, { StateMachineVersionArn: 'a:2', Weight: 70 }] }",
            "Type: AWS::StepFunctions::StateMachineAlias, Properties: { DeploymentPreference: { StateMachineVersionArn: 'a:1', Type: CANARY, Percentage: 100, Colour: red } }",
            "Type: AWS::StepFunctions::StateMachineAlias, Properties: { DeploymentPreference: { StateMachineVersionArn: 'a:1', Type: LINEAR, Percentage: 10, Interval: 1, Alarms: [a] } }",
        ],
        expect![[r#"
            Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r }
                a state machine has one of Definition, DefinitionString and DefinitionS3Location (SAM: DefinitionUri)
            Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionString: '[]' }
                DefinitionString: it must be a map, in JSON or in YAML: invalid type: sequence, expected a map at line 1 column 0
            Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionString: 'StartAt: [' }
                DefinitionString: line 2: not valid YAML: while parsing a node, did not find expected node content
            Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionS3Location: { Bucket: b } }
                Key is missing
            Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionS3Location: 's3://b/k' }
                DefinitionS3Location must be the path of a file, or a map of Bucket and Key
            Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionS3Location: a.json, DefinitionString: '{}' }
                a state machine has one of Definition, DefinitionString and DefinitionS3Location (SAM: DefinitionUri)
            Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionString: '{}', LoggingConfiguration: { Level: MUCH, Destinations: [{}, {}] }, TracingConfiguration: { Enabled: 7 } }
                Level must be ALL or ERROR or FATAL or OFF, not MUCH
                a machine has one destination of logs
                Enabled must be true or false, not 7
            Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, DefinitionS3Location: { Bucket: b, Key: k, Version: v } }
                accepted
            Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: r, StateMachineType: FAST, Definition: { StartAt: A } }
                StateMachineType must be EXPRESS or STANDARD, not FAST
            Type: AWS::StepFunctions::Activity
                Name is missing
            Type: AWS::StepFunctions::StateMachineVersion
                StateMachineArn is missing
            Type: AWS::StepFunctions::StateMachineVersion, Properties: { StateMachineArn: a, StateMachineRevisionId: r, Description: d }
                accepted
            Type: AWS::StepFunctions::StateMachineAlias, Properties: { Name: live }
                an alias has one of RoutingConfiguration and DeploymentPreference
            Type: AWS::StepFunctions::StateMachineAlias, Properties: { RoutingConfiguration: [{ StateMachineVersionArn: 'a:1', Weight: 30 }] }
                RoutingConfiguration must have one or two versions, with weights that make 100
            Type: AWS::StepFunctions::StateMachineAlias, Properties: { RoutingConfiguration: [{ StateMachineVersionArn: 'a:1', Weight: 30 }, { StateMachineVersionArn: 'a:2', Weight: 70 }] }
                accepted
            Type: AWS::StepFunctions::StateMachineAlias, Properties: { DeploymentPreference: { StateMachineVersionArn: 'a:1', Type: CANARY, Percentage: 100, Colour: red } }
                Percentage must be a whole number from 1 to 99, not 100
                Interval is missing
                property Colour is not supported
            Type: AWS::StepFunctions::StateMachineAlias, Properties: { DeploymentPreference: { StateMachineVersionArn: 'a:1', Type: LINEAR, Percentage: 10, Interval: 1, Alarms: [a] } }
                accepted
        "#]],
    );
}

#[test]
fn connections_and_api_destinations() {
    check(
        &[
            "Type: AWS::Events::Connection",
            "Type: AWS::Events::Connection, Properties: { AuthorizationType: NONE, AuthParameters: {} }",
            "Type: AWS::Events::Connection, Properties: { AuthorizationType: BASIC, AuthParameters: {}, InvocationConnectivityParameters: {} }",
            "Type: AWS::Events::Connection, Properties: { AuthorizationType: BASIC, KmsKeyIdentifier: k, AuthParameters: { BasicAuthParameters: { Username: u, Password: 5 } } }",
            "Type: AWS::Events::ApiDestination",
            "Type: AWS::Events::ApiDestination, Properties: { ConnectionArn: a, InvocationEndpoint: 'https://a', HttpMethod: TRACE, InvocationRateLimitPerSecond: 0 }",
            "Type: AWS::Events::ApiDestination, Properties: { ConnectionArn: a, InvocationEndpoint: 'https://a', HttpMethod: GET }",
        ],
        expect![[r#"
            Type: AWS::Events::Connection
                AuthorizationType is missing
                AuthParameters is missing
            Type: AWS::Events::Connection, Properties: { AuthorizationType: NONE, AuthParameters: {} }
                AuthorizationType must be API_KEY or BASIC or OAUTH_CLIENT_CREDENTIALS, not NONE
            Type: AWS::Events::Connection, Properties: { AuthorizationType: BASIC, AuthParameters: {}, InvocationConnectivityParameters: {} }
                property InvocationConnectivityParameters is not supported
            Type: AWS::Events::Connection, Properties: { AuthorizationType: BASIC, KmsKeyIdentifier: k, AuthParameters: { BasicAuthParameters: { Username: u, Password: 5 } } }
                accepted
            Type: AWS::Events::ApiDestination
                ConnectionArn is missing
                InvocationEndpoint is missing
                HttpMethod is missing
            Type: AWS::Events::ApiDestination, Properties: { ConnectionArn: a, InvocationEndpoint: 'https://a', HttpMethod: TRACE, InvocationRateLimitPerSecond: 0 }
                HttpMethod must be DELETE or GET or HEAD or OPTIONS or PATCH or POST or PUT, not TRACE
                InvocationRateLimitPerSecond must be a whole number from 1 to 1000000, not 0
            Type: AWS::Events::ApiDestination, Properties: { ConnectionArn: a, InvocationEndpoint: 'https://a', HttpMethod: GET }
                accepted
        "#]],
    );
}
