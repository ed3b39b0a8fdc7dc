//! Addresses that nobody may be sent to, however they are named.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bongsu_delivery::http::{AddressGuard, Attempt, Fault, HttpSettings, Outcome};

use super::harness::{Names, Say, answer, courier, post, serve, serve_at, settings};

fn public_only() -> HttpSettings {
    HttpSettings::new(AddressGuard::public_only())
}

fn purpose(attempt: &Attempt) -> &'static str {
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Refused, None), "{attempt:?}");
    match &attempt.fault {
        Some(Fault::Forbidden(forbidden)) => forbidden.purpose,
        fault => panic!("{fault:?}"),
    }
}

#[tokio::test]
async fn a_forbidden_address_in_a_url_is_not_connected_to() {
    let mut served = serve(vec![vec![answer(200, "")]]).await;
    let courier = courier(public_only());
    for host in ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]"] {
        let attempt = post(&courier, &format!("http://{host}:{}/", served.port)).await;
        assert_eq!(purpose(&attempt), "loopback", "{host}");
    }
    assert_eq!(purpose(&post(&courier, "http://169.254.169.254/latest/").await), "a cloud's metadata");
    assert_eq!(purpose(&post(&courier, "https://10.0.0.1/").await), "private");
    assert_eq!(served.requests_left(), 0);
}

#[tokio::test]
async fn a_name_that_resolves_to_forbidden_addresses_is_refused() {
    for (address, expected) in [
        ("127.0.0.1", "loopback"),
        ("::ffff:10.0.0.1", "private"),
        ("169.254.169.254", "a cloud's metadata"),
        ("fd00:ec2::254", "a cloud's metadata"),
    ] {
        let names = Names::new(&[&[address]]);
        let attempt =
            post(&courier(HttpSettings { resolver: names, ..public_only() }), "http://innocent.example/").await;
        assert_eq!(purpose(&attempt), expected);
        assert!(attempt.fault.unwrap().to_string().contains("is not allowed: it is "));
    }
}

#[tokio::test]
async fn of_several_addresses_only_the_allowed_ones_are_connected_to() {
    let mut served = serve(vec![vec![answer(200, "")]]).await;
    // A connection to the first two would be refused by the guard; nobody listens at the third.
    let names = Names::new(&[&["10.0.0.1", "169.254.169.254", "127.0.0.9", "127.0.0.1"]]);
    let attempt = post(
        &courier(HttpSettings { resolver: names, ..settings() }),
        &format!("http://many.example:{}/", served.port),
    )
    .await;
    assert_eq!(attempt.outcome, Outcome::Delivered, "{attempt:?}");
    let (_, text) = served.request().await;
    assert!(text.contains(&format!("host: many.example:{}", served.port)), "{text}");
}

#[tokio::test]
async fn a_name_that_is_bound_anew_leads_nowhere_else() {
    // 127.0.0.2 stands for a public address, 127.0.0.1 for the one that the name is bound to later.
    let closing = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let mut served = serve_at([127, 0, 0, 2].into(), vec![vec![Say(closing.to_owned())]]).await;
    let names = Names::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let guard = AddressGuard::public_only().allow("127.0.0.2".parse().unwrap());
    let courier = courier(HttpSettings { resolver: names.clone(), ..HttpSettings::new(guard) });
    let url = format!("http://rebound.example:{}/", served.port);

    let attempt = post(&courier, &url).await;
    assert_eq!(attempt.outcome, Outcome::Delivered, "{attempt:?}");
    assert_eq!(names.lookups.load(Ordering::Relaxed), 1, "what is checked is what is connected to");
    served.request().await;

    assert_eq!(purpose(&post(&courier, &url).await), "loopback");
    assert_eq!(served.requests_left(), 0);
}

#[tokio::test]
async fn a_name_without_an_address_is_asked_for_again_later() {
    for names in [Names::new(&[]), Names::new(&[&[]])] {
        let resolver: Arc<Names> = names;
        let attempt = post(&courier(HttpSettings { resolver, ..settings() }), "http://nobody.example/").await;
        assert_eq!(attempt.outcome, Outcome::Retry);
        assert!(matches!(attempt.fault, Some(Fault::Unresolved(_))), "{attempt:?}");
    }
}
