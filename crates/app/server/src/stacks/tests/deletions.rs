//! Deletions: what goes, what stays, and what keeps a stack from going.

use bongsu_aws_api::cloudformation::{CreateOptions, DeleteOptions, StackRefusal, Stacks as _};

use super::world::{World, deployment, queues};

#[tokio::test]
async fn a_stack_goes_with_what_it_is_made_of_the_last_first() {
    let world = World::start();
    let id = world.create("s", &queues(&["a", "b"])).await.unwrap();
    world.log();
    world.delete("s").await.unwrap();
    assert_eq!(world.log(), ["delete b", "delete a"]);
    assert_eq!(world.engine.stack("s"), Err(StackRefusal::DoesNotExist("s".to_owned())));
    assert_eq!(world.status(&id), "DELETE_COMPLETE");
    assert_eq!(world.delete("s").await, Ok(()));
    world.create("s", &queues(&["a"])).await.unwrap();
    assert_ne!(world.id("s"), id);
}

#[tokio::test]
async fn what_is_to_be_retained_stays() {
    let world = World::start();
    let with = |policy: &str| {
        let properties = "    Properties: { QueueName: a";
        queues(&["a", "b"]).replace(properties, &format!("    DeletionPolicy: {policy}\n{properties}"))
    };
    for policy in ["Retain", "RetainExceptOnCreate"] {
        world.create("s", &with(policy)).await.unwrap();
        world.delete("s").await.unwrap();
        assert_eq!(world.there(), ["a=1"], "{policy}");
        world.things.clear();
    }
    for (policy, except, there) in
        [("Retain", false, vec!["a=1"]), ("Retain", true, vec![]), ("RetainExceptOnCreate", false, vec![])]
    {
        world.fail("make b");
        let options = CreateOptions { retain_except_on_create: except, ..CreateOptions::default() };
        world.engine.create(deployment("s", &with(policy)), options).await.unwrap();
        assert_eq!(world.there(), there, "{policy} {except}");
        world.delete("s").await.unwrap();
        world.things.clear();
    }
}

#[tokio::test]
async fn what_cannot_be_deleted_is_told_and_can_be_left_behind() {
    let world = World::start();
    let id = world.create("s", &queues(&["a", "b"])).await.unwrap();
    let retained = |id: &str| DeleteOptions { retained: vec![id.to_owned()], ..DeleteOptions::default() };
    let too_early = world.engine.delete("s", retained("A")).await;
    assert!(matches!(too_early, Err(StackRefusal::Invalid(_))), "{too_early:?}");
    world.fail("delete a");
    world.delete("s").await.unwrap();
    assert_eq!(world.status("s"), "DELETE_FAILED");
    assert_eq!(world.resources("s"), ["A DELETE_FAILED"]);
    let unknown = world.engine.delete("s", retained("B")).await;
    assert!(matches!(unknown, Err(StackRefusal::Invalid(_))), "{unknown:?}");
    world.engine.delete("s", retained("A")).await.unwrap();
    assert_eq!((world.status(&id), world.there()), ("DELETE_COMPLETE", vec!["a=1".to_owned()]));
}

#[tokio::test]
async fn a_deletion_can_be_forced() {
    let world = World::start();
    let id = world.create("s", &queues(&["a", "b"])).await.unwrap();
    world.fail("delete a");
    world.delete("s").await.unwrap();
    world.engine.delete("s", DeleteOptions { forced: true, ..DeleteOptions::default() }).await.unwrap();
    assert_eq!((world.status(&id), world.there()), ("DELETE_COMPLETE", vec!["a=1".to_owned()]));
}

#[tokio::test]
async fn a_protected_stack_stays() {
    let world = World::start();
    let options = CreateOptions { protected: true, ..CreateOptions::default() };
    world.engine.create(deployment("s", &queues(&["a"])), options).await.unwrap();
    let text = "Stack [s] cannot be deleted while TerminationProtection is enabled";
    assert_eq!(world.delete("s").await, Err(StackRefusal::Invalid(text.to_owned())));
    world.engine.protect("s", false).await.unwrap();
    world.delete("s").await.unwrap();
    assert_eq!(world.there(), [""; 0]);
}
