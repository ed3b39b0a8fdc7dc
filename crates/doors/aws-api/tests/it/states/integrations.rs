//! What tasks call: functions, messages, notifications, other executions, any operation, objects.

use serde_json::{Value, json};

use super::{MACHINE, PASS, ROLE, World};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function";
const INVOKE: &str = "arn:aws:states:::lambda:invoke";
const CHILD: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:child";

impl World {
    async fn child(&self, definition: &str, kind: &str) {
        let input = json!({ "name": "child", "definition": definition, "roleArn": ROLE, "type": kind });
        self.ask("CreateStateMachine", input).await;
    }
}

#[tokio::test]
async fn a_function_gets_the_input_and_gives_the_output() {
    let world = World::new().await;
    let input = json!({ "n": 1 });
    let ended = world.task(&format!("{FUNCTION}:echo"), input.clone(), json!({})).await;
    assert_eq!(ended["output"], input.to_string());
    let arn = ended["executionArn"].as_str().expect("an ARN");
    let kinds = ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"];
    assert_eq!(world.kinds(arn).await[2..5], kinds);
    let (error, cause) = world.failure(&format!("{FUNCTION}:fails"), json!({})).await;
    assert_eq!((&*error, &*cause), ("ShopClosed", r#"{"errorType":"ShopClosed","errorMessage":"at night"}"#));
    assert_eq!(world.failure(&format!("{FUNCTION}:dies"), json!({})).await.0, "Lambda.Unknown");
    assert_eq!(world.failure(&format!("{FUNCTION}:busy"), json!({})).await.0, "Lambda.TooManyRequestsException");
    let (error, cause) = world.failure(&format!("{FUNCTION}:gone"), json!({})).await;
    assert_eq!(error, "Lambda.ResourceNotFoundException");
    let start = format!(
        "Function not found: {FUNCTION}:gone:$LATEST (Service: AWSLambda; Status Code: 404; Error Code: \
         ResourceNotFoundException; Request ID: "
    );
    assert!(cause.starts_with(&start) && cause.ends_with("; Proxy: null)"), "{cause}");
}

#[tokio::test]
async fn an_invocation_tells_what_the_sdk_tells() {
    let world = World::new().await;
    let result = world.result(INVOKE, json!({ "FunctionName": "echo", "Payload": { "n": [1] } })).await;
    assert_eq!((&result["Payload"], &result["StatusCode"]), (&json!({ "n": [1] }), &json!(200)));
    assert_eq!(result["ExecutedVersion"], "$LATEST");
    assert_eq!(result["SdkHttpMetadata"]["HttpStatusCode"], 200);
    assert!(result["SdkResponseMetadata"]["RequestId"].is_string());
    assert_eq!(world.failure(INVOKE, json!({ "FunctionName": "fails" })).await.0, "ShopClosed");
    let (error, _) = world.failure(INVOKE, json!({ "FunctionName": "gone", "InvocationType": "Event" })).await;
    assert_eq!(error, "Lambda.ResourceNotFoundException");
}

#[tokio::test]
async fn a_message_is_sent_as_the_operation_sends_it() {
    let world = World::new().await;
    let url = world.0.standard().await;
    let parameters = json!({
        "QueueUrl": url, "MessageBody": { "b": 1, "a": [2] },
        "MessageAttributes": { "kind": { "DataType": "String", "StringValue": "order" } },
    });
    let result = world.result("arn:aws:states:::sqs:sendMessage", parameters).await;
    let received = world.0.receive(&url).await;
    assert_eq!(received[0]["MessageId"], result["MessageId"]);
    assert_eq!(received[0]["MD5OfBody"], result["MD5OfMessageBody"]);
    let body: Value = serde_json::from_str(received[0]["Body"].as_str().expect("a body")).expect("JSON");
    assert_eq!(body, json!({ "b": 1, "a": [2] }));
    assert_eq!(received[0]["MessageAttributes"]["kind"]["StringValue"], "order");
    let parameters = json!({ "QueueUrl": format!("{url}-gone"), "MessageBody": "m" });
    let (error, cause) = world.failure("arn:aws:states:::sqs:sendMessage", parameters.clone()).await;
    assert_eq!(error, "SQS.AmazonSQSException");
    let code =
        "(Service: AmazonSQS; Status Code: 400; Error Code: AWS.SimpleQueueService.NonExistentQueue; Request ID: ";
    assert!(cause.contains(code), "{cause}");
    let (error, _) = world.failure("arn:aws:states:::aws-sdk:sqs:sendMessage", parameters).await;
    assert_eq!(error, "Sqs.QueueDoesNotExistException");
    let result = world.result("arn:aws:states:::aws-sdk:sqs:getQueueUrl", json!({ "QueueName": "orders" })).await;
    assert_eq!(result["QueueUrl"], url);
}

#[tokio::test]
async fn a_notification_reaches_a_topics_queues() {
    let world = World::new().await;
    let url = world.0.standard().await;
    let topic = world.0.topic("news", json!({})).await;
    let queue = "arn:aws:sqs:us-east-1:000000000000:orders";
    world.0.subscribe(&topic, "sqs", queue, json!({ "RawMessageDelivery": "true" })).await;
    let parameters = json!({ "TopicArn": topic, "Message": { "n": 1 } });
    let result = world.result("arn:aws:states:::sns:publish", parameters).await;
    assert!(result["MessageId"].is_string());
    assert_eq!(world.0.receive(&url).await[0]["Body"], r#"{"n":1}"#);
    let gone = json!({ "TopicArn": format!("{topic}-gone"), "Message": "m" });
    assert_eq!(world.failure("arn:aws:states:::sns:publish", gone.clone()).await.0, "SNS.AmazonSNSException");
    let (error, _) = world.failure("arn:aws:states:::aws-sdk:sns:publish", gone).await;
    assert_eq!(error, "Sns.NotFoundException");
}

#[tokio::test]
async fn an_execution_waits_for_another() {
    let world = World::new().await;
    world.child(PASS, "STANDARD").await;
    let parameters = json!({ "StateMachineArn": CHILD, "Input": { "n": 1 } });
    let started = world.result("arn:aws:states:::states:startExecution", parameters.clone()).await;
    assert!(started["ExecutionArn"].as_str().expect("an ARN").contains(":execution:child:"));
    let synced = world.result("arn:aws:states:::states:startExecution.sync", parameters.clone()).await;
    assert_eq!((&synced["Status"], &synced["Output"]), (&json!("SUCCEEDED"), &json!(r#"{"n":1}"#)));
    let synced = world.result("arn:aws:states:::states:startExecution.sync:2", parameters).await;
    assert_eq!(synced["Output"], json!({ "n": 1 }));
    let named = json!({ "StateMachineArn": CHILD, "Name": "once" });
    world.result("arn:aws:states:::states:startExecution", named.clone()).await;
    let (error, _) = world.failure("arn:aws:states:::states:startExecution", named).await;
    assert_eq!(error, "StepFunctions.ExecutionAlreadyExistsException");
    let gone = json!({ "StateMachineArn": format!("{CHILD}-gone") });
    let (error, cause) = world.failure("arn:aws:states:::states:startExecution.sync", gone).await;
    assert_eq!(error, "StepFunctions.StateMachineDoesNotExistException");
    assert!(
        cause.starts_with(&format!("State Machine Does Not Exist: '{CHILD}-gone' (Service: AWSStepFunctions;")),
        "{cause}"
    );
}

#[tokio::test]
async fn nothing_waits_for_an_express_execution_but_its_own_caller() {
    let world = World::new().await;
    world.child(PASS, "EXPRESS").await;
    let parameters = json!({ "StateMachineArn": CHILD, "Input": { "n": 1 } });
    let (error, _) = world.failure("arn:aws:states:::states:startExecution.sync", parameters.clone()).await;
    assert_eq!(error, "StepFunctions.StateMachineTypeNotSupportedException");
    let synced = world.result("arn:aws:states:::aws-sdk:sfn:startSyncExecution", parameters).await;
    assert_eq!((&synced["Status"], &synced["Output"]), (&json!("SUCCEEDED"), &json!(r#"{"n":1}"#)));
    assert!(synced["StartDate"].as_str().expect("a time").ends_with('Z'));
}

#[tokio::test]
async fn a_task_waits_until_its_token_comes_back() {
    let world = World::new().await;
    let url = world.0.standard().await;
    let state = json!({
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
        "Parameters": { "QueueUrl": url, "MessageBody": { "token.$": "$$.Task.Token" } },
    });
    world.machine(&json!({ "StartAt": "T", "States": { "T": state } }).to_string()).await;
    let arn = world.start(&json!({})).await;
    let mut received = Vec::new();
    while received.is_empty() {
        tokio::task::yield_now().await;
        received = world.0.receive(&url).await;
    }
    let body: Value = serde_json::from_str(received[0]["Body"].as_str().expect("a body")).expect("JSON");
    world.ask("SendTaskSuccess", json!({ "taskToken": body["token"], "output": "[1]" })).await;
    assert_eq!(world.ended(&arn).await["output"], "[1]");
    let kinds = ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"];
    assert_eq!(world.kinds(&arn).await[2..6], kinds);
}

#[tokio::test]
async fn objects_are_put_read_listed_and_deleted() {
    let world = World::new().await;
    world.0.bucket("files").await;
    let sdk = |action: &str| format!("arn:aws:states:::aws-sdk:s3:{action}");
    let object = json!({ "Bucket": "files", "Key": "a.json" });
    let mut put = object.clone();
    put["Body"] = json!({ "n": 1 });
    let written = world.result(&sdk("putObject"), put.clone()).await;
    let got = world.result(&sdk("getObject"), object.clone()).await;
    assert_eq!((&got["Body"], &got["ETag"]), (&json!(r#"{"n":1}"#), &written["ETag"]));
    assert_eq!(world.result(&sdk("headObject"), object.clone()).await["ContentLength"], 7);
    put["IfNoneMatch"] = json!("*");
    assert_eq!(world.failure(&sdk("putObject"), put).await.0, "S3.S3Exception");
    let listed = world.result(&sdk("listObjectsV2"), json!({ "Bucket": "files", "Prefix": "a" })).await;
    assert_eq!((&listed["KeyCount"], &listed["Contents"][0]["Key"]), (&json!(1), &json!("a.json")));
    world.result(&sdk("deleteObject"), object.clone()).await;
    assert_eq!(world.failure(&sdk("getObject"), object).await.0, "S3.NoSuchKeyException");
    let gone = json!({ "Bucket": "nowhere", "Key": "k" });
    assert_eq!(world.failure(&sdk("getObject"), gone).await.0, "S3.NoSuchBucketException");
    let odd = json!({ "Bucket": "files", "Key": "k", "Range": "bytes=0-1" });
    let (error, cause) = world.failure(&sdk("getObject"), odd).await;
    assert!(error == "S3.S3Exception" && cause.contains("Range"), "{error}: {cause}");
}

#[tokio::test]
async fn a_distributed_map_reads_a_table_and_writes_its_results() {
    let world = World::new().await;
    world.0.bucket("files").await;
    let table = json!({ "Bucket": "files", "Key": "in.csv", "Body": "id,name\n1,a\n2,b\n" });
    world.result("arn:aws:states:::aws-sdk:s3:putObject", table).await;
    let map = json!({
        "Type": "Map", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } },
        },
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": { "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" },
            "Parameters": { "Bucket": "files", "Key": "in.csv" },
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": { "Bucket": "files", "Prefix": "out" },
        },
    });
    world.machine(&json!({ "StartAt": "M", "States": { "M": map } }).to_string()).await;
    let ended = world.ended(&world.start(&json!({})).await).await;
    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    let output: Value = serde_json::from_str(ended["output"].as_str().expect("an output")).expect("JSON");
    let manifest = output["ResultWriterDetails"]["Key"].as_str().expect("a key");
    let read = |key: String| {
        let world = &world;
        async move {
            let object = json!({ "Bucket": "files", "Key": key });
            let got = world.result("arn:aws:states:::aws-sdk:s3:getObject", object).await;
            serde_json::from_str::<Value>(got["Body"].as_str().expect("a body")).expect("JSON")
        }
    };
    let files = read(manifest.to_owned()).await;
    let succeeded = files["ResultFiles"]["SUCCEEDED"][0]["Key"].as_str().expect("a key").to_owned();
    let results = read(succeeded).await;
    assert_eq!(results[1]["Output"], r#"{"id":"2","name":"b"}"#);
    assert_eq!(files["ResultFiles"]["FAILED"], json!([]));
}

#[tokio::test]
async fn a_machine_is_described_by_a_task_as_by_a_client() {
    let world = World::new().await;
    let described =
        world.result("arn:aws:states:::aws-sdk:sfn:describeStateMachine", json!({ "StateMachineArn": MACHINE })).await;
    assert_eq!((&described["Name"], &described["Status"]), (&json!("m"), &json!("ACTIVE")));
    let (error, _) =
        world.failure("arn:aws:states:::aws-sdk:lambda:getFunction", json!({ "FunctionName": "gone" })).await;
    assert_eq!(error, "Lambda.ResourceNotFoundException");
}
