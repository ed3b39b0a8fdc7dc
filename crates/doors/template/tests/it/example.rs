//! The examples.

use expect_test::expect;

use crate::{read, read_with};

const DATA_ENTRY: &str = include_str!("../../../../../examples/data-entry/template.yaml");
const TIL_CHALLENGE: &str = include_str!("../../../../../examples/til-challenge/template.yaml");

#[test]
fn the_til_challenge_is_read_whole() {
    expect![[r#"
        28: queue DeadLetters = til-challenge-dead-letters.fifo, dead letters -
             FifoQueue=true
             MessageRetentionPeriod=1209600
        17: queue Queue = til-challenge.fifo, dead letters til-challenge-dead-letters.fifo
             FifoQueue=true
             RedrivePolicy={"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:til-challenge-dead-letters.fifo","maxReceiveCount":5}
             VisibilityTimeout=60
        94: function Handler = til-challenge, python3.11 app.handler in ./handler
             10 s, 128 MiB, reserved None
             TIL_STORE=/srv/til
        106: mapping HandlerMessages til-challenge.fifo -> til-challenge, batch 10, reports true, at once None, enabled
        35: api Api til-challenge Http, stages $default
        78: route Events POST /slack/events
             SendMessage { queue: "til-challenge.fifo", parameters: {"MessageBody": "$request.body", "MessageDeduplicationId": "$request.body.event_id", "MessageGroupId": "$request.body.event.user"}, responses: {}, timeout_millis: 30000 }
             webhook slack (line 86) ["mine"] {}
             group Some("$.event.user"), deduplication Some("$.event_id")
        114: output RequestUrl = http://127.0.0.1:8080/slack/events
        117: output QueueUrl = http://127.0.0.1:4566/000000000000/til-challenge.fifo
        48: ignored SendRole AWS::IAM::Role: roles and policies are not evaluated
    "#]].assert_eq(&read_with(TIL_CHALLENGE, &[("SigningSecret", "mine"), ("Store", "/srv/til")]));
}

#[test]
fn its_secret_has_a_default() {
    assert!(read_with(TIL_CHALLENGE, &[]).contains(r#"["8f742231b10e8888abcd99yyyzzz85a5"]"#));
}

#[test]
fn data_entry_is_read_whole() {
    expect![[r#"
        24: queue Emergency = data-entry-emergency, dead letters -
             MessageRetentionPeriod=86400
        38: queue DeadLetters = data-entry-dead-letters, dead letters -
             MessageRetentionPeriod=1209600
        18: topic Jobs = data-entry
        44: policy FromTopic of [Queue("data-entry-emergency"), Queue("data-entry-dead-letters")]
             {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:000000000000:data-entry"}}}]}
        57: function Worker = data-entry, python3.11 app.handler in ./handler
             30 s, 128 MiB, reserved Some(20)
             DATA_ENTRY_STORE=
             JOB_SECONDS=5
        30: subscription ToEmergency data-entry -> sqs arn:aws:sqs:us-east-1:000000000000:data-entry-emergency
        72: subscription WorkerJob data-entry -> lambda arn:aws:lambda:us-east-1:000000000000:function:data-entry
             DeliveryPolicy={"healthyRetryPolicy":{"numRetries":61,"numNoDelayRetries":1,"minDelayTarget":60,"maxDelayTarget":60}}
             RedrivePolicy={"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:data-entry-dead-letters"}
        72: WorkerJobPermission AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "data-entry", qualifier: None }, action: "lambda:InvokeFunction", principal: "sns.amazonaws.com", source_arn: Some("arn:aws:sns:us-east-1:000000000000:data-entry"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        89: output TopicArn = arn:aws:sns:us-east-1:000000000000:data-entry
        92: output EmergencyQueueUrl = http://127.0.0.1:4566/000000000000/data-entry-emergency
        94: output DeadLettersUrl = http://127.0.0.1:4566/000000000000/data-entry-dead-letters
    "#]].assert_eq(&read(DATA_ENTRY));
}
