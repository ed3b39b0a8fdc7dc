//! Templates that are refused, and exactly what is said about them.

use expect_test::{Expect, expect};

use crate::{read, read_with};

fn check(template: &str, expected: Expect) {
    expected.assert_eq(&read(template));
}

#[test]
fn several_faults_are_shown_at_once_in_the_order_of_their_lines() {
    check(
        r#"
Surprises: {}
Transform: AWS::Include
AWSTemplateFormatVersion: '2011-01-01'
Parameters:
  Needed: { Type: String }
Resources:
  Table:
    Type: AWS::DynamoDB::Table
  Queue:
    Type: AWS::SQS::Queue
    Surprise: true
    DependsOn: [Nobody]
    Properties:
      QueueName: bad name
      DelaySeconds: 901
      VisibilityTimeout: soon
      MaximumMessageSize: [1]
      FifoQueue: maybe
      Colour: blue
      RedrivePolicy: { deadLetterTargetArn: "arn:aws:sns:us-east-1:000000000000:x" }
      ReceiveMessageWaitTimeSeconds: !Ref Nobody
      MessageRetentionPeriod:
      Tags: { a: b }
  no-letters:
    Type: AWS::SQS::Queue
  Untyped: {}
  Text: x
"#,
        expect![[r#"
            template.yaml:2: section Surprises is not supported
            template.yaml:3: Transform: only AWS::Serverless-2016-10-31 and AWS::LanguageExtensions are supported
            template.yaml:4: AWSTemplateFormatVersion must be 2010-09-09
            template.yaml:6: parameter Needed has no default: give it a value with --parameter Needed=…
            template.yaml:9: resource Table: type AWS::DynamoDB::Table is not supported yet
            template.yaml:12: resource Queue: Surprise is not supported
            template.yaml:13: resource Queue: DependsOn: there is no resource Nobody
            template.yaml:15: resource Queue: QueueName can only include alphanumeric characters, hyphens, or underscores, 1 to 80 in length
            template.yaml:16: resource Queue: DelaySeconds must be a whole number from 0 to 900, not 901
            template.yaml:17: resource Queue: VisibilityTimeout must be a whole number from 0 to 43200, not soon
            template.yaml:18: resource Queue: MaximumMessageSize must be a single value, not a list
            template.yaml:19: resource Queue: FifoQueue must be true or false, not maybe
            template.yaml:20: resource Queue: property Colour is not supported
            template.yaml:21: resource Queue: Redrive policy does not contain mandatory attribute: maxReceiveCount.
            template.yaml:22: resource Queue: Nobody is no parameter or resource that can be referred to here
            template.yaml:23: resource Queue: a value is missing
            template.yaml:24: resource Queue: Tags must be a list of Key and Value
            template.yaml:25: resource no-letters: a logical id consists of letters and digits
            template.yaml:27: resource Untyped: Type is missing
            template.yaml:28: resource Text: a resource must be a map, not a text
        "#]],
    );
}

#[test]
fn queues_must_agree_with_themselves_and_each_other() {
    check(
        r#"
Resources:
  Unnamed: { Type: "AWS::SQS::Queue", Properties: { QueueName: a, FifoQueue: true } }
  Suffixed: { Type: "AWS::SQS::Queue", Properties: { QueueName: a.fifo } }
  Twin: { Type: "AWS::SQS::Queue", Properties: { QueueName: a.fifo, FifoQueue: true } }
  Scoped:
    Type: AWS::SQS::Queue
    Properties:
      ContentBasedDeduplication: true
      DeduplicationScope: queue
      FifoThroughputLimit: perMessageGroupId
      SqsManagedSseEnabled: true
      KmsMasterKeyId: alias/x
  Mixed:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Twin.Arn, maxReceiveCount: 0, extra: 1 }
  Open:
    Type: AWS::SQS::Queue
    Properties: { RedriveAllowPolicy: { redrivePermission: allowAll, sourceQueueArns: [!GetAtt Twin.Arn] } }
  Shut:
    Type: AWS::SQS::Queue
    Properties: { RedriveAllowPolicy: { redrivePermission: sometimes } }
  Other:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Twin.Arn, maxReceiveCount: 1 }
  One:
    Type: AWS::SQS::Queue
    Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt Two.Arn, maxReceiveCount: 1 } }
  Two:
    Type: AWS::SQS::Queue
    Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt One.Arn, maxReceiveCount: 1 } }
