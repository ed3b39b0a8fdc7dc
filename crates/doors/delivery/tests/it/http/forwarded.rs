//! Requests sent on, and all of their answers.

use std::time::Duration;

use bongsu_delivery::http::{AddressGuard, Endpoint, Fault, Forward, ForwardFault, HttpSettings};
use bytes::Bytes;
use hyper::{HeaderMap, Method};

use super::harness::{Hang, Say, Step, courier, serve, settings};

const BYTES_MAX: usize = 100;

fn forward(url: &str, method: Method, body: &'static str) -> Forward {
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("x-own", "1"), ("host", "front"), ("connection", "x-hop"), ("x-hop", "1"), ("te", "trailers")]
    {
        headers.append(name, value.parse().unwrap());
    }
    Forward {
        method,
        endpoint: Endpoint::parse(url).unwrap(),
        headers,
        body: Bytes::from_static(body.as_bytes()),
        timeout: Duration::from_secs(10),
        answer_bytes_max: BYTES_MAX,
    }
}

async fn outcome(settings: HttpSettings, step: Step, timeout: Duration) -> Result<String, ForwardFault> {
    let served = serve(vec![vec![step]]).await;
    let forward = Forward { timeout, ..forward(&served.url(), Method::GET, "") };
    let answer = courier(settings).forward(forward).await?;
    Ok(format!("{} {}", answer.status().as_u16(), str::from_utf8(answer.body()).unwrap()))
}

#[tokio::test]
async fn a_request_goes_on_with_its_headers_and_its_answer_comes_back_with_its_own() {
    let answer = "HTTP/1.1 404 No\r\ntransfer-encoding: chunked\r\nx-two: a\r\nx-two: b\r\nkeep-alive: x\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    let mut served = serve(vec![vec![Say(answer.to_owned())]]).await;
    let answer =
        courier(settings()).forward(forward(&format!("{}?a=%20b", served.url()), Method::PUT, "body")).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (404, &b"hi"[..]));
    let headers: Vec<_> =
        answer.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    assert_eq!(headers, [("x-two", "a"), ("x-two", "b")]);
    let (_, request) = served.request().await;
    assert!(request.starts_with("PUT /hook?a=%20b HTTP/1.1\r\n") && request.ends_with("\r\n\r\nbody"), "{request}");
    for (line, is_there) in [
        (format!("host: 127.0.0.1:{}", served.port).as_str(), true),
        ("x-own: 1", true),
        ("connection: close", true),
        ("content-length: 4", true),
        ("host: front", false),
        ("x-hop: 1", false),
        ("te: trailers", false),
    ] {
        assert_eq!(request.lines().any(|found| found == line), is_there, "{line}: {request}");
    }
    served.ended().await;
}

#[tokio::test]
async fn an_answer_ends_where_its_head_says_or_with_its_connection() {
    let patience = Duration::from_secs(10);
    let fits = "x".repeat(BYTES_MAX);
    for (answer, expected) in [
        (format!("HTTP/1.1 200 OK\r\n\r\n{fits}"), Ok(format!("200 {fits}"))),
        ("HTTP/1.1 204 OK\r\n\r\n".into(), Ok("204 ".into())),
        ("HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n".into(), Ok("302 ".into())),
        (format!("HTTP/1.1 200 OK\r\n\r\n{fits}x"), Err(ForwardFault::TooLong)),
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhi".into(), Err(ForwardFault::Broken)),
    ] {
        assert_eq!(outcome(settings(), Say(answer), patience).await, expected);
    }
    let malformed = outcome(settings(), Say("nonsense\r\n\r\n".into()), patience).await;
    assert!(matches!(malformed, Err(ForwardFault::Fault(Fault::NoAnswer(_)))), "{malformed:?}");
}

#[tokio::test]
async fn who_does_not_answer_or_may_not_be_asked_is_told_apart() {
    let hanging = outcome(settings(), Hang, Duration::from_millis(100)).await;
    assert_eq!(hanging, Err(Fault::TimedOut.into()));
    let public = HttpSettings::new(AddressGuard::public_only());
    let forbidden = outcome(public, Hang, Duration::from_secs(10)).await;
    assert!(matches!(forbidden, Err(ForwardFault::Fault(Fault::Forbidden(_)))), "{forbidden:?}");
    let closed = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    let forward = forward(&format!("http://{closed}/"), Method::GET, "");
    let refused = courier(settings()).forward(forward).await;
    assert!(matches!(refused, Err(ForwardFault::Fault(Fault::Unreachable(_)))), "{refused:?}");
}
