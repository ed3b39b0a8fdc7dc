//! Topics, subscriptions and access policies: what they become, and what is refused.

use expect_test::{Expect, expect};

use crate::read;

fn check(template: &str, expected: Expect) {
    expected.assert_eq(&read(template));
}

#[test]
fn a_topic_becomes_attributes_and_tags() {
    check(
        r#"
Resources:
  Plain:
    Type: AWS::SNS::Topic
  Jobs:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: jobs
      DisplayName: Jobs to do
      FifoTopic: false
      KmsMasterKeyId: alias/aws/sns
      SignatureVersion: 2
      TracingConfig: Active
      DataProtectionPolicy: { Name: p, Statement: [] }
      DeliveryStatusLogging:
        - { Protocol: http/s, SuccessFeedbackRoleArn: !GetAtt Log.Arn, SuccessFeedbackSampleRate: 5 }
        - { Protocol: sqs, FailureFeedbackRoleArn: arn:aws:iam::000000000000:role/log }
      Subscription:
        - { Protocol: sqs, Endpoint: !GetAtt Queue.Arn }
        - { Protocol: https, Endpoint: "https://example.com/jobs" }
      Tags: [{ Key: team, Value: data }]
  Ordered:
    Type: AWS::SNS::Topic
    Properties:
      FifoTopic: true
      ContentBasedDeduplication: true
      FifoThroughputScope: MessageGroup
      ArchivePolicy: { MessageRetentionPeriod: 30 }
  Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: "queue" } }
  Log: { Type: "AWS::IAM::Role" }
Outputs:
  Arn: { Value: !Ref Plain }
  Both: { Value: !Sub "${Jobs.TopicName} ${Jobs.TopicArn}" }
"#,
        expect![[r#"
            29: queue Queue = queue, dead letters -
            3: topic Plain = shop-Plain-9c909a418aa4
            22: topic Ordered = shop-Ordered-76f0b14a4837.fifo
                 ArchivePolicy={"MessageRetentionPeriod":"30"}
                 ContentBasedDeduplication=true
                 FifoThroughputScope=MessageGroup
                 FifoTopic=true
            5: topic Jobs = jobs
                 DisplayName=Jobs to do
                 HTTPSuccessFeedbackRoleArn=arn:aws:iam::000000000000:role/shop-Log-8d3a6dcf4c85
                 HTTPSuccessFeedbackSampleRate=5
                 KmsMasterKeyId=alias/aws/sns
                 SQSFailureFeedbackRoleArn=arn:aws:iam::000000000000:role/log
                 SignatureVersion=2
                 TracingConfig=Active
                 tag team=data
            5: subscription Jobs jobs -> sqs arn:aws:sqs:us-east-1:000000000000:queue
            5: subscription Jobs jobs -> https https://example.com/jobs
            32: output Arn = arn:aws:sns:us-east-1:000000000000:shop-Plain-9c909a418aa4
            33: output Both = jobs arn:aws:sns:us-east-1:000000000000:jobs
            14: ignored Jobs DataProtectionPolicy: messages are not searched for sensitive data
            30: ignored Log AWS::IAM::Role: roles and policies are not evaluated
        "#]],
    );
}

#[test]
fn a_subscription_becomes_its_attributes() {
    check(
        r#"
Parameters:
  Price: { Type: Number, Default: 100 }
  Token: { Type: String, Default: s3cr3t, NoEcho: true }
Resources:
  Topic: { Type: "AWS::SNS::Topic", Properties: { TopicName: jobs } }
  Ordered: { Type: "AWS::SNS::Topic", Properties: { TopicName: jobs.fifo, FifoTopic: true } }
  Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: emergency } }
  Fifo: { Type: "AWS::SQS::Queue", Properties: { QueueName: q.fifo, FifoQueue: true } }
  Dead: { Type: "AWS::SQS::Queue", Properties: { QueueName: dead } }
  ToQueue:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Topic
      Protocol: sqs
      Endpoint: !GetAtt Queue.Arn
      RawMessageDelivery: true
      Region: !Ref AWS::Region
      FilterPolicyScope: MessageBody
      FilterPolicy:
        kind: [created, !Sub "${AWS::Region}", null, true]
        order: { price: [{ numeric: [">=", 10.5, "<", 2e2] }], code: ["12", 012] }
        $or: [{ a: [{ exists: false }] }, { b: [{ anything-but: [x] }] }]
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn }
  InOrder:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !GetAtt Ordered.TopicArn
      Protocol: sqs
      Endpoint: !GetAtt Fifo.Arn
      FilterPolicy: {}
      ReplayPolicy: { PointType: Timestamp, StartingPoint: 2026-01-01T00:00:00.000Z }
  Web:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: arn:aws:sns:us-east-1:000000000000:exists
      Protocol: http
      Endpoint: !Sub http://127.0.0.1:9/hook?token=${Token}
      FilterPolicy: '{"a": ["b"]}'
      DeliveryPolicy:
        healthyRetryPolicy: { numRetries: "3", minDelayTarget: !Ref Price, maxDelayTarget: 200, backoffFunction: linear }
        requestPolicy: { headerContentType: application/json }
