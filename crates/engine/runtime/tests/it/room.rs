//! What happens when the journal has little room, or none.

use std::sync::Arc;
use std::time::Duration;

use bongsu_broker::{Rejection, Seconds};
use bongsu_journal::simulated::SimulatedDisk;
use bongsu_journal::{FileJournal, MemoryJournal, Options, SEGMENT_BYTES};
use bongsu_runtime::Refusal;
use tokio::time::timeout;

use crate::cramped::Cramped;
use crate::world::{World, bodies, is_answered, settle};

const PLENTY: u64 = 1 << 30;
/// Too little for a send, enough for everything else.
const LITTLE: u64 = 7 << 20;

fn full() -> Result<bongsu_broker::Sent, Refusal> {
    Err(Refusal::Rejected(Rejection::StorageFull))
}

#[tokio::test]
async fn a_full_disk_refuses_sends_and_can_be_emptied() {
    let journal = Arc::new(Cramped::with_room(PLENTY));
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    world.send("q", "a").await;
    journal.prepare_nothing();
    journal.set_room(LITTLE, true);
    world.look_at_journal().await;
    assert_eq!(world.try_send("q", "b").await, full());
    assert_eq!(
        world.broker.create_queue(crate::world::queue("p"), Default::default(), Default::default(), false).await,
        full().map(drop)
    );
    let received = world.receive_one("q").await;
    world.delete("q", &received).await;
    assert_eq!(world.counts("q").await, (0, 0, 0));
    journal.set_room(PLENTY, false);
    world.look_at_journal().await;
    world.send("q", "c").await;
    assert_eq!(bodies(&world.receive("q").await), ["c"]);
}

#[tokio::test]
async fn a_full_disk_is_asked_for_space_once_a_second() {
    let journal = Arc::new(Cramped::with_room(PLENTY));
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    journal.prepare_nothing();
    journal.set_room(LITTLE, true);
    world.look_at_journal().await;
    for _ in 0..20 {
        assert_eq!(world.try_send("q", "b").await, full());
    }
    assert_eq!(journal.preparations(), 1);
    world.clock.advance(Seconds(1));
    assert_eq!(world.try_send("q", "b").await, full());
    settle().await;
    assert_eq!(journal.preparations(), 2);
}

#[tokio::test]
async fn the_last_room_is_left_to_cleaning() {
    let journal = Arc::new(Cramped::with_room(PLENTY));
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    world.send("q", "a").await;
    journal.prepare_nothing();
    journal.set_room(5 << 20, true);
    world.look_at_journal().await;
    let refused = world.receiving("q", 0).await.unwrap();
    assert_eq!(refused, Err(Refusal::Rejected(Rejection::StorageFull)));
    assert_eq!(world.counts("q").await, (1, 0, 0));
}

#[tokio::test]
async fn commands_wait_for_room_that_is_being_prepared() {
    let journal = Arc::new(Cramped::with_room(PLENTY));
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    journal.set_room(LITTLE, false);
    world.look_at_journal().await;
    let sending: Vec<_> = (0..10).map(|number| world.sending("q", &number.to_string())).collect();
    settle().await;
    journal.prepare_to(PLENTY);
    for sending in sending {
        sending.await.unwrap().unwrap().remove(0).unwrap();
    }
    assert_eq!(world.counts("q").await, (10, 0, 0));
}

#[tokio::test]
async fn commands_that_use_up_the_room_make_the_others_wait_not_fail() {
    let journal = Arc::new(Cramped::with_room(PLENTY));
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    // Room for about one of these.
    journal.set_room((10 << 20) + 1000, false);
    world.look_at_journal().await;
    let body = "x".repeat(900 << 10);
    let sending: Vec<_> = (0..5).map(|_| world.sending("q", &body)).collect();
    settle().await;
    journal.prepare_to(PLENTY);
    for sending in sending {
        sending.await.unwrap().unwrap().remove(0).unwrap();
    }
}

#[tokio::test]
async fn a_journal_that_cannot_prepare_more_room_is_as_good_as_full() {
    let journal = Arc::new(Cramped::with_room(PLENTY));
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    world.send("q", "a").await;
    journal.prepare_nothing();
    journal.set_room(LITTLE, false);
    world.look_at_journal().await;
    let sending = world.sending("q", "b");
    assert!(is_answered(&sending).await);
    assert_eq!(bodies(&world.receive("q").await), ["a"]);
    assert!(journal.preparations() < 5);
}

