//! Telling several in one step: each message has a number of its own, whichever way it comes into its queue.

use super::script::{ACCOUNT, Story};
use crate::{
    Command, Destination, EntryChanges, FunctionRef, QueueName, Reply, SCHEDULE_AGE, ScheduleDefinition,
    ScheduleTarget, Seconds, TopicName,
};

fn queue(name: &str) -> Destination {
    Destination::Queue(QueueName { account: ACCOUNT, name: name.into() })
}

fn topic(name: &str) -> Destination {
    Destination::Topic(TopicName { account: ACCOUNT, name: name.into() })
}

/// Has all of them told in one step, once the lines are played; how many could not be.
fn tell(story: &mut Story, lines: &[&str], targets: Vec<Destination>) -> usize {
    for line in lines {
        story.play(line);
    }
    let target = |destination: Destination| ScheduleTarget {
        destination: destination.into(),
        input: Some("tick".into()),
        group: None,
        retries_max: 0,
        age_max: SCHEDULE_AGE,
        dead_letters: None,
    };
    let definition = ScheduleDefinition {
        expression: "rate(1 minute)".into(),
        zone: "UTC".into(),
        enabled: true,
        start: None,
        end: None,
        deletes_itself: false,
        targets: targets.into_iter().map(target).collect(),
        name: "tick".into(),
        arn: "arn:aws:events:eu-central-1:000000000001:rule/tick".into(),
        source: "aws.events".into(),
        window: Seconds(0),
    };
    story.world.ask(Command::PutSchedule { definition, entries: EntryChanges::default() }).unwrap();
    story.play("+60s");
    let command = Command::FireSchedule { name: "tick".into(), region: super::script::REGION.into() };
    let Ok((Reply::Told { failed }, _)) = story.world.ask(command) else { panic!("a schedule tells") };
    story.world.verify();
    failed
}

#[test]
fn a_queue_that_is_told_itself_and_by_topics_gets_all_of_it() {
    let mut story = Story::new();
    let lines = ["queue q", "topic t", "topic u", "subscribe t q", "subscribe u q", "send q before"];
    let targets = vec![topic("t"), queue("q"), topic("u"), queue("q"), queue("none")];
    assert_eq!(tell(&mut story, &lines, targets), 1);
    assert_eq!(story.play("count q"), "visible=5 in-flight=0 delayed=0");
}

#[test]
fn what_goes_wrong_on_purpose_takes_numbers_too() {
    let mut story = Story::new();
    let lines = [
        "queue d",
        "queue q dead-letters=d after=3",
        "function f",
        "topic t",
        "subscribe t q",
        "faults q drop=1 duplicate=1",
    ];
    let targets = vec![queue("d"), queue("q"), topic("t"), Destination::Function(FunctionRef::latest("f"))];
    assert_eq!(tell(&mut story, &lines, targets), 0);
    // What came to `q`, itself and by the topic, is there once more, and the first of each was dropped.
    assert_eq!(story.play("count d"), "visible=3 in-flight=0 delayed=0");
    assert_eq!(story.play("count q"), "visible=2 in-flight=0 delayed=0");
}