"#,
        expect![[r#"
            8: queue Queue = emergency, dead letters -
            9: queue Fifo = q.fifo, dead letters -
                 FifoQueue=true
            10: queue Dead = dead, dead letters -
            6: topic Topic = jobs
            7: topic Ordered = jobs.fifo
                 FifoTopic=true
            11: subscription ToQueue jobs -> sqs arn:aws:sqs:us-east-1:000000000000:emergency
                 FilterPolicy={"kind":["created","us-east-1",null,true],"order":{"price":[{"numeric":[">=",10.5,"<",2e2]}],"code":["12","012"]},"$or":[{"a":[{"exists":false}]},{"b":[{"anything-but":["x"]}]}]}
                 FilterPolicyScope=MessageBody
                 RawMessageDelivery=true
                 RedrivePolicy={"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead"}
            25: subscription InOrder jobs.fifo -> sqs arn:aws:sqs:us-east-1:000000000000:q.fifo
                 ReplayPolicy={"PointType":"Timestamp","StartingPoint":"2026-01-01T00:00:00.000Z"}
            33: subscription Web exists -> http (secret)
                 DeliveryPolicy={"healthyRetryPolicy":{"numRetries":3,"minDelayTarget":100,"maxDelayTarget":200,"backoffFunction":"linear"},"requestPolicy":{"headerContentType":"application/json"}}
                 FilterPolicy={"a": ["b"]}
        "#]],
    );
}

#[test]
fn a_function_is_subscribed_directly_or_through_a_queue() {
    check(
        r#"Transform: AWS::Serverless-2016-10-31
Resources:
  Topic: { Type: "AWS::SNS::Topic", Properties: { TopicName: jobs } }
  Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: between } }
  Dead: { Type: "AWS::SQS::Queue", Properties: { QueueName: dead } }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: worker
      Runtime: python3.12
      Handler: app.run
      CodeUri: .
      Events:
        Direct:
          Type: SNS
          Properties:
            Topic: !Ref Topic
            Region: us-east-1
            SqsSubscription: false
            FilterPolicyScope: MessageAttributes
            FilterPolicy: { kind: [new], size: [{ numeric: ["=", 1] }] }
            RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn }
        Own:
          Type: SNS
          Properties: { Topic: !Ref Topic, SqsSubscription: true }
        Named:
          Type: SNS
          Properties:
            Topic: arn:aws:sns:us-east-1:000000000000:other
            SqsSubscription:
              QueueArn: !GetAtt Queue.Arn
              QueueUrl: !Ref Queue
              QueuePolicyLogicalId: Allow
              BatchSize: 5
              Enabled: false
    Metadata:
      Bongsu:
        DeliveryPolicy: { healthyRetryPolicy: { numRetries: 60, minDelayTarget: 60, maxDelayTarget: 60 } }
  Other:
    Type: AWS::Lambda::Function
    Properties: { FunctionName: other, Runtime: provided.al2023, Code: . }
  ToOther:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref Topic, Protocol: lambda, Endpoint: !GetAtt Other.Arn }
    Metadata: { Bongsu: { DeliveryPolicy: { throttlePolicy: { maxReceivesPerSecond: 5 } } } }
