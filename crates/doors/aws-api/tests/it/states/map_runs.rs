//! Runs of distributed maps: how far they are, what their children are, and what can be changed of them.

use serde_json::{Value, json};

use super::{ACTIVITY, MACHINE, World};

/// Children that wait for a worker; two of them at once.
fn mapping(settings: &Value) -> String {
    let mut map = json!({
        "Type": "Map", "Label": "orders", "MaxConcurrency": 2, "ItemsPath": "$.items", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "A",
            "States": { "A": { "Type": "Task", "Resource": ACTIVITY, "End": true } },
        },
    });
    for (name, value) in settings.as_object().expect("an object") {
        map[name] = value.clone();
    }
    json!({ "StartAt": "M", "States": { "M": map } }).to_string()
}

impl World {
    async fn mapped(settings: Value, items: Value) -> (World, String, String) {
        let world = World::new().await;
        world.ask("CreateActivity", json!({ "name": "a" })).await;
        world.machine(&mapping(&settings)).await;
        let arn = world.start(&json!({ "items": items })).await;
        let runs = world.ask("ListMapRuns", json!({ "executionArn": arn })).await;
        let run = runs["mapRuns"][0]["mapRunArn"].as_str().expect("a run").to_owned();
        (world, arn, run)
    }

    /// The next task that a worker gets.
    async fn taken(&self) -> (Value, String) {
        let task = self.ask("GetActivityTask", json!({ "activityArn": ACTIVITY })).await;
        let input = serde_json::from_str(task["input"].as_str().expect("a task")).expect("JSON");
        (input, task["taskToken"].as_str().expect("a token").to_owned())
    }

    async fn map_run(&self, arn: &str) -> Value {
        self.ask("DescribeMapRun", json!({ "mapRunArn": arn })).await
    }

    async fn map_children(&self, input: Value) -> Vec<Value> {
        self.ask("ListExecutions", input).await["executions"].as_array().expect("a list").clone()
    }
}

/// Pending, running, succeeded, failed, aborted and all of them.
fn counts(counts: &Value) -> [u64; 6] {
    ["pending", "running", "succeeded", "failed", "aborted", "total"]
        .map(|name| counts[name].as_u64().expect("a number"))
}

