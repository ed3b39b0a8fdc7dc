//! Stopping: what is in flight may end, within bounds.

use std::sync::Arc;

use bongsu_http::Limits;
use tokio::{net::TcpStream, sync::Notify};

use crate::harness::{Client, SHORT, Server, answer, echo, limits, serve};

/// A server whose requests announce themselves and then wait to be released.
async fn slow(limits: Limits) -> (Server, Arc<Notify>, Arc<Notify>) {
    let (begun, released) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let signals = (begun.clone(), released.clone());
    let server = serve(limits, move |_, _| {
        let (begun, released) = signals.clone();
        async move {
            begun.notify_one();
            released.notified().await;
            answer(200, "slow but done")
        }
    })
    .await;
    (server, begun, released)
}

#[tokio::test]
async fn a_slow_request_ends_although_the_listener_stops() {
    let (server, begun, released) = slow(limits()).await;
    let mut client = Client::connect(&server).await;
    client.say("GET / HTTP/1.1\r\n\r\n").await;
    begun.notified().await;
    server.stop.send(()).unwrap();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    released.notify_one();
    let heard = client.hear_all().await;
    assert!(heard.starts_with("HTTP/1.1 200 ") && heard.ends_with("slow but done"), "{heard}");
    server.ended.await.unwrap();
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_off_after_the_grace_time() {
    let (server, begun, _released) = slow(Limits { grace: SHORT, ..limits() }).await;
    let mut client = Client::connect(&server).await;
    client.say("GET / HTTP/1.1\r\n\r\n").await;
    begun.notified().await;
    server.stop.send(()).unwrap();
    server.ended.await.unwrap();
    assert_eq!(client.hear_all().await, "");
}

#[tokio::test]
async fn idle_connections_do_not_hold_a_stop_up() {
    let server = echo(limits()).await;
    let silent = Client::connect(&server).await;
    let mut idle = Client::connect(&server).await;
    idle.say("GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!(idle.hear().await.0, 200);
    server.stop.send(()).unwrap();
    server.ended.await.unwrap();
    drop(silent);
}