"#,
        expect![[r#"
            4: queue Queue = between, dead letters -
            5: queue Dead = dead, dead letters -
            23: queue WorkerOwnQueue = shop-WorkerOwnQueue-eed0b9116fc5, dead letters -
            3: topic Topic = jobs
            23: policy WorkerOwnQueuePolicy of [Queue("shop-WorkerOwnQueue-eed0b9116fc5")]
                 {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:shop-WorkerOwnQueue-eed0b9116fc5","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:000000000000:jobs"}}}]}
            6: function Worker = worker, python3.12 app.run in .
                 3 s, 128 MiB, reserved None
            39: function Other = other, provided.al2023 bootstrap in .
                 3 s, 128 MiB, reserved None
            23: mapping WorkerOwnEventSourceMapping shop-WorkerOwnQueue-eed0b9116fc5 -> worker, batch 10, reports false, at once None, enabled
            26: mapping WorkerNamedEventSourceMapping between -> worker, batch 5, reports false, at once None, disabled
            14: subscription WorkerDirect jobs -> lambda arn:aws:lambda:us-east-1:000000000000:function:worker
                 DeliveryPolicy={"healthyRetryPolicy":{"numRetries":60,"minDelayTarget":60,"maxDelayTarget":60}}
                 FilterPolicy={"kind":["new"],"size":[{"numeric":["=",1]}]}
                 FilterPolicyScope=MessageAttributes
                 RedrivePolicy={"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead"}
            23: subscription WorkerOwn jobs -> sqs arn:aws:sqs:us-east-1:000000000000:shop-WorkerOwnQueue-eed0b9116fc5
            26: subscription WorkerNamed other -> sqs arn:aws:sqs:us-east-1:000000000000:between
            42: subscription ToOther jobs -> lambda arn:aws:lambda:us-east-1:000000000000:function:other
                 DeliveryPolicy={"throttlePolicy":{"maxReceivesPerSecond":5}}
            14: WorkerDirectPermission AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "worker", qualifier: None }, action: "lambda:InvokeFunction", principal: "sns.amazonaws.com", source_arn: Some("arn:aws:sns:us-east-1:000000000000:jobs"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        "#]],
    );
}

#[test]
fn policies_are_for_each_that_they_name() {
    check(
        r#"
Resources:
  Topic: { Type: "AWS::SNS::Topic", Properties: { TopicName: jobs } }
  Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: emergency } }
  OfQueue:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          Effect: Allow
          Principal: { Service: sns.amazonaws.com }
          Action: sqs:SendMessage
          Resource: !GetAtt Queue.Arn
          Condition: { ArnEquals: { aws:SourceArn: !Ref Topic }, Bool: { aws:SecureTransport: true } }
  OfTopics:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Topic, "arn:aws:sns:us-east-1:000000000000:exists"]
      PolicyDocument: &open
        Statement: [{ Effect: Allow, Principal: { AWS: 123456789012 }, Action: "sns:Publish", Resource: "*" }]
  Inline:
    Type: AWS::SNS::TopicInlinePolicy
    Properties: { TopicArn: "arn:aws:sns:us-east-1:000000000000:third", PolicyDocument: *open }
  InlineOfQueue:
    Type: AWS::SQS::QueueInlinePolicy
    Properties:
      Queue: http://127.0.0.1:4566/000000000000/exists
      PolicyDocument: '{"Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}]}'
"#,
        expect![[r#"
            4: queue Queue = emergency, dead letters -
            3: topic Topic = jobs
            5: policy OfQueue of [Queue("emergency")]
                 {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:emergency","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:000000000000:jobs"},"Bool":{"aws:SecureTransport":"true"}}}}
            17: policy OfTopics of [Topic("jobs"), Topic("exists")]
                 {"Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sns:Publish","Resource":"*"}]}
            23: policy Inline of [Topic("third")]
                 {"Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sns:Publish","Resource":"*"}]}
            26: policy InlineOfQueue of [Queue("exists")]
                 {"Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}]}
        "#]],
    );
}

