//! Schedules: what is sent when its time has come, and what becomes of it when nobody can take it.

use super::check;
use super::script::Story;
use crate::{Account, Command, EntryChanges, Reply, SCHEDULE_INPUT_BYTES_MAX};

#[test]
fn a_schedule_sends_what_it_sends_again_and_again() {
    check(
        "
        queue a
        function f
        schedule tick at=rate(1_minute) to=a
        schedule tock at=rate(2_minutes) to=function:f
        schedules -> tick+60s tock+120s
        +59s
        fire -> nothing
        +1s
        fire -> tick
        count a -> visible=1 in-flight=0 delayed=0
        restart
        schedules -> tick+60s tock+60s
        +1s
        clean
        +59s
        restart
        fire -> tick tock
        count a -> visible=2 in-flight=0 delayed=0
        delete-schedule tick
        delete-schedule tick
        +120s
        fire -> tock
        ",
    );
}

#[test]
fn what_a_schedule_missed_is_made_up_for_unless_it_is_too_much() {
    check(
        "
        queue a
        schedule tick at=rate(1_minute) to=a
        +180s
        restart
        fire -> tick
        fire -> tick
        fire -> tick
        fire -> nothing
        count a -> visible=3 in-flight=0 delayed=0
        +2h
        fire -> tick
        fire -> nothing
        count a -> visible=4 in-flight=0 delayed=0
        schedules -> tick+60s
        ",
    );
}

#[test]
fn what_a_schedule_could_not_send_is_tried_again_and_then_dead_lettered() {
    check(
        "
        queue d
        schedule tick at=rate(1_hour) to=a retries=3 dead-letters=d
        schedule tock at=rate(1_hour) to=b retries=3
        +1h
        fire -> tick tock
        fire -> nothing
        restart
        +1s
        fire -> tick tock
        +1s
        fire -> nothing
        +1s
        queue b
        clean
        fire -> tick tock
        count b -> visible=1 in-flight=0 delayed=0
        count d -> visible=0 in-flight=0 delayed=0
        restart
        +4s
        fire -> tick
        count d -> visible=1 in-flight=0 delayed=0
        +10s
        fire -> nothing
        schedules -> tick+3583s tock+3583s
        ",
    );
}

