//! One long poll and a send that wakes it.

use std::time::Duration;

use anyhow::Result;
use bongsu_client::{CallError, Client};
use bongsu_load::{Load, Queue, Receiver, Sender, Stage};
use tokio::time::{Instant, sleep};

const WAIT_SECONDS: u32 = 20;
/// From the receiver's request to the send that wakes it: long enough for the server to have it waiting.
const PAUSE: Duration = Duration::from_millis(2);

/// One receiver waits in a long poll, a send on another connection wakes it. The latency runs from the start of
/// the send's request to the end of the receiver's reply: it contains the send's own way to the disk.
pub async fn wake(client: &Client, queue: &Queue, duration: Duration) -> Result<Load> {
    let mut receiver = Receiver::new(client, queue, 1).await?;
    let mut sender = Sender::new(client, queue, 1).await?;
    let stage = Stage::new(duration);
    let mut load = Load::new(stage.clone());
    load.spawn(async move {
        while !stage.is_over() {
            match wake_once(&mut receiver, &mut sender).await {
                Ok(latency) => {
                    stage.count(2, 1);
                    stage.time(latency);
                }
                Err(error) => stage.failed(&error).await,
            }
        }
    });
    Ok(load)
}

async fn wake_once(receiver: &mut Receiver, sender: &mut Sender) -> Result<Duration, CallError> {
    let waiting = async {
        let received = receiver.receive(WAIT_SECONDS).await?;
        Ok((received, Instant::now()))
    };
    let waking = async {
        sleep(PAUSE).await;
        let begun = Instant::now();
        sender.send(0).await?;
        Ok::<_, CallError>(begun)
    };
    let ((received, woken), begun) = tokio::try_join!(waiting, waking)?;
    if received != 1 {
        return Err(CallError::NotUnderstood(format!("a long poll came back with {received} messages")));
    }
    receiver.delete().await?;
    Ok(woken - begun)
}
