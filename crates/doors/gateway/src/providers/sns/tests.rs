//! Recorded envelopes, what becomes of changed ones, and those of this project's own topics.

use std::sync::Mutex;

use bongsu_notification::{
    Addresses, Confirmation, ConfirmationKind, Notification, SignatureVersion as Version, Signatures, SigningKey,
    render_http,
};

use super::*;
use crate::{
    BoxFuture,
    providers::{
        self, Fetch, FetchError, Received,
        testing::{Sent, webhook},
    },
};

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:orders";
const ADDRESS: &str = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123.pem";
/// 2026-12-01T00:00:00Z
const NOW: u64 = 1_796_083_200;

/// The self-signed certificate of the key that made the signatures below.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIDGTCCAgGgAwIBAgIUPX0TJFaxs9I8yKIHPSzeTt/Xe+IwDQYJKoZIhvcNAQEL
BQAwHDEaMBgGA1UEAwwRc25zLmFtYXpvbmF3cy5jb20wHhcNMjYxMTIzMDMwMjQx
WhcNMzYxMTIwMDMwMjQxWjAcMRowGAYDVQQDDBFzbnMuYW1hem9uYXdzLmNvbTCC
ASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBANb+YWQsh2hEem8Q0RzST+TM
lETXBgsUpbOHHYVNol0ZZMsdNo3NWS8Hc6Vuv1Tp5NRwvjVQ99GRa93IjfzQd/7M
0xWbY0aq1rAiW4quSWDWTEZBJ5IDrxZAN9wGivHbmrSRkz0F05uA7YFJJ/POMGCW
M6FNmUPxbDMi4oLKVxDTV8G9FMFgZF/qg5JLbi07g066fsvKXDcrSgiyUVzB3Ie4
GCtdiOSFuBaVmGeEmhvnLgsiXL2psVUUZs1W9G0TpIINHnuCFpYE2AxwldvoKOz1
QSI5JNyTiR1KaryhOakBDFE5NnMCcotObEY64LI+rZzFMc25CNqHqFyNHYVd8yMC
AwEAAaNTMFEwHQYDVR0OBBYEFCvqWOiWQYzd0TnA3kg0QLIjWCOFMB8GA1UdIwQY
MBaAFCvqWOiWQYzd0TnA3kg0QLIjWCOFMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZI
hvcNAQELBQADggEBAJoUVpgDx+jedbbg6q/hI1gqL96Nis3cKLEoy4+KbYtvqs+M
G6F/tAmA1zeFWNHDgVKi9Al8tJ5DixC776T83zZ/ZCb0XS/7XyqCbshQDXugcM2x
hyWrK3pVVgTWSe6Of69immkj0J0pO/w2yNJdlLliuUzsZ2cnghB0cBV5vz0BkzVW
YcveZxoHWEcyS30moeZFnKyE1Z/Dr6+JkbzSELaSWxfZ78NLBWjHDAx2QLlro8V3
j21w1p2eEMPDyTVTzHwgsHvuy0dv3IuKFYMHksZJ+zRA4lBk1ykhUeJrCptHg+ZG
6yi5CzKoFEGMZbrPRfWhoaczRyqVJ+B7LHPO1Sw=
-----END CERTIFICATE-----";

const NOTIFICATION_SHA1: &str = "RqRXuyt8kfcGpTX6vjhAQtVsrL1OfpYUod9+WNtwAJOzMRuLcPOyColCiJDfYquPIZmzSlCEIaVVIZKZjZWgkG\
    qbMO2QvpqWIwpfZXnaWA8rXIzK1FwaIcoP1zmyNMwiF7Qu346KaeG4oVcBs10BPRBQN/XW7Op4YYmV+ZAKr8oz\
    hGhiVUyvVvpM5DcAiEyhfi7SrXyBGvBeGxESxTczRsGKAbSfeaB+f3+M7g3yNL8YF40OSjD5k06UYx3vRaBkbf\
    2bczbTEoSr9yfyOMove2jS+rSD3YHbB/VOVGfNM9Pv2QG3XNq5RYOkuKretRz8aROW3MiIUMnQ3NiS4NNW9g==";
const PLAIN_SHA256: &str = "AXpeB57AgehhrR6V8pXJpPlSp/l2TkT2Laqvxl3vswXyd+1ojxOsQoI7KNJ51MESLyXhV4/HvDTjpLzGqGZxYw\
    gHs1Oy8KBz1WzNXZPLzDXOzFd9AqHzmnfehqjMKD2bhusBV+b8JNqbV9RwfyfKJXR/LwtgWpDHb4PWHmSZ2MWb\
    53QPjRVLhlh9y+24L+PtMX2pn0c8FCI8tmHZGpcBCfSJZiAXQX6sWEImsNtWmbnH7caiJZAhJ+y3ZOI3QmHc+N\
    WpiKsUZzHQ9/fgHFlYMjJ1/NxXIGCR8JN2Litcu7/g97c3KL7mAh23PusuZK0mhod+9pLiy6oil9rdFji0RA==";
