//! Requests of services that have paths, unsigned, and connections that send them again and again.

use std::time::{Duration, Instant};

use anyhow::Result;
use bongsu_client::{CallError, Client, Connection};
use bongsu_load::{Load, Stage};

use crate::cell::{self, Measured};

/// The bytes of one request.
pub fn request(client: &Client, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let (authority, length) = (client.endpoint().authority(), body.len());
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {authority}\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head += "\r\n";
    [head.as_bytes(), body].concat()
}

/// Asks once, over a connection of its own; the answer's body.
pub async fn ask(client: &Client, request: &[u8]) -> Result<Vec<u8>, CallError> {
    let mut connection = client.connect().await?;
    connection.call(request).await?;
    Ok(connection.body().to_vec())
}

/// Has each connection send its own requests in turns, for `duration`.
pub async fn measure(
    client: &Client,
    server: u32,
    requests: Vec<Vec<Vec<u8>>>,
    duration: Duration,
) -> Result<Measured> {
    let mut load = Load::new(Stage::new(duration));
    for requests in requests {
        load.spawn(send(load.stage().clone(), client.connect().await?, requests));
    }
    cell::measure(load, Some(server)).await
}

async fn send(stage: Stage, mut connection: Connection, requests: Vec<Vec<u8>>) {
    for request in requests.iter().cycle() {
        if stage.is_over() {
            return;
        }
        let begun = Instant::now();
        match connection.call(request).await {
            Ok(()) => {
                stage.count(1, 1);
                stage.time(begun.elapsed());
            }
            Err(error) => stage.failed(&error).await,
        }
    }
}
