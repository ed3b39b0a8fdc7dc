//! Tokens that connections get for a client's id and secret: fetched once, shared, and fetched anew when they are no good.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bongsu_broker::Account;
use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Method, Response};
use serde::Deserialize;

use super::request::{append_query, encode};
use super::{ApiFault, HttpCaller, HttpRequest, check_header};
use crate::events::Connection;
use crate::events::authorization::OAuth;

/// How long a token may take to come.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(5);
const TOKEN_ANSWER_BYTES_MAX: usize = 64 << 10;
/// Before its end a token is no longer used, so that it is good still when it arrives.
const MARGIN: Duration = Duration::from_secs(10);
/// After a failure nobody asks again for so long: those who waited are told the same.
const REST: Duration = Duration::from_secs(1);
const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// The tokens of all connections: at most one each, in memory alone.
#[derive(Default)]
pub(super) struct Tokens {
    slots: Mutex<BTreeMap<(Account, String), Slot>>,
}

/// Whoever fetches a token holds the lock, and all others of the connection wait for it.
type Slot = Arc<tokio::sync::Mutex<Held>>;

#[derive(Default)]
struct Held {
    /// Of which connection, and of which of its changes.
    of: (String, u64),
    last: Option<Result<Token, Failure>>,
}

#[derive(Clone)]
struct Token {
    header: HeaderValue,
    until: Option<Instant>,
}

struct Failure {
    text: String,
    until: Instant,
}

impl Tokens {
    /// The value of `Authorization` for a connection's requests: the known one, unless that is the one that was refused.
    pub(super) async fn get(
        &self,
        account: Account,
        connection: &Connection,
        oauth: &OAuth,
        refused: Option<&HeaderValue>,
        http: &dyn HttpCaller,
    ) -> Result<HeaderValue, ApiFault> {
        let slot = self.slot(account, &connection.name);
        let mut held = slot.lock().await;
        let of = (connection.id.clone(), connection.changed_at);
        if held.of != of {
            *held = Held { of, last: None };
        }
        let now = Instant::now();
        match &held.last {
            Some(Ok(token)) if token.is_good(now) && Some(&token.header) != refused => return Ok(token.header.clone()),
            Some(Err(failure)) if now < failure.until => return Err(ApiFault::NotAuthorized(failure.text.clone())),
            _ => {}
        }
        let fetched = fetch(oauth, http).await;
        let header = fetched.as_ref().map(|token| token.header.clone()).map_err(Clone::clone);
        held.last = Some(fetched.map_err(|text| Failure { text, until: Instant::now() + REST }));
        header.map_err(ApiFault::NotAuthorized)
    }

    /// The connection is gone.
    pub(super) fn forget(&self, account: Account, name: &str) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(&(account, name.to_owned()));
    }

    fn slot(&self, account: Account, name: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry((account, name.to_owned())).or_default().clone()
    }
}

impl Token {
    fn is_good(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// RFC 6749, section 4.4, with id and secret among the parameters (section 2.3.1).
async fn fetch(oauth: &OAuth, http: &dyn HttpCaller) -> Result<Token, String> {
    let request = request(oauth)?;
    let answer = http.call(request).await.map_err(|fault| format!("no token could be had: {fault}"))?;
    read(&answer, Instant::now())
}

fn request(oauth: &OAuth) -> Result<HttpRequest, String> {
    let (id, secret) = oauth.client().ok_or("the connection has no client's id and secret")?;
    let additions = oauth.additions();
    let mut headers = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(super::USER_AGENT_OF_DESTINATIONS))]);
    for (name, value) in additions.headers() {
        let (name, value) = check_header(name, value)?;
        headers.insert(name, value);
    }
    let text = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut query: Vec<(String, String)> = additions.query().map(text).collect();
    let mut form: Vec<(String, String)> = additions.body().map(text).collect();
    let credentials = [GRANT, ("client_id", id), ("client_secret", secret)];
    let missing: Vec<_> =
        credentials.into_iter().filter(|(name, _)| form.iter().chain(&query).all(|(given, _)| given != name)).collect();
    let method = oauth.method();
    let into = if method == Method::GET { &mut query } else { &mut form };
    into.extend(missing.into_iter().map(text));
    let mut url = oauth.endpoint().to_owned();
    append_query(&mut url, &query);
    let mut body = Bytes::new();
    if method != Method::GET {
        let pairs: Vec<String> =
            form.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        body = pairs.join("&").into();
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
    Ok(HttpRequest { method, url, headers, body, timeout: TOKEN_TIMEOUT, answer_bytes_max: TOKEN_ANSWER_BYTES_MAX })
}