const CONFIRMATION_SHA1: &str = "LgDEqepBnuJyN4Und9h7wow9R5Diek1DAlUjQsmL0IvXw7Wr9Kmh5grUHCPtI3mFKIJlp3nW6Ri5XlXlWOGmsZ\
    vzH8yaakTsQhARbkdNR52+c6yO4Nfdxz5ua/JWZyn5xD+idCWdAec3KOFAY2/9mAomydnM966+GMAQWn5/9wn2\
    wRPGF6NFCwsoDgA7e6k5g7BzUdI48ZUuU1FTdg1UPR9yGqSzBWmHq/wpqDGLokGxqyjztv3ZRycYTzEmdlmOYy\
    sneyapB6U6rRmg3MerkDt4wDneBEKy5TIoZYOGcXheVu+50v8hRgK6xYDO/+GSwh5LTRPdXiW2XXjkfc74pQ==";
const CONFIRMATION_ELSEWHERE_SHA1: &str = "jYLA1Gnb/KWrg3sokDbT2CDMS4e4pZVpGy3kj5kLqlyAxgOND1z0S7HPH2u/i4N/x3l+W68BF1Mjnbwep/O42a\
    l4XO63IPVzYp4WubwRP3LA5a8pXFJLAvT2GWpXC2/ry3KW4AGNIOJ16r9B01TAXB9Q3lHyfdOcoqPeA72w3s1U\
    P1ZQWLzm2kpBXX5lV6Y81LGb259th2ymALUA2fnlifZax7PRONHhQwnk/QOUilXGIb8ka/3MmItj3Q55P0nS/+\
    jpAgqRDUYSRWxaMImcvMqs5lL+L0K/URbV0Jl6xNZCKiy98C4ELb1GW07qsyF+jrbdSPwsfapMcvzFavTWcg==";
const UNSUBSCRIBED_SHA1: &str = "bDWmT7E2wBdGPYxaY75bL96hFPwiR7q6IGOUCo5N2wcksGJUzYYJ1UDAyfzYH653bFUbWRsjKv1keMb46T4BxK\
    3fEAIPEuUSTzIiWkC8EYuQ/Ly/LFXayS8+xyX4jLwdUJ4Jym0/Ni0k34j+EyCAKFvR/XtXa11lhrxETef+Kvyy\
    2hu+YnONJmILDkoIEQOb+cGiQEQ/pOSDhkB5Hglm4PN2vhjIy0BVonzENpjAJlsBU93I5YaGnITK6oMNOdQKpH\
    vEXOCMWjs6nlO9eOelU89pNyf3LW1kxZaVOjKeFwurpC1RWfEKkSj2zh4YpWRYGVNUWq0s3imkjvs84u3S7Q==";

/// Has the certificate, and remembers what was asked for.
#[derive(Default)]
struct Shelf(Mutex<Vec<String>>);

impl Fetch for Shelf {
    fn get(&self, address: &str) -> BoxFuture<'_, Result<Bytes, FetchError>> {
        self.0.lock().unwrap().push(address.to_owned());
        let found = match address {
            ADDRESS => Ok(Bytes::from_static(CERTIFICATE.as_bytes())),
            CONFIRM => Ok(Bytes::new()),
            _ => Err(FetchError),
        };
        Box::pin(async move { found })
    }
}

fn notification() -> String {
    format!(
        r#"{{"Type":"Notification","MessageId":"22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324","TopicArn":"{TOPIC}",
        "Subject":"My First Message","Message":"Hello 가 \"world\"\n","Timestamp":"2026-12-01T00:00:00.000Z",
        "SignatureVersion":"1","Signature":"{NOTIFICATION_SHA1}","SigningCertURL":"{ADDRESS}"}}"#
    )
}

const CONFIRM: &str = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37";

fn confirmation(kind: &str, address: &str, signature: &str) -> String {
    format!(
        r#"{{"Type":"{kind}","MessageId":"165545c9-2a5c-472c-8df2-7ff2be2b3b1b","Token":"2336412f37",
        "TopicArn":"{TOPIC}","Message":"You have chosen to subscribe","SubscribeURL":"{address}",
        "Timestamp":"2026-12-01T00:00:00.000Z","SignatureVersion":"1","Signature":"{signature}",
        "SigningCertURL":"{ADDRESS}"}}"#
    )
}