#[test]
fn what_a_schedule_could_not_send_is_tried_for_as_long_as_it_may_be() {
    check(
        "
        queue d
        schedule tick at=rate(1_hour) to=a retries=185 age=60 dead-letters=d
        +1h
        fire -> tick
        +60s
        fire -> tick
        count d -> visible=1 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn what_would_be_refused_at_any_time_is_dead_lettered_at_once() {
    check(
        "
        queue a.fifo
        queue d
        schedule tick at=rate(1_hour) to=a.fifo retries=3 dead-letters=d
        schedule both at=rate(1_hour) to=a retries=0 dead-letters=none
        +1h
        fire -> both tick
        count d -> visible=1 in-flight=0 delayed=0
        +1s
        fire -> nothing
        ",
    );
}

#[test]
fn what_a_schedule_could_not_send_goes_with_it_unless_it_took_itself_away() {
    check(
        "
        schedule once at=at(2026-01-01T00:02:00) to=a retries=3 once
        schedule tick at=rate(1_minute) to=a retries=3
        +120s
        fire -> once tick
        fire -> tick
        schedules -> tick+60s
        delete-schedule tick
        queue a
        +1s
        restart
        fire -> once
        count a -> visible=1 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_flexible_schedule_sends_within_its_window() {
    check(
        "
        queue a
        schedule tick at=rate(1_hour) to=a window=900
        +1h
        restart
        fire -> nothing
        +900s
        fire -> tick
        fire -> nothing
        schedules -> tick+2700s
        ",
    );
}

#[test]
fn the_latest_time_of_many_that_were_missed_is_found_without_walking() {
    check(
        "
        queue a
        schedule tick at=rate(1_minute) to=a
        schedule burst at=cron(*_*_1_1_?_*) to=a
        +8000h
        +30s
        fire -> burst tick
        fire -> nothing
        count a -> visible=2 in-flight=0 delayed=0
        schedules -> burst+2735970s tick+30s
        ",
    );
}

#[test]
fn a_schedule_ends_and_may_take_itself_away() {
    check(
        "
        queue a.fifo content-deduplication
        schedule tick at=rate(1_minute) to=a.fifo group=g for=90
        schedule once at=at(2026-01-01T00:02:00) to=a.fifo group=g once
        schedule off at=rate(1_minute) to=a.fifo disabled
        schedule lost at=rate(1_minute) to=b
        schedule odd at=rate(1_minutes) to=a.fifo -> rejected: schedule: 1 minute, but 2 minutes
        schedules -> lost+60s off- once+120s tick+60s
        +60s
        fire -> lost tick
        +60s
        fire -> lost once
        schedules -> lost+60s off- tick-
        count a.fifo -> visible=2 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn an_execution_begins_with_what_begins_it() {
    check(
        r#"
        queue d
        schedule tick at=rate(1_hour) to=machine:m input={"n":1} retries=1 dead-letters=d
        schedule bad at=rate(1_hour) to=machine:m input=text retries=1 dead-letters=d
        +1h
        fire -> bad tick
        count d -> visible=0 in-flight=0 delayed=0
        machine m pass
        +1s
        restart
        fire -> bad tick
        fire -> nothing
        executions m -> b4653f05-83d6-4219-9c67-f6539aef56f2:SUCCEEDED
        count d -> visible=1 in-flight=0 delayed=0
        "#,
    );
}

#[test]
fn calls_are_made_by_the_door_and_tried_again() {
    check(
        "
        queue d
        schedule tick at=rate(1_hour) to=call:sqs:sendMessage input={} retries=1 dead-letters=d
        schedule once at=at(2026-01-01T01:00:00) to=call:sqs:purgeQueue input={} once kept=details
        +1h
        fire -> once tick
        calls tick -> 0=sqs:{}
        calls tick -> nothing
        clean
        calls tick -> nothing
        restart
        calls tick -> 0=sqs:{}
        called tick 0 Throttled
        calls tick -> nothing
        +1s
        calls tick -> 0=sqs:{}
        called tick 0 Throttled
        called tick 0 Throttled
        count d -> visible=1 in-flight=0 delayed=0
        calls once -> 0=sqs:{}
        called once 0 for-good -> given up
        schedules -> tick+3599s
        +1h
        fire -> tick
        calls tick -> 0=sqs:{}
        delete-schedule tick
        called tick 0 succeeded
        ",
    );
}

#[test]
fn schedules_go_together_by_how_their_names_begin() {
    check(
        "
        queue a
        schedule g/tick at=rate(1_minute) to=a kept=one
        schedule g/tock at=rate(1_minute) to=a
        schedule gh/tick at=rate(1_minute) to=a kept=two
        delete-schedules g/
        schedules -> gh/tick+60s
        +60s
        fire -> gh/tick
        delete-schedules none
        delete-schedules g
        schedules -> nothing
        ",
    );
}

#[test]
fn no_step_is_larger_than_a_command_may_be() {
    let mut story = Story::new();
    for number in 0..1_001 {
        story.play(&format!("schedule g/{number} at=rate(1_day)"));
    }
    let delete = |story: &mut Story| {
        let (prefix, entries) = ("g/".into(), EntryChanges::default());
        let command = Command::DeleteSchedules { prefix, account: Account(1), entries };
        story.world.ask(command).expect("it is never refused").0
    };
    assert_eq!(delete(&mut story), Reply::SchedulesDeleted { more: true });
    assert_eq!(story.play("schedules"), "g/999+86400s");
    assert_eq!(delete(&mut story), Reply::SchedulesDeleted { more: false });
    assert_eq!(story.play("schedules"), "nothing");
    let long = format!("schedule long at=rate(1_day) to=a input={}", "x".repeat(SCHEDULE_INPUT_BYTES_MAX + 1));
    assert_eq!(story.play(&long), "rejected: schedule: its targets are given more than 262144 bytes");
    let long = format!("schedule tick at=rate(1_minute) to=a retries=185 input={}", "x".repeat(60 << 10));
    story.play(&long);
    for _ in 0..4 {
        story.play("+60s");
        story.play("fire");
    }
    story.play("queue a");
    story.play("+480s");
    story.play("fire");
    assert_eq!(story.play("count a"), "visible=2 in-flight=0 delayed=0", "the one that is new, and one that is not");
}
