//! Archives of topics, and replays of them.

use super::check;

/// A topic that keeps what is published for a day, and the policy that asks for all of it.
fn check_archive(script: &str) {
    let all = r#"{"PointType":"Timestamp","StartingPoint":"2026-01-01T00:00:00Z"}"#;
    let setting = r#"
        topic t.fifo content-deduplication
        set-topic t.fifo ArchivePolicy {"MessageRetentionPeriod":"1"}
        queue a.fifo visibility=100
        subscribe t.fifo a.fifo
    "#;
    check(&format!("{setting}{}", script.replace("ALL", all)));
}

#[test]
fn what_was_published_comes_once_more_in_its_order() {
    check_archive(
        "
        publish t.fifo one group=g -> #1:0 delivered=1
        publish t.fifo two group=h -> #2:1 delivered=1
        receive a.fifo max=10 -> #1@a.fifo #2@a.fifo
        delete a.fifo #1@a.fifo #2@a.fifo
        clean
        restart
        set-subscription t.fifo a.fifo ReplayPolicy ALL
        show-subscription t.fifo a.fifo -> t.fifo@a.fifo undelivered=0 replaying
        publish t.fifo three group=g -> #3:2
        receive a.fifo max=10 -> nothing
        replay max=1
        restart
        clean
        receive a.fifo max=10 -> #1@a.fifo(replayed)
        replay
        publish t.fifo four group=i -> #4:3
        replay
        show-subscription t.fifo a.fifo -> t.fifo@a.fifo undelivered=0 replayed
        publish t.fifo five group=j -> #5:4 delivered=1
        receive a.fifo max=10 -> #2@a.fifo(replayed) #4@a.fifo #5@a.fifo
        delete a.fifo #1@a.fifo
        receive a.fifo max=10 -> #3@a.fifo
        replay -> nothing
        ",
    );
}

#[test]
fn an_archive_forgets_after_its_days_and_with_its_topic() {
    check_archive(
        "
        publish t.fifo one group=g
        +12h
        publish t.fifo two group=g
        purge a.fifo
        +12h
        set-subscription t.fifo a.fifo ReplayPolicy ALL
        replay
        replay -> nothing
        receive a.fifo max=10 -> #2@a.fifo(replayed)
        set-topic t.fifo ArchivePolicy {}
        set-subscription t.fifo a.fifo ReplayPolicy ALL -> rejected: ReplayPolicy: the topic has no ArchivePolicy
        publish t.fifo three group=h -> #3:2 delivered=1
        delete-topic t.fifo
        restart
        ",
    );
}

#[test]
fn a_replay_that_is_stopped_loses_nothing_that_came_meanwhile() {
    check_archive(
        "
        publish t.fifo one group=g
        purge a.fifo
        set-subscription t.fifo a.fifo ReplayPolicy ALL
        set-topic t.fifo ArchivePolicy {} -> rejected: ArchivePolicy: a replay of the archive goes on
        publish t.fifo two group=g -> #2:1
        set-subscription t.fifo a.fifo ReplayPolicy {}
        publish t.fifo three group=g -> #3:2
        replay
        replay -> nothing
        receive a.fifo max=10 -> #2@a.fifo #3@a.fifo
        unsubscribe t.fifo a.fifo
        clean
        ",
    );
}

#[test]
fn a_replay_ends_with_its_subscription() {
    check_archive(
        "
        publish t.fifo one group=g
        set-subscription t.fifo a.fifo ReplayPolicy ALL
        unsubscribe t.fifo a.fifo
        replay -> nothing
        restart
        replay -> nothing
        ",
    );
}