/// `group / deduplication id`, or the status of a handshake's answer.
async fn receive(provider: &dyn Provider, shelf: &Shelf, now: u64, body: &str) -> Result<String, Refusal> {
    let sent = Sent::post(&[("Content-Type", "text/plain; charset=UTF-8")], body);
    providers::receive(provider, sent.unverified(), now * 1000, shelf).await.map(shown)
}

fn shown(received: Received<'_>) -> String {
    match received {
        Received::Event(event) => {
            format!("{} / {}", event.default_group().unwrap(), event.default_deduplication().unwrap())
        }
        Received::Answer(answer) => answer.status.to_string(),
    }
}

fn sns() -> Box<dyn Provider> {
    providers::make(&webhook("sns", &[], &[("TopicArn", TOPIC)])).unwrap()
}

async fn hear(body: &str) -> Result<String, Refusal> {
    receive(&*sns(), &Shelf::default(), NOW, body).await
}

const NAMED: &str = "arn:aws:sns:us-east-1:000000000000:orders / 22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324";

#[tokio::test]
async fn a_recorded_notification_is_believed_and_its_certificate_fetched_once() {
    let (provider, shelf) = (sns(), Shelf::default());
    for _ in 0..3 {
        assert_eq!(receive(&*provider, &shelf, NOW, &notification()).await.as_deref(), Ok(NAMED));
    }
    assert_eq!(*shelf.0.lock().unwrap(), [ADDRESS]);
}

