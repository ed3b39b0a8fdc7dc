//! What a stranger may do to a socket, and what he gets for it.

use bongsu_http::Limits;
use tokio::io::AsyncReadExt;

use crate::harness::{Client, LONG, SHORT, answer, ask, echo, limits, serve};

const MIB: usize = 1 << 20;

#[tokio::test]
async fn a_flood_of_headers_is_answered_431() {
    let server = echo(limits()).await;
    let many: String = (0..200).map(|n| format!("x-{n}: v\r\n")).collect();
    assert_eq!(ask(&server, format!("GET / HTTP/1.1\r\n{many}\r\n")).await.0, 431);
    let long = "v".repeat(100 * 1024);
    assert_eq!(ask(&server, format!("GET / HTTP/1.1\r\nx: {long}\r\n\r\n")).await.0, 431);
    let endless = format!("GET / HTTP/1.1\r\nx: {}", "v".repeat(4 * MIB));
    assert_eq!(ask(&server, endless).await.0, 431);
}

#[tokio::test]
async fn the_number_and_size_of_headers_are_settings() {
    let server = echo(Limits { headers_max: 2, header_bytes_max: 100, ..limits() }).await;
    assert_eq!(ask(&server, "GET / HTTP/1.1\r\na: 1\r\nb: 2\r\n\r\n").await.0, 200);
    assert_eq!(ask(&server, "GET / HTTP/1.1\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n").await.0, 431);
    assert_eq!(ask(&server, format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "v".repeat(100))).await.0, 431);
}

#[tokio::test]
async fn a_half_sent_head_is_cut_off() {
    let server = echo(Limits { header_timeout: SHORT, ..limits() }).await;
    for head in ["", "POST", "POST / HTTP/1.1\r\nHost: h\r\n"] {
        let mut client = Client::connect(&server).await;
        client.say(head).await;
        assert_eq!(client.hear_all().await, "");
    }
}

#[tokio::test]
async fn a_half_sent_second_head_is_cut_off_although_the_connection_may_idle() {
    let server = echo(Limits { header_timeout: SHORT, idle_timeout: LONG, ..limits() }).await;
    let mut client = Client::connect(&server).await;
    client.say("GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!(client.hear().await.0, 200);
    client.say("GET / HT").await;
    assert_eq!(client.hear_all().await, "");
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let server = echo(Limits { idle_timeout: SHORT, header_timeout: LONG, ..limits() }).await;
    let mut client = Client::connect(&server).await;
    client.say("GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!(client.hear().await.0, 200);
    assert_eq!(client.hear_all().await, "");
}

#[tokio::test]
async fn a_half_sent_body_times_out() {
    let server = echo(Limits { body_timeout: SHORT, ..limits() }).await;
    assert_eq!(ask(&server, "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf").await.0, 408);
    assert_eq!(ask(&server, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n").await.0, 408);
}

#[tokio::test]
async fn a_request_being_worked_on_is_not_timed_by_the_socket() {
    let server =
        serve(Limits { header_timeout: SHORT, idle_timeout: SHORT, write_timeout: SHORT, ..limits() }, |_, _| async {
            // The work itself, not a wait for something: longer than every limit of the socket.
            tokio::time::sleep(SHORT * 3).await;
            answer(200, "done")
        })
        .await;
    assert_eq!(ask(&server, "GET / HTTP/1.1\r\n\r\n").await, (200, "done".into()));
}

#[tokio::test]
async fn a_sender_of_two_mebibytes_reads_its_refusal() {
    let server = echo(limits()).await;
    let body = "b".repeat(2 * MIB);
    let announced = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert_eq!(ask(&server, announced).await.0, 413);
    let chunked =
        format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    assert_eq!(ask(&server, chunked).await.0, 413);
}

#[tokio::test]
async fn a_body_that_is_announced_too_large_is_refused_before_it_is_sent() {
    let server = echo(limits()).await;
    assert_eq!(ask(&server, "POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n").await.0, 413);
    let expecting = "POST / HTTP/1.1\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n";
    assert_eq!(ask(&server, expecting).await.0, 413);
}

#[tokio::test]
async fn garbage_is_answered_400_or_not_at_all() {
    let server = echo(limits()).await;
    let pseudo_random: Vec<u8> = (0u32..8192).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let garbage: [&[u8]; 7] = [
        b"\0\0\0\0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1, 2\r\n\r\n",
        &pseudo_random,
    ];
    for bytes in garbage {
        let mut client = Client::connect(&server).await;
        client.say(bytes).await;
        let heard = client.hear_all().await;
        assert!(heard.is_empty() || heard.starts_with("HTTP/1.1 400 "), "{heard}");
    }
    assert_eq!(ask(&server, "GET / HTTP/1.1\r\n\r\n").await.0, 200);
}

#[tokio::test]
async fn a_client_that_reads_nothing_gives_its_place_up() {
    const ANSWER: usize = 64 * MIB;
    let limits = Limits { connections_max: 1, write_timeout: SHORT, ..limits() };
    let server = serve(limits, |request, _| async move {
        answer(200, vec![b'a'; if request.uri().path() == "/large" { ANSWER } else { 1 }])
    })
    .await;
    let mut deaf = Client::connect(&server).await;
    deaf.say("GET /large HTTP/1.1\r\n\r\n").await;
    // Answered only once the first connection is gone: there is one place.
    assert_eq!(ask(&server, "GET / HTTP/1.1\r\n\r\n").await.0, 200);
    let mut heard = Vec::new();
    deaf.0.read_to_end(&mut heard).await.ok();
    assert!(heard.len() < ANSWER);
}