"#,
        expect![[r#"
            template.yaml:3: resource Unnamed: the name of a FIFO queue must end in .fifo
            template.yaml:4: resource Suffixed: a name that ends in .fifo needs FifoQueue: true
            template.yaml:5: resource Twin: the queue a.fifo is declared by resource Suffixed too
            template.yaml:9: resource Scoped: You can specify the ContentBasedDeduplication only when FifoQueue is set to true.
            template.yaml:10: resource Scoped: You can specify the DeduplicationScope only when FifoQueue is set to true.
            template.yaml:11: resource Scoped: You can specify the FifoThroughputLimit only when FifoQueue is set to true.
            template.yaml:11: resource Scoped: To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be messageGroup.
            template.yaml:12: resource Scoped: You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.
            template.yaml:17: resource Mixed: maxReceiveCount must be a whole number from 1 to 1000, not 0
            template.yaml:17: resource Mixed: property extra is not supported
            template.yaml:20: resource Open: sourceQueueArns must have 1 to 10 ARNs with byQueue, and none otherwise
            template.yaml:23: resource Shut: redrivePermission must be allowAll or denyAll or byQueue, not sometimes
            template.yaml:27: resource Other: Dead-letter queue must be same type of queue as the source.
            template.yaml:28: Circular dependency between resources: [One, Two]
        "#]],
    );
}

#[test]
fn functions_and_mappings_are_checked_in_awss_words() {
    check(
        r#"Transform: AWS::Serverless-2016-10-31
Globals:
  Function: { Layers: [] , Timeout: 60 }
  Api: {}
Resources:
  Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: queue } }
  Fifo: { Type: "AWS::SQS::Queue", Properties: { QueueName: q.fifo, FifoQueue: true, VisibilityTimeout: 60 } }
  Slow:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: slow
      Runtime: python3.12
      Handler: app.run
      CodeUri: .
      Events:
        Short: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn } }
        Big: { Type: SQS, Properties: { Queue: !GetAtt Fifo.Arn, BatchSize: 11 } }
        Http: { Type: HttpApi, Properties: {} }
        Empty: { Type: SQS }
        Filtered:
          Type: SQS
          Properties: { Queue: !Ref Queue, FilterCriteria: {}, ScalingConfig: { MaximumConcurrency: 1 }, FunctionResponseTypes: [All] }
  Wrong:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: a.b
      Runtime: nodejs22.x
      Timeout: 901
      MemorySize: 64
      Code: { ZipFile: "x" }
      Environment: { Variables: { AWS_REGION: a, 1a: b, LIST: [] }, More: 1 }
  Unhandled:
    Type: AWS::Serverless::Function
    Properties: { Runtime: python3.12, Handler: app, CodeUri: "s3://bucket/key" }
  Batch:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { FunctionName: slow, EventSourceArn: !GetAtt Queue.Arn, BatchSize: 11 }
  Window:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { FunctionName: nobody, EventSourceArn: !GetAtt Fifo.Arn, MaximumBatchingWindowInSeconds: 1 }
  Vague:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { BatchSize: 0 }