#[tokio::test]
async fn the_second_version_is_over_sha256_and_a_subject_is_signed_only_where_there_is_one() {
    let plain = notification()
        .replace(r#""Subject":"My First Message","#, "")
        .replace(r#""SignatureVersion":"1""#, r#""SignatureVersion":"2""#)
        .replace(NOTIFICATION_SHA1, PLAIN_SHA256);
    assert_eq!(hear(&plain).await.as_deref(), Ok(NAMED));
    for wrong in [plain.replace(r#""2""#, r#""1""#), notification().replace(r#""1""#, r#""2""#)] {
        assert_eq!(hear(&wrong).await, Err(Refusal::SignatureWrong));
    }
}

#[tokio::test]
async fn whatever_is_signed_may_not_be_changed() {
    for (from, to) in [
        ("Hello", "Hallo"),
        ("22b80b92", "22b80b93"),
        ("My First", "My Second"),
        ("T00:00:00.000Z", "T00:00:01.000Z"),
        (r#""Type":"Notification""#, r#""Type":"UnsubscribeConfirmation""#),
        ("RqRXuyt8", "RqRXuyt9"),
        (NOTIFICATION_SHA1, ""),
        (NOTIFICATION_SHA1, "no base64!"),
        (r#""SignatureVersion":"1""#, r#""SignatureVersion":"0""#),
    ] {
        let changed = notification().replace(from, to);
        assert_ne!(changed, notification());
        assert_eq!(hear(&changed).await, Err(Refusal::SignatureWrong), "{from}");
    }
}

#[tokio::test]
async fn what_is_of_another_topic_or_server_causes_no_fetch() {
    let (provider, shelf) = (sns(), Shelf::default());
    for (from, to) in [
        (":orders", ":others"),
        ("sns.us-east-1.amazonaws.com", "sns.us-east-1.amazonaws.com.evil.example"),
        ("https://", "http://"),
        (".pem", ".txt"),
    ] {
        let refusal = receive(&*provider, &shelf, NOW, &notification().replace(from, to)).await.unwrap_err();
        assert_eq!(refusal.status().as_u16(), 403, "{from}");
    }
    for text in ["", "raw", "{}", "[]"] {
        assert!(matches!(receive(&*provider, &shelf, NOW, text).await, Err(Refusal::BodyUnfit(_))), "{text}");
    }
    assert!(shelf.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_notification_is_fresh_for_two_hours() {
    let (provider, shelf) = (sns(), Shelf::default());
    assert!(receive(&*provider, &shelf, NOW + 7200, &notification()).await.is_ok());
    assert_eq!(receive(&*provider, &shelf, NOW + 7201, &notification()).await, Err(Refusal::Stale));
    let never = notification().replace("2026-12-01T00", "yesterday");
    assert_eq!(receive(&*provider, &shelf, NOW, &never).await, Err(Refusal::Stale));
}

#[tokio::test]
async fn without_its_certificate_a_notification_may_come_again() {
    let missing = notification().replace("-0123.pem", "-4567.pem");
    assert_eq!(hear(&missing).await.unwrap_err().status().as_u16(), 503);
}

#[tokio::test]
async fn a_subscription_is_confirmed_at_the_address_that_is_signed() {
    let (provider, shelf) = (sns(), Shelf::default());
    let signed = confirmation("SubscriptionConfirmation", CONFIRM, CONFIRMATION_SHA1);
    assert_eq!(receive(&*provider, &shelf, NOW, &signed).await.as_deref(), Ok("200 OK"));
    assert_eq!(*shelf.0.lock().unwrap(), [ADDRESS, CONFIRM]);
    let changed = confirmation("SubscriptionConfirmation", ADDRESS, CONFIRMATION_SHA1);
    assert_eq!(receive(&*provider, &shelf, NOW, &changed).await, Err(Refusal::SignatureWrong));
    let elsewhere = "https://sns.us-east-1.amazonaws.com.evil.example/?a";
    let elsewhere = confirmation("SubscriptionConfirmation", elsewhere, CONFIRMATION_ELSEWHERE_SHA1);
    assert!(matches!(receive(&*provider, &shelf, NOW, &elsewhere).await, Err(Refusal::BodyUnfit(_))));
    let left = confirmation("UnsubscribeConfirmation", CONFIRM, UNSUBSCRIBED_SHA1);
    assert_eq!(receive(&*provider, &shelf, NOW, &left).await.as_deref(), Ok("200 OK"));
    assert_eq!(*shelf.0.lock().unwrap(), [ADDRESS, CONFIRM]);
}

#[tokio::test]
async fn a_certificate_signs_only_while_it_is_valid() {
    let certificate = Certificate::read(CERTIFICATE.as_bytes()).unwrap();
    let envelope: Envelope = serde_json::from_str(&notification()).unwrap();
    let signature = BASE64.decode(&envelope.signature).unwrap();
    let signed = |now: u64| certificate.signed(&envelope.signed_text(), &signature, SignatureVersion::Sha1, now * 1000);
    assert!(signed(NOW));
    for now in [0, NOW - 30 * 24 * 3600, NOW + 11 * 365 * 24 * 3600, u64::MAX / 1000] {
        assert!(!signed(now), "{now}");
    }
}

#[test]
fn a_topic_has_to_be_named_and_no_secret() {
    for (secrets, options) in [
        (&[][..], &[][..]),
        (&[], &[("TopicArn", "")]),
        (&["s"], &[("TopicArn", TOPIC)]),
        (&[], &[("TopicArn", TOPIC), ("Origin", "")]),
        (&[], &[("TopicArn", TOPIC), ("Origin", "https://host/path")]),
        (&[], &[("TopicArn", TOPIC), ("Origin", "host:4566")]),
    ] {
        assert!(providers::make(&webhook("sns", secrets, options)).is_err(), "{options:?}");
    }
    let own = webhook("sns", &[], &[("TopicArn", TOPIC), ("Origin", "http://127.0.0.1:4566")]);
    assert!(providers::make(&own).is_ok());
}

/// Has one certificate, whatever the address.
struct One(Bytes);

impl Fetch for One {
    fn get(&self, _: &str) -> BoxFuture<'_, Result<Bytes, FetchError>> {
        let found = self.0.clone();
        Box::pin(async move { Ok(found) })
    }
}

#[tokio::test]
async fn a_topic_of_ones_own_broker_is_believed_where_the_route_names_it() {
    let signatures = Signatures::new(SigningKey::ephemeral());
    let addresses = Addresses::at("http://127.0.0.1:4566");
    let shelf = One(Bytes::copy_from_slice(signatures.certificate().unwrap().pem().as_bytes()));
    let own = webhook("sns", &[], &[("TopicArn", TOPIC), ("Origin", "http://127.0.0.1:4566")]);
    for version in [Version::V1, Version::V2] {
        let notification = Notification {
            message_id: 7,
            topic_arn: TOPIC,
            subscription_arn: "arn:aws:sns:us-east-1:000000000000:orders:1",
            subject: None,
            message: "{\"order\":\"가\"}",
            timestamp_ms: NOW * 1000,
            sequence_number: None,
            signature_version: Some(version),
            attributes: &[],
            replayed: false,
            trace_header: None,
        };
        let confirmation = Confirmation {
            kind: ConfirmationKind::Subscription,
            message_id: 8,
            topic_arn: TOPIC,
            token: "2336412f37",
            timestamp_ms: NOW * 1000,
            signature_version: version,
        };
        let provider = providers::make(&own).unwrap();
        for (body, expected) in [
            (
                render_http(&notification, &signatures, &addresses).unwrap(),
                format!("{TOPIC} / 00000000-0000-0000-0000-000000000007"),
            ),
            (confirmation.render(&signatures, &addresses).unwrap(), "200 OK".to_owned()),
        ] {
            let sent = Sent::post(&[], &body);
            let received = providers::receive(&*provider, sent.unverified(), NOW * 1000, &shelf).await.unwrap();
            assert_eq!(shown(received), expected);
            let elsewhere = providers::receive(&*sns(), sent.unverified(), NOW * 1000, &shelf).await;
            assert!(matches!(elsewhere, Err(Refusal::Forbidden(_))));
        }
    }
}
