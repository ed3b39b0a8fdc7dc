//! Feeds a queue's messages to a target: receive, hand on, delete.
//!
//! Nothing is kept but in the queue itself: what fails or is interrupted stays there, and the next run goes on with it.
//! A message in hand is hidden for a minute at a time, so that a run that is killed gives it back by itself.

use std::collections::VecDeque;
use std::io::{Write as _, stdout};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use bongsu_client::sqs::{QueueRef, Received};
use bongsu_client::{CallError, Client};
use bongsu_load::table::grouped;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::destination::Destination;
use super::patience::Patience;
use super::progress::Progress;
use super::rate::{Rate, Turns};
use super::seen::{LEFT_MAX, Seen};
use super::target::{Failure, Source, Target};
use crate::ask::{EXIT_INTERRUPTED, client, say};
use crate::run::stop_signal;

/// Messages failed and were left.
const EXIT_SOME_FAILED: u8 = 4;
/// What SQS gives at once.
const RECEIVED_MAX: usize = 10;
/// How long a message in hand is hidden; a run that is killed gives it back after this.
const HIDDEN_SECONDS: u32 = 60;
/// How often that is renewed while a message is being worked on.
const HIDE_AGAIN_EVERY: Duration = Duration::from_secs(20);
/// A queue is empty if nothing comes for so long: a queue of AWS asks all its servers only if it may wait.
const WAIT_SECONDS: u32 = 1;
/// After so many receives in a row that brought nothing but what is left, nothing else is expected.
const FRUITLESS_RECEIVES_MAX: u32 = 100;

const NO_PANIC: &str = "the work on a message does not panic";

const COUNTS: [&str; 3] =
    ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"];

/// One run.
pub(crate) struct Feed {
    client: Client,
    source: Source,
    /// The source as the person has named it.
    name: String,
    target: Target,
    turns: Turns,
    concurrency: usize,
    begun: Instant,
}

/// What all messages' work shares.
struct Work {
    client: Client,
    source: Source,
    name: String,
    target: Target,
    progress: Progress,
    seen: Mutex<Seen>,
    /// True once no more is to be begun, and what is in hand is to be given back.
    stop: watch::Sender<bool>,
    /// What made it stop, unless that was a person.
    fault: Mutex<Option<anyhow::Error>>,
}

impl Feed {
    /// Finds both ends.
    pub(crate) async fn prepare(
        endpoint_url: Option<&str>,
        from: String,
        to: Destination,
        rate: Option<Rate>,
        concurrency: u32,
    ) -> Result<Self> {
        let begun = Instant::now();
        let queue = QueueRef::from(from.as_str());
        let client = client(endpoint_url, queue.as_url())?.keeping_connections();
        let url = queue.url(&client).await.with_context(|| from.clone())?;
        let arn = client.queue_attribute(&url, "QueueArn").await.with_context(|| from.clone())?;
        let source = Source { url, arn };
        let target = Target::find(to, &source, &client).await?;
        let turns = Turns::new(rate);
        Ok(Self { client, source, name: from, target, turns, concurrency: concurrency as usize, begun })
    }

    /// Feeds until nothing is left to be fed, or until somebody interrupts.
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let Self { client, source, name, target, turns, concurrency, begun } = self;
        let mut signal = pin!(stop_signal());
        let seen = Mutex::new(Seen::new(source.is_fifo(), begun));
        let [visible, ..] = counts(&client, &source).await.with_context(|| name.clone())?;
        let progress = Progress::new(visible);
        let (stop, fault) = (watch::Sender::new(false), Mutex::default());
        let work = Arc::new(Work { client, source, name, target, progress, seen, stop, fault });
        let mut feeding = pin!(work.clone().feed(turns, concurrency));
        let (outcome, interrupted) = tokio::select! {
            outcome = &mut feeding => (outcome, false),
            () = &mut signal => {
                work.stop.send_replace(true);
                (feeding.await, true)
            }
        };
        work.give_left_back(concurrency).await;
        let (moved, failed) = work.progress.finish();
        let mut line = format!("Moved {}, failed {}", grouped(moved as f64), grouped(failed as f64));
        if let Ok(counts) = counts(&work.client, &work.source).await {
            line += &format!(", left {}", grouped(counts.iter().sum::<u64>() as f64));
        }
        writeln!(stdout(), "{line}.")?;
        outcome?;
        if interrupted {
            say("Interrupted: the same command goes on from here.");
            return Ok(ExitCode::from(EXIT_INTERRUPTED));
        }
        Ok(if failed > 0 { ExitCode::from(EXIT_SOME_FAILED) } else { ExitCode::SUCCESS })
    }
}

