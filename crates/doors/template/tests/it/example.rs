//! The examples.

use expect_test::expect;

use crate::{read, read_with};

const DATA_ENTRY: &str = include_str!("../../../../../examples/data-entry/template.yaml");
const TIL_CHALLENGE: &str = include_str!("../../../../../examples/til-challenge/template.yaml");
const WITH_FRONT: &str = include_str!("../../../../../examples/til-challenge/with-front.yaml");

#[test]
fn the_til_challenge_is_read_whole() {
    expect![[r#"
        29: queue DeadLetters = til-challenge-dead-letters.fifo, dead letters -
             FifoQueue=true
             MessageRetentionPeriod=1209600
        18: queue Queue = til-challenge.fifo, dead letters til-challenge-dead-letters.fifo
             FifoQueue=true
             RedrivePolicy={"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:til-challenge-dead-letters.fifo","maxReceiveCount":5}
             VisibilityTimeout=60
        95: function Handler = til-challenge, python3.11 app.handler in ./handler
             20 s, 128 MiB, reserved None
             TIL_BUCKET=til-challenge-000000000000
        109: mapping HandlerMessages til-challenge.fifo -> til-challenge, batch 10, reports true, at once None, enabled
        36: api Api til-challenge Http, stages $default
        79: route Events POST /slack/events
             SendMessage { queue: "til-challenge.fifo", parameters: {"MessageBody": "$request.body", "MessageDeduplicationId": "$request.body.event_id", "MessageGroupId": "$request.body.event.user"}, responses: {}, timeout_millis: 30000 }
             webhook slack (line 87) ["mine"] {}
             group Some("$.event.user"), deduplication Some("$.event_id")
        13: Bucket AWS::S3::Bucket
             Bucket(BucketResource { name: "til-challenge-000000000000", notifications: [], tags: {} })
        117: output Document = s3://til-challenge-000000000000/til.json
        119: output RequestUrl = http://127.0.0.1:8080/slack/events
        122: output QueueUrl = http://127.0.0.1:4566/000000000000/til-challenge.fifo
        49: ignored SendRole AWS::IAM::Role: roles and policies are not evaluated
    "#]].assert_eq(&read_with(TIL_CHALLENGE, &[("SigningSecret", "mine")]));
}

#[test]
fn a_function_in_front_of_the_queue_has_a_route() {
    expect![[r#"
        29: queue DeadLetters = til-challenge-dead-letters.fifo, dead letters -
             FifoQueue=true
             MessageRetentionPeriod=1209600
        18: queue Queue = til-challenge.fifo, dead letters til-challenge-dead-letters.fifo
             FifoQueue=true
             RedrivePolicy={"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:til-challenge-dead-letters.fifo","maxReceiveCount":5}
             VisibilityTimeout=60
        49: function Front = til-challenge-front, python3.11 app.handler in ./front
             3 s, 128 MiB, reserved None
             QUEUE_URL=http://127.0.0.1:4566/000000000000/til-challenge.fifo
             SIGNING_SECRET=8f742231b10e8888abcd99yyyzzz85a5
        87: function Handler = til-challenge, python3.11 app.handler in ./handler
             20 s, 128 MiB, reserved None
             TIL_BUCKET=til-challenge-000000000000
        101: mapping HandlerMessages til-challenge.fifo -> til-challenge, batch 10, reports true, at once None, enabled
        36: api Api til-challenge Http, stages $default
        72: route Events POST /slack/events
             Function { function: FunctionReference { name: "til-challenge-front", qualifier: None }, payload: V2, timeout_millis: 30000 }
        13: Bucket AWS::S3::Bucket
             Bucket(BucketResource { name: "til-challenge-000000000000", notifications: [], tags: {} })
        79: MayInvoke AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "til-challenge-front", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:4ccfc674c0/*"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        109: output Document = s3://til-challenge-000000000000/til.json
        111: output RequestUrl = http://127.0.0.1:8080/slack/events
        114: output QueueUrl = http://127.0.0.1:4566/000000000000/til-challenge.fifo
    "#]].assert_eq(&read(WITH_FRONT));
}

#[test]
fn its_secret_has_a_default() {
    assert!(read_with(TIL_CHALLENGE, &[]).contains(r#"["8f742231b10e8888abcd99yyyzzz85a5"]"#));
}

#[test]
fn data_entry_is_read_whole() {
    expect![[r#"
        31: queue Emergency = data-entry-emergency, dead letters -
             MessageRetentionPeriod=86400
        45: queue DeadLetters = data-entry-dead-letters, dead letters -
             MessageRetentionPeriod=1209600
        23: topic Jobs = data-entry
             SignatureVersion=2
        51: policy FromTopic of [Queue("data-entry-emergency"), Queue("data-entry-dead-letters")]
             {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:000000000000:data-entry"}}}]}
        64: function Worker = data-entry, python3.11 app.handler in ./handler
             120 s, 256 MiB, reserved Some(10000)
             BONGSU_WRITABLE=../data-entry-store
             DATA_ENTRY_STORE=../data-entry-store
             JOB_SECONDS=5
             1000 at a time in a process, None
        37: subscription ToEmergency data-entry -> sqs arn:aws:sqs:us-east-1:000000000000:data-entry-emergency
        82: subscription WorkerJob data-entry -> lambda arn:aws:lambda:us-east-1:000000000000:function:data-entry
             DeliveryPolicy={"healthyRetryPolicy":{"numRetries":61,"numNoDelayRetries":1,"minDelayTarget":60,"maxDelayTarget":60}}
             RedrivePolicy={"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:data-entry-dead-letters"}
        82: WorkerJobPermission AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "data-entry", qualifier: None }, action: "lambda:InvokeFunction", principal: "sns.amazonaws.com", source_arn: Some("arn:aws:sns:us-east-1:000000000000:data-entry"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        101: output TopicArn = arn:aws:sns:us-east-1:000000000000:data-entry
        104: output EmergencyQueueUrl = http://127.0.0.1:4566/000000000000/data-entry-emergency
        106: output DeadLettersUrl = http://127.0.0.1:4566/000000000000/data-entry-dead-letters
    "#]].assert_eq(&read(DATA_ENTRY));
}
