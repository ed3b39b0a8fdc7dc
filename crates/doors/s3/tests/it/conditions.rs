//! Conditional writes: the table of what holds, what fails and how.

use bytes::Bytes;

use crate::harness::{Answer, Server};

const ANY: (&str, &str) = ("if-none-match", "*");

fn if_match(etag: &str) -> (&str, &str) {
    ("if-match", etag)
}

async fn put(server: &Server, headers: &[(&str, &str)], body: &'static str) -> Answer {
    server.send("PUT /photos/k", headers, Bytes::from(body)).await
}

#[tokio::test]
async fn a_put_has_conditions() {
    let server = Server::start().await;
    assert_eq!(put(&server, &[if_match("\"any\"")], "0").await.refusal(), (404, "NoSuchKey"));
    let first = put(&server, &[ANY], "1").await;
    assert_eq!(first.status, 200);
    let there = put(&server, &[ANY], "2").await;
    assert_eq!((there.refusal(), there.element("Condition")), ((412, "PreconditionFailed"), "If-None-Match"));
    let second = put(&server, &[if_match(first.header("etag"))], "2").await;
    assert_eq!(second.status, 200);
    let late = put(&server, &[if_match(first.header("etag"))], "3").await;
    assert_eq!((late.refusal(), late.element("Condition")), ((412, "PreconditionFailed"), "If-Match"));
    assert_eq!(put(&server, &[if_match(second.header("etag").trim_matches('"'))], "3").await.status, 200);
    assert_eq!(server.send("DELETE /photos/k", &[], "").await.status, 204);
    assert_eq!(put(&server, &[ANY], "4").await.status, 200);
}

#[tokio::test]
async fn conditions_that_s3_has_not_are_not_implemented() {
    let server = Server::start().await;
    let etag = server.put("/photos/k", "1").await;
    for (headers, named, said) in [
        (vec![if_match("*")], "If-Match", "We don't accept the provided value of If-Match header for this API"),
        (
            vec![("if-none-match", etag.as_str())],
            "If-None-Match",
            "We don't accept the provided value of If-None-Match header for this API",
        ),
        (
            vec![ANY, if_match(&etag)],
            "If-Match,If-None-Match",
            "Multiple conditional request headers present in the request",
        ),
    ] {
        let answer = put(&server, &headers, "2").await;
        assert_eq!(answer.refusal(), (501, "NotImplemented"));
        assert_eq!((answer.element("Header"), answer.element("additionalMessage")), (named, said));
    }
    assert_eq!(server.get("/photos/k").await.text(), "1");
}

#[tokio::test]
async fn a_copy_has_the_conditions_of_a_put() {
    let server = Server::start().await;
    server.put("/photos/source", "new").await;
    let old = server.put("/photos/k", "old").await;
    let source = ("x-amz-copy-source", "photos/source");
    assert_eq!(put(&server, &[source, ANY], "").await.refusal(), (412, "PreconditionFailed"));
    assert_eq!(put(&server, &[source, if_match("\"x\"")], "").await.refusal(), (412, "PreconditionFailed"));
    assert_eq!(put(&server, &[source, if_match(&old)], "").await.status, 200);
    assert_eq!(server.get("/photos/k").await.text(), "new");
}

#[tokio::test]
async fn of_those_who_put_at_once_one_is_first() {
    let server = Server::start().await;
    let puts = (0..64).map(|writer: u64| server.send("PUT /photos/k", &[ANY], writer.to_string()));
    let mut statuses: Vec<u16> = Vec::new();
    let mut puts: Vec<_> = puts.map(Box::pin).collect();
    // All are under way before the first is answered.
    std::future::poll_fn(|cx| {
        puts.retain_mut(|put| match put.as_mut().poll(cx) {
            std::task::Poll::Ready(answer) => {
                statuses.push(answer.status);
                false
            }
            std::task::Poll::Pending => true,
        });
        if puts.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (200, &[412; 63][..]));
}