"#,
        expect![[r#"
            template.yaml:16: resource SlowShort: Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds
            template.yaml:17: resource SlowBig: BatchSize must be a whole number from 1 to 10, not 11
            template.yaml:19: resource Slow: event Empty: Properties are missing
            template.yaml:22: resource SlowFiltered: EventSourceArn: an ARN of a queue is needed: arn:aws:sqs:REGION:ACCOUNT:NAME
            template.yaml:22: resource SlowFiltered: FunctionResponseTypes knows ReportBatchItemFailures, not All
            template.yaml:22: resource SlowFiltered: MaximumConcurrency must be a whole number from 2 to 1000, not 1
            template.yaml:23: resource Wrong: Handler is missing
            template.yaml:26: resource Wrong: FunctionName can only include alphanumeric characters, hyphens, or underscores, 1 to 64 in length
            template.yaml:28: resource Wrong: Timeout must be a whole number from 1 to 900, not 901
            template.yaml:29: resource Wrong: MemorySize must be a whole number from 128 to 10240, not 64
            template.yaml:31: resource Wrong: variable AWS_REGION is set by Lambda itself
            template.yaml:31: resource Wrong: variable 1a must begin with a letter, then letters, digits and _
            template.yaml:31: resource Wrong: variable LIST must be a text, not a list
            template.yaml:31: resource Wrong: property More is not supported
            template.yaml:34: resource Unhandled: Handler must be module.function, not app
            template.yaml:35: resource Batch: SlowShort already connects the queue queue with the function slow
            template.yaml:35: resource Batch: Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds
            template.yaml:37: resource Batch: Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10
            template.yaml:40: resource Window: Batching window is not supported for FIFO queues
            template.yaml:41: resource Vague: FunctionName is missing
            template.yaml:41: resource Vague: EventSourceArn is missing
            template.yaml:43: resource Vague: BatchSize must be a whole number from 1 to 10000, not 0
        "#]],
    );
}

#[test]
fn routes_and_webhooks_are_checked() {
    check(
        r#"
Resources:
  Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: one, ProtocolType: HTTP } }
  Second: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: two, ProtocolType: HTTP } }
  Socket: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: two, ProtocolType: WEBSOCKET, CorsConfiguration: {} } }
  Fifo: { Type: "AWS::SQS::Queue", Properties: { QueueName: q.fifo, FifoQueue: true } }
  Bare:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      PayloadFormatVersion: "1.0"
      RequestParameters: { QueueUrl: !Ref Fifo, MessageBody: $request.body }
  Odd:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      PayloadFormatVersion: "2.0"
      RequestParameters: { QueueUrl: !GetAtt Fifo.Arn, MessageGroupId: $context.requestId, DelaySeconds: 1 }
  Lambda:
    Type: AWS::ApiGatewayV2::Integration
    Properties: { ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: x }
  Ungrouped:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: POST /a, Target: !Sub "integrations/${Bare}" }
  Foreign:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Second, RouteKey: POST /a, Target: !Sub "integrations/${Bare}" }
    Metadata: { Bongsu: { Webhook: { Provider: slack, MessageGroupId: $..a } } }
  Nowhere:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: nobody, RouteKey: FETCH /a, Target: !Ref Bare, AuthorizationType: JWT }
    Metadata: { Bongsu: { Webhook: { Provider: none, Secrets: [a], Prefix: x }, Colour: blue } }
  Unsigned:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: POST /b, Target: !Sub "integrations/${Bare}" }
    Metadata:
      Bongsu:
        Webhook: { Provider: hmac, Secrets: [""], Encoding: hex64, Algorithm: md5, MessageGroupId: a }
