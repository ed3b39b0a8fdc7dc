//! Move tasks: what they take back and where to, at which pace, and how they end.

use super::check;

#[test]
fn messages_go_back_to_the_queues_they_came_from() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        queue b visibility=0 dead-letters=d after=1
        send a m1 | m2 -> #1 | #2
        send b n1 | n2 -> #3 | #4
        receive a -> #1
        receive b -> #3
        receive a -> #2
        receive b max=2 -> #4
        receive a -> nothing
        receive b -> nothing
        count d -> visible=4 in-flight=0 delayed=0
        redrive d -> %1
        redrives d -> %1:running:0/4
        moves
        redrives d -> %1:completed:4/4
        count d -> visible=0 in-flight=0 delayed=0
        receive a max=10 -> #1' #2'
        receive b max=10 -> #3' #4'
        ",
    );
}

#[test]
fn a_moved_message_is_new_where_it_arrives() {
    check(
        "
        queue d retention=100
        queue e delay=5 retention=60 visibility=10
        queue a visibility=0 retention=100 dead-letters=d after=1
        send a hello -> #1
        receive a -> #1
        receive a -> nothing
        +90s
        redrive d to=e -> %1
        woken -> d a
        moves
        count e -> visible=0 in-flight=0 delayed=1
        +5s
        woken -> e
        // Counted from one again, with another identity, and from nowhere.
        receive e -> #1'
        +10s
        receive e -> #1'x2
        delete e #1x2
        count e -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn retention_starts_again_with_the_move() {
    check(
        "
        queue d retention=100
        queue a visibility=0 retention=100 dead-letters=d after=1
        send a hello
        receive a -> #1
        receive a -> nothing
        +90s
        redrive d
        moves
        +99s
        count a -> visible=1 in-flight=0 delayed=0
        +1s
        count a -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_rate_spreads_the_moves_evenly() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a m | m | m | m | m
        receive a max=5
        receive a -> nothing
        redrive d rate=2 -> %1
        move -> nothing
        +499ms
        redrives d -> %1:running:0/5
        +1ms
        redrives d -> %1:running:1/5
        +500ms
        redrives d -> %1:running:2/5
        +1s
        redrives d -> %1:running:4/5
        +1s
        redrives d -> %1:completed:5/5
        ",
    );
}

#[test]
fn a_step_moves_a_hundred_at_most() {
    let sends = "send a m | m | m | m | m | m | m | m | m | m\nreceive a max=10\n".repeat(12);
    check(&format!(
        "
        queue d
        queue a visibility=1 dead-letters=d after=1
        {sends}
        +1s
        receive a -> nothing
        receive a -> nothing
        redrive d -> %1
        move
        redrives d -> %1:running:100/120
        count a -> visible=100 in-flight=0 delayed=0
        move
        redrives d -> %1:completed:120/120
        move -> nothing
        "
    ));
}

#[test]
fn a_cancelled_task_has_moved_what_it_moved() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a m1 | m2 | m3
        receive a max=3
        receive a -> nothing
        redrive d rate=1 -> %1
        +1s
        cancel-redrive d %1 -> moved 1
        +9s
        redrives d -> %1:cancelled:1/3
        count a -> visible=1 in-flight=0 delayed=0
        count d -> visible=2 in-flight=0 delayed=0
        cancel-redrive d %1 -> rejected: task not running
        // What is left can be moved by another one.
        redrive d -> %2
        moves
        redrives d -> %2:completed:2/2 %1:cancelled:1/3
        redrives d max=1 -> %2:completed:2/2
        cancel-redrive d %2 -> rejected: task not running
        ",
    );
}

