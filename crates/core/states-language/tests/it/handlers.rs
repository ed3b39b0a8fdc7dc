//! Retry and Catch: which errors they mean, how long is waited, and what a catcher hands on.

use bongsu_states_language::Kind;
use expect_test::expect;

use crate::story::{check, play};

fn task(handlers: &str) -> String {
    format!(
        r#"{{"StartAt":"T","States":{{"T":{{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":60,"HeartbeatSeconds":20,{handlers},"Next":"Done"}},
            "H":{{"Type":"Pass","End":true}},"H2":{{"Type":"Pass","End":true}},"Done":{{"Type":"Succeed"}}}}}}"#
    )
}

#[test]
fn a_task_is_tried_again_after_longer_and_longer_pauses() {
    check(
        &task(
            r#""Retry":[{"ErrorEquals":["A"],"IntervalSeconds":2,"MaxAttempts":2,"BackoffRate":3},
                       {"ErrorEquals":["States.ALL"],"MaxAttempts":1}],
               "Catch":[{"ErrorEquals":["States.ALL"],"Next":"H"}]"#,
        )
        .replace(r#""H2":{"Type":"Pass","End":true},"#, ""),
        "start {}
         fail 1 A
         +2s
         fail 2 B
         +1s
         fail 3 A
         +10s
         fail 4 A no more",
        expect![[]],
    );
}

#[test]
fn a_caught_error_still_leaves_its_state() {
    check(
        &task(
            r#""Catch":[{"ErrorEquals":["Bad","Worse"],"ResultPath":"$.error","Next":"H"},{"ErrorEquals":["States.TaskFailed"],"Next":"H2"}]"#,
        ),
        r#"start {"a":1}
           fail 1 Worse {"errorMessage":"no"}"#,
        expect![[]],
    );
}

#[test]
fn a_missing_heartbeat_is_caught_under_its_own_name() {
    check(
        &task(
            r#""Catch":[{"ErrorEquals":["States.HeartbeatTimeout"],"Next":"H"},{"ErrorEquals":["States.Timeout"],"Next":"H2"}]"#,
        ),
        "start {}
         +20s",
        expect![[]],
    );
}

#[test]
fn jitter_waits_a_random_part() {
    let machine = task(r#""Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":100,"JitterStrategy":"FULL","MaxDelaySeconds":101}],"Catch":[{"ErrorEquals":["X"],"Next":"H"},{"ErrorEquals":["Y"],"Next":"H2"}]"#);
    let world = play(Kind::Standard, &machine, "start {}\nfail 1 A");
    let due = world.live.next_deadline().unwrap().0 - 1_767_225_600_000;
    assert!(due <= 100_000, "{due}");
}

#[test]
fn a_runtime_error_is_caught_by_nothing() {
    check(
        &task(
            r#""OutputPath":"$.nothing","Retry":[{"ErrorEquals":["States.ALL"]}],
               "Catch":[{"ErrorEquals":["States.Runtime"],"Next":"H"},{"ErrorEquals":["States.ALL"],"Next":"H2"}]"#,
        ),
        "start {}
         succeed 1 {}",
        expect![[]],
    );
}

#[test]
fn an_oversized_result_is_caught() {
    let machine = task(r#""Catch":[{"ErrorEquals":["Bad"],"Next":"H"},{"ErrorEquals":["States.ALL"],"Next":"H2"}]"#);
    let mut world = play(Kind::Standard, &machine, "start {}");
    let large = format!("\"{}\"", "x".repeat(262_145));
    let task = world.live.open_tasks().next().unwrap();
    world.told.clear();
    world.input(bongsu_states_language::Input::TaskSucceeded { task, output: &large });
    expect![[]].assert_eq(&world.told);
}
