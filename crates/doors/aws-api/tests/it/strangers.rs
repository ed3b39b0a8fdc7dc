//! Whatever a stranger sends is refused in words; nothing panics, and nothing is stored that was not meant.

use bongsu_broker::Seconds;
use proptest::prelude::*;
use serde_json::json;

use crate::harness::{Answer, Server, description, description_of_sns, form_request, json_request};

fn operations() -> Vec<String> {
    description()["operations"].as_object().expect("a table").keys().cloned().collect()
}

fn operations_of_sns() -> Vec<String> {
    description_of_sns()["operations"].as_object().expect("a table").keys().cloned().collect()
}

fn is_malformed(answer: &Answer) {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(
        answer.body.contains("SerializationException") || answer.body.contains("MalformedInput"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_message_of_two_mebibytes_is_too_long() {
    let server = Server::start().await;
    let url = server.standard().await;
    let text = "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.";
    let input = json!({ "QueueUrl": url, "MessageBody": "x".repeat(2 << 20) });
    server.refuses("SendMessage", input, "InvalidParameterValueException", text).await;
    let whole = json!({ "QueueUrl": url, "MessageBody": "x".repeat(1 << 20) });
    server.ask("SendMessage", whole).await;
}

/// A trace header counts for nothing in its message's size; still no fact may outgrow the journal's records.
#[tokio::test]
async fn a_trace_header_of_mebibytes_is_refused() {
    let server = Server::start().await;
    let url = server.standard().await;
    let trace = json!({ "AWSTraceHeader": { "DataType": "String", "StringValue": "x".repeat(5 << 20) } });
    let text = "Message system attribute 'AWSTraceHeader' must be at most 1024 bytes long.";
    let input = json!({ "QueueUrl": url, "MessageBody": "m", "MessageSystemAttributes": trace });
    server.refuses("SendMessage", input, "InvalidParameterValueException", text).await;
    server.ask("SendMessage", json!({ "QueueUrl": url, "MessageBody": "m" })).await;
}

#[tokio::test]
async fn a_body_that_is_no_good_json_is_malformed() {
    let server = Server::start().await;
    server.standard().await;
    let deep = |open: &str, close: &str| {
        format!(r#"{{"QueueUrl":"orders","MessageBody":{}1{}}}"#, open.repeat(100_000), close.repeat(100_000))
    };
    let bad: Vec<Vec<u8>> = vec![
        deep("[", "]").into(),
        deep(r#"{"a":"#, "}").into(),
        br#"{"QueueUrl":"orders","MessageBody":"\ud800"}"#.to_vec(),
        br#"{"QueueUrl":"orders","MessageBody":"\udc00\ud800"}"#.to_vec(),
        b"{\"QueueUrl\":\"orders\",\"MessageBody\":\"\xff\"}".to_vec(),
        b"{\"QueueUrl\":\"orders\",\"MessageBody\":\"a\nb\"}".to_vec(),
        br#"{"QueueUrl":"orders","MessageBody":"a","MessageBody":"b"}"#.to_vec(),
        br#"{"QueueUrl":"orders","MessageBody":"a","DelaySeconds":1e999}"#.to_vec(),
        br#"{"QueueUrl":"orders","MessageBody":"a","DelaySeconds":123456789012345678901234567890}"#.to_vec(),
        br#"{"QueueUrl":"orders","MessageBody":"a","DelaySeconds":1.5}"#.to_vec(),
        br#"{"QueueUrl":"orders","MessageBody":"a"} {}"#.to_vec(),
        br#"{"QueueUrl":"orders","MessageBody":"a""#.to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"\0".to_vec(),
    ];
    for body in bad {
        is_malformed(&server.send(json_request("SendMessage", body)).await);
    }
    assert!(server.receive("orders").await.is_empty());
}

#[tokio::test]
async fn a_form_that_is_no_good_text_is_malformed() {
    let server = Server::start().await;
    server.standard().await;
    let message = "Action=SendMessage&QueueUrl=orders&MessageBody=";
    let many = format!("{message}m{}", "&a=b".repeat(998));
    assert!(many.matches('=').count() == 1001);
    let deep = format!("{message}m&{}=1", "a.".repeat(100));
    // A character that cannot be decoded would otherwise be stored as another one.
    for form in [many.into(), deep.into(), format!("{message}%ff").into_bytes(), [message.as_bytes(), b"\xc3"].concat()]
    {
        is_malformed(&server.send(form_request("/", form)).await);
    }
    let get = hyper::Request::get(format!("/?{message}%c3%28")).body("").unwrap();
    is_malformed(&server.send(get).await);
    assert!(server.receive("orders").await.is_empty());
    for odd in ["%", "%zz", "&&&==&", "\u{fffd}", "%EF%BF%BD"] {
        let answer = server.send(form_request("/", format!("{message}x{odd}"))).await;
        assert_eq!(answer.status, 200, "{odd}: {}", answer.body);
    }
}

#[tokio::test]
async fn huge_numbers_and_names_are_refused() {
    let server = Server::start().await;
    server.standard().await;
    for number in ["9223372036854775807", "-9223372036854775808", "99999999999999999999", "1e3", "0x10", ""] {
        let form = format!("Action=ReceiveMessage&QueueUrl=orders&VisibilityTimeout={number}");
        assert_eq!(server.send(form_request("/", form)).await.status, 400, "{number}");
    }
    for entry in ["4294967295", "4294967296", "99999999999999999999", "-1", "0", "1e9"] {
        let form = format!("Action=GetQueueAttributes&QueueUrl=orders&AttributeName.{entry}=All");
        assert_eq!(server.send(form_request("/", form)).await.status, 200, "{entry}");
    }
    let long = "x".repeat(1 << 20);
    for (name, value) in [("QueueUrl", &*long), ("QueueUrl", &format!("http://{long}/000000000000/{long}"))] {
        let answer = server.json("ReceiveMessage", json!({ name: value })).await;
        assert_eq!(answer.header("x-amzn-query-error"), "AWS.SimpleQueueService.NonExistentQueue;Sender");
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

/// A refusal of the client in the protocol's form, or success: never a fault of ours.
fn is_sane(answer: &Answer) {
    assert!(matches!(answer.status, 200 | 400 | 403 | 404), "{}: {}", answer.status, answer.body);
}

/// JSON in which members of the model appear with values of any kind.
fn members() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "QueueUrl",
        "QueueName",
        "Attributes",
        "tags",
        "AttributeNames",
        "MessageBody",
        "DelaySeconds",
        "Entries",
        "MessageAttributes",
        "MessageSystemAttributes",
        "MessageGroupId",
        "MessageDeduplicationId",
        "ReceiptHandle",
        "VisibilityTimeout",
        "MaxNumberOfMessages",
        "WaitTimeSeconds",
        "MaxResults",
        "NextToken",
        "QueueNamePrefix",
        "MessageAttributeNames",
        "MessageSystemAttributeNames",
        "ReceiveRequestAttemptId",
        "QueueOwnerAWSAccountId",
        "Id",
        "DataType",
        "StringValue",
        "BinaryValue",
        "a",
    ]);
    let scalar = prop_oneof![
        Just("\"orders\"".to_owned()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        (-1i64..12).prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| json!(number).to_string()),
        ".{0,8}".prop_map(|text| json!(text).to_string()),
    ];
    let value = scalar.prop_recursive(4, 24, 4, move |inner| {
        let member = (names.clone(), inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|values| format!("[{}]", values.join(","))),
            prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    });
    value.prop_filter("an object", |value| value.starts_with('{'))
}

/// What parameters about topics are called: those that name something, and those that say something.
const ABOUT: [&str; 5] = ["TopicArn", "SubscriptionArn", "TargetArn", "ResourceArn", "Endpoint"];
const SAYING: &str = "(Protocol|Message|Subject|MessageStructure|MessageGroupId|MessageDeduplicationId|AttributeName|\
    AttributeValue|NextToken|Label|Token|ReturnSubscriptionArn|AuthenticateOnUnsubscribe|Name|PhoneNumber|\
    Attributes\\.entry\\.[12]\\.(key|value)|MessageAttributes\\.entry\\.[12]\\.(Name|Value\\.DataType|Value\\.StringValue)|\
    PublishBatchRequestEntries\\.member\\.[12]\\.(Id|Message|MessageGroupId|MessageStructure|Subject)|\
    AWSAccountId\\.member\\.1|ActionName\\.member\\.1|Tags\\.member\\.1\\.(Key|Value)|TagKeys\\.member\\.1)";

/// What is there, and what is said of it: most of it is right somewhere, and wrong everywhere else.
fn sayings() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "FilterPolicy",
        "FilterPolicyScope",
        "MessageBody",
        "MessageAttributes",
        "RawMessageDelivery",
        "DeliveryPolicy",
        "RedrivePolicy",
        "ReplayPolicy",
        "ArchivePolicy",
        "Policy",
        "MaximumMessageSize",
        "SignatureVersion",
        "FifoThroughputScope",
        "ContentBasedDeduplication",
        "DisplayName",
        "sqs",
        "http",
        "https",
        "email",
        "email-json",
        "sms",
        "lambda",
        "application",
        "firehose",
        "json",
        "true",
        "false",
        "1",
        "0",
        "-1",
        "262144",
        "1048576",
        "18446744073709551616",
        "String",
        "Number",
        "String.Array",
        "Binary",
        "1e308",
        "{}",
        "[]",
        "null",
        "\"",
        "m",
        "*",
        "Publish",
        "000000000001",
        "999999999999",
        "+12025550100",
        "\u{feff}",
        "\u{1F525}",
        r#"{"a":["b",{"prefix":"c"},{"numeric":[">",-1e9,"<=",1e9]},{"exists":false}]}"#,
        r#"{"a":{"b":[{"anything-but":["c"]}]},"$or":[{"c":[1]},{"d":[null]}]}"#,
        r#"{"default":"d","http":"h","sqs":"q","lambda":"l","email":"e"}"#,
        r#"{"default":1}"#,
        r#"{"MessageRetentionPeriod":"1"}"#,
        r#"{"MessageRetentionPeriod":"99999999999999999999"}"#,
        r#"{"PointType":"Timestamp","StartingPoint":"2020-01-01T00:00:00.000Z"}"#,
        r#"{"PointType":"Timestamp","StartingPoint":"0000-01-01T00:00:00Z","EndingPoint":"9999-12-31T23:59:59.999Z"}"#,
        r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:orders"}"#,
        r#"{"healthyRetryPolicy":{"numRetries":100,"minDelayTarget":1,"maxDelayTarget":3600,"numMaxDelayRetries":100,"backoffFunction":"exponential"},"throttlePolicy":{"maxReceivesPerSecond":1}}"#,
        r#"{"http":{"defaultHealthyRetryPolicy":{"numRetries":18446744073709551615,"minDelayTarget":-1,"maxDelayTarget":1e99}}}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"SNS:*","Resource":"*"}]}"#,
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => ".{0,8}"]
}

/// A request about topics, with places where the ARNs of a server go.
fn requests_about_topics() -> impl Strategy<Value = (String, String, Vec<(String, usize)>)> {
    let saying = (SAYING, sayings());
    let says = |said: Vec<(String, String)>| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(said).finish()
    };
    let named = (prop::sample::select(&ABOUT[..]), any::<prop::sample::Index>());
    let named = named.prop_map(|(name, index)| (name.to_owned(), index.index(ARNS)));
    (
        prop::sample::select(operations_of_sns()),
        prop::collection::vec(saying, 0..8).prop_map(says),
        prop::collection::vec(named, 1..4),
    )
}

/// How many names [`populate`] gives.
const ARNS: usize = 9;

/// Makes topics with subscribers of several kinds, and tells what there is.
async fn populate(server: &Server) -> [String; ARNS] {
    server.standard().await;
    let fifo = json!({ "FifoTopic": "true", "ContentBasedDeduplication": "true",
        "ArchivePolicy": r#"{"MessageRetentionPeriod":"1"}"# });
    let (topic, fifo) = (server.topic("t", json!({})).await, server.topic("t.fifo", fifo).await);
    let queue = "arn:aws:sqs:us-east-1:000000000000:orders";
    let function = "arn:aws:lambda:us-east-1:000000000000:function:f";
    [
        server.subscribe(&topic, "sqs", queue, json!({})).await,
        server.subscribe(&topic, "http", "http://h/", json!({})).await,
        server.subscribe(&topic, "lambda", function, json!({})).await,
        server.subscribe(&fifo, "sqs", queue, json!({})).await,
        topic,
        fifo,
        queue.to_owned(),
        function.to_owned(),
        "https://u:p@h:1/x".to_owned(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_answered(operation in prop::sample::select(operations()),
        body in prop::collection::vec(any::<u8>(), 0..200))
    {
        runtime().block_on(async {
            let server = Server::start().await;
            server.standard().await;
            is_sane(&server.send(json_request(&operation, body.clone())).await);
            let form = [format!("Action={operation}&QueueUrl=orders&").as_bytes(), &body].concat();
            is_sane(&server.send(form_request("/", form)).await);
            is_sane(&server.send(form_request("/000000000000/orders", body)).await);
        });
    }

    #[test]
    fn random_members_are_answered(operation in prop::sample::select(operations()), body in members()) {
        // Nobody would send what a waiting receive waits for.
        prop_assume!(!body.contains("WaitTimeSeconds"));
        runtime().block_on(async {
            let server = Server::start().await;
            server.standard().await;
            is_sane(&server.send(json_request(&operation, body)).await);
        });
    }

    #[test]
    fn random_parameters_about_topics_are_answered(operation in prop::sample::select(operations_of_sns()),
        names in prop::collection::vec(
            "(Attributes|MessageAttributes|PublishBatchRequestEntries|Tags|TagKeys|Name|Message|Subject|Token|Protocol|\
             Endpoint|AttributeName|AttributeValue|MessageStructure)(\\.(entry|member)\\.[0-3])?\
             (\\.(key|value|Name|Value|Id|Message|Key))?(\\.(DataType|StringValue|BinaryValue))?",
            0..12),
        value in "([a-z0-9.]{0,4}|sqs|json|String|FilterPolicy)")
    {
        runtime().block_on(async {
            let server = Server::start().await;
            let topic = server.topic("orders", json!({})).await;
            let form = names.iter().map(|name| format!("&{name}={value}")).collect::<String>();
            for arn in [format!("TopicArn={topic}"), format!("ResourceArn={topic}"), format!("SubscriptionArn={topic}:x")] {
                let form = format!("Action={operation}&Version=2010-03-31&{arn}{form}");
                is_sane(&server.send(form_request("/", form)).await);
            }
        });
    }

    #[test]
    fn random_stories_about_topics_are_answered(story in prop::collection::vec(requests_about_topics(), 1..12)) {
        runtime().block_on(async {
            let server = Server::start().await;
            let arns = populate(&server).await;
            for (operation, said, named) in story {
                let named: String = named.iter().map(|(name, arn)| format!("&{name}={}", arns[*arn])).collect();
                let form = format!("Action={operation}&Version=2010-03-31{named}&{said}");
                is_sane(&server.send(form_request("/", form)).await);
                server.clock.advance(Seconds(7));
            }
            let form = format!("Action=Publish&Version=2010-03-31&TopicArn={}&Message=m", arns[4]);
            is_sane(&server.send(form_request("/", form)).await);
        });
    }

    #[test]
    fn random_parameters_are_answered(operation in prop::sample::select(operations()),
        names in prop::collection::vec(
            "(Attribute|Entries|MessageAttribute|SendMessageBatchRequestEntry|Tag|QueueName|MessageBody|MaxResults)\
             (\\.[0-3])?(\\.(Name|Value|Id|MessageBody|Key|DelaySeconds))?(\\.(DataType|StringValue|BinaryValue))?",
            0..12),
        value in "[a-z0-9.]{0,4}")
    {
        runtime().block_on(async {
            let server = Server::start().await;
            server.standard().await;
            let form = names.iter().map(|name| format!("&{name}={value}")).collect::<String>();
            let form = format!("Action={operation}&QueueUrl=orders{form}");
            is_sane(&server.send(form_request("/", form)).await);
        });
    }
}