#[tokio::test]
async fn a_run_tells_how_many_of_its_children_stand_how() {
    let (world, arn, run) = World::mapped(json!({ "ToleratedFailureCount": 1 }), json!([10, 20, 30])).await;
    let prefix = "arn:aws:states:us-east-1:000000000000:mapRun:m/orders:";
    assert!(run.starts_with(prefix), "{run}");
    let listed = world.ask("ListMapRuns", json!({ "executionArn": arn })).await;
    let known = &listed["mapRuns"][0];
    assert_eq!((&known["executionArn"], &known["stateMachineArn"]), (&json!(arn), &json!(format!("{MACHINE}/orders"))));
    let told = world.map_run(&run).await;
    assert_eq!(
        (&told["status"], &told["executionArn"], &told["maxConcurrency"]),
        (&json!("RUNNING"), &json!(arn), &json!(2))
    );
    assert_eq!(told["toleratedFailureCount"], 1);
    assert_eq!(counts(&told["executionCounts"]), [1, 2, 0, 0, 0, 3]);
    assert_eq!(counts(&told["itemCounts"]), [1, 2, 0, 0, 0, 3]);

    let (input, token) = world.taken().await;
    assert_eq!(input, json!(10));
    world.0.advance(5);
    world.ask("SendTaskSuccess", json!({ "taskToken": token, "output": "\"done\"" })).await;
    let (_, token) = world.taken().await;
    world.ask("SendTaskFailure", json!({ "taskToken": token, "error": "Closed", "cause": "at night" })).await;
    assert_eq!(counts(&world.map_run(&run).await["executionCounts"]), [0, 1, 1, 1, 0, 3]);

    let children = world.map_children(json!({ "mapRunArn": run })).await;
    let statuses: Vec<_> = children.iter().map(|child| child["status"].as_str().expect("a status")).collect();
    assert_eq!(statuses, ["RUNNING", "FAILED", "SUCCEEDED"]);
    assert_eq!((&children[0]["mapRunArn"], &children[0]["itemCount"]), (&json!(run), &json!(1)));
    let failed = world.map_children(json!({ "mapRunArn": run, "statusFilter": "FAILED" })).await;
    assert_eq!(failed, [children[1].clone()]);
    let child = world.ask("DescribeExecution", json!({ "executionArn": failed[0]["executionArn"] })).await;
    assert_eq!((&child["error"], &child["cause"]), (&json!("Closed"), &json!("at night")));
    assert_eq!((&child["input"], &child["mapRunArn"]), (&json!("20"), &json!(run)));
    let child = world.ask("DescribeExecution", json!({ "executionArn": children[2]["executionArn"] })).await;
    assert_eq!((&child["status"], &child["output"]), (&json!("SUCCEEDED"), &json!("\"done\"")));
    let seconds = |name: &str| child[name].as_f64().expect("a time");
    assert_eq!(seconds("stopDate") - seconds("startDate"), 5.0);

    let (_, token) = world.taken().await;
    world.ask("SendTaskSuccess", json!({ "taskToken": token, "output": "3" })).await;
    assert_eq!(world.ended(&arn).await["output"], r#"["done",3]"#);
    let told = world.map_run(&run).await;
    assert_eq!((&told["status"], counts(&told["executionCounts"])), (&json!("SUCCEEDED"), [0, 0, 2, 1, 0, 3]));
    assert!(told["stopDate"].is_number());
    // What the run's own rows had is gone by then: it is read from the steps.
    assert_eq!(world.map_children(json!({ "mapRunArn": run })).await.len(), 3);
}

#[tokio::test]
async fn a_run_that_failed_tells_which_child_it_was_and_goes_on_with_its_execution() {
    let (world, arn, run) = World::mapped(json!({}), json!([1, 2])).await;
    let (_, token) = world.taken().await;
    world.ask("SendTaskFailure", json!({ "taskToken": token, "error": "Closed" })).await;
    assert_eq!(world.ended(&arn).await["error"], "States.ExceedToleratedFailureThreshold");
    let told = world.map_run(&run).await;
    assert_eq!((&told["status"], counts(&told["executionCounts"])), (&json!("FAILED"), [0, 0, 0, 1, 1, 2]));
    let children = world.map_children(json!({ "mapRunArn": run })).await;
    let statuses: Vec<_> = children.iter().map(|child| child["status"].as_str().expect("a status")).collect();
    assert_eq!(statuses, ["ABORTED", "FAILED"]);
    let child = world.ask("DescribeExecution", json!({ "executionArn": children[1]["executionArn"] })).await;
    assert_eq!((&child["error"], &child["redriveStatus"]), (&json!("Closed"), &json!("REDRIVABLE_BY_MAP_RUN")));

    world.ask("RedriveExecution", json!({ "executionArn": arn })).await;
    let told = world.map_run(&run).await;
    assert_eq!((&told["status"], &told["redriveCount"]), (&json!("RUNNING"), &json!(1)));
    assert_eq!(counts(&told["executionCounts"]), [0, 2, 0, 0, 0, 2]);
    for output in ["1", "2"] {
        let (_, token) = world.taken().await;
        world.ask("SendTaskSuccess", json!({ "taskToken": token, "output": output })).await;
    }
    assert_eq!(world.ended(&arn).await["output"], "[1,2]");
    assert_eq!(counts(&world.map_run(&run).await["executionCounts"]), [0, 0, 2, 0, 0, 2]);
}

#[tokio::test]
async fn a_run_that_goes_on_is_changed() {
    let (world, arn, run) = World::mapped(json!({ "MaxConcurrency": 1 }), json!([1, 2, 3, 4])).await;
    assert_eq!(counts(&world.map_run(&run).await["executionCounts"])[..2], [3, 1]);
    let change = json!({ "mapRunArn": run, "maxConcurrency": 3, "toleratedFailurePercentage": 50 });
    world.ask("UpdateMapRun", change).await;
    let told = world.map_run(&run).await;
    assert_eq!(counts(&told["executionCounts"])[..2], [1, 3]);
    assert_eq!((&told["maxConcurrency"], &told["toleratedFailurePercentage"]), (&json!(3), &json!(50.0)));
    let (_, token) = world.taken().await;
    world.ask("SendTaskFailure", json!({ "taskToken": token, "error": "Closed" })).await;
    for _ in 0..3 {
        let (input, token) = world.taken().await;
        world.ask("SendTaskSuccess", json!({ "taskToken": token, "output": input.to_string() })).await;
    }
    assert_eq!(world.ended(&arn).await["output"], "[2,3,4]");
    let over = format!("The Map Run is not running: '{run}'");
    let change = json!({ "mapRunArn": run, "maxConcurrency": 1 });
    world.refuses("UpdateMapRun", change, "ValidationException", &over).await;
    let fraction = json!({ "mapRunArn": run, "toleratedFailurePercentage": 0.5 });
    let text = "toleratedFailurePercentage is a whole number here";
    world.refuses("UpdateMapRun", fraction, "ValidationException", text).await;
}

#[tokio::test]
async fn items_are_counted_in_batches_and_results_when_they_are_written() {
    let settings = json!({
        "ItemBatcher": { "MaxItemsPerBatch": 2 },
        "ResultWriter": { "Resource": "arn:aws:states:::s3:putObject", "Parameters": { "Bucket": "none", "Prefix": "p" } },
    });
    let (world, arn, run) = World::mapped(settings, json!([1, 2, 3, 4, 5])).await;
    let told = world.map_run(&run).await;
    assert_eq!(counts(&told["executionCounts"]), [1, 2, 0, 0, 0, 3]);
    assert_eq!(counts(&told["itemCounts"]), [1, 4, 0, 0, 0, 5]);
    for _ in 0..3 {
        let (_, token) = world.taken().await;
        world.ask("SendTaskSuccess", json!({ "taskToken": token, "output": "0" })).await;
    }
    assert_eq!(world.ended(&arn).await["error"], "States.ResultWriterFailed");
    let told = world.map_run(&run).await;
    assert_eq!(counts(&told["itemCounts"]), [0, 0, 5, 0, 0, 5]);
    assert_eq!(told["itemCounts"]["resultsWritten"], 0);
}

#[tokio::test]
async fn runs_and_children_that_are_not_there_are_refused() {
    let (world, arn, run) = World::mapped(json!({}), json!([1])).await;
    let child =
        world.map_children(json!({ "mapRunArn": run })).await[0]["executionArn"].as_str().expect("an ARN").to_owned();
    assert!(child.starts_with("arn:aws:states:us-east-1:000000000000:execution:m/orders:"), "{child}");
    let text = "Invalid Arn: 'The child of a distributed map is part of the execution that started it: \
                DescribeExecution and ListExecutions tell of it, and nothing else can be asked'";
    for operation in ["GetExecutionHistory", "StopExecution", "ListMapRuns"] {
        world.refuses(operation, json!({ "executionArn": child }), "InvalidArn", text).await;
    }
    let other = run.replace("/orders:", "/others:");
    let gone = format!("Map Run Does Not Exist: '{other}'");
    world.refuses("DescribeMapRun", json!({ "mapRunArn": other }), "ResourceNotFound", &gone).await;
    let other = child.replace("/orders:", "/others:");
    let gone = format!("Execution Does Not Exist: '{other}'");
    world.refuses("DescribeExecution", json!({ "executionArn": other }), "ExecutionDoesNotExist", &gone).await;
    let both = json!({ "mapRunArn": run, "stateMachineArn": MACHINE });
    let text = "Only one of stateMachineArn and mapRunArn can be given";
    world.refuses("ListExecutions", both, "ValidationException", text).await;
    let wrong = "Invalid Arn: 'Resource type not valid in this context: execution'";
    world.refuses("DescribeMapRun", json!({ "mapRunArn": arn }), "InvalidArn", wrong).await;
}

#[tokio::test]
async fn children_that_begin_and_end_in_one_step_are_told_too() {
    let states = json!({
        "Positive": {
            "Type": "Choice", "Default": "Keep",
            "Choices": [{ "Variable": "$", "NumericLessThan": 0, "Next": "Refuse" }],
        },
        "Refuse": { "Type": "Fail", "Error": "Negative" },
        "Keep": { "Type": "Pass", "Result": "kept", "End": true },
    });
    let config = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    let processor = json!({ "ProcessorConfig": config, "StartAt": "Positive", "States": states });
    let settings = json!({ "ItemProcessor": processor, "ToleratedFailurePercentage": 50 });
    let (world, arn, run) = World::mapped(settings, json!([1, -2, 3])).await;
    assert_eq!(world.ended(&arn).await["output"], r#"["kept","kept"]"#);
    assert_eq!(counts(&world.map_run(&run).await["executionCounts"]), [0, 0, 2, 1, 0, 3]);
    let mut told = Vec::new();
    for child in world.map_children(json!({ "mapRunArn": run })).await.into_iter().rev() {
        let child = world.ask("DescribeExecution", json!({ "executionArn": child["executionArn"] })).await;
        told.push([child["status"].clone(), child["input"].clone(), child["output"].clone(), child["error"].clone()]);
    }
    let expected = json!([
        ["SUCCEEDED", "1", "\"kept\"", null],
        ["FAILED", "-2", null, "Negative"],
        ["SUCCEEDED", "3", "\"kept\"", null],
    ]);
    assert_eq!(json!(told), expected);
}
