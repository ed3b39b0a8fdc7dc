//! Updates: what is changed in place, replaced, set back, and what cannot be set back.

use bongsu_aws_api::cloudformation::{StackRefusal, Stacks as _};

use super::world::{World, deployment, queues};

/// The template with this queue changed in place.
fn changed(template: &str, name: &str) -> String {
    let (before, after) = template.split_once(&format!("QueueName: {name}, VisibilityTimeout: 1")).unwrap();
    format!("{before}QueueName: {name}, VisibilityTimeout: 2{after}")
}

#[tokio::test]
async fn an_update_changes_makes_and_then_deletes() {
    let world = World::start();
    world.create("s", &queues(&["a", "b", "c"])).await.unwrap();
    world.log();
    world.update("s", &changed(&queues(&["a", "c", "d"]), "c")).await.unwrap();
    assert_eq!(world.log(), ["set c 2", "make d", "delete b"]);
    assert_eq!(world.there(), ["a=1", "c=2", "d=1"]);
    assert_eq!(world.status("s"), "UPDATE_COMPLETE");
    assert_eq!(
        world.events("s")[8..],
        [
            "s UPDATE_IN_PROGRESS",
            "C UPDATE_IN_PROGRESS",
            "C UPDATE_COMPLETE",
            "D CREATE_IN_PROGRESS",
            "D CREATE_COMPLETE",
            "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "B DELETE_IN_PROGRESS",
            "B DELETE_COMPLETE",
            "s UPDATE_COMPLETE"
        ]
    );
    assert_eq!(world.resources("s"), ["A CREATE_COMPLETE", "C UPDATE_COMPLETE", "D CREATE_COMPLETE"]);
}

