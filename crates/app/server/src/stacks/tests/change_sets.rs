//! Change sets: what they tell, what becomes of them, and the words that tools look for.

use bongsu_aws_api::cloudformation::{ChangeSetRequest, ExecuteOptions, OnFailure, StackRefusal, Stacks as _};

use super::world::{World, deployment, queues};

fn request(name: &str, stack: &str, creates: bool, template: &str) -> ChangeSetRequest {
    ChangeSetRequest {
        name: name.to_owned(),
        description: None,
        creates,
        deployment: deployment(stack, template),
        on_failure: None,
    }
}

#[tokio::test]
async fn a_change_set_makes_a_stack() {
    let world = World::start();
    let (id, stack) = world.engine.create_change_set(request("c", "s", true, &queues(&["a"]))).await.unwrap();
    assert_eq!((world.status("s"), world.there().len()), ("REVIEW_IN_PROGRESS", 0));
    assert_eq!(world.engine.template(Some("s"), None), Ok(String::new()));
    let told = world.engine.change_set(None, &id).unwrap();
    assert_eq!((told.status, told.execution_status, told.changes.len()), ("CREATE_COMPLETE", "AVAILABLE", 1));
    assert_eq!(told.changes[0].resource_change.action, "Add");
    world.engine.execute_change_set(Some("s"), "c", ExecuteOptions::default()).await.unwrap();
    assert_eq!((world.status("s"), world.there()), ("CREATE_COMPLETE", vec!["a=1".to_owned()]));
    assert_eq!((world.id("s"), world.engine.stack("s").unwrap().change_set_id), (stack, Some(id)));
    let text = "Stack [s] already exists and cannot be created again with the changeSet [d].";
    let again = world.engine.create_change_set(request("d", "s", true, &queues(&["a"]))).await;
    assert_eq!(again, Err(StackRefusal::Invalid(text.to_owned())));
}

#[tokio::test]
async fn a_change_set_tells_what_would_change() {
    let world = World::start();
    world.create("s", &queues(&["a", "b", "c"])).await.unwrap();
    let template = queues(&["a", "b", "d"])
        .replace("QueueName: a, VisibilityTimeout: 1", "QueueName: a, VisibilityTimeout: 2")
        .replace("QueueName: b", "QueueName: z");
    world.engine.create_change_set(request("c", "s", false, &template)).await.unwrap();
    let told = world.engine.change_set(Some("s"), "c").unwrap();
    let changes = told.changes.iter().map(|change| {
        let change = &change.resource_change;
        format!("{} {} {:?}", change.action, change.logical_resource_id, change.replacement)
    });
    let expected =
        ["Modify A Some(\"False\")", "Modify B Some(\"True\")", "Add D None", "Remove C None"].map(str::to_owned);
    assert_eq!(changes.collect::<Vec<_>>(), expected);
    let first = &told.changes[0].resource_change;
    assert_eq!(first.details[0].target.name.as_deref(), Some("VisibilityTimeout"));
    assert!(first.after_context.as_ref().unwrap().contains("\"VisibilityTimeout\":\"2\""), "{first:?}");
    assert_eq!(world.there(), ["a=1", "b=1", "c=1"]);
}

#[tokio::test]
async fn a_change_set_without_changes_fails_in_the_words_that_tools_know() {
    let world = World::start();
    world.create("s", &queues(&["a"])).await.unwrap();
    world.engine.create_change_set(request("c", "s", false, &queues(&["a"]))).await.unwrap();
    let told = world.engine.change_set(Some("s"), "c").unwrap();
    assert_eq!((told.status, told.execution_status), ("FAILED", "UNAVAILABLE"));
    assert!(told.status_reason.unwrap().starts_with("The submitted information didn't contain changes."));
    let executed = world.engine.execute_change_set(Some("s"), "c", ExecuteOptions::default()).await;
    assert!(matches!(executed, Err(StackRefusal::ChangeSetState(_))), "{executed:?}");
}

#[tokio::test]
async fn a_change_set_is_executed_once_and_takes_the_others_with_it() {
    let world = World::start();
    world.create("s", &queues(&["a"])).await.unwrap();
    for name in ["c", "d"] {
        world.engine.create_change_set(request(name, "s", false, &queues(&["a", "b"]))).await.unwrap();
    }
    let taken = world.engine.create_change_set(request("c", "s", false, &queues(&["b"]))).await;
    assert_eq!(taken, Err(StackRefusal::ChangeSetExists("c".to_owned())));
    world.engine.execute_change_set(Some("s"), "c", ExecuteOptions::default()).await.unwrap();
    for name in ["c", "d"] {
        let again = world.engine.execute_change_set(Some("s"), name, ExecuteOptions::default()).await;
        assert_eq!(again, Err(StackRefusal::ChangeSetDoesNotExist(name.to_owned())));
        world.engine.delete_change_set(Some("s"), name).await.unwrap();
    }
    assert_eq!(world.engine.change_sets("s"), Ok(vec![]));
}

#[tokio::test]
async fn a_change_set_says_what_becomes_of_a_stack_that_fails() {
    for (asked, disable, status) in [
        (None, false, "ROLLBACK_COMPLETE"),
        (None, true, "CREATE_FAILED"),
        (Some(OnFailure::Delete), false, "DELETE_COMPLETE"),
    ] {
        let world = World::start();
        world.fail("make a");
        let request = ChangeSetRequest { on_failure: asked, ..request("c", "s", true, &queues(&["a"])) };
        let (_, id) = world.engine.create_change_set(request).await.unwrap();
        let options = ExecuteOptions { disable_rollback: disable, ..ExecuteOptions::default() };
        world.engine.execute_change_set(Some("s"), "c", options).await.unwrap();
        assert_eq!(world.status(&id), status);
    }
}
