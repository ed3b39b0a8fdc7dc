//! Deployments against providers that do as they are told: what is made, what is taken back, what is told.

mod change_sets;
mod connections;
mod crashes;
mod deletions;
mod deploying;
mod functions;
mod machines;
mod site;
mod updates;
mod world;

use bongsu_aws_api::cloudformation::{CreateOptions, OnFailure, StackRefusal, Stacks as _};

use world::{World, deployment, queues};

#[tokio::test]
async fn a_stack_is_made_in_order_and_tells_what_happened() {
    let world = World::start();
    world.create("s", &queues(&["a", "b"])).await.unwrap();
    assert_eq!(world.there(), ["a=1", "b=1"]);
    assert_eq!(world.status("s"), "CREATE_COMPLETE");
    assert_eq!(
        world.events("s"),
        [
            "s CREATE_IN_PROGRESS",
            "A CREATE_IN_PROGRESS",
            "A CREATE_COMPLETE",
            "B CREATE_IN_PROGRESS",
            "B CREATE_COMPLETE",
            "s CREATE_COMPLETE"
        ]
    );
    assert_eq!(world.resources("s"), ["A CREATE_COMPLETE", "B CREATE_COMPLETE"]);
}

#[tokio::test]
async fn a_stack_that_cannot_be_made_is_taken_back() {
    let world = World::start();
    world.fail("make b");
    world.create("s", &queues(&["a", "b", "c"])).await.unwrap();
    assert_eq!(world.there(), [""; 0]);
    assert_eq!(world.status("s"), "ROLLBACK_COMPLETE");
    assert_eq!(
        world.events("s")[2..],
        [
            "A CREATE_COMPLETE",
            "B CREATE_IN_PROGRESS",
            "B CREATE_FAILED: make b fails",
            "s ROLLBACK_IN_PROGRESS: The following resource(s) failed to create: [B].",
            "B DELETE_IN_PROGRESS",
            "B DELETE_COMPLETE",
            "A DELETE_IN_PROGRESS",
            "A DELETE_COMPLETE",
            "s ROLLBACK_COMPLETE"
        ]
    );
    let text = format!("Stack:{} is in ROLLBACK_COMPLETE state and can not be updated.", world.id("s"));
    assert_eq!(world.update("s", &queues(&["a"])).await, Err(StackRefusal::Invalid(text)));
}

#[tokio::test]
async fn a_stack_that_cannot_be_made_stays_or_goes_as_it_was_asked() {
    for (on_failure, there, status) in
        [(OnFailure::DoNothing, vec!["a=1", "b=1"], "CREATE_FAILED"), (OnFailure::Delete, vec![], "DELETE_COMPLETE")]
    {
        let world = World::start();
        world.fail("make b");
        let options = CreateOptions { on_failure, ..CreateOptions::default() };
        let id = world.engine.create(deployment("s", &queues(&["a", "b"])), options).await.unwrap();
        assert_eq!(world.there(), there);
        assert_eq!(world.status(&id), status);
    }
}

#[tokio::test]
async fn a_faulty_template_makes_no_stack() {
    let world = World::start();
    let refused = world.create("s", "Resources:\n  A: { Type: 'AWS::Nothing::AtAll' }").await;
    let Err(StackRefusal::Invalid(text)) = refused else { panic!("{refused:?}") };
    assert!(text.starts_with("Template error: template:2: resource A: "), "{text}");
    assert_eq!(world.engine.stacks(), []);
}

#[tokio::test]
async fn what_is_there_already_is_not_taken_over_and_not_taken_away() {
    let world = World::start();
    world.put("b", "mine");
    world.create("s", &queues(&["a", "b"])).await.unwrap();
    assert_eq!(world.there(), ["b=mine"]);
    assert_eq!(world.status("s"), "ROLLBACK_COMPLETE");
    let failed = "B CREATE_FAILED: Resource of type 'AWS::SQS::Queue' with identifier \
                  'http://127.0.0.1:4566/000000000000/b' already exists.";
    assert!(world.events("s").contains(&failed.to_owned()), "{:?}", world.events("s"));
}

#[tokio::test]
async fn what_cannot_be_made_is_refused_before_anything_is() {
    let world = World::start();
    world.fail("check b");
    world.create("s", &queues(&["a", "b"])).await.unwrap();
    assert_eq!(world.log(), [""; 0]);
    assert_eq!(world.status("s"), "ROLLBACK_COMPLETE");
}

#[tokio::test]
async fn a_name_is_used_once() {
    let world = World::start();
    world.create("s", &queues(&["a"])).await.unwrap();
    assert_eq!(world.create("s", &queues(&["b"])).await, Err(StackRefusal::Exists("s".to_owned())));
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_done_once() {
    let world = World::start();
    let again = || {
        let mut again = deployment("s", &queues(&["a"]));
        again.token = Some("t".to_owned());
        world.engine.create(again, CreateOptions::default())
    };
    let id = again().await.unwrap();
    assert_eq!(again().await, Ok(id));
    assert_eq!(world.log(), ["make a"]);
}

#[tokio::test]
async fn the_last_events_are_kept() {
    let world = World::start();
    world.create("s", &queues(&["a"])).await.unwrap();
    for round in 0..80 {
        let template = queues(&["a"]).replace("VisibilityTimeout: 1", &format!("VisibilityTimeout: {}", round + 2));
        world.update("s", &template).await.unwrap();
    }
    let events = world.events("s");
    assert_eq!((events.len(), events.last().unwrap().as_str()), (200, "s UPDATE_COMPLETE"));
}

#[tokio::test]
async fn values_are_shared_between_stacks_and_kept_as_long_as_they_are_used() {
    let world = World::start();
    let exporting =
        |name: &str| queues(&["a"]) + &format!("Outputs: {{ Out: {{ Value: v, Export: {{ Name: {name} }} }} }}\n");
    world.create("from", &exporting("shared")).await.unwrap();
    let importing = queues(&["b"]) + "Outputs: { In: { Value: !ImportValue shared } }\n";
    world.create("to", &importing).await.unwrap();
    assert_eq!(world.engine.stack("to").unwrap().outputs[0].output_value, "v");
    assert_eq!(world.engine.imports("shared"), Ok(vec!["to".to_owned()]));
    assert_eq!(world.engine.exports().len(), 1);

    world.create("other", &exporting("shared").replace("QueueName: a", "QueueName: c")).await.unwrap();
    assert_eq!(world.status("other"), "ROLLBACK_COMPLETE");
    world.update("from", &exporting("renamed")).await.unwrap();
    assert_eq!(world.status("from"), "UPDATE_ROLLBACK_COMPLETE");
    world.delete("from").await.unwrap();
    let used = "s DELETE_FAILED: Export shared cannot be deleted as it is in use by to";
    assert_eq!(world.events("from").last().map(|event| event.replacen("from", "s", 1)), Some(used.to_owned()));
    world.delete("to").await.unwrap();
    world.delete("from").await.unwrap();
    assert_eq!(world.there(), [""; 0]);
}
