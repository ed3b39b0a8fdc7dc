//! Objects put and gotten, small and large, beside a bare HTTP server that is sent the same and files that are written
//! one for each object.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bongsu_client::{CallError, Client, Connection};
use bongsu_load::{Load, Stage};

use super::Findings;
use crate::cell::{self, Measured};
use crate::checks::Check;
use crate::home::{Homes, client};
use crate::{group_commit, rest};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const CONNECTIONS: [usize; 2] = [1, 16];
const CONNECTIONS_MAX: usize = 16;
/// Objects that each connection goes through in turns.
const KEYS: usize = 4;
pub(super) const BUCKET: &str = "/bench";

/// Of the rate of the bare HTTP server.
const SMALL_PUT_SHARE: f64 = 0.3;
const SMALL_GET_SHARE: f64 = 0.4;
const LARGE_GET_SHARE: f64 = 0.5;
/// Of the rate of files.
const LARGE_PUT_SHARE: f64 = 0.5;
/// Of the rate of puts without conditions.
const CONDITIONAL_SHARE: f64 = 0.9;

/// Measures objects of each size with one connection and with several.
pub async fn measure(homes: &Homes, duration: Duration) -> Result<Findings> {
    let mut found = Findings::default();
    for (name, bytes) in [("1 KiB", KIB), ("1 MiB", MIB)] {
        for connections in CONNECTIONS {
            measure_size(homes, name, bytes, connections, duration, &mut found).await?;
        }
    }
    Ok(found)
}

async fn measure_size(
    homes: &Homes,
    name: &str,
    bytes: usize,
    connections: usize,
    duration: Duration,
    found: &mut Findings,
) -> Result<()> {
    let mut tell = |what: &str, measured: &Measured| {
        found.tell_load(&format!("{name}: {what}"), connections, Some(bytes), measured);
    };
    let home = homes.fresh()?;
    let echo = home.start_echo().await?;
    let bare = puts(&client(&echo, false)?, echo.id(), bytes, connections, duration).await?;
    tell("bare HTTP server", &bare);
    drop(echo);
    let files = match bytes {
        KIB => group_commit::measure(home.path(), connections, 1, duration).await?,
        _ => files(home.path(), bytes, connections, duration).await?,
    };
    tell(if bytes == KIB { "appends that share a sync" } else { "files, each synced" }, &files);

    let server = home.start(false).await?;
    let client = client(&server, false)?;
    rest::ask(&client, &rest::request(&client, "PUT", BUCKET, &[], &[])).await?;
    let put = puts(&client, server.id(), bytes, connections, duration).await?;
    tell("put", &put);
    let conditional = conditional_puts(&client, server.id(), bytes, connections, duration).await?;
    tell("put with If-Match", &conditional);
    let get = gets(&client, server.id(), connections, duration).await?;
    tell("get", &get);

    if connections == CONNECTIONS_MAX {
        let mut check = |what: &str, part: &Measured, whole: &Measured, goal| {
            let (part, whole) = (part.load.message_rate(), whole.load.message_rate());
            found.checks.push(Check::share(&format!("{name}, {what}"), part, whole, goal));
        };
        if bytes == KIB {
            check("put, of echo", &put, &bare, SMALL_PUT_SHARE);
            check("get, of echo", &get, &bare, SMALL_GET_SHARE);
        } else {
            check("put, of synced files", &put, &files, LARGE_PUT_SHARE);
            check("get, of echo", &get, &bare, LARGE_GET_SHARE);
        }
        check("conditional put, of put", &conditional, &put, CONDITIONAL_SHARE);
    }
    Ok(())
}

/// Each connection has objects of its own.
async fn puts(client: &Client, server: u32, bytes: usize, connections: usize, duration: Duration) -> Result<Measured> {
    let content = content(bytes);
    let requests =
        |connection| (0..KEYS).map(|key| rest::request(client, "PUT", &path(connection, key), &[], &content)).collect();
    rest::measure(client, server, (0..connections).map(requests).collect(), duration).await
}

/// What was put before.
async fn gets(client: &Client, server: u32, connections: usize, duration: Duration) -> Result<Measured> {
    let requests =
        |connection| (0..KEYS).map(|key| rest::request(client, "GET", &path(connection, key), &[], &[])).collect();
    rest::measure(client, server, (0..connections).map(requests).collect(), duration).await
}

/// Each connection replaces an object of its own on the condition that it is still what it was, which it is.
async fn conditional_puts(
    client: &Client,
    server: u32,
    bytes: usize,
    connections: usize,
    duration: Duration,
) -> Result<Measured> {
    let mut load = Load::new(Stage::new(duration));
    for number in 0..connections {
        let mut connection = client.connect().await?;
        let (client, path, content) = (client.clone(), path(number, 0), content(bytes));
        let stage = load.stage().clone();
        let mut etag = put(&client, &mut connection, &path, None, &content).await?;
        load.spawn(async move {
            while !stage.is_over() {
                let begun = Instant::now();
                match put(&client, &mut connection, &path, Some(&etag), &content).await {
                    Ok(replaced) => {
                        etag = replaced;
                        stage.count(1, 1);
                        stage.time(begun.elapsed());
                    }
                    Err(error) => stage.failed(&error).await,
                }
            }
        });
    }
    cell::measure(load, Some(server)).await
}

/// Puts an object, perhaps only in the place of one with this ETag; the new one's.
pub(super) async fn put(
    client: &Client,
    connection: &mut Connection,
    path: &str,
    in_place_of: Option<&str>,
    content: &[u8],
) -> Result<String, CallError> {
    let condition = in_place_of.map(|etag| ("if-match", etag));
    connection.call(&rest::request(client, "PUT", path, condition.as_slice(), content)).await?;
    etag(connection)
}

/// The ETag of the object that was just put or gotten.
pub(super) fn etag(connection: &Connection) -> Result<String, CallError> {
    let missing = || CallError::NotUnderstood("an object without an ETag".to_owned());
    connection.header("etag").map(str::to_owned).ok_or_else(missing)
}

fn path(connection: usize, key: usize) -> String {
    format!("{BUCKET}/{connection}/{key}")
}

pub(super) fn content(bytes: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(bytes).collect()
}

/// The machine's limit for large objects: each writer creates file after file, and syncs them and the folder.
async fn files(folder: &Path, bytes: usize, writers: usize, duration: Duration) -> Result<Measured> {
    let mut load = Load::new(Stage::new(duration));
    let mut threads = Vec::new();
    for writer in 0..writers {
        let (stage, folder, content) = (load.stage().clone(), folder.to_owned(), content(bytes));
        threads.push(thread::spawn(move || -> Result<()> {
            for key in (0..KEYS).cycle() {
                if stage.is_over() {
                    break;
                }
                let begun = Instant::now();
                let mut file = File::create(folder.join(format!("file-{writer}-{key}")))?;
                file.write_all(&content)?;
                file.sync_data()?;
                File::open(&folder)?.sync_all()?;
                stage.count(1, 1);
                stage.time(begun.elapsed());
            }
            Ok(())
        }));
    }
    let over = load.stage().clone();
    load.spawn(async move { over.until_over().await });
    let measured = cell::measure(load, None).await?;
    for thread in threads {
        thread.join().ok().context("a writer panicked")??;
    }
    ensure!(measured.load.messages > 0, "no file was written");
    Ok(measured)
}
