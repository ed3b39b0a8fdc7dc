//! Passwords in URLs: given to who asks for them, and shown to nobody.

use bongsu_delivery::http::{Endpoint, Outcome};

use super::harness::{Hang, Say, Served, Step, answer, courier, impatient, notification, post, serve, settings};

const PASSWORD: &str = "s3cr%20t";

fn url(served: &Served) -> String {
    format!("http://jane:{PASSWORD}@127.0.0.1:{}/hook?a=b", served.port)
}

fn challenge(line: &str) -> Step {
    Say(format!("HTTP/1.1 401 Unauthorized\r\nwww-authenticate: {line}\r\ncontent-length: 3\r\n\r\nwho"))
}

fn authorization(request: &str) -> Option<&str> {
    request.lines().find_map(|line| line.strip_prefix("authorization: "))
}

#[tokio::test]
async fn basic_is_answered_within_the_attempt() {
    let mut served = serve(vec![vec![challenge("Basic realm=\"r\""), answer(200, "")]]).await;
    let attempt = post(&courier(settings()), &url(&served)).await;
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Delivered, Some(200)));
    let (first, text) = served.request().await;
    assert_eq!(authorization(&text), None, "nothing is said before it is asked for");
    let (second, text) = served.request().await;
    assert_eq!(authorization(&text), Some("Basic amFuZTpzM2NyIHQ="));
    assert!(text.ends_with("{\"Type\":\"Notification\"}"));
    assert_eq!((first, second), (0, 0), "the same connection is used");
}

#[tokio::test]
async fn digest_is_answered_within_the_attempt() {
    for (algorithm, digits) in [("MD5", 32), ("SHA-256", 64)] {
        let line = format!("Digest realm=\"r\", nonce=\"n\", opaque=\"o\", qop=\"auth\", algorithm={algorithm}");
        let mut served = serve(vec![vec![challenge(&line)], vec![answer(204, "")]]).await;
        let attempt = post(&courier(settings()), &url(&served)).await;
        assert_eq!((attempt.outcome, attempt.status), (Outcome::Delivered, Some(204)));
        served.request().await;
        let (connection, text) = served.request().await;
        assert_eq!(connection, 1, "an endpoint may close after its challenge");
        let said = authorization(&text).unwrap();
        let response = said.split_once("response=\"").unwrap().1.split_once('"').unwrap().0;
        assert_eq!(response.len(), digits);
        for part in ["username=\"jane\"", "uri=\"/hook?a=b\"", "realm=\"r\"", "nonce=\"n\"", "opaque=\"o\"", "qop=auth"]
        {
            assert!(said.contains(part), "{said}");
        }
        assert!(said.contains(&format!("algorithm={algorithm}, ")) && said.contains("nc=00000001"), "{said}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_after_one_answer() {
    let basic = challenge("Basic realm=\"r\"");
    let mut served = serve(vec![vec![basic.clone(), basic.clone(), basic]]).await;
    let attempt = post(&courier(settings()), &url(&served)).await;
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Refused, Some(401)));
    assert_eq!(attempt.provider_response, "who");
    assert_eq!(served.requests_left(), 2);
}

#[tokio::test]
async fn without_a_password_or_a_known_scheme_a_challenge_is_a_refusal() {
    let mut served = serve(vec![vec![challenge("Basic realm=\"r\""), answer(200, "")]]).await;
    let attempt = post(&courier(settings()), &served.url()).await;
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Refused, Some(401)));
    assert_eq!(served.requests_left(), 1);

    let mut served = serve(vec![vec![challenge("Bearer realm=\"r\""), answer(200, "")]]).await;
    let attempt = post(&courier(settings()), &url(&served)).await;
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Refused, Some(401)));
    assert_eq!(served.requests_left(), 1);
}

#[tokio::test]
async fn both_requests_share_one_timeout() {
    let served = serve(vec![vec![challenge("Basic realm=\"r\""), Hang]]).await;
    let attempt = post(&courier(impatient()), &url(&served)).await;
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Retry, None), "{attempt:?}");
}

#[tokio::test]
async fn a_password_is_shown_nowhere() {
    let shown = |text: String| text.contains("s3cr");
    let served = serve(vec![vec![challenge("Basic realm=\"r\""), Say("garbage\r\n\r\n".to_owned())]]).await;
    let url = url(&served);
    let attempt = post(&courier(settings()), &url).await;
    assert!(attempt.fault.is_some());
    assert!(!shown(format!("{attempt:?} {}", attempt.fault.as_ref().unwrap())));
    assert!(!shown(format!("{:?}", notification(&url))));
    assert!(!shown(Endpoint::parse(&url).unwrap().to_string()));
    for wrong in [url.replace("http", "gopher"), url.replace("/hook", "/ho ok"), url.replace("127", "1 7")] {
        let error = Endpoint::parse(&wrong).unwrap_err();
        assert!(!shown(format!("{error} {error:?}")));
    }
}