#[tokio::test]
async fn a_long_poll_gets_its_message_when_there_is_room_again() {
    let journal = Arc::new(Cramped::with_room(PLENTY));
    let world = World::start(&journal).await;
    world.create("q", &[("VisibilityTimeout", "2")]).await;
    world.send("q", "a").await;
    world.receive("q").await;
    let polling = world.receiving("q", 20);
    settle().await;
    journal.prepare_nothing();
    journal.set_room(5 << 20, true);
    world.look_at_journal().await;
    world.clock.advance(Seconds(2));
    assert!(!is_answered(&polling).await);
    journal.set_room(PLENTY, false);
    world.look_at_journal().await;
    assert_eq!(bodies(&polling.await.unwrap().unwrap()), ["a"]);
}

#[tokio::test]
async fn a_start_on_a_full_disk_still_hands_out_messages() {
    let memory = Arc::new(MemoryJournal::new());
    let world = World::start(&memory).await;
    world.create("q", &[]).await;
    world.send("q", "a").await;
    world.stop().await;
    let journal = Arc::new(Cramped::over(Arc::new(memory.reopen()), LITTLE));
    journal.prepare_nothing();
    journal.set_room(LITTLE, true);
    let world = World::start(&journal).await;
    assert_eq!(world.try_send("q", "b").await, full());
    assert_eq!(bodies(&world.receive("q").await), ["a"]);
}

#[tokio::test]
async fn a_full_disk_is_asked_again_although_nobody_asks_for_anything() {
    let journal = Arc::new(Cramped::with_room(PLENTY));
    let world = World::start(&journal).await;
    journal.prepare_nothing();
    journal.set_room(LITTLE, true);
    world.look_at_journal().await;
    for preparations in 1..5 {
        assert_eq!(journal.preparations(), preparations);
        world.clock.advance(Seconds(1));
        settle().await;
    }
}

#[tokio::test]
async fn a_preparation_that_takes_long_is_waited_for_without_spinning() {
    let journal = Arc::new(Cramped::with_room(PLENTY));
    let world = World::start(&journal).await;
    world.create("q", &[]).await;
    journal.set_room(LITTLE, false);
    world.look_at_journal().await;
    let sending = world.sending("q", "a");
    settle().await;
    world.clock.advance(Seconds(10));
    assert!(!is_answered(&sending).await);
    assert_eq!(journal.preparations(), 1);
    journal.prepare_to(PLENTY);
    sending.await.unwrap().unwrap().remove(0).unwrap();
}

#[tokio::test]
async fn a_disk_that_was_full_of_messages_takes_new_ones_when_some_are_deleted() {
    let disk = SimulatedDisk::new(1);
    disk.set_capacity(5 * SEGMENT_BYTES);
    let options = Options { disk: Arc::new(disk), ..Options::new("/journal") };
    let journal = Arc::new(FileJournal::open(options).unwrap());
    let world = World::start(&journal).await;
    world.create("q", &[("VisibilityTimeout", "3600")]).await;
    let body = |number: usize| format!("{number} {}", "x".repeat(500 << 10));
    let mut sent = 0;
    while world.try_send("q", &body(sent)).await.is_ok() {
        sent += 1;
    }
    assert_eq!(world.try_send("q", &body(sent)).await, full());
    assert!(sent > 100, "{sent} messages filled the disk");

    // Every segment keeps some that are alive.
    for number in 0..sent {
        let received = world.receive_one("q").await;
        if number % 4 != 0 {
            world.delete("q", &received).await;
        }
    }
    let sending_again = async {
        while world.try_send("q", "new").await == full() {
            world.clock.advance(Seconds(1));
            settle().await;
        }
    };
    timeout(Duration::from_secs(10), sending_again).await.expect("room comes back");
    assert!(!world.shard.is_finished());
    assert_eq!(world.counts("q").await, (1, sent.div_ceil(4), 0));
    world.clock.advance(Seconds(3600));
    for number in (0..sent).step_by(4) {
        assert_eq!(bodies(&[world.receive_one("q").await]), [body(number)]);
    }
}
