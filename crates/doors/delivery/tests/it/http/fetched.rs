//! What stands at an endpoint, fetched whole or not at all.

use bongsu_delivery::http::{AddressGuard, Endpoint, Fault, FetchFault, HttpSettings};

use super::harness::{Flood, Hang, Say, Step, courier, impatient, serve, settings};

const BYTES_MAX: usize = 100;

async fn fetch(settings: HttpSettings, step: Step) -> Result<String, FetchFault> {
    let served = serve(vec![vec![step]]).await;
    let fetched = courier(settings).get(&Endpoint::parse(&served.url()).unwrap(), BYTES_MAX).await;
    fetched.map(|body| String::from_utf8(body.into()).unwrap())
}

fn say(text: &str) -> Step {
    Say(text.to_owned())
}

#[tokio::test]
async fn a_whole_answer_is_fetched_on_a_connection_of_its_own() {
    let mut served = serve(vec![vec![say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")]]).await;
    let endpoint = Endpoint::parse(&format!("{}?a=b", served.url())).unwrap();
    assert_eq!(courier(settings()).get(&endpoint, BYTES_MAX).await.unwrap(), "hi");
    let (_, request) = served.request().await;
    let expected = format!("GET /hook?a=b HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n\r\n", served.port);
    assert_eq!(request, expected);
    served.ended().await;

    let long = "x".repeat(BYTES_MAX);
    for answer in [
        format!("HTTP/1.1 200 OK\r\n\r\n{long}"),
        format!("HTTP/1.1 299 OK\r\ncontent-length: {BYTES_MAX}\r\n\r\n{long}"),
    ] {
        assert_eq!(fetch(settings(), Say(answer)).await.unwrap(), long);
    }
}

#[tokio::test]
async fn what_is_not_whole_is_not_fetched() {
    let long = "x".repeat(BYTES_MAX + 1);
    for (answer, fault) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhi", FetchFault::Unfit),
        ("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nhi", FetchFault::Unfit),
        (&format!("HTTP/1.1 200 OK\r\n\r\n{long}"), FetchFault::Unfit),
        (&format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{long}", long.len()), FetchFault::Unfit),
        ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n", FetchFault::Status(302)),
        ("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", FetchFault::Status(404)),
    ] {
        assert_eq!(fetch(settings(), say(answer)).await, Err(fault), "{answer}");
    }
    let endless =
        Flood { piece: b"HTTP/1.1 200 OK\r\n\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".to_vec(), times: 100_000 };
    assert_eq!(fetch(settings(), endless).await, Err(FetchFault::Unfit));
    assert_eq!(fetch(impatient(), Hang).await, Err(FetchFault::Fault(Fault::TimedOut)));
    let forbidden = fetch(HttpSettings::new(AddressGuard::public_only()), say("")).await;
    assert!(matches!(forbidden, Err(FetchFault::Fault(Fault::Forbidden(_)))), "{forbidden:?}");
}
