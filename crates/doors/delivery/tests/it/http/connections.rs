//! Connections: used again, given up, and never in each other's way.

use std::sync::Arc;
use std::time::Duration;

use bongsu_delivery::http::{Attempt, HttpSettings, Outcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use tokio::time::timeout;

use super::harness::{Hang, Say, Seen, answer, courier, notification, post, serve, settings};

fn delivered(attempt: &Attempt) {
    assert_eq!(attempt.outcome, Outcome::Delivered, "{attempt:?}");
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let mut served = serve(vec![vec![answer(200, "a"), answer(503, "b"), answer(200, "c")]]).await;
    let courier = courier(settings());
    for outcome in [Outcome::Delivered, Outcome::Retry, Outcome::Delivered] {
        assert_eq!(post(&courier, &served.url()).await.outcome, outcome);
        assert_eq!(served.request().await.0, 0);
    }
}

#[tokio::test]
async fn an_attempt_beyond_the_limit_waits_until_another_has_ended() {
    let mut served = serve(vec![vec![Hang], vec![answer(200, "")]]).await;
    let courier = courier(HttpSettings { attempts_max: 1, ..settings() });
    let url = served.url();
    let mut first = Box::pin(post(&courier, &url));
    tokio::select! {
        _ = &mut first => panic!("it hangs"),
        (connection, _) = served.request() => assert_eq!(connection, 0),
    }
    let mut second = Box::pin(post(&courier, &url));
    assert!(timeout(Duration::from_millis(100), &mut second).await.is_err(), "the first goes on");
    drop(first);
    delivered(&second.await);
    assert_eq!(served.request().await.0, 1);
}

#[tokio::test]
async fn a_connection_with_an_unread_answer_is_not_used_again() {
    let long = answer(200, &"x".repeat(100_000));
    let mut served = serve(vec![vec![long, answer(200, "")], vec![answer(200, "")]]).await;
    let courier = courier(settings());
    for connection in 0..2 {
        delivered(&post(&courier, &served.url()).await);
        assert_eq!(served.request().await.0, connection);
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_costs_no_attempt() {
    // Each connection ends after one answer, without having said so.
    let mut served = serve(vec![vec![answer(200, "")]; 10]).await;
    let courier = courier(settings());
    for connection in 0..10 {
        delivered(&post(&courier, &served.url()).await);
        assert_eq!(served.request().await.0, connection);
        if connection % 2 == 0 {
            // Every other time the courier can know of it; otherwise the request and the end may cross.
            served.ended().await;
        }
    }
}

#[tokio::test]
async fn a_request_that_crosses_the_end_of_an_idle_connection_is_sent_again_once() {
    // The first connection reads a second request and closes without a word; so does the second one.
    let silent = || Say(String::new());
    let mut served =
        serve(vec![vec![answer(200, ""), silent()], vec![answer(200, ""), silent()], vec![silent()]]).await;
    let courier = courier(settings());
    delivered(&post(&courier, &served.url()).await);
    delivered(&post(&courier, &served.url()).await);
    let attempt = post(&courier, &served.url()).await;
    assert_eq!(attempt.outcome, Outcome::Retry, "a fresh connection that is closed is a failure: {attempt:?}");
    let connections: Vec<usize> = [served.request().await, served.request().await, served.request().await]
        .into_iter()
        .chain([served.request().await, served.request().await])
        .map(|(connection, _)| connection)
        .collect();
    assert_eq!(connections, [0, 0, 1, 1, 2]);
}

#[tokio::test]
async fn an_answer_that_breaks_off_on_a_used_connection_is_not_asked_for_again() {
    let mut served = serve(vec![vec![answer(200, ""), Say("HTTP/1.1 2".to_owned())], vec![answer(200, "")]]).await;
    let courier = courier(settings());
    delivered(&post(&courier, &served.url()).await);
    assert_eq!(post(&courier, &served.url()).await.outcome, Outcome::Retry);
    assert_eq!(served.requests_left(), 2);
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_a_while() {
    let mut served = serve(vec![vec![answer(200, ""), Hang]]).await;
    let courier = courier(HttpSettings { idle_time: Duration::from_millis(20), ..settings() });
    delivered(&post(&courier, &served.url()).await);
    served.ended().await;
}

#[tokio::test]
async fn connections_above_the_bounds_are_closed() {
    for (per_host, total) in [(0, 10), (10, 0)] {
        let mut served = serve(vec![vec![answer(200, ""), Hang]]).await;
        let bounds = HttpSettings { idle_per_host_max: per_host, idle_max: total, ..settings() };
        let courier = courier(bounds);
        delivered(&post(&courier, &served.url()).await);
        served.ended().await;
    }
}

#[tokio::test]
async fn an_attempt_that_is_dropped_closes_its_connection() {
    let mut served = serve(vec![vec![Hang]]).await;
    let courier = courier(settings());
    let request = notification(&served.url());
    let attempt = tokio::spawn(async move { courier.post(request).await });
    served.request().await;
    attempt.abort();
    let ended = served.seen.recv().await.unwrap();
    assert!(matches!(ended, Seen::Ended { .. }), "{ended:?}");
}

#[tokio::test]
async fn one_slow_endpoint_holds_up_no_other() {
    let slow = serve(vec![vec![Hang]; 100]).await;
    let mut fast = serve(vec![vec![answer(200, ""); 100]]).await;
    let courier = courier(settings());
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let (courier, request) = (courier.clone(), notification(&slow.url()));
            tokio::spawn(async move { courier.post(request).await })
        })
        .collect();
    for _ in 0..100 {
        delivered(&post(&courier, &fast.url()).await);
        fast.request().await;
    }
    assert!(waiting.iter().all(|attempt| !attempt.is_finished()));
    waiting.iter().for_each(|attempt| attempt.abort());
}

#[tokio::test]
async fn hundreds_of_attempts_are_under_way_at_once() {
    const ATTEMPTS: usize = 200;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    // Nobody is answered before all have asked.
    let all_here = Arc::new(Barrier::new(ATTEMPTS));
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let all_here = all_here.clone();
            tokio::spawn(async move {
                stream.read_exact(&mut [0; 16]).await.unwrap();
                all_here.wait().await;
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            });
        }
    });
    let courier = courier(settings());
    let attempts: Vec<_> = (0..ATTEMPTS)
        .map(|_| {
            let (courier, request) = (courier.clone(), notification(&url));
            tokio::spawn(async move { courier.post(request).await })
        })
        .collect();
    for attempt in attempts {
        delivered(&attempt.await.unwrap());
    }
}
