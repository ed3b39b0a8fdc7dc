//! What the tests of providers share: requests, and what all who sign have in common.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::{Request, header::HeaderName, http::request::Parts};
use ring::signature::{Ed25519KeyPair, KeyPair};

use super::{Answer, Judged, Refusal, Unverified};
use crate::Webhook;

/// A request as it arrives.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) head: Parts,
    pub(super) body: Bytes,
}

impl Sent {
    pub(super) fn new(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        Self { head, body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    pub(super) fn post(headers: &[(&str, &str)], body: &str) -> Self {
        Self::new("POST", "/webhook", headers, body)
    }

    pub(super) fn unverified(&self) -> Unverified<'_> {
        Unverified::new(&self.head, &self.body)
    }

    fn without(mut self, header: &HeaderName) -> Self {
        self.head.headers.remove(header);
        self
    }

    fn with(mut self, header: &HeaderName, value: &str) -> Self {
        self.head.headers.insert(header, value.parse().unwrap());
        self
    }
}

pub(super) fn webhook(provider: &str, secrets: &[&str], options: &[(&str, &str)]) -> Webhook {
    Webhook {
        provider: provider.into(),
        secrets: secrets.iter().map(|secret| (*secret).into()).collect(),
        options: options.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect::<BTreeMap<_, _>>(),
        ..Webhook::default()
    }
}

/// What the provider says at a time in seconds: `group / deduplication id`, with `-` for none, or its answer.
pub(super) fn receive(webhook: &Webhook, now: u64, sent: &Sent) -> Result<String, Refusal> {
    match super::make(webhook).unwrap().judge(sent.unverified(), now * 1000)? {
        Judged::Event(event) => {
            let shown = |name: Option<&str>| name.unwrap_or("-").to_owned();
            let answer = event.answer().map(|answer| format!(", {}", told(answer))).unwrap_or_default();
            Ok(format!("{} / {}{answer}", shown(event.default_group()), shown(event.default_deduplication())))
        }
        Judged::Answer(answer) => Ok(told(&answer)),
        Judged::Visit(address) => Ok(format!("visit {address}")),
    }
}

fn told(answer: &Answer) -> String {
    let Answer { status, content_type, body } = answer;
    format!("{} {content_type} {body}", status.as_u16())
}

/// An event is believed, also while a secret is being replaced, and not once anything that is signed was changed.
#[track_caller]
pub(super) fn check(webhook: &Webhook, now: u64, sent: &Sent, signature: &str, expected: &str) {
    let header: HeaderName = signature.parse().unwrap();
    assert_eq!(receive(webhook, now, sent).as_deref(), Ok(expected));
    let with_secrets = |secrets: Vec<_>| Webhook { secrets, ..webhook.clone() };
    let other = webhook.secrets[0].bytes();
    let other = match other {
        // Keys of other lengths or alphabets are refused when the route is made.
        [b'w', b'h', ..] => "whsec_bm90IHRoZSByaWdodCBrZXk=".into(),
        [first, rest @ ..] if rest.len() == 63 => [&[first ^ 1], rest].concat().into(),
        _ => crate::Secret::from("not the right key"),
    };
    let both = with_secrets(vec![other.clone(), webhook.secrets[0].clone()]);
    assert_eq!(receive(&both, now, sent).as_deref(), Ok(expected), "either secret counts");
    assert_eq!(receive(&with_secrets(vec![other]), now, sent), Err(Refusal::SignatureWrong), "another secret");
    let missing = receive(webhook, now, &sent.clone().without(&header));
    assert_eq!(missing, Err(Refusal::HeaderMissing(header.clone())));
    let mut twice = sent.clone();
    twice.head.headers.append(&header, "another".parse().unwrap());
    assert_eq!(receive(webhook, now, &twice), Err(Refusal::HeaderMalformed(header.clone())));
    for text in ["", " ", "=", ",", "v1=", "sha256=", "v0=zz", "t=1,v1=00", "v1,", "AAAA", "\t\"{}\""] {
        let refusal = receive(webhook, now, &sent.clone().with(&header, text)).unwrap_err();
        assert_eq!(refusal.status().as_u16(), 401, "{text}: {refusal}");
    }
}

/// Nothing of the body may change.
#[track_caller]
pub(super) fn check_body(webhook: &Webhook, now: u64, sent: &Sent) {
    for at in 0..sent.body.len() {
        let mut changed = sent.clone();
        let mut body = sent.body.to_vec();
        body[at] ^= 1;
        changed.body = body.into();
        assert_eq!(receive(webhook, now, &changed), Err(Refusal::SignatureWrong), "byte {at}");
    }
    let mut longer = sent.clone();
    longer.body = [&sent.body[..], b" "].concat().into();
    assert_eq!(receive(webhook, now, &longer), Err(Refusal::SignatureWrong));
}

/// A key pair for tests, and its public half.
pub(super) fn ed25519() -> (Ed25519KeyPair, Vec<u8>) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let public = pair.public_key().as_ref().to_vec();
    (pair, public)
}