#[tokio::test]
async fn an_update_that_fails_leaves_everything_as_it_was() {
    let world = World::start();
    world.create("s", &queues(&["a", "b", "c"])).await.unwrap();
    world.log();
    world.fail("make e");
    world.update("s", &changed(&queues(&["a", "b", "d", "e"]), "b")).await.unwrap();
    assert_eq!(world.log(), ["set b 2", "make d", "make e", "set b 1", "delete e", "delete d"]);
    assert_eq!(world.there(), ["a=1", "b=1", "c=1"]);
    assert_eq!(world.status("s"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.resources("s"), ["A CREATE_COMPLETE", "B UPDATE_COMPLETE", "C CREATE_COMPLETE"]);
    assert_eq!(world.engine.template(Some("s"), None).unwrap(), queues(&["a", "b", "c"]));
    world.mend();
    world.update("s", &queues(&["a"])).await.unwrap();
    assert_eq!(world.there(), ["a=1"]);
}

#[tokio::test]
async fn what_is_wrong_before_anything_is_touched_is_told_with_its_resource() {
    let world = World::start();
    world.create("s", &queues(&["a"])).await.unwrap();
    world.log();
    world.fail("check b");
    world.update("s", &queues(&["a", "b"])).await.unwrap();
    assert_eq!((world.log(), world.status("s")), (vec![], "UPDATE_ROLLBACK_COMPLETE"));
    let reasons = world.engine.events("s").unwrap().into_iter().filter_map(|event| event.resource_status_reason);
    assert!(reasons.clone().any(|reason| reason == "B: check b fails"), "{:?}", reasons.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_resource_of_another_name_takes_the_place_of_the_one_before_when_all_else_has_succeeded() {
    let world = World::start();
    world.create("s", &queues(&["a", "b"])).await.unwrap();
    world.log();
    let renamed = queues(&["a", "b"]).replace("QueueName: a,", "QueueName: z,");
    world.fail("set b 2");
    world.update("s", &changed(&renamed, "b")).await.unwrap();
    assert_eq!(world.log(), ["make z", "set b 2", "set b 1", "delete z"]);
    assert_eq!(world.there(), ["a=1", "b=1"]);
    world.mend();
    world.update("s", &renamed).await.unwrap();
    assert_eq!(world.log(), ["make z", "delete a"]);
    assert_eq!(world.there(), ["b=1", "z=1"]);
    let physical = world.engine.resources("s").unwrap()[0].physical_resource_id.clone();
    assert_eq!(physical.as_deref(), Some("http://127.0.0.1:4566/000000000000/z"));
}

#[tokio::test]
async fn a_rollback_that_fails_can_be_tried_again() {
    let world = World::start();
    world.create("s", &queues(&["a", "b"])).await.unwrap();
    world.fail("make c");
    world.fail("set a 1");
    world.update("s", &changed(&queues(&["a", "b", "c"]), "a")).await.unwrap();
    assert_eq!(world.status("s"), "UPDATE_ROLLBACK_FAILED");
    assert_eq!(world.there(), ["a=1", "b=1", "c=1"]);
    world.engine.continue_rollback("s", Vec::new()).await.unwrap();
    assert_eq!(world.status("s"), "UPDATE_ROLLBACK_FAILED");
    world.mend();
    world.engine.continue_rollback("s", Vec::new()).await.unwrap();
    assert_eq!(world.status("s"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(world.there(), ["a=1", "b=1"]);
}

#[tokio::test]
async fn a_rollback_that_fails_can_go_on_without_what_fails() {
    let world = World::start();
    world.create("s", &queues(&["a", "b"])).await.unwrap();
    world.fail("make c");
    world.fail("set a 1");
    world.update("s", &changed(&queues(&["a", "b", "c"]), "a")).await.unwrap();
    let unknown = world.engine.continue_rollback("s", vec!["Z".to_owned()]).await;
    assert!(matches!(unknown, Err(StackRefusal::Invalid(_))), "{unknown:?}");
    world.engine.continue_rollback("s", vec!["A".to_owned()]).await.unwrap();
    assert_eq!(world.status("s"), "UPDATE_ROLLBACK_COMPLETE");
    let settled = world.engine.continue_rollback("s", Vec::new()).await;
    assert!(matches!(settled, Err(StackRefusal::Invalid(_))), "{settled:?}");
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_refused_in_the_words_that_tools_know() {
    let world = World::start();
    world.create("s", &queues(&["a"])).await.unwrap();
    let nothing = Err(StackRefusal::Invalid("No updates are to be performed.".to_owned()));
    assert_eq!(world.update("s", &queues(&["a"])).await, nothing);
    let mut tagged = deployment("s", &queues(&["a"]));
    tagged.tags = Some(vec![("k".to_owned(), "v".to_owned())]);
    world.engine.update(tagged).await.unwrap();
    assert_eq!(world.engine.stack("s").unwrap().tags.len(), 1);
    assert_eq!(world.update("s", &queues(&["a"])).await, nothing);
}

#[tokio::test]
async fn an_update_that_is_given_up_is_taken_back() {
    let world = World::start();
    world.create("s", &queues(&["a", "b"])).await.unwrap();
    let none = world.engine.cancel_update("s").await;
    assert!(matches!(none, Err(StackRefusal::Invalid(_))), "{none:?}");
    world.log();
    world.things.cancel_at("set a 2", &world.engine);
    let both = changed(&changed(&queues(&["a", "b"]), "a"), "b");
    world.update("s", &both).await.unwrap();
    assert_eq!(world.log(), ["set a 2", "set a 1"]);
    assert_eq!(world.status("s"), "UPDATE_ROLLBACK_COMPLETE");
}

#[tokio::test]
async fn what_a_new_name_leaves_behind_stays_if_the_template_says_so() {
    let world = World::start();
    let kept = queues(&["a", "b"])
        .replace("    Properties: { QueueName: a", "    UpdateReplacePolicy: Retain\n    Properties: { QueueName: a");
    world.create("s", &kept).await.unwrap();
    world.update("s", &kept.replace("QueueName: a,", "QueueName: z,")).await.unwrap();
    assert_eq!(world.there(), ["a=1", "b=1", "z=1"]);
}
