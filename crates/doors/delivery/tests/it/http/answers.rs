//! Answers as endpoints give them, and what each means.

use bongsu_delivery::http::{EXCERPT_BYTES_MAX, Fault, Outcome};
use tokio::net::TcpListener;

use super::harness::{Hang, Say, answer, courier, impatient, notification, post, post_to, serve, settings};

#[tokio::test]
async fn the_status_of_an_answer_decides() {
    for (status, outcome) in [
        (200, Outcome::Delivered),
        (204, Outcome::Delivered),
        (301, Outcome::Retry),
        (400, Outcome::Refused),
        (401, Outcome::Refused),
        (404, Outcome::Refused),
        (410, Outcome::Refused),
        (429, Outcome::Retry),
        (500, Outcome::Retry),
        (503, Outcome::Retry),
    ] {
        let (attempt, _) = post_to(settings(), answer(status, "")).await;
        assert_eq!((attempt.outcome, attempt.status, attempt.fault), (outcome, Some(status), None));
    }
}

#[tokio::test]
async fn a_request_has_the_senders_headers_and_those_of_the_connection() {
    let mut served = serve(vec![vec![answer(200, "")]]).await;
    let mut request = notification(&format!("http://127.0.0.1:{}/a%20b?c=d", served.port));
    request.headers.push(("x-amz-sns-message-type".parse().unwrap(), "Notification".parse().unwrap()));
    courier(settings()).post(request).await;
    let (_, text) = served.request().await;
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.lines().collect();
    let request_line = lines.remove(0);
    lines.sort_unstable();
    assert_eq!(request_line, "POST /a%20b?c=d HTTP/1.1");
    assert_eq!(
        lines,
        [
            "accept-encoding: gzip,deflate",
            "connection: Keep-Alive",
            "content-length: 23",
            "content-type: text/plain; charset=UTF-8",
            &format!("host: 127.0.0.1:{}", served.port),
            "x-amz-sns-message-type: Notification",
        ]
    );
    assert_eq!(body, "{\"Type\":\"Notification\"}");
}

#[tokio::test]
async fn what_an_endpoint_says_is_reported_in_part() {
    let (attempt, _) = post_to(settings(), answer(500, "disk\r\nfull")).await;
    assert_eq!(attempt.provider_response, "disk  full");
    let (attempt, _) = post_to(settings(), answer(400, &"x".repeat(3000))).await;
    assert_eq!(attempt.provider_response.len(), EXCERPT_BYTES_MAX);
    let zipped = "HTTP/1.1 500 No\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nzzzz";
    let (attempt, _) = post_to(settings(), Say(zipped.to_owned())).await;
    assert_eq!((attempt.outcome, attempt.provider_response.as_str()), (Outcome::Retry, ""));
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let (attempt, _) = post_to(settings(), Say(chunked.to_owned())).await;
    assert_eq!(attempt.provider_response, "abcde");
}

#[tokio::test]
async fn an_interim_answer_is_not_the_answer_and_a_switch_of_protocols_is_no_delivery() {
    let early = "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
    let (attempt, _) = post_to(settings(), Say(early.to_owned())).await;
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Delivered, Some(202)));
    let switch = "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n";
    let (attempt, _) = post_to(settings(), Say(switch.to_owned())).await;
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Retry, Some(101)));
}

#[tokio::test]
async fn an_endpoint_that_does_not_listen_is_tried_again_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let attempt = post(&courier(settings()), &url).await;
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Retry, None));
    assert!(matches!(attempt.fault, Some(Fault::Unreachable(_))), "{attempt:?}");
}

#[tokio::test]
async fn an_endpoint_that_never_answers_is_given_up_in_time() {
    let (attempt, mut served) = post_to(impatient(), Hang).await;
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Retry, None));
    assert_eq!(attempt.fault, Some(Fault::TimedOut));
    assert!(attempt.elapsed >= impatient().timeout, "{:?}", attempt.elapsed);
    served.ended().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let to_metadata =
        "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest/meta-data/\r\ncontent-length: 0\r\n\r\n";
    let mut elsewhere = serve(vec![vec![answer(200, "")]]).await;
    let to_elsewhere = format!("HTTP/1.1 307 Moved\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", elsewhere.url());
    for redirect in [to_metadata.to_owned(), to_elsewhere] {
        let (attempt, _) = post_to(settings(), Say(redirect)).await;
        assert_eq!((attempt.outcome, attempt.fault), (Outcome::Retry, None));
    }
    assert_eq!(elsewhere.requests_left(), 0);
}