#[test]
fn a_cancelled_task_takes_no_step_that_was_due() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a m1
        receive a -> #1
        receive a -> nothing
        redrive d -> %1
        cancel-redrive d %1 -> moved 0
        move -> nothing
        count d -> visible=1 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn what_cannot_work_is_refused() {
    check(
        "
        queue d
        queue d.fifo
        queue b
        queue a dead-letters=d after=1
        queue a.fifo dead-letters=d.fifo after=1
        redrive nowhere -> rejected: no such source
        redrive b -> rejected: not a dead-letter queue
        redrive d to=nowhere -> rejected: no such destination
        redrive d to=d -> rejected: destination is source
        redrive d to=a.fifo -> rejected: kinds differ
        redrive d.fifo to=a -> rejected: kinds differ
        redrives nowhere -> rejected: no such source
        redrives b -> nothing
        redrive d rate=1 -> %1
        redrive d -> rejected: a task is running
        // Others are not in the way.
        redrive d.fifo rate=1 -> %2
        cancel-redrive nowhere %1 -> rejected: no such source
        cancel-redrive d %2 -> rejected: no such task
        moves -> nothing
        +1s
        redrives d -> %1:completed:0/0
        ",
    );
}

#[test]
fn one_account_runs_a_hundred_tasks_at_most() {
    let queues: String = (0..=100)
        .map(|n| format!("queue d{n}\nqueue a{n} dead-letters=d{n} after=1\nredrive d{n} rate=1 -> %{}\n", n + 1))
        .collect();
    let (hundred, last) = queues.trim_end().rsplit_once('\n').unwrap();
    let last = last.split_once(" -> ").unwrap().0;
    let mut story = super::script::Story::new();
    for line in hundred.lines() {
        story.play(line.split_once(" -> ").map_or(line, |(step, _)| step));
    }
    assert_eq!(story.play(last), "rejected: too many tasks");
    story.play("cancel-redrive d7 %8");
    assert_eq!(story.play(last), "%101");
    story.world.verify();
}

#[test]
fn a_message_that_was_sent_to_the_queue_directly_ends_the_task() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a m1 -> #1
        receive a -> #1
        receive a -> nothing
        send d mine -> #2
        redrive d -> %1
        moves
        redrives d -> %1:CouldNotDetermineMessageSource:1/2
        receive a -> #1'
        receive d -> #2
        ",
    );
}

#[test]
fn a_message_without_a_source_goes_where_it_is_told() {
    check(
        "
        queue d
        queue e
        queue a dead-letters=d after=1
        send d mine -> #1
        redrive d to=e -> %1
        moves
        redrives d -> %1:completed:1/1
        receive e -> #1'
        ",
    );
}

#[test]
fn a_destination_that_is_gone_ends_the_task() {
    check(
        "
        queue d
        queue e
        queue a visibility=0 dead-letters=d after=1
        queue b dead-letters=d after=1
        send a m1 | m2
        receive a max=2
        receive a -> nothing
        redrive d to=e rate=1 -> %1
        +1s
        delete-queue e
        +1s
        redrives d -> %1:AWS.SimpleQueueService.NonExistentQueue:1/2
        delete-queue a
        redrive d -> %2
        moves
        redrives d max=1 -> %2:AWS.SimpleQueueService.NonExistentQueue:0/1
        count d -> visible=1 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_deleted_source_takes_its_tasks_along() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a m1 | m2
        receive a max=2
        receive a -> nothing
        redrive d rate=1 -> %1
        +1s
        delete-queue d
        redrives d -> rejected: no such source
        +1s
        queue d
        redrives d -> nothing
        cancel-redrive d %1 -> rejected: no such task
        count a -> visible=1 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_task_goes_on_after_a_restart() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a m1 | m2 | m3
        receive a max=3
        receive a -> nothing
        redrive d rate=1 -> %1
        +1s
        restart
        redrives d -> %1:running:1/3
        +1s
        restart
        +1s
        redrives d -> %1:completed:3/3
        restart
        redrives d -> %1:completed:3/3
        receive a max=10 -> #1' #2' #3'
        ",
    );
}

#[test]
fn a_step_that_was_due_before_a_restart_is_due_after_it() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a m1
        receive a
        receive a -> nothing
        redrive d -> %1
        restart
        move
        redrives d -> %1:completed:1/1
        ",
    );
}