impl Work {
    async fn feed(self: Arc<Self>, turns: Turns, concurrency: usize) -> Result<()> {
        let mut lanes = JoinSet::new();
        let received = self.receive_all(turns, Arc::new(Semaphore::new(concurrency)), &mut lanes).await;
        if received.is_err() {
            self.stop.send_replace(true);
        }
        while let Some(ended) = lanes.join_next().await {
            ended.expect(NO_PANIC);
        }
        received?;
        self.fault.lock().expect("nothing panics while it holds this lock").take().map_or(Ok(()), Err)
    }

    /// Begins to work on message after message, each when its turn has come and there is room for it.
    async fn receive_all(
        self: &Arc<Self>,
        mut turns: Turns,
        room: Arc<Semaphore>,
        lanes: &mut JoinSet<()>,
    ) -> Result<()> {
        let mut stopped = self.stop.subscribe();
        let mut fruitless = 0;
        let mut others_wait_begun = None;
        loop {
            if self.seen().left_len() >= LEFT_MAX {
                let count = grouped(LEFT_MAX as f64);
                self.progress.say(&format!("{count} messages failed or were left, which is enough for one run."));
                return Ok(());
            }
            let mut permits = tokio::select! {
                permits = take_room(&room) => permits,
                () = is_true(&mut stopped) => return Ok(()),
            };
            let taken = tokio::select! {
                taken = turns.take(permits.len()) => taken,
                () = is_true(&mut stopped) => return Ok(()),
            };
            let asked_at = Instant::now();
            // Not given up halfway when somebody stops it: what it brings would be hidden from everybody.
            let received = self.receive(taken, &mut stopped).await?;
            let is_empty = received.is_empty();
            let to_work_on = self.seen().lanes(received, asked_at);
            turns.give_back(taken - to_work_on.iter().map(VecDeque::len).sum::<usize>());
            while let Some(ended) = lanes.try_join_next() {
                ended.expect(NO_PANIC);
            }
            if !to_work_on.is_empty() {
                (fruitless, others_wait_begun) = (0, None);
                for lane in to_work_on {
                    let permit = permits.pop().expect("no more lanes than messages, no more messages than room");
                    lanes.spawn(self.clone().work_off(lane, permit));
                }
                continue;
            }
            drop(permits);
            if is_empty && !lanes.is_empty() {
                // What follows in a group comes only then.
                tokio::select! {
                    ended = lanes.join_next() => ended.expect("there is one").expect(NO_PANIC),
                    () = is_true(&mut stopped) => return Ok(()),
                }
            } else if is_empty {
                if !self.others_hold_some(&mut others_wait_begun).await? {
                    return Ok(());
                }
            } else {
                fruitless += 1;
                if fruitless == FRUITLESS_RECEIVES_MAX {
                    return Ok(());
                }
            }
        }
    }

    async fn receive(&self, max: usize, stopped: &mut watch::Receiver<bool>) -> Result<Vec<Received>> {
        let mut patience = Patience::new();
        loop {
            let error = match self.client.receive(&self.source.url, max, HIDDEN_SECONDS, WAIT_SECONDS).await {
                Ok(received) => return Ok(received),
                Err(error) => error,
            };
            let is_worth_it = tokio::select! {
                is_worth_it = patience.after_repeatable(&error) => is_worth_it,
                () = is_true(stopped) => return Ok(Vec::new()),
            };
            if !is_worth_it {
                return Err(anyhow!(error).context(self.name.clone()));
            }
        }
    }

    /// Whether to wait for messages that somebody else holds: a run that was killed gives back what it held.
    async fn others_hold_some(&self, wait_begun: &mut Option<Instant>) -> Result<bool> {
        let [_, hidden, _] = counts(&self.client, &self.source).await.with_context(|| self.name.clone())?;
        let of_others = hidden.saturating_sub(self.seen().left_len() as u64);
        if of_others == 0 {
            return Ok(false);
        }
        let begun = *wait_begun.get_or_insert_with(|| {
            let count = grouped(of_others as f64);
            self.progress.say(&format!("{count} messages are in other hands: waiting a minute for them to come back."));
            Instant::now()
        });
        // A little more, so that the last of them can be received.
        Ok(begun.elapsed() < Duration::from_secs(u64::from(HIDDEN_SECONDS + 2 * WAIT_SECONDS)))
    }