/// RFC 6749, section 5.1. Numbers come as text, too.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    expires_in: serde_json::Value,
}

fn read(answer: &Response<Bytes>, now: Instant) -> Result<Token, String> {
    if !answer.status().is_success() {
        return Err(format!("no token could be had: the authorization endpoint answered {}", answer.status().as_u16()));
    }
    let odd = || "no token could be had: the authorization endpoint's answer holds none".to_owned();
    let Answer { access_token, token_type, expires_in } = serde_json::from_slice(answer.body()).map_err(|_| odd())?;
    let kind = token_type.filter(|kind| !kind.eq_ignore_ascii_case("bearer")).unwrap_or_else(|| "Bearer".to_owned());
    let mut header = HeaderValue::try_from(format!("{kind} {access_token}")).map_err(|_| odd())?;
    header.set_sensitive(true);
    let seconds = expires_in.as_u64().or_else(|| expires_in.as_str()?.parse().ok());
    let until = seconds.and_then(|seconds| now.checked_add(Duration::from_secs(seconds).saturating_sub(MARGIN)));
    Ok(Token { header, until })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oauth(text: &str) -> OAuth {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_token_is_asked_for_with_id_and_secret() {
        let given = oauth(
            r#"{"ClientParameters":{"ClientID":"me","ClientSecret":"s&t"},"AuthorizationEndpoint":"https://a/token",
                "HttpMethod":"POST","OAuthHttpParameters":{"BodyParameters":[{"Key":"scope","Value":"a b"}],
                "HeaderParameters":[{"Key":"x-tenant","Value":"t"}]}}"#,
        );
        let sent = request(&given).unwrap();
        assert_eq!(sent.body, "scope=a%20b&grant_type=client_credentials&client_id=me&client_secret=s%26t");
        assert_eq!((sent.url.as_str(), &sent.headers["x-tenant"]), ("https://a/token", &HeaderValue::from_static("t")));
        assert!(!format!("{sent:?}").contains("s%26t"));
    }

    #[test]
    fn a_get_has_them_in_its_query_and_whatever_is_given_stays() {
        let given = oauth(
            r#"{"ClientParameters":{"ClientID":"me","ClientSecret":"s"},"AuthorizationEndpoint":"https://a/token?x=1",
                "HttpMethod":"GET","OAuthHttpParameters":{"QueryStringParameters":[{"Key":"grant_type","Value":"own"}]}}"#,
        );
        let sent = request(&given).unwrap();
        assert_eq!(sent.url, "https://a/token?x=1&grant_type=own&client_id=me&client_secret=s");
        assert!(sent.body.is_empty());
    }

    #[test]
    fn a_token_lasts_as_long_as_it_is_said_to() {
        let now = Instant::now();
        let read = |status: u16, body: &'static str| {
            let answer = Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap();
            read(&answer, now)
        };
        let token = read(200, r#"{"access_token":"t","token_type":"bearer","expires_in":"60"}"#).unwrap();
        assert_eq!(
            (token.header, token.until),
            (HeaderValue::from_static("Bearer t"), Some(now + Duration::from_secs(50)))
        );
        assert_eq!(read(201, r#"{"access_token":"t","token_type":"MAC"}"#).unwrap().header, "MAC t");
        assert!(read(200, r#"{"access_token":"t"}"#).unwrap().until.is_none());
        for (status, body) in
            [(200, "{}"), (200, "t"), (401, r#"{"access_token":"t"}"#), (200, r#"{"access_token":"\n"}"#)]
        {
            assert!(read(status, body).is_err(), "{status} {body}");
        }
    }
}
