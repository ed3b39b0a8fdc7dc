//! What is found after the process ended in the middle of a deployment.

use std::path::Path;
use std::sync::Arc;

use bongsu_aws_api::cloudformation::Stacks as _;

use super::world::{Things, World, queues};

/// Begins something that gets stuck at a step, ends the process there, and starts again.
async fn crash(data: &Path, things: &Arc<Things>, step: &str, what: impl AsyncFnOnce(&World)) -> World {
    {
        let world = World::open(Some(data), things.clone());
        world.get_stuck_at(Some(step));
        what(&world).await;
        assert!(world.log().contains(&step.to_owned()), "{step} was not reached");
        // Nothing of this process is kept any more.
        world.engine.stop().await;
    }
    let world = World::open(Some(data), things.clone());
    world.get_stuck_at(None);
    world.engine.recover().await.unwrap();
    world
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_was_being_made_is_taken_back() {
    let (data, things) = (tempfile::tempdir().unwrap(), Arc::default());
    let world = crash(data.path(), &things, "make b", async |world| {
        world.create("s", &queues(&["a", "b", "c"])).await.unwrap();
        assert_eq!(world.status("s"), "CREATE_IN_PROGRESS");
    })
    .await;
    assert_eq!((world.status("s"), world.there().len()), ("ROLLBACK_COMPLETE", 0));
    // What was begun may have been done.
    assert_eq!(world.log(), ["delete b", "delete a"]);
    let told = "s ROLLBACK_IN_PROGRESS: The server stopped in the middle of the deployment";
    assert!(world.events("s").contains(&told.to_owned()), "{:?}", world.events("s"));
}

#[tokio::test(start_paused = true)]
async fn an_update_that_was_under_way_is_taken_back() {
    let (data, things) = (tempfile::tempdir().unwrap(), Arc::default());
    let world = World::open(Some(data.path()), things);
    world.create("s", &queues(&["a", "b"])).await.unwrap();
    let (things, before) = (world.things.clone(), queues(&["a", "b"]));
    let after = before.replace("QueueName: a, VisibilityTimeout: 1", "QueueName: a, VisibilityTimeout: 2");
    let after = after.replace("QueueName: b", "QueueName: z");
    for step in ["set a 2", "make z"] {
        let world = crash(data.path(), &things, step, async |world| {
            world.update("s", &after).await.unwrap();
        })
        .await;
        assert_eq!((world.status("s"), world.there()), ("UPDATE_ROLLBACK_COMPLETE", vec!["a=1".into(), "b=1".into()]));
        assert_eq!(world.engine.template(Some("s"), None).unwrap(), before);
        world.log();
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_update_left_over_goes_at_the_next_start() {
    let (data, things) = (tempfile::tempdir().unwrap(), Arc::default());
    World::open(Some(data.path()), Arc::clone(&things)).create("s", &queues(&["a", "b", "c"])).await.unwrap();
    let world = crash(data.path(), &things, "delete b", async |world| {
        world.update("s", &queues(&["a"])).await.unwrap();
        assert_eq!(world.status("s"), "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    })
    .await;
    assert_eq!((world.status("s"), world.there()), ("UPDATE_COMPLETE", vec!["a=1".into()]));
    assert_eq!(world.resources("s"), ["A CREATE_COMPLETE"]);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_goes_on() {
    let (data, things) = (tempfile::tempdir().unwrap(), Arc::default());
    World::open(Some(data.path()), Arc::clone(&things)).create("s", &queues(&["a"])).await.unwrap();
    let after = queues(&["a", "b"]).replace("QueueName: a, VisibilityTimeout: 1", "QueueName: a, VisibilityTimeout: 2");
    for step in ["set a 1", "delete b"] {
        let world = crash(data.path(), &things, step, async |world| {
            world.fail("make b");
            world.update("s", &after).await.unwrap();
        })
        .await;
        assert_eq!((world.status("s"), world.there()), ("UPDATE_ROLLBACK_COMPLETE", vec!["a=1".into()]), "{step}");
        world.mend();
        world.log();
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_goes_on() {
    let (data, things) = (tempfile::tempdir().unwrap(), Arc::default());
    World::open(Some(data.path()), Arc::clone(&things)).create("s", &queues(&["a", "b"])).await.unwrap();
    let world = crash(data.path(), &things, "delete a", async |world| {
        world.delete("s").await.unwrap();
        assert_eq!((world.status("s"), world.there()), ("DELETE_IN_PROGRESS", vec!["a=1".into()]));
    })
    .await;
    assert_eq!((world.engine.stack("s").is_err(), world.there().len()), (true, 0));
    let again = World::open(Some(data.path()), things);
    assert_eq!(again.engine.stacks()[0].stack_status, "DELETE_COMPLETE");
}