"#,
        expect![[r#"
            template.yaml:5: resource Socket: ProtocolType must be HTTP, not WEBSOCKET
            template.yaml:5: resource Socket: the API two is declared by resource Second too
            template.yaml:21: resource Odd: SQS-SendMessage has the PayloadFormatVersion 1.0
            template.yaml:22: resource Odd: QueueUrl: a queue URL is needed: http://HOST/ACCOUNT/NAME
            template.yaml:22: resource Odd: MessageBody is missing
            template.yaml:23: resource Lambda: PayloadFormatVersion is missing
            template.yaml:25: resource Lambda: IntegrationUri: an ARN of a function is needed: arn:aws:lambda:us-east-1:000000000000:function:NAME
            template.yaml:26: resource Ungrouped: the FIFO queue q.fifo needs a MessageGroupId
            template.yaml:26: resource Ungrouped: the FIFO queue q.fifo needs a MessageDeduplicationId or ContentBasedDeduplication
            template.yaml:29: resource Foreign: two routes claim POST /a: Ungrouped (API one) and Foreign (API two)
            template.yaml:31: resource Foreign: the integration belongs to another API
            template.yaml:32: resource Foreign: MessageGroupId: "..a" is not a path of the form .name.name[0] of at most 32 steps
            template.yaml:32: resource Foreign: the provider slack needs Secrets
            template.yaml:33: resource Nowhere: AuthorizerId is missing
            template.yaml:35: resource Nowhere: RouteKey must be METHOD /path or $default, not FETCH /a
            template.yaml:35: resource Nowhere: ApiId must point to an AWS::ApiGatewayV2::Api of this template
            template.yaml:35: resource Nowhere: Target must be integrations/ and the id of an integration of this template
            template.yaml:36: resource Nowhere: the provider none has no Secrets
            template.yaml:36: resource Nowhere: property Colour is not supported
            template.yaml:42: resource Unsigned: SignatureHeader is missing
            template.yaml:42: resource Unsigned: Encoding must be hex or base64, not hex64
            template.yaml:42: resource Unsigned: Algorithm must be sha256 or sha1 or sha512, not md5
            template.yaml:42: resource Unsigned: Secrets must be a list of at least one text, none of them empty
        "#]],
    );
}