    /// Works on one message after the other. `_permit` is somebody else's once this ends.
    async fn work_off(self: Arc<Self>, mut lane: VecDeque<Received>, _permit: OwnedSemaphorePermit) {
        let mut stopped = self.stop.subscribe();
        while let Some(message) = lane.front() {
            let outcome = tokio::select! {
                biased;
                () = is_true(&mut stopped) => break,
                outcome = self.hand_on(&lane) => outcome,
            };
            match outcome {
                Ok(()) => {
                    self.delete(message).await;
                    lane.pop_front();
                }
                Err(Failure::OfMessage(reason)) => {
                    self.progress.failed(&message.message_id, &reason);
                    self.seen().failed(&lane);
                    return;
                }
                Err(Failure::OfTarget(error)) => {
                    let mut fault = self.fault.lock().expect("nothing panics while it holds this lock");
                    fault.get_or_insert(anyhow!(error).context("nothing more can be handed on"));
                    self.stop.send_replace(true);
                }
            }
        }
        for message in lane {
            self.show(&message.receipt_handle).await;
        }
    }

    /// Hands the first message of a lane on, and keeps the whole lane hidden meanwhile.
    async fn hand_on(&self, lane: &VecDeque<Received>) -> Result<(), Failure> {
        let mut handing_on = pin!(self.target.hand_on(&lane[0], &self.source));
        loop {
            tokio::select! {
                outcome = &mut handing_on => return outcome,
                () = sleep(HIDE_AGAIN_EVERY) => {}
            }
            let hide = async {
                for message in lane {
                    let handle = &message.receipt_handle;
                    // Fails at worst until the next time; then the message may be worked on twice.
                    self.client.change_visibility(&self.source.url, handle, HIDDEN_SECONDS).await.unwrap_or_default();
                }
            };
            tokio::select! {
                outcome = &mut handing_on => return outcome,
                () = hide => {}
            }
        }
    }

    async fn delete(&self, message: &Received) {
        let mut patience = Patience::new();
        loop {
            let error = match self.client.delete_message(&self.source.url, &message.receipt_handle).await {
                Ok(()) => return self.progress.moved(),
                Err(error) => error,
            };
            if !patience.after_repeatable(&error).await {
                let reason = format!("was handed on, but cannot be deleted and will come again: {error}");
                return self.progress.failed(&message.message_id, &reason);
            }
        }
    }

    /// Lets everybody see again what failed and what was left.
    async fn give_left_back(self: &Arc<Self>, concurrency: usize) {
        let handles = std::mem::replace(&mut *self.seen(), Seen::new(false, Instant::now())).into_handles();
        let mut giving = JoinSet::new();
        for handle in handles {
            if giving.len() >= concurrency {
                giving.join_next().await;
            }
            let work = self.clone();
            giving.spawn(async move { work.show(&handle).await });
        }
        while giving.join_next().await.is_some() {}
    }

    async fn show(&self, handle: &str) {
        // If it fails the message is seen again after a minute.
        self.client.change_visibility(&self.source.url, handle, 0).await.unwrap_or_default();
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nothing panics while it holds this lock")
    }
}

/// Room for one message, and for as many more as there is, up to ten.
async fn take_room(room: &Arc<Semaphore>) -> Vec<OwnedSemaphorePermit> {
    let mut permits = vec![room.clone().acquire_owned().await.expect("nobody closes it")];
    while permits.len() < RECEIVED_MAX
        && let Ok(permit) = room.clone().try_acquire_owned()
    {
        permits.push(permit);
    }
    permits
}

async fn is_true(stopped: &mut watch::Receiver<bool>) {
    stopped.wait_for(|stopped| *stopped).await.expect("the work holds the other end");
}

/// Visible, hidden and delayed messages, roughly.
async fn counts(client: &Client, source: &Source) -> Result<[u64; 3], CallError> {
    let attributes = client.queue_attributes(&source.url, &COUNTS).await?;
    Ok(COUNTS.map(|name| attributes.get(name).and_then(|count| count.parse().ok()).unwrap_or_default()))
}