#[test]
fn topics_and_subscriptions_are_checked_in_awss_words() {
    check(
        r#"
Resources:
  Unnamed: { Type: "AWS::SNS::Topic", Properties: { TopicName: a, FifoTopic: true } }
  Suffixed: { Type: "AWS::SNS::Topic", Properties: { TopicName: a.fifo } }
  Twin: { Type: "AWS::SNS::Topic", Properties: { TopicName: a.fifo, FifoTopic: true } }
  Odd:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: a b
      SignatureVersion: 3
      TracingConfig: On
      FifoThroughputScope: Topic
      DeliveryPolicy: {}
      DeliveryStatusLogging:
        - { Protocol: http, SuccessFeedbackSampleRate: 101 }
      Subscription: { Protocol: sqs }
  Fifo: { Type: "AWS::SQS::Queue", Properties: { QueueName: q.fifo, FifoQueue: true } }
  Plain: { Type: "AWS::SNS::Topic", Properties: { TopicName: plain, Subscription: [{ Protocol: sqs, Endpoint: !GetAtt Fifo.Arn }] } }
  Bare: { Type: "AWS::SNS::Subscription" }
  Pigeon:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: plain, Protocol: pigeon, Endpoint: x, Region: eu-west-1 }
  Scheme:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref Plain, Protocol: https, Endpoint: "http://x" }
  Function:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref Plain, Protocol: lambda, Endpoint: "arn:aws:lambda:us-east-1:000000000000:function:nobody" }
  Faulty:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Plain
      Protocol: sqs
      Endpoint: arn:aws:sqs:us-east-1:000000000000:x
      FilterPolicy: [a]
      FilterPolicyScope: Body
      RawMessageDelivery: maybe
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Fifo.Arn }
      ReplayPolicy: "not json"
      DeliveryPolicy: { healthyRetryPolicy: { numRetries: 1 } }
  Unfiltered:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Plain
      Protocol: sms
      Endpoint: "+12025550100"
      FilterPolicy: { price: [{ numeric: [">", "1"] }] }
  Nested:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref Plain, Protocol: email, Endpoint: a@b, FilterPolicy: { a: { b: [c] } } }
  Again:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Plain
      Protocol: sqs
      Endpoint: arn:aws:sqs:us-east-1:000000000000:x
      FilterPolicy: { a: [!Ref Nobody] }
      RedrivePolicy: { deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:d", maxReceiveCount: 3 }
  Hour:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Plain
      Protocol: http
      Endpoint: http://x
      DeliveryPolicy: { healthyRetryPolicy: { numRetries: 101 } }
    Metadata: { Bongsu: { DeliveryPolicy: {}, Webhook: {} } }
  Ordered:
    Type: AWS::SNS::Subscription
    Properties: { TopicArn: !Ref Twin, Protocol: http, Endpoint: "http://x" }
Outputs:
  Late: { Value: !Ref Hour }
  Later: { Value: !GetAtt Hour.Arn }
"#,
        expect![[r#"
            template.yaml:3: resource Unnamed: the name of a FIFO topic must end in .fifo
            template.yaml:4: resource Suffixed: a name that ends in .fifo needs FifoTopic: true
            template.yaml:5: resource Twin: the topic a.fifo is declared by resource Suffixed too
            template.yaml:9: resource Odd: TopicName can only include alphanumeric characters, hyphens, or underscores, 1 to 256 in length
            template.yaml:10: resource Odd: SignatureVersion must be 1 or 2, not 3
            template.yaml:11: resource Odd: TracingConfig must be PassThrough or Active, not On
            template.yaml:12: resource Odd: FifoThroughputScope needs FifoTopic: true
            template.yaml:13: resource Odd: property DeliveryPolicy is not supported
            template.yaml:15: resource Odd: Protocol must be application or firehose or http/s or lambda or sqs, not http
            template.yaml:15: resource Odd: SuccessFeedbackSampleRate must be a whole number from 0 to 100, not 101
            template.yaml:16: resource Odd: Subscription must be a list, not a map
            template.yaml:18: resource Plain: Endpoint: FIFO SQS Queues can not be subscribed to standard SNS topics
            template.yaml:19: resource Bare: TopicArn is missing
            template.yaml:19: resource Bare: Protocol is missing
            template.yaml:19: resource Bare: Endpoint is missing
            template.yaml:22: resource Pigeon: TopicArn: an ARN of a topic is needed: arn:aws:sns:REGION:ACCOUNT:NAME
            template.yaml:22: resource Pigeon: Protocol must be application or email or email-json or firehose or http or https or lambda or sms or sqs, not pigeon
            template.yaml:22: resource Pigeon: the topic must be in the region us-east-1
            template.yaml:25: resource Scheme: Endpoint: it must match the specified protocol
            template.yaml:35: resource Faulty: FilterPolicy must be a map, not a list
            template.yaml:36: resource Faulty: FilterPolicyScope must be MessageAttributes or MessageBody, not Body
            template.yaml:37: resource Faulty: RawMessageDelivery must be true or false, not maybe
            template.yaml:38: resource Faulty: RedrivePolicy: a FIFO queue takes the dead letters of FIFO queues only
            template.yaml:39: resource Faulty: ReplayPolicy must be a map, or a text that is one in JSON
            template.yaml:40: resource Faulty: DeliveryPolicy: only http, https and lambda subscriptions have one
            template.yaml:47: resource Unfiltered: FilterPolicy: Value of > must be numeric
            template.yaml:50: resource Nested: Filter policy scope MessageAttributes does not support nested filter policy
            template.yaml:51: resource Again: Faulty already subscribes arn:aws:sqs:us-east-1:000000000000:x to the topic plain
            template.yaml:57: resource Again: Nobody is no parameter or resource that can be referred to here
            template.yaml:58: resource Again: RedrivePolicy: it must have deadLetterTargetArn, and nothing else
            template.yaml:65: resource Hour: DeliveryPolicy: healthyRetryPolicy.numRetries must be less than or equal to 100
            template.yaml:66: resource Hour: property Webhook is not supported
            template.yaml:66: resource Hour: there is a DeliveryPolicy among the properties too
            template.yaml:69: resource Ordered: Endpoint: a FIFO topic delivers to queues only
        "#]],
    );
}

#[test]
fn events_and_policies_are_checked_too() {
    check(
        r#"Transform: AWS::Serverless-2016-10-31
Resources:
  Topic: { Type: "AWS::SNS::Topic", Properties: { TopicName: jobs.fifo, FifoTopic: true } }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: worker
      Runtime: python3.12
      Handler: app.run
      CodeUri: .
      Timeout: 31
      Events:
        Ordered: { Type: SNS, Properties: { Topic: !Ref Topic } }
        Empty: { Type: SNS, Properties: { Colour: red } }
        Slow: { Type: SNS, Properties: { Topic: !Ref Topic, SqsSubscription: true } }
        Half: { Type: SNS, Properties: { Topic: !Ref Topic, SqsSubscription: { QueueArn: x, BatchSize: 0 } } }
        Vague: { Type: SNS, Properties: { Topic: !Ref Topic, SqsSubscription: perhaps } }
    Metadata: { Bongsu: { DeliveryPolicy: { healthyRetryPolicy: { numRetries: 1 }, requestPolicy: {} } } }
  Half:
    Type: AWS::SNS::TopicPolicy
    Properties: { Topics: [jobs.fifo, !Ref Topic] }
  Wrong:
    Type: AWS::SNS::TopicPolicy
    Properties: { Topics: [!Ref Topic], PolicyDocument: { Statement: [{ Effect: Perhaps }] } }
  First: &policy
    Type: AWS::SNS::TopicInlinePolicy
    Properties:
      TopicArn: !Ref Topic
      PolicyDocument: { Statement: [{ Effect: Allow, Principal: "*", Action: "sns:Publish", Resource: "*" }] }
  Second: *policy
"#,
        expect![[r#"
            template.yaml:13: resource WorkerOrdered: Endpoint: a FIFO topic delivers to queues only
            template.yaml:14: resource Worker: Topic is missing
            template.yaml:14: resource Worker: property Colour is not supported
            template.yaml:15: resource WorkerSlowEventSourceMapping: Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds
            template.yaml:16: resource Worker: SqsSubscription: No QueueARN or QueueURL provided.
            template.yaml:17: resource Worker: SqsSubscription must be true, false or a map, not perhaps
            template.yaml:19: resource Half: PolicyDocument is missing
            template.yaml:21: resource Half: Topics: an ARN of a topic is needed: arn:aws:sns:REGION:ACCOUNT:NAME
            template.yaml:24: resource Wrong: PolicyDocument: The effect "Perhaps" is neither "Allow" nor "Deny".
            template.yaml:30: resource Second: jobs.fifo has the policy of resource First already
        "#]],
    );
}