#[test]
fn parameters_are_checked_without_showing_what_is_hidden() {
    let template = r#"
Parameters:
  Missing: { Type: String }
  Stage: { Type: String, AllowedValues: [dev, prod] }
  Number: { Type: Number, MinValue: 1, MaxValue: 9 }
  Word: { Type: String, NoEcho: true, AllowedPattern: "[a-z]+" }
  Short: { Type: String, MinLength: 2, MaxLength: 3, ConstraintDescription: two or three letters }
  Odd: { Type: "AWS::SSM::Parameter::Value<String>", Default: x }
  Pattern: { Type: String, AllowedPattern: "(", Default: x }
  Colour: { Type: String, Default: x, Shade: y }
  Delay: { Type: String, NoEcho: true }
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: { DelaySeconds: !Ref Delay, VisibilityTimeout: !Ref Missing }
"#;
    let given = [
        ("Stage", "test"),
        ("Number", "10"),
        ("Word", "hunter2"),
        ("Short", "a"),
        ("Extra", "1"),
        ("Delay", "hunter3"),
    ];
    let shown = read_with(template, &given);
    assert!(!shown.contains("hunter"), "{shown}");
    expect![[r#"
        template.yaml: parameter Extra is given, but the template does not declare it
        template.yaml:3: parameter Missing has no default: give it a value with --parameter Missing=…
        template.yaml:4: parameter Stage is test: allowed are dev, prod
        template.yaml:5: parameter Number is 10: it is too large
        template.yaml:6: parameter Word is ***: the pattern [a-z]+ is not met
        template.yaml:7: parameter Short is a: two or three letters
        template.yaml:8: parameter Odd: type AWS::SSM::Parameter::Value<String> is not supported: there is no Parameter Store here: give the value itself, as a String
        template.yaml:9: parameter Pattern is x: the AllowedPattern in line 9 is not a regular expression that is supported
        template.yaml:10: property Shade is not supported
        template.yaml:15: resource Queue: DelaySeconds must be a whole number from 0 to 900, not ***
    "#]].assert_eq(&shown);
}

#[test]
fn circles_of_conditions_and_names_are_reported_once() {
    check(
        r#"
Conditions:
  A: !Not [!Condition B]
  B: !Not [!Condition A]
  C: !And [!Equals [a, a]]
  D: !Ref AWS::Region
Resources:
  One: { Type: "AWS::SQS::Queue", Properties: { QueueName: !Sub "${Two.QueueName}" } }
  Two: { Type: "AWS::SQS::Queue", Properties: { QueueName: !Sub "${One.QueueName}" } }
  Three: { Type: "AWS::SQS::Queue", Condition: A }
  Four: { Type: "AWS::SQS::Queue", Condition: Nobody }
"#,
        expect![[r#"
            template.yaml:3: condition B is not defined, or depends on itself
            template.yaml:4: condition A is not defined, or depends on itself
            template.yaml:5: Fn::And needs a list of 2 to 10 conditions
            template.yaml:6: Ref is not a condition function that is supported here
            template.yaml:8: Circular dependency between resources: [One, Two]
            template.yaml:9: resource Two: the queue shop-One-06fdbcaef338 is declared by resource One too
            template.yaml:11: resource Four: condition Nobody is not defined, or depends on itself
        "#]],
    );
}

#[test]
fn a_resource_that_its_condition_leaves_out_cannot_be_referred_to() {
    check(
        r#"
Conditions: { Never: !Equals [a, b] }
Resources:
  Gone: { Type: "AWS::SQS::Queue", Condition: Never }
  Here: { Type: "AWS::SQS::Queue" }
Outputs:
  Gone: { Value: !GetAtt Gone.Arn }
  Empty: {}
"#,
        expect![[r#"
            template.yaml:7: resource Gone is left out: its condition Never does not hold
            template.yaml:8: output Empty has no Value
        "#]],
    );
}

#[test]
fn what_is_no_template_is_refused_with_its_line() {
    let texts = [
        "",
        "# nothing\n",
        "text",
        "- a",
        "Resources:",
        "Resources: []",
        "Resources: {}\n---\nResources: {}",
        "a: 1\nb: 2\na: 3",
        "a: [1, 2",
        "a:\n  b: 1\n c: 2",
        "? [a, b]\n: c",
        "a: &x 1\nb: *y",
        "a: &x\n  b: *x",
        "a: &x 1\n<<: *x",
        "a: \u{0}b",
        "\u{7}",
        "Resources: { \u{1b}: 1 }",
        "Resources: { \"a\\e[31m\": { Type: x } }",
    ];
    let lines: Vec<String> = texts.iter().map(|text| format!("{text:?}\n  {}", read(text))).collect();
    expect![[r##"
        ""
          template.yaml:1: the template is empty
        "# nothing\n"
          template.yaml:1: the template is empty
        "text"
          template.yaml:1: a template must be a map, not a text
        "- a"
          template.yaml:1: a template must be a map, not a list
        "Resources:"
          template.yaml:1: Resources must have 1 to 500 entries
        "Resources: []"
          template.yaml:1: Resources must be a map, not a list
        template.yaml:1: Resources must have 1 to 500 entries
        "Resources: {}\n---\nResources: {}"
          template.yaml:2: a template is one document; here a second one begins
        "a: 1\nb: 2\na: 3"
          template.yaml:3: a stands here twice, first in line 1
        "a: [1, 2"
          template.yaml:2: not valid YAML: while parsing a flow sequence, expected ',' or ']'
        "a:\n  b: 1\n c: 2"
          template.yaml:3: not valid YAML: while parsing a block mapping, did not find expected key
        "? [a, b]\n: c"
          template.yaml:1: a key must be a text, not a list
        "a: &x 1\nb: *y"
          template.yaml:2: not valid YAML: while parsing node, found unknown anchor
        "a: &x\n  b: *x"
          template.yaml:2: an alias cannot stand inside its own anchor
        "a: &x 1\n<<: *x"
          template.yaml:2: merge keys (<<) are not supported
        "a: \0b"
          template.yaml:1: the template contains a NUL character
        "\u{7}"
          template.yaml:1: a template must be a map, not a text
        "Resources: { \u{1b}: 1 }"
          template.yaml:1: resource �: a logical id consists of letters and digits
        template.yaml:1: resource �: a resource must be a map, not a text
        "Resources: { \"a\\e[31m\": { Type: x } }"
          template.yaml:1: resource a�[31m: a logical id consists of letters and digits
        template.yaml:1: resource a�[31m: type x is not supported yet
    "##]]
    .assert_eq(&lines.concat());
}