#[test]
fn groups_move_in_their_order_and_are_unblocked() {
    check(
        "
        queue d.fifo visibility=10
        queue a.fifo content-deduplication visibility=0 dead-letters=d.fifo after=1
        send a.fifo m1 group=g | m2 group=g | n1 group=h | n2 group=h -> #1 | #2 | #3 | #4
        receive a.fifo max=10 -> #1 #2 #3 #4
        receive a.fifo -> nothing
        receive d.fifo -> #1x2(from a.fifo)
        redrive d.fifo -> %1
        moves
        // A group whose first message is in flight stays as a whole.
        redrives d.fifo -> %1:completed:2/4
        count d.fifo -> visible=1 in-flight=1 delayed=0
        receive a.fifo max=10 -> #3' #4'
        +10s
        redrive d.fifo rate=1
        +1s
        // What is left of the group is not blocked by what moved.
        receive d.fifo -> #2x2(from a.fifo)
        receive a.fifo max=10 -> #1'
        ",
    );
}

#[test]
fn a_moved_message_is_no_duplicate_of_itself() {
    check(
        "
        queue d.fifo
        queue a.fifo content-deduplication visibility=0 dead-letters=d.fifo after=1
        send a.fifo hello group=g -> #1
        receive a.fifo -> #1
        receive a.fifo -> nothing
        redrive d.fifo
        moves
        receive a.fifo -> #1'
        // The queue still remembers the first.
        send a.fifo hello group=g -> #1
        ",
    );
}

#[test]
fn messages_that_fail_again_do_not_keep_a_task_running() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a m1 | m2
        receive a max=2
        receive a -> nothing
        redrive d rate=1 -> %1
        +1s
        receive a -> #1'
        receive a -> nothing
        count d -> visible=2 in-flight=0 delayed=0
        +1s
        redrives d -> %1:completed:2/2
        +9s
        // Its identity in the dead-letter queue is the one it had when it failed.
        receive d -> #1'x2(from a)
        ",
    );
}

#[test]
fn what_comes_back_into_the_queue_after_the_start_stays() {
    check(
        "
        queue d visibility=0
        queue a dead-letters=d after=1
        send d m1 -> #1
        redrive d to=a rate=1 -> %1
        send d m2 -> #2
        +1s
        redrives d -> %1:completed:1/1
        receive d -> #2
        ",
    );
}

#[test]
fn what_expires_or_is_deleted_meanwhile_is_not_missed() {
    check(
        "
        queue d retention=60
        queue a visibility=0 retention=60 dead-letters=d after=1
        send a m1 | m2 | m3 -> #1 | #2 | #3
        receive a max=3
        receive a -> nothing
        +57s
        redrive d rate=1 -> %1
        +1s
        receive d -> #2x2(from a)
        delete d #2
        +2s
        redrives d -> %1:completed:2/3
        ",
    );
}

#[test]
fn a_task_has_nothing_to_do_in_a_purged_queue() {
    check(
        "
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a m1 | m2 -> #1 | #2
        receive a max=2
        receive a -> nothing
        redrive d rate=1 -> %1
        +1s
        purge d
        +1s
        redrives d -> %1:completed:1/2
        purge a
        count a -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_message_may_be_moved_again_and_again() {
    check(
        "
        queue filler
        queue d
        queue a visibility=0 dead-letters=d after=1
        send a hello -> #1
        receive a -> #1
        receive a -> nothing
        redrive d
        moves
        receive a -> #1'
        receive a -> nothing
        send filler x
        send filler x
        redrive d
        moves
        send filler x
        receive a -> #1''
        receive a -> nothing
        restart
        receive d -> #1''x2(from a)
        delete d #1
        restart
        count d -> visible=0 in-flight=0 delayed=0
        ",
    );
}

#[test]
fn a_function_that_lost_its_message_to_a_task_ends_without_it() {
    check(
        "
        queue d visibility=5
        queue a dead-letters=d after=1
        function f
        map d f
        send d hello -> #1
        dispatch d -> f!1 #1
        +5s
        unmap d f
        redrive d to=a
        moves
        end !1 succeeded
        receive a -> #1'
        ",
    );
}

#[test]
fn the_ten_newest_tasks_are_remembered() {
    let tasks = "redrive d\nmoves\n".repeat(12);
    check(&format!(
        "
        queue d
        queue a dead-letters=d after=1
        {tasks}
        redrives d max=2 -> %12:completed:0/0 %11:completed:0/0
        cancel-redrive d %3 -> rejected: task not running
        cancel-redrive d %2 -> rejected: no such task
        "
    ));
}
